"""The newest rows of every series: what forecasts behind the last row still read."""

import numpy as np

from ._causal import last_observed_row
from ._series import SeriesSet

# While nothing is observed, covariates go on without end; what they did so long ago has faded.
MOST_KNOTS = 10_000


def newest_rows(series, n_rows, span):
    """Rows of a SeriesSet that are among the newest of their series.

    Parameters
    ----------
    series : SeriesSet
    n_rows : int or inf, or an array of them of shape (n_series,)
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
    kept = _is_newest(series, n_rows, span)
    first = np.flatnonzero(kept & np.r_[True, ~kept[:-1] | (np.diff(series.series_of_row) != 0)])
    before = last_observed_row(series)[first]
    kept[before[before >= 0]] = True
    return _select(series, kept)


def _is_newest(series, n_rows, span):
    number = series.series_of_row
    end = series.starts[1:][number]
    # Rounding must not drop the row at the very edge.
    edge = span + 1e-9 * (abs(span) + np.abs(series.times))
    n_rows = np.broadcast_to(n_rows, series.n_series)[number]
    return (end - np.arange(series.n_rows) <= n_rows) | (
        series.times >= series.times[end - 1] - edge
    )


def last_times(series):
    """Time of the last row of every series, -inf where there is none."""
    last = np.full(series.n_series, -np.inf)
    has_rows = np.diff(series.starts) > 0
    last[has_rows] = series.times[series.starts[1:][has_rows] - 1]
    return last


def knots_read(knots, rows, n_rows, span, lag):
    """Knots of u(t) that forecasts behind the last of ``rows`` read.

    The newest rows are solved through, so that all knots from the first of them on count; of
    older ones, kept for a channel that was last observed there, only those up to ``lag`` before.

    Parameters
    ----------
    knots, rows : SeriesSet of the same series
    n_rows, span : as in ``newest_rows``
    lag : float

    Returns
    -------
    SeriesSet
        With the knots around, since u(t) is linear between; at most ``MOST_KNOTS`` a series.
    """
    if not knots.n_rows:
        return knots
    since = np.full(rows.n_series, np.inf)
    if rows.n_rows:
        newest = _is_newest(rows, n_rows, span)
        np.minimum.at(since, rows.series_of_row[newest], rows.times[newest])
    number, end = knots.series_of_row, knots.starts[1:]
    before, behind = _row_around(knots, rows)
    is_row_next = np.isfinite(behind)
    kept = (knots.times >= since[number]) | (is_row_next & (behind - knots.times <= lag))
    # And the neighbours of those, since u(t) is linear between.
    same = np.diff(number) == 0
    around = kept.copy()
    around[:-1] |= kept[1:] & same
    around[1:] |= kept[:-1] & same
    # So with the knot just before a row, and that at or behind it, whatever their distance.
    around[:-1] |= same & (behind[:-1] != behind[1:])
    around[1:] |= same & (before[:-1] != before[1:])
    # Constant beyond the ends: the last row says what holds behind it.
    around[end[np.diff(knots.starts) > 0] - 1] = True
    around &= end[number] - np.arange(knots.n_rows) <= MOST_KNOTS
    return _select(knots, around)


def _row_around(knots, rows):
    """Time of the row before each knot and of that at or behind it; -inf, inf if none."""
    number = np.r_[knots.series_of_row, rows.series_of_row]
    times, is_row = np.r_[knots.times, rows.times], np.arange(len(number)) >= knots.n_rows
    order = np.lexsort((is_row, times, number))
    number, times, place = number[order], times[order], np.arange(len(order))
    is_row = is_row[order]
    before = np.maximum.accumulate(np.where(is_row, place, -1))
    behind = np.minimum.accumulate(np.where(is_row, place, len(place))[::-1])[::-1]
    found = []
    for at, none in ((before, -np.inf), (behind, np.inf)):
        there = (at >= 0) & (at < len(place))
        inside = np.where(there, at, 0)
        there &= number[inside] == number
        back = np.empty(len(place))
        back[order] = np.where(there, times[inside], none)
        found.append(back[: knots.n_rows])
    return found


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
