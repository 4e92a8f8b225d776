"""Error over lead time, the model beside baselines."""

import numpy as np
import pandas as pd

from ..frames._clock import SECONDS
from ..metrics import RollingOrigins, n_step_error
from ._style import DASHES, MODEL, OTHERS, pyplot, tidy

NAMES = {
    "mse": "mean squared error",
    "rmse": "root mean square error",
    "mae": "mean absolute error",
}
UNIT_WORDS = {"s": "seconds", "min": "minutes", "h": "hours", "D": "days"}


class NStepErrorDisplay:
    """Error over lead time, one line a forecaster.

    Use ``from_estimator`` or ``from_predictions`` to make one.

    Parameters
    ----------
    errors : dict of str to array of shape (n_leads,)
        Curves by name; the first is the model, drawn over the others.
    leads : TimedeltaIndex or array of shape (n_leads,), default=None
        None counts steps.
    metric : {"mse", "rmse", "mae"}, default="mse"
    is_scaled : bool, default=False
        Whether the errors are in units of each channel's spread.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    lines_ : dict of str to Line2D

    See Also
    --------
    tsnode.metrics.n_step_error : The numbers that are drawn.
    """

    def __init__(self, errors, *, leads=None, metric="mse", is_scaled=False):
        self.errors = errors
        self.leads = leads
        self.metric = metric
        self.is_scaled = is_scaled

    @classmethod
    def from_estimator(
        cls, estimator, y, *, start, leads, stride=1, metric="mse", scale=None, name=None, ax=None
    ):
        """Forecast from rolling origins and draw the error by lead.

        Parameters
        ----------
        estimator : fitted forecaster
        y : DataFrame of all observed rows, the test part at and after ``start``
        start, leads, stride : see `tsnode.metrics.RollingOrigins`
        metric, scale : see `tsnode.metrics.n_step_error`
        name : str, default=None
            Label of the line; None takes the name of the class.
        ax : Axes, default=None

        Returns
        -------
        NStepErrorDisplay
        """
        origins = RollingOrigins.from_frame(y, start=start, leads=leads, stride=stride)
        forecast = origins.forecast(estimator, y)
        return cls.from_predictions(
            origins.truth,
            {name or type(estimator).__name__: forecast},
            leads=leads,
            metric=metric,
            scale=scale,
            ax=ax,
        )

    @classmethod
    def from_predictions(cls, truth, forecasts, *, leads=None, metric="mse", scale=None, ax=None):
        """Compute the error by lead of forecasts that were made before, and draw it.

        Parameters
        ----------
        truth : array of shape (n_origins, n_leads, n_channels)
        forecasts : dict of str to array of the shape of ``truth``
        leads : see the class
        metric, scale : see `tsnode.metrics.n_step_error`
        ax : Axes, default=None

        Returns
        -------
        NStepErrorDisplay
        """
        errors = {
            name: n_step_error(truth, forecast, metric=metric, scale=scale)
            for name, forecast in forecasts.items()
        }
        display = cls(errors, leads=leads, metric=metric, is_scaled=scale is not None)
        return display.plot(ax=ax)

    def plot(self, ax=None):
        """Draw the curves.

        Parameters
        ----------
        ax : Axes, default=None
            None makes a figure.

        Returns
        -------
        NStepErrorDisplay
        """
        if ax is None:
            _, ax = pyplot().subplots(figsize=(5.5, 3.8), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        leads, label = self._lead_axis()
        self.lines_ = {}
        for rank, (name, curve) in enumerate(self.errors.items()):
            (self.lines_[name],) = ax.plot(leads, curve, label=name, **_look(rank))
        ax.set_xlabel(label)
        ax.set_ylabel(f"{NAMES[self.metric]}{self._unit()}")
        ax.set_ylim(bottom=0.0)
        tidy(ax)
        ax.legend(frameon=False)
        return self

    def _unit(self):
        if not self.is_scaled:
            return ""
        return " [variance]" if self.metric == "mse" else " [standard deviations]"

    def _lead_axis(self):
        if self.leads is None:
            n_leads = len(next(iter(self.errors.values())))
            return np.arange(1, n_leads + 1), "lead [steps]"
        if not isinstance(self.leads, pd.TimedeltaIndex):
            return np.asarray(self.leads, dtype=float), "lead"
        seconds = self.leads.total_seconds().to_numpy()
        unit = _readable_unit(seconds.max())
        return seconds / SECONDS[unit], f"lead [{UNIT_WORDS[unit]}]"


def _readable_unit(longest):
    # Three or more of a unit: 48 h stay hours, 5 days are days.
    fitting = [unit for unit, seconds in SECONDS.items() if 3 * seconds <= longest]
    return fitting[-1] if fitting else "s"


def _look(rank):
    if rank == 0:
        return {"color": MODEL, "linewidth": 2.2, "zorder": 3}
    k = (rank - 1) % len(OTHERS)
    return {"color": OTHERS[k], "linestyle": DASHES[k], "linewidth": 1.4}
