"""The one form every model reads: sorted rows of all series in flat arrays."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SeriesSet:
    """Observed rows of one or more series, one after the other, sorted by time.

    Rows in which no channel is observed are not kept, so every row is an observation.

    Attributes
    ----------
    keys : tuple of length n_series
        Names of the series; ``(None,)`` for a single series.
    starts : int array of shape (n_series + 1,)
        Rows of series k are ``starts[k]:starts[k + 1]``; may be empty.
    times : float array of shape (n_rows,)
        Strictly increasing within a series.
    values : float array of shape (n_rows, n_channels)
        NaN = not observed.
    weights : float array of shape (n_rows,)
        How often a row counts.
    """

    keys: tuple
    starts: np.ndarray
    times: np.ndarray
    values: np.ndarray
    weights: np.ndarray

    @property
    def n_series(self):
        """Number of series."""
        return len(self.keys)

    @property
    def n_rows(self):
        """Number of rows over all series."""
        return len(self.times)

    @property
    def n_channels(self):
        """Number of observed channels."""
        return self.values.shape[1]

    @property
    def series_of_row(self):
        """Series number of every row, int array of shape (n_rows,)."""
        return np.repeat(np.arange(self.n_series), np.diff(self.starts))

    @property
    def gaps(self):
        """All positive gaps between neighbouring rows of a series."""
        inside = np.diff(self.series_of_row) == 0
        return np.diff(self.times)[inside]

    def rows(self, k):
        """Slice of the rows of series k."""
        return slice(self.starts[k], self.starts[k + 1])

    def find(self, series, times, side="right"):
        """Global row number after the last row of ``series`` with time <= (or <) ``times``.

        ``side="right"`` counts rows at the time itself, ``"left"`` only those before it.
        """
        series, times = np.broadcast_arrays(np.asarray(series), np.asarray(times, dtype=float))
        if self.n_series == 1:
            return np.searchsorted(self.times, times, side=side)
        found, flat = np.empty(times.size, dtype=np.int64), times.ravel()
        for k, asked in positions_by_series(series.ravel()):
            found[asked] = self.starts[k] + np.searchsorted(
                self.times[self.rows(k)], flat[asked], side=side
            )
        return found.reshape(times.shape)

    @property
    def is_observed(self):
        """Bool array of the shape of ``values``."""
        return np.isfinite(self.values)


def positions_by_series(series):
    """Yield every series number that occurs, with its positions in the array, both rising."""
    order = np.argsort(series, kind="stable")
    numbers, first = np.unique(series[order], return_index=True)
    bounds = np.append(first, len(order))
    for k, low, high in zip(numbers, bounds[:-1], bounds[1:], strict=True):
        yield k, order[low:high]


@dataclass(frozen=True)
class Requests:
    """Asked forecasts, one row each.

    Attributes
    ----------
    series : int array of shape (n_asked,)
        Series number in the SeriesSet that goes with it.
    times : float array of shape (n_asked,)
        Asked times, same unit as the SeriesSet.
    cutoff : int array of shape (n_asked,)
        Row of the SeriesSet that the forecast starts from: only it and earlier rows of its
        series may be used. -1: nothing to start from (an empty history).
        A cutoff later than the asked time asks for a backward solve.
    """

    series: np.ndarray
    times: np.ndarray
    cutoff: np.ndarray

    def __len__(self):
        return len(self.times)
