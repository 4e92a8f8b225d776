"""Delay coordinates: what was observed whole steps before each row, beside the row itself."""

from dataclasses import replace

import numpy as np


def earlier_values(times, values, n_delays):
    """Values observed 1, ..., n_delays - 1 steps before every row of one series.

    Parameters
    ----------
    times : float array of shape (n,), not decreasing, in whole steps
    values : float array of shape (n, d)
    n_delays : int

    Returns
    -------
    float array of shape (n, (n_delays - 1) * d), the nearest step first
        NaN where no row is at that step; of several rows the last one counts.
    """
    wanted = times[:, None] - np.arange(1, n_delays)
    row = np.searchsorted(times, wanted, side="right") - 1
    is_there = (row >= 0) & (times[row] == wanted)
    return np.where(is_there[..., None], values[row], np.nan).reshape(len(times), -1)


def with_delays(series, n_delays):
    """Rows of a SeriesSet on whole steps, with their earlier values as further channels."""
    own = [series.rows(k) for k in range(series.n_series)]
    parts = [earlier_values(series.times[k], series.values[k], n_delays) for k in own]
    width = (n_delays - 1) * series.n_channels
    earlier = np.concatenate([np.empty((0, width)), *parts])
    return replace(series, values=np.hstack([series.values, earlier]))
