"""The observed rows before every origin, newest first, padded to a common length."""

from dataclasses import dataclass

import numpy as np

from ._windows import _ROUNDING


@dataclass(frozen=True)
class HistoryRows:
    """What is known at every origin.

    Attributes
    ----------
    begin : float array of shape (n_origins,)
        Time of the oldest of the rows; that of the origin where there is none.
    times : float array of shape (n_origins, n_known)
        Newest first; ``begin`` in the padding.
    values : float array of shape (n_origins, n_known, n_channels)
        NaN where nothing was observed, and in the padding.
    """

    begin: np.ndarray
    times: np.ndarray
    values: np.ndarray

    def __len__(self):
        return len(self.begin)

    def take(self, which):
        """Histories chosen by an index."""
        return HistoryRows(self.begin[which], self.times[which], self.values[which])

    def oldest_first(self):
        """Turn times and values into the order of time; the padding repeats the newest time.

        Returns
        -------
        times : float array of shape (n_origins, n_known)
        values : float array of shape (n_origins, n_known, n_channels)
            NaN where nothing was observed, and in the padding.
        """
        count = np.isfinite(self.values).any(axis=2).sum(axis=1)[:, None]
        place = np.arange(self.times.shape[1])
        row = np.maximum(count - 1 - place, 0)
        times = np.take_along_axis(self.times, row, axis=1)
        values = np.take_along_axis(self.values, row[..., None], axis=1)
        return times, np.where((place < count)[..., None], values, np.nan)


def history_rows(series, origins, lookback, n_max=192):
    """Rows at most ``lookback`` before each origin, of these the newest ``n_max``.

    Parameters
    ----------
    series : SeriesSet
    origins : Origins
    lookback : float
        In the unit of the times of ``series``.
    n_max : int, default=192

    Returns
    -------
    HistoryRows
    """
    oldest = series.find(origins.series, origins.times - lookback * (1 + _ROUNDING), side="left")
    counts = np.clip(origins.ends - oldest, 0, n_max)
    place = np.arange(max(int(counts.max(initial=0)), 1))
    is_row = place < counts[:, None]
    if not series.n_rows:
        none = np.full((len(origins), len(place)), np.nan)
        return HistoryRows(
            origins.times, np.repeat(origins.times[:, None], len(place), axis=1),
            np.repeat(none[..., None], series.n_channels, axis=2),
        )  # fmt: skip
    rows = np.where(is_row, origins.ends[:, None] - 1 - place, 0)
    begin = np.where(
        counts > 0, series.times[np.maximum(origins.ends - counts, 0) % series.n_rows],
        origins.times,
    )  # fmt: skip
    times = np.where(is_row, series.times[rows], begin[:, None])
    values = np.where(is_row[..., None], series.values[rows], np.nan)
    return HistoryRows(begin, times, values)
