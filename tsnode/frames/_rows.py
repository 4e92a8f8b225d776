"""Sort rows into a SeriesSet: series by key, rows by time, duplicates merged."""

import numpy as np

from ._series import SeriesSet


def series_numbers(keys, known, n_rows):
    """Series number of every row, and all keys: the known ones first, new ones sorted behind.

    Parameters
    ----------
    keys : list of length n_rows, or None for a single series
    known : tuple
        Keys that already have a number.
    n_rows : int
    """
    if keys is None:
        return np.zeros(n_rows, dtype=np.int64), known or (None,)
    fresh = set(keys).difference(known)
    try:
        fresh = sorted(fresh)
    except TypeError:  # mixed types have no order of their own
        fresh = sorted(fresh, key=repr)
    all_keys = (*known, *fresh)
    number = {key: k for k, key in enumerate(all_keys)}
    return np.fromiter((number[key] for key in keys), dtype=np.int64, count=n_rows), all_keys


def build_series(keys, series, times, values, weights=None):
    """Sort, drop rows of weight 0 or without any observation, merge equal stamps by mean.

    Parameters
    ----------
    keys : tuple of all series keys
    series : int array of shape (n,)
    times : float array of shape (n,)
    values : float array of shape (n, d), NaN = missing
    weights : float array of shape (n,) or None

    Returns
    -------
    SeriesSet
    """
    weights = np.ones(len(times)) if weights is None else weights
    kept = (weights > 0) & np.isfinite(values).any(axis=1)
    series, times, values, weights = series[kept], times[kept], values[kept], weights[kept]
    order = np.lexsort((times, series))
    series, times, values, weights = series[order], times[order], values[order], weights[order]
    is_first = _opens_group(series, times)
    if not is_first.all():
        values, weights = _merge(np.flatnonzero(is_first), values, weights)
        series, times = series[is_first], times[is_first]
    starts = np.searchsorted(series, np.arange(len(keys) + 1))
    return SeriesSet(tuple(keys), starts, times, values, weights)


def row_positions(series, times, values):
    """Position, among the given rows, of the first one behind each row of ``build_series``."""
    kept = np.flatnonzero(np.isfinite(values).any(axis=1))
    order = kept[np.lexsort((times[kept], series[kept]))]
    return order[_opens_group(series[order], times[order])]


def _opens_group(series, times):
    """Mark the rows that are no repeat of the series and time of the row before."""
    opens = np.ones(len(times), dtype=bool)
    opens[1:] = (np.diff(series) != 0) | (np.diff(times) > 0)
    return opens


def _merge(firsts, values, weights):
    """Weighted mean of the observed entries of each group of rows, and the summed weight."""
    observed = np.isfinite(values)
    entry_weights = observed * weights[:, None]
    total = np.add.reduceat(entry_weights, firsts, axis=0)
    weighted = np.add.reduceat(np.where(observed, values, 0.0) * weights[:, None], firsts, axis=0)
    with np.errstate(invalid="ignore"):
        merged = np.where(total > 0, weighted / total, np.nan)
    # A group of one keeps its value to the last bit.
    single = np.diff(np.append(firsts, len(values))) == 1
    merged[single] = values[firsts[single]]
    return merged, np.add.reduceat(weights, firsts)


def first_times(series, times, n_series):
    """Time of the first row of every series, observed or not; inf where there is none."""
    first = np.full(n_series, np.inf)
    np.minimum.at(first, series, times)
    return first


def count_duplicates(series, times):
    """Count the rows that share series and time with an earlier row."""
    order = np.lexsort((times, series))
    return int(np.sum((np.diff(series[order]) == 0) & (np.diff(times[order]) == 0)))


def overlay(base, top):
    """Rows of two SeriesSets together; on equal stamps the observed entries of ``top`` win.

    ``top.keys`` must begin with ``base.keys``.
    """
    series = np.concatenate([base.series_of_row, top.series_of_row])
    times = np.concatenate([base.times, top.times])
    values = np.concatenate([base.values, top.values])
    weights = np.concatenate([base.weights, top.weights])
    # lexsort is stable: on equal stamps the row of ``base`` stands first.
    order = np.lexsort((times, series))
    series, times, values, weights = series[order], times[order], values[order], weights[order]
    is_last = np.ones(len(times), dtype=bool)
    is_last[:-1] = (np.diff(series) != 0) | (np.diff(times) > 0)
    covered = np.flatnonzero(~is_last)
    above = values[covered + 1]
    values[covered + 1] = np.where(np.isfinite(above), above, values[covered])
    starts = np.searchsorted(series[is_last], np.arange(len(top.keys) + 1))
    return SeriesSet(top.keys, starts, times[is_last], values[is_last], weights[is_last])
