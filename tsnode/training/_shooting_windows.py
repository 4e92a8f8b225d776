"""Overlapping windows of sorted series, cut where a gap is too long."""

from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True)
class ShootingWindows:
    """Windows of at most ``n_leads`` rows after their start; short ones are padded.

    Attributes
    ----------
    series : int array of shape (n_windows,)
    z0 : float array of shape (n_windows, n_states)
    times : float array of shape (n_windows, n_leads + 1)
        A padded tail repeats the last stamp.
    targets : float array of shape (n_windows, n_leads, n_states)
        NaN where not observed or padded.
    weights : float array of shape (n_windows, n_leads)
        Weight of the target row.
    rows : int array of shape (n_windows, n_leads + 1)
        Row of every stamp in its series.
    """

    series: np.ndarray
    z0: np.ndarray
    times: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    rows: np.ndarray

    def __len__(self):
        return len(self.z0)

    def pick(self, arrays, leads):
        """Entries of per-row arrays, one (n, n_states) a series, at the stamps ``leads``."""
        rows = self.rows[:, leads]
        out = np.empty((*rows.shape, arrays[0].shape[1]))
        for k in np.unique(self.series):
            here = self.series == k
            out[here] = arrays[k][rows[here]]
        return out

    def take(self, rows):
        """Part of the windows, by integer index."""
        return ShootingWindows(*(getattr(self, entry.name)[rows] for entry in fields(self)))


def median_gap(series):
    """Median gap between neighbouring rows over all series; nan if there is none."""
    gaps = np.concatenate([np.diff(times) for times, *_ in series])
    return float(np.median(gaps)) if len(gaps) else np.nan


def cut_windows(series, n_leads, *, max_gap=np.inf, stride=1):
    """Start a window at every ``stride``-th row that has a row close enough after it.

    Parameters
    ----------
    series : list of (times, states, values, weights, controls)
        See ``shoot``.
    n_leads : int
        Rows after the start.
    max_gap : float, default=inf
        No window reaches over a longer gap.
    stride : int, default=1

    Returns
    -------
    ShootingWindows
    """
    parts = [_cut_one(k, one, n_leads, max_gap, stride) for k, one in enumerate(series)]
    return ShootingWindows(*(np.concatenate(entries) for entries in zip(*parts, strict=True)))


def _cut_one(k, one, n_leads, max_gap, stride):
    times, states, values, weights, _ = one
    n_rows = len(times)
    # Last row that can be reached from every row without a long gap.
    breaks = np.append(np.flatnonzero(np.diff(times) > max_gap), max(n_rows - 1, 0))
    starts = np.arange(n_rows)
    last = breaks[np.searchsorted(breaks, starts)] if n_rows else starts
    starts = starts[last > starts][::stride]
    wanted = starts[:, None] + np.arange(n_leads + 1)
    rows = np.minimum(wanted, last[starts][:, None])
    is_padded = (wanted > rows)[:, 1:]
    targets = values[rows[:, 1:]].copy()
    targets[is_padded] = np.nan
    of_series = np.full(len(starts), k)
    return of_series, states[starts], times[rows], targets, weights[rows[:, 1:]], rows
