"""A forecast beside what was observed, one panel a channel."""

import pandas as pd

from .._constraints import check_number
from ..frames._clock import index_kind
from ..metrics._asking import check_forecaster, check_interval_forecaster
from ..metrics._backtest_frame import is_backtest_frame
from ._arguments import check_drawable, check_fitted
from ._panels import stacked_axes
from ._style import MODEL, OBSERVED, OTHERS, RULE, date_axis, tidy
from ._time_frames import (
    as_frame,
    check_frames,
    from_table,
    line_of,
    time_label,
    times_after,
    times_of,
)
from ._units import check_units


class ForecastDisplay:
    """History, truth, forecast and its interval, one panel a channel.

    Use ``from_estimator`` or ``from_predictions`` to make one.

    Parameters
    ----------
    forecast : DataFrame of shape (n_stamps, n_channels) with a time index
        One panel for each of its columns.
    history : DataFrame, default=None
        What was observed up to the forecast; NaN leaves a gap.
    truth : DataFrame, default=None
        What was observed at the forecast's stamps.
    lower, upper : DataFrame of the shape of ``forecast``, default=None
        Bounds of its interval, drawn as a band; NaN leaves a gap.
    coverage : float, default=None
        Nominal share of the truth inside the band, only written into the legend.
    earlier : sequence of DataFrame, default=()
        Forecasts from earlier origins, drawn thinner: they show how far to trust the last.
    units : dict of str to str, default=None
        Unit of each channel; None takes ``attrs["units"]`` of history, truth or forecast.
    title : str, default=None
        Written above the uppermost panel.

    Attributes
    ----------
    ax_ : array of Axes
        One panel a channel, uppermost first.
    figure_ : Figure

    See Also
    --------
    NStepErrorDisplay : The error of many such forecasts by lead.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> tomorrow = pd.date_range("2024-01-02", periods=3, freq="8h", name="time")
    >>> load = pd.Series([1.0, 3.0, 2.0], tomorrow, name="load")
    >>> display = ForecastDisplay.from_predictions(
    ...     load, lower=load - 1, upper=load + 1, units={"load": "MW"}, ax=Figure().subplots()
    ... )
    >>> display.ax_[0].get_ylabel().split()
    ['load', '[MW]']
    >>> ForecastDisplay.from_predictions(load, lower=load - 1)
    Traceback (most recent call last):
        ...
    ValueError: lower and upper must be given together; got lower alone. Pass both or neither.
    """

    def __init__(
        self,
        forecast,
        *,
        history=None,
        truth=None,
        lower=None,
        upper=None,
        coverage=None,
        earlier=(),
        units=None,
        title=None,
    ):
        self.forecast = forecast
        self.history = history
        self.truth = truth
        self.lower = lower
        self.upper = upper
        self.coverage = coverage
        self.earlier = earlier
        self.units = units
        self.title = title

    @classmethod
    def from_estimator(
        cls, estimator, X, y=None, *, history=None, coverage=None, units=None, title=None, ax=None
    ):
        """Forecast the stamps of ``X`` and draw them.

        Parameters
        ----------
        estimator : fitted forecaster
        X : index of times, or DataFrame of known-ahead covariates
        y : DataFrame, default=None
            The truth at ``X``, only drawn.
        history : DataFrame of observed states, default=None
            Drawn before the forecast, which then starts from its last row; None starts from the
            last row of fit.
        coverage : float in ]0, 1[, default=None
            Draw the interval of ``predict_interval``, too.
        units, title : see the class
        ax : array of Axes, default=None
            One for each channel; None makes a figure.

        Returns
        -------
        ForecastDisplay
        """
        check_fitted(estimator)
        check_forecaster(estimator)
        arguments = {}
        if history is not None:
            history = as_frame(history)
            arguments = {"history": history, "horizon": times_after(history, X)}
        forecast = as_frame(estimator.predict(X, **arguments))
        bounds = {}
        if coverage is not None:
            check_interval_forecaster(estimator)
            interval = estimator.predict_interval(X, **arguments, coverage=coverage)
            bounds = {"lower": interval.lower, "upper": interval.upper, "coverage": coverage}
        return cls.from_predictions(
            forecast, history=history, truth=y, **bounds, units=units, title=title, ax=ax
        )

    @classmethod
    def from_predictions(
        cls,
        forecast,
        *,
        history=None,
        truth=None,
        lower=None,
        upper=None,
        coverage=None,
        earlier=(),
        units=None,
        title=None,
        ax=None,
    ):
        """Draw a forecast that was made before.

        Parameters
        ----------
        forecast : DataFrame or Series, or the rows of one origin in a backtest frame
            A Series stands for a frame of one channel. A backtest frame holds the truth as well.
        history, truth, earlier, coverage, units, title : see the class
        lower, upper : DataFrame or Series, or names of columns of the backtest frame, default=None
            Both or neither.
        ax : array of Axes, default=None

        Returns
        -------
        ForecastDisplay

        Raises
        ------
        TypeError
            For arrays, which have no time index.
        ValueError
            For channels or stamps that are not those of the forecast, a forecast without a finite
            number, a single bound, or a lower bound above the upper one.
        """
        check_drawable()
        check_number("coverage", coverage, low=0.0, high=1.0, none_ok=True)
        check_units(units)
        found, forecast = forecast, from_table(forecast, "forecast")
        if truth is None and is_backtest_frame(found):
            truth = from_table(found, "truth")
        bounds = [
            from_table(found, bound) if isinstance(bound, str) else as_frame(bound)
            for bound in (lower, upper)
        ]
        frames = {"history": as_frame(history), "truth": as_frame(truth)}
        frames |= dict(zip(("lower", "upper"), bounds, strict=True))
        earlier = [earlier] if isinstance(earlier, pd.DataFrame | pd.Series) else earlier
        earlier = [as_frame(frame) for frame in earlier]
        check_frames(forecast, frames, earlier)
        display = cls(
            forecast, **frames, coverage=coverage, earlier=earlier, units=units, title=title
        )
        return display.plot(ax=ax)

    def plot(self, ax=None):
        """Draw the panels.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            One for each channel; None makes a figure.

        Returns
        -------
        ForecastDisplay
        """
        columns = list(self.forecast.columns)
        self.ax_ = stacked_axes(columns, ax)
        self.figure_ = self.ax_[0].figure
        for axes, column in zip(self.ax_, columns, strict=True):
            self._draw_channel(axes, column)
        self._finish()
        return self

    def _draw_channel(self, ax, column):
        for frame, label in ((self.history, "observed"), (self.truth, "observed later")):
            if frame is not None:
                self._draw_observed(ax, frame, column, label)
        for rank, frame in enumerate(self.earlier):
            label = "earlier forecasts" if rank == 0 else None
            ax.plot(*line_of(frame, column), color=MODEL, linewidth=1.0, alpha=0.7, label=label)
        ax.plot(*line_of(self.forecast, column), color=MODEL, linewidth=1.8, label="forecast")
        if self.lower is not None:
            self._draw_interval(ax, column)
        if self.history is not None:
            ax.axvline(times_of(self.history)[-1], color=RULE, linewidth=1.0, zorder=0)
        ax.set_ylabel(self._label(column))
        tidy(ax)

    def _draw_observed(self, ax, frame, column, label):
        look = {"color": OBSERVED, "linewidth": 1.0, "markersize": 2.2}
        if label != "observed":
            look = {"color": OTHERS[0], "linewidth": 0.7, "markersize": 3.6}
        # A missing entry breaks the line; a point between two of them would vanish without a dot.
        ax.plot(*line_of(frame, column), marker=".", label=label, **look)

    def _draw_interval(self, ax, column):
        times, low = line_of(self.lower, column)
        _, high = line_of(self.upper, column)
        label = "interval" if self.coverage is None else f"{100 * self.coverage:g} % interval"
        # Behind all lines, with an edge: the tint alone is lost in a copy.
        look = {"facecolor": MODEL, "edgecolor": MODEL, "alpha": 0.25, "linewidth": 0.8}
        ax.fill_between(times, low, high, zorder=0.5, label=label, **look)

    def _label(self, column):
        unit = self._units().get(column)
        return f"{column}\n[{unit}]" if unit else str(column)

    def _units(self):
        if self.units is not None:
            return self.units
        frames = [self.history, self.truth, self.forecast]
        found = [frame.attrs.get("units") for frame in frames if frame is not None]
        return next((units for units in found if units), {})

    def _finish(self):
        last = self.ax_[-1]
        if self.title:
            self.ax_[0].set_title(self.title, loc="left")
        self.ax_[0].legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=5, frameon=False)
        self.figure_.align_ylabels(list(self.ax_))
        if index_kind(self.forecast.index) in ("datetime", "period"):
            date_axis(last)
        last.set_xlabel(time_label(self.forecast.index))
