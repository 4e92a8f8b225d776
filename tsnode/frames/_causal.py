"""Values a forecast may know: last observations and interpolation up to a cutoff row."""

import numpy as np


def last_observed_row(known):
    """Row of the newest observation of every channel at or before each row.

    Returns
    -------
    int array of shape (n_rows, n_channels), -1 where a channel has not been seen yet.
    """
    rows = np.arange(known.n_rows)[:, None]
    seen = np.where(known.is_observed, rows, -1)
    newest = np.maximum.accumulate(seen, axis=0)
    return np.where(newest >= known.starts[known.series_of_row][:, None], newest, -1)


def last_values(known, cutoff):
    """Newest value of every channel at each cutoff row, shape (n, n_channels), NaN if none."""
    values = np.full((len(cutoff), known.n_channels), np.nan)
    started = cutoff >= 0
    newest = last_observed_row(known)[cutoff[started]]
    found = np.take_along_axis(known.values, np.maximum(newest, 0), axis=0)
    values[started] = np.where(newest >= 0, found, np.nan)
    return values


def interpolate_before(known, channel, cutoff, times):
    """One channel at ``times``, linear between observations, from rows up to the cutoff only.

    Constant beyond the first and the last known observation.

    Parameters
    ----------
    known : SeriesSet
    channel : int
    cutoff : int array of shape (n,)
        Row of ``known``; -1 knows nothing.
    times : float array of shape (n, k)

    Returns
    -------
    float array of shape (n, k), NaN where the channel has not been observed.
    """
    out = np.full(times.shape, np.nan)
    seen = np.flatnonzero(known.is_observed[:, channel])
    if not len(seen):
        return out
    # Positions in ``seen`` of each origin's oldest and newest known observation.
    first = np.searchsorted(seen, known.starts[known.series_of_row[cutoff]])
    last = np.searchsorted(seen, cutoff, side="right") - 1
    usable = (cutoff >= 0) & (last >= first)
    first, last = first[usable, None], last[usable, None]
    asked = times[usable]
    stamps, values = known.times[seen], known.values[seen, channel]
    number = known.series_of_row[cutoff[usable]]
    before = np.empty(asked.shape, dtype=np.int64)
    for k in np.unique(number):
        mine = number == k
        low, high = np.searchsorted(seen, known.starts[[k, k + 1]])
        before[mine] = low + np.searchsorted(stamps[low:high], asked[mine], side="right") - 1
    before = np.clip(before, first, last)
    after = np.clip(before + 1, first, last)
    gap = stamps[after] - stamps[before]
    share = np.where(gap > 0, (asked - stamps[before]) / np.where(gap > 0, gap, 1.0), 0.0)
    share = np.clip(share, 0.0, 1.0)
    out[usable] = values[before] + share * (values[after] - values[before])
    return out
