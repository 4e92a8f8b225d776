"""Forecasts from rolling origins as arrays (origin, lead, channel)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..exceptions import HorizonError
from ..frames._clock import Clock
from ..frames._lead_rows import rows_at_leads
from ..frames._rows import build_series


@dataclass(frozen=True)
class RollingOrigins:
    """The questions a rolling evaluation asks: which stamps, each from which origin.

    A lead stands for the row nearest to origin + lead, at most half a lead step away; the stamp
    asked is that row's own. So one rule serves the hourly grid, its gaps and irregular stamps.

    Attributes
    ----------
    origins : Index of length n_origins
        Stamps the forecasts start from.
    leads : Index or array of shape (n_leads,)
        Durations, increasing.
    stamps : Index of length n_asked
        Stamps with an observed truth, repeats allowed: what ``predict`` is asked.
    horizons : Index or array of shape (n_asked,)
        Time from the origin to each of ``stamps``.
    truth : array of shape (n_origins, n_leads, n_channels)
        NaN where nothing was observed.
    cells : tuple of two int arrays of shape (n_asked,)
        Origin and lead of each of ``stamps``.
    """

    origins: pd.Index
    leads: object
    stamps: pd.Index
    horizons: object
    truth: np.ndarray
    cells: tuple

    @classmethod
    def from_frame(cls, frame, *, start, leads, stride=1):
        """Lay origins on every ``stride``-th observed row at or after ``start``.

        Parameters
        ----------
        frame : DataFrame of shape (n_rows, n_channels) with increasing unique times
        start : a value of the frame's index
        leads : Index or array of durations, shape (n_leads,), evenly spaced
            A TimedeltaIndex for stamps, floats for a float index.
        stride : int, default=1
            Observed rows from one origin to the next.

        Raises
        ------
        HorizonError
            If no row with an observation follows ``start``.
        TypeError
            For arrays, which have no times.
        """
        frame = frame.to_frame() if isinstance(frame, pd.Series) else frame
        if not isinstance(frame, pd.DataFrame):
            msg = f"Expected a DataFrame of states with a time index; got {type(frame).__name__}. "
            raise TypeError(msg + "Wrap the array: pandas.DataFrame(values, index=times).")
        index = frame.index
        clock = Clock.fit(index)
        single = np.zeros(len(frame), dtype=np.int64)
        known = build_series((None,), single, clock.to_model(index), frame.to_numpy(dtype=float))
        index = index[frame.notna().any(axis=1)]
        starts = np.flatnonzero(_is_since(index, start))[::stride]
        ahead = np.asarray(clock.duration(leads, "leads"))
        if ahead.ndim != 1 or not len(ahead):
            msg = f"leads must hold one duration or more in a row; got {leads!r}. "
            raise HorizonError(msg + "Pass a list of them, such as ['1h', '2h'], or an index.")
        # A single lead is its own step: half of it on either side.
        step = ahead[1] - ahead[0] if len(ahead) > 1 else ahead[0]
        rows = rows_at_leads(known, starts, ahead, tolerance=step / 2)
        origins = index[starts]
        cells = np.nonzero(rows >= 0)
        if len(cells[0]) == 0:
            msg = f"Expected observed rows within {leads[-1]} after {start}; got none. "
            msg += "Start earlier or ask for longer leads."
            raise HorizonError(msg)
        truth = np.full((*rows.shape, known.n_channels), np.nan)
        truth[cells] = known.values[rows[cells]]
        stamps = index[rows[cells]]
        return cls(origins, leads, stamps, _elapsed(stamps, origins[cells[0]]), truth, cells)

    def arrange(self, forecast):
        """Put one forecast row per asked stamp back into shape (origin, lead, channel).

        Parameters
        ----------
        forecast : DataFrame or array of shape (n_asked, n_channels), in the order of ``stamps``
        """
        forecast = np.asarray(forecast, dtype=float).reshape(len(self.stamps), -1)
        arranged = np.full(self.truth.shape, np.nan)
        arranged[self.cells] = forecast
        return arranged

    def forecast(self, estimator, history):
        """Ask a fitted forecaster for every stamp, each from its own origin, in one call.

        Parameters
        ----------
        estimator : fitted forecaster
        history : DataFrame of all observed rows; those after an origin are never seen from it

        Returns
        -------
        array of shape (n_origins, n_leads, n_channels)
        """
        asked = estimator.predict(self.stamps, history=history, horizon=self.horizons)
        return self.arrange(asked)


def _is_since(index, start):
    """Whether each stamp lies at or after ``start``."""
    try:
        return np.asarray(index >= start, dtype=bool)
    except (TypeError, ValueError) as error:
        msg = f"start must be a time like those of the frame ({index[0]!s} and later); got "
        raise HorizonError(msg + f"{start!r}. Pass a value of frame.index.") from error


def _elapsed(stamps, origins):
    elapsed = stamps - origins
    if isinstance(elapsed, pd.TimedeltaIndex):
        return elapsed
    # stamp - (stamp - origin) can fall a rounding error short of the origin, and the forecast
    # would then start a row too early.
    return elapsed.to_numpy() * (1 - 1e-12)
