"""The newest rows of every series: what forecasts behind the last row still read."""

import numpy as np

from ._causal import last_observed_row
from ._series import SeriesSet


def newest_rows(series, n_rows, span):
    """Rows of a SeriesSet that are among the newest of their series.

    Parameters
    ----------
    series : SeriesSet
    n_rows : int or inf
        Rows that are kept at least.
    span : float
        Rows no older than this before the last one are kept too, in the unit of the times.

    Returns
    -------
    SeriesSet
        With, besides, the newest observation of every channel before those rows.
    """
    if not series.n_rows:
        return series
    number = series.series_of_row
    end = series.starts[1:][number]
    # Rounding must not drop the row at the very edge.
    edge = span + 1e-9 * (abs(span) + np.abs(series.times))
    kept = end - np.arange(series.n_rows) <= n_rows
    kept |= series.times >= series.times[end - 1] - edge
    first = np.flatnonzero(kept & np.r_[True, ~kept[:-1] | (np.diff(number) != 0)])
    before = last_observed_row(series)[first]
    kept[before[before >= 0]] = True
    return _select(series, kept)


def rows_since(series, since):
    """Rows from ``since`` (a time per series) on, and the one before: u(t) is linear between."""
    number = series.series_of_row
    kept = series.times >= since[number]
    before = np.flatnonzero(~kept & np.r_[kept[1:] & (np.diff(number) == 0), False])
    kept[before] = True
    # Constant beyond the ends: the last row says what holds behind it.
    kept[series.starts[1:][np.diff(series.starts) > 0] - 1] = True
    return _select(series, kept)


def _select(series, kept):
    starts = np.concatenate([[0], np.cumsum(kept)])[series.starts]
    return SeriesSet(
        series.keys, starts, series.times[kept], series.values[kept], series.weights[kept]
    )
