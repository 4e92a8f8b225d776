"""Rows held out of a fit: which they are, what is left, and forecasts of them from all leads."""

from dataclasses import dataclass

import numpy as np

from ._series import Requests, SeriesSet
from ._windows import first_of_newest_part

# Rows ahead: each a quarter further than the one before, to ten days of hourly data.
OFFSETS = np.unique(np.round(1.25 ** np.arange(25)).astype(int))
# Where origins fall in the held-out rows: the golden section, which keeps time with no cycle.
GOLDEN = (np.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class HeldOut:
    """Forecasts of held-out rows.

    Attributes
    ----------
    requests : Requests
    truth : float array of shape (n_asked, n_channels)
        NaN = not observed.
    origin : int array of shape (n_asked,)
        Number of the forecast's origin.
    leads : float array of shape (n_asked,)
        From the origin's row to the asked one.
    """

    requests: Requests
    truth: np.ndarray
    origin: np.ndarray
    leads: np.ndarray


def is_in_newest_part(series, fraction):
    """Bool array of the newest share of the rows of every series."""
    first = first_of_newest_part(series, fraction)
    return np.arange(series.n_rows) >= first[series.series_of_row]


def time_blocks(series, n_blocks):
    """Give every row the number of its stretch of time; all hold about as many rows."""
    edges = np.quantile(series.times, np.arange(1, n_blocks) / n_blocks)
    return np.searchsorted(edges, series.times, side="left")


def held_out_time(series, block):
    """Sum of the time between neighbouring rows of the same block (-1 = not held out)."""
    inside = (np.diff(series.series_of_row) == 0) & (np.diff(block) == 0) & (block[1:] >= 0)
    return float(np.diff(series.times)[inside].sum())


def leave_out(series, is_out):
    """Rows that are left, every unbroken stretch of them as a series of its own.

    Returns
    -------
    pieces : SeriesSet
        The first stretch of series k is number k; later stretches follow behind the last series.
    numbers : int array of shape (n_pieces,)
        Series that each piece is of.
    """
    number = series.series_of_row
    kept = np.flatnonzero(~is_out)
    opens = np.ones(len(kept), dtype=bool)
    opens[1:] = (np.diff(kept) > 1) | (np.diff(number[kept]) > 0)
    piece = np.cumsum(opens) - 1
    of_piece = number[kept][opens]
    is_first = np.ones(len(of_piece), dtype=bool)
    is_first[1:] = np.diff(of_piece) > 0
    place = np.where(is_first, of_piece, series.n_series + np.cumsum(~is_first) - 1)
    numbers = np.r_[np.arange(series.n_series), of_piece[~is_first]]
    order = np.argsort(place[piece], kind="stable")
    n_rows = np.bincount(place[piece], minlength=len(numbers))
    rows = kept[order]
    keys = series.keys + tuple(("piece", i) for i in range(len(numbers) - series.n_series))
    pieces = SeriesSet(
        keys, np.r_[0, np.cumsum(n_rows)], series.times[rows], series.values[rows],
        series.weights[rows],
    )  # fmt: skip
    return pieces, numbers


def held_out_forecasts(series, block, n_origins=1000):
    """Ask for held-out rows from origins spread over their block, at rising distances.

    Parameters
    ----------
    series : SeriesSet
    block : int array of shape (n_rows,)
        Number of the held-out block of every row, -1 = not held out. A forecast stays within the
        block and the series of its origin.
    n_origins : int, default=1000
        Most of them.
    """
    number = series.series_of_row
    out = np.flatnonzero(block >= 0)
    if len(out) > n_origins:
        share = np.arange(1, n_origins + 1) * GOLDEN % 1.0
        out = out[np.unique((share * len(out)).astype(int))]
    origin = np.repeat(out, len(OFFSETS))
    target = origin + np.tile(OFFSETS, len(out))
    inside = target < series.starts[1:][number[origin]]
    target = np.where(inside, target, origin)
    inside &= block[target] == block[origin]
    origin, target = origin[inside], target[inside]
    return HeldOut(
        Requests(series=number[target], times=series.times[target], cutoff=origin),
        series.values[target], origin, series.times[target] - series.times[origin],
    )  # fmt: skip
