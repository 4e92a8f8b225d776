"""A forecast beside what was observed, one panel a channel."""

import numpy as np
import pandas as pd

from ..frames._clock import index_kind
from ._style import MODEL, OBSERVED, OTHERS, RULE, date_axis, pyplot, tidy


class ForecastDisplay:
    """History, truth and forecast of one series, one panel a channel.

    Use ``from_estimator`` or ``from_predictions`` to make one.

    Parameters
    ----------
    forecast : DataFrame of shape (n_stamps, n_channels) with a time index
        One panel for each of its columns.
    history : DataFrame, default=None
        What was observed up to the forecast; NaN leaves a gap.
    truth : DataFrame, default=None
        What was observed at the forecast's stamps.
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
    """

    def __init__(self, forecast, *, history=None, truth=None, earlier=(), units=None, title=None):
        self.forecast = forecast
        self.history = history
        self.truth = truth
        self.earlier = earlier
        self.units = units
        self.title = title

    @classmethod
    def from_estimator(cls, estimator, X, y=None, *, history=None, units=None, title=None, ax=None):
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
        units, title : see the class
        ax : array of Axes, default=None
            One for each channel; None makes a figure.

        Returns
        -------
        ForecastDisplay
        """
        arguments = {}
        if history is not None:
            index = X if isinstance(X, pd.Index) else X.index
            arguments = {"history": history, "horizon": index - history.index.max()}
        forecast = _as_frame(estimator.predict(X, **arguments))
        return cls.from_predictions(
            forecast, history=history, truth=y, units=units, title=title, ax=ax
        )

    @classmethod
    def from_predictions(
        cls, forecast, *, history=None, truth=None, earlier=(), units=None, title=None, ax=None
    ):
        """Draw a forecast that was made before.

        Parameters
        ----------
        forecast, history, truth, earlier, units, title : see the class
            A Series stands for a frame of one channel.
        ax : array of Axes, default=None

        Returns
        -------
        ForecastDisplay
        """
        frames = {"history": _as_frame(history), "truth": _as_frame(truth)}
        display = cls(
            _as_frame(forecast),
            **frames,
            earlier=[_as_frame(frame) for frame in earlier],
            units=units,
            title=title,
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
        self.ax_ = _panels(columns, ax)
        self.figure_ = self.ax_[0].figure
        for axes, column in zip(self.ax_, columns, strict=True):
            self._draw_channel(axes, column)
        self._finish()
        return self

    def _draw_channel(self, ax, column):
        for frame, label in ((self.history, "observed"), (self.truth, "observed later")):
            if frame is not None and column in frame:
                self._draw_observed(ax, frame, column, label)
        for rank, frame in enumerate(self.earlier):
            label = "earlier forecasts" if rank == 0 else None
            ax.plot(*_line(frame, column), color=MODEL, linewidth=1.0, alpha=0.7, label=label)
        ax.plot(*_line(self.forecast, column), color=MODEL, linewidth=1.8, label="forecast")
        if self.history is not None:
            ax.axvline(_times(self.history)[-1], color=RULE, linewidth=1.0, zorder=0)
        ax.set_ylabel(self._label(column))
        tidy(ax)

    def _draw_observed(self, ax, frame, column, label):
        color = OBSERVED if label == "observed" else OTHERS[0]
        times, values = _line(frame, column)
        # A missing entry breaks the line; a point between two of them would vanish without a dot.
        ax.plot(times, values, color=color, linewidth=1.0, marker=".", markersize=2.2, label=label)

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
        handles, labels = self.ax_[0].get_legend_handles_labels()
        self.ax_[0].legend(
            handles, labels, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, frameon=False
        )
        self.figure_.align_ylabels(list(self.ax_))
        if index_kind(self.forecast.index) in ("datetime", "period"):
            date_axis(last)
        zone = getattr(self.forecast.index, "tz", None)
        name = self.forecast.index.name or "time"
        last.set_xlabel(_time_label(self.forecast.index, name, zone))


def _time_label(index, name, zone):
    if index_kind(index) == "timedelta":
        return f"{name} [h]"
    return f"{name} [{zone}]" if zone is not None else str(name)


def _panels(columns, ax):
    if ax is None:
        figure, ax = pyplot().subplots(
            len(columns),
            1,
            sharex=True,
            squeeze=False,
            layout="constrained",
            figsize=(9.0, 1.2 + 1.25 * len(columns)),
        )
    panels = np.ravel(ax)
    if len(panels) == len(columns):
        return panels
    msg = f"ax must hold one axes for each of {len(columns)} channels {columns}; got "
    msg += f"{len(panels)}. Pass ax=None for a figure of its own."
    raise ValueError(msg)


def _as_frame(data):
    if isinstance(data, pd.Series):
        return data.to_frame(data.name if data.name is not None else "value")
    if data is None or isinstance(data, pd.DataFrame):
        return data
    msg = f"Expected a DataFrame or Series with a time index; got {type(data).__name__}. "
    msg += "Fit on a frame, so that forecasts come as one, or wrap the array with its index."
    raise TypeError(msg)


def _times(frame):
    """Numbers or stamps that matplotlib can place."""
    index = frame.index
    kind = index_kind(index)
    if kind == "period":
        index = index.to_timestamp()
    if kind == "timedelta":
        return index.total_seconds().to_numpy() / 3600.0
    # Aware stamps are drawn in their own zone: the axis must agree with the table.
    return index.tz_localize(None).to_numpy() if kind == "datetime" else index.to_numpy()


def _line(frame, column):
    return _times(frame), frame[column].to_numpy(dtype=float)
