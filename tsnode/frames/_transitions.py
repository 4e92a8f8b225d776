"""Neighbouring rows: from a row that was observed whole to the next one."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Transitions:
    """Pairs of rows of one series.

    Attributes
    ----------
    rows : int array of shape (n,)
        Row of the SeriesSet that each begins at; the next row is its end.
    starts, ends : float arrays of shape (n, n_channels)
        The first without NaN.
    gaps : float array of shape (n,)
    weights : float array of shape (n,)
    """

    rows: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    gaps: np.ndarray
    weights: np.ndarray

    def __len__(self):
        return len(self.rows)


def transitions_of(series, longest):
    """Find the transitions over gaps of at most ``longest``.

    They begin at rows in which all channels were observed. Where less than half of the rows are
    such, entries that are missing at the start of a pair are taken from the last row that has them:
    channels that are read in turn are never observed together.

    Parameters
    ----------
    series : SeriesSet
    longest : float

    Returns
    -------
    Transitions
    """
    starts = series.values
    is_whole = np.isfinite(starts).all(axis=1)
    if is_whole.mean() < 0.5:
        starts = _held(series)
        is_whole = np.isfinite(starts).all(axis=1)
    number = series.series_of_row
    gaps = np.diff(series.times)
    kept = is_whole[:-1] & (np.diff(number) == 0) & (gaps <= longest)
    rows = np.flatnonzero(kept)
    weights = series.weights[rows] * series.weights[rows + 1]
    return Transitions(rows, starts[rows], series.values[rows + 1], gaps[rows], weights)


def _held(series):
    """Values with every missing entry taken from the last row of its series that has it."""
    values = series.values
    place = np.where(np.isfinite(values), np.arange(len(values))[:, None], -1)
    last = np.maximum.accumulate(place, axis=0)
    first = series.starts[series.series_of_row][:, None]
    return np.where(last >= first, np.take_along_axis(values, np.maximum(last, 0), axis=0), np.nan)
