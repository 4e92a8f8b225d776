"""Error over lead time, the model beside baselines."""

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from ..frames._clock import SECONDS
from ..metrics import RollingOrigins, n_step_error
from ..metrics._backtest_frame import is_backtest_frame
from ._arguments import check_drawable, check_named, named_forecasters
from ._panels import single_axes
from ._style import forecaster_look, tidy
from ._units import UNIT_WORDS, squared, with_unit

NAMES = {
    "mse": "mean squared error",
    "rmse": "root mean square error",
    "mae": "mean absolute error",
}


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
    unit : str, default=None
        Unit of the channels, where they share one; squared for "mse".

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    lines_ : dict of str to Line2D

    See Also
    --------
    tsnode.metrics.n_step_error : The numbers that are drawn.
    tsnode.model_selection.backtest : The frame of forecasts they can be drawn from.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> truth = [[[1.0], [2.0]], [[3.0], [4.0]]]
    >>> forecasts = {"model": [[[1.0], [3.0]], [[3.0], [6.0]]]}
    >>> display = NStepErrorDisplay.from_predictions(truth, forecasts, ax=Figure().subplots())
    >>> display.errors["model"].tolist(), display.ax_.get_xlabel()
    ([0.0, 2.5], 'lead [steps]')
    """

    def __init__(self, errors, *, leads=None, metric="mse", is_scaled=False, unit=None):
        self.errors = errors
        self.leads = leads
        self.metric = metric
        self.is_scaled = is_scaled
        self.unit = unit

    @classmethod
    def from_estimator(
        cls,
        estimator,
        y,
        *,
        start,
        leads,
        stride=1,
        baselines=None,
        metric="mse",
        scale=None,
        unit=None,
        name=None,
        ax=None,
    ):
        """Forecast from rolling origins and draw the error by lead.

        Parameters
        ----------
        estimator : fitted forecaster
        y : DataFrame of all observed rows, the test part at and after ``start``
        start, leads, stride : see `tsnode.metrics.RollingOrigins`
        baselines : dict of str to fitted forecaster, default=None
            Drawn beside it, from the same origins.
        metric, scale : see `tsnode.metrics.n_step_error`
        unit : see the class
        name : str, default=None
            Label of the estimator; None takes the name of the class.
        ax : Axes, default=None
            None makes a figure.

        Returns
        -------
        NStepErrorDisplay

        Raises
        ------
        NotFittedError
            For an estimator or a baseline that is not fitted.
        HorizonError
            If no observed row follows ``start``.
        """
        named = named_forecasters(estimator, name, baselines)
        origins = RollingOrigins.from_frame(y, start=start, leads=leads, stride=stride)
        forecasts = {label: origins.forecast(each, y) for label, each in named.items()}
        return cls.from_predictions(
            origins.truth, forecasts, leads=leads, metric=metric, scale=scale, unit=unit, ax=ax
        )

    @classmethod
    def from_predictions(
        cls,
        truth,
        forecasts=None,
        *,
        leads=None,
        metric="mse",
        scale=None,
        unit=None,
        ax=None,
    ):
        """Compute the error by lead of forecasts that were made before, and draw it.

        Parameters
        ----------
        truth : array of shape (n_origins, n_leads, n_channels), or backtest frame
        forecasts : dict of str to array of the shape of ``truth``, default=None
            The model first. With a backtest frame: dict of labels to names of columns, or a list
            of columns; None is its column "forecast".
        leads : see the class
            A backtest frame has its own.
        metric, scale : see `tsnode.metrics.n_step_error`
        unit : see the class
        ax : Axes, default=None

        Returns
        -------
        NStepErrorDisplay

        Raises
        ------
        TypeError
            If the forecasts are not named.
        ValueError
            For other shapes than the truth's, columns that are not there, a truth never observed,
            or a scale of 0, that of a constant channel.
        """
        check_drawable()
        if is_backtest_frame(truth):
            forecasts = _as_columns(forecasts)
        check_named("forecasts", forecasts, "arrays")
        if not forecasts:
            msg = "forecasts must hold at least one forecaster; got none. Pass the model's."
            raise ValueError(msg)
        options = {"metric": metric, "scale": scale}
        errors = {name: n_step_error(truth, each, **options) for name, each in forecasts.items()}
        first = next(iter(errors.values()))
        if isinstance(first, pd.Series):
            leads = first.index
            errors = {name: curve.to_numpy() for name, curve in errors.items()}
        leads = _read_leads(leads, len(first))
        display = cls(errors, leads=leads, metric=metric, is_scaled=scale is not None, unit=unit)
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
        self.ax_ = ax = single_axes(ax)
        self.figure_ = ax.figure
        leads, label = self._lead_axis()
        # A curve of one point has no line to see.
        marker = "o" if len(leads) == 1 else None
        self.lines_ = {}
        for rank, (name, curve) in enumerate(self.errors.items()):
            look = forecaster_look(rank)
            (self.lines_[name],) = ax.plot(leads, curve, label=name, marker=marker, **look)
        ax.set_xlabel(label)
        ax.set_ylabel(with_unit(NAMES[self.metric], self._error_unit()))
        ax.set_ylim(bottom=0.0)
        tidy(ax)
        ax.legend(frameon=False)
        return self

    def _error_unit(self):
        if self.is_scaled:
            return "variance" if self.metric == "mse" else "standard deviations"
        return squared(self.unit) if self.metric == "mse" else self.unit

    def _lead_axis(self):
        if self.leads is None:
            n_leads = len(next(iter(self.errors.values())))
            return np.arange(1, n_leads + 1), "lead [steps]"
        if not isinstance(self.leads, pd.TimedeltaIndex):
            return np.asarray(self.leads, dtype=float), "lead [units of time]"
        seconds = self.leads.total_seconds().to_numpy()
        unit = _readable_unit(seconds.max())
        return seconds / SECONDS[unit], f"lead [{UNIT_WORDS[unit]}s]"


def _readable_unit(longest):
    # Three or more of a unit: 48 h stay hours, 5 days are days.
    fitting = [unit for unit, seconds in SECONDS.items() if 3 * seconds <= longest]
    return fitting[-1] if fitting else "s"


def _as_columns(forecasts):
    """Labels to columns of a backtest frame."""
    if forecasts is None:
        return {"forecast": "forecast"}
    if isinstance(forecasts, str):
        return {forecasts: forecasts}
    return {name: name for name in forecasts} if isinstance(forecasts, list | tuple) else forecasts


def _read_leads(leads, n_leads):
    """Return durations as a TimedeltaIndex, numbers as an Index; None counts steps."""
    if leads is None:
        return None
    found = f"{len(leads)}" if np.ndim(leads) == 1 else repr(leads)
    if np.ndim(leads) == 1 and len(leads) == n_leads:
        index = pd.Index(leads)
        try:
            return index if is_numeric_dtype(index) else pd.to_timedelta(index)
        except (TypeError, ValueError):
            found = repr(leads)
    msg = f"leads must hold one duration for each of {n_leads} leads forecast; got {found}. "
    raise ValueError(msg + "Pass those the forecasts were made for, or None to count steps.")
