"""What a covariate is between the stamps of its own at which it is known."""

import numpy as np

from ..frames._series import positions_by_series


def look_up(knots, series, times, join, slack=0.0):
    """Value of a covariate at the given times of the given series.

    Parameters
    ----------
    knots : SeriesSet of one channel
        Where and as what it is known.
    series : int array of shape (n,)
        Series numbers in ``knots``.
    times : float array of shape (n,)
    join : {"previous", "linear", "hermite"}
    slack : float, default=0.0
        A time that lies no more than this before a knot is that knot.

    Returns
    -------
    float array of shape (n,)
        NaN before the first knot; the last value behind the last one.
    """
    out = np.full(len(times), np.nan)
    for k, asked in positions_by_series(series):
        rows = knots.rows(k)
        if rows.stop > rows.start:
            out[asked] = JOINS[join](knots.times[rows], knots.values[rows, 0], times[asked], slack)
    return out


def previous(knots, values, times, slack=0.0):
    """Newest value at or before each time."""
    return _from_first_knot(values, _place(knots, times, slack))


def linear(knots, values, times, slack=0.0):
    """Straight line to the next knot."""
    place = _place(knots, times, slack)
    return np.where(place >= 0, np.interp(times, knots, values), np.nan)


def hermite(knots, values, times, slack=0.0):
    """Cubic to the next knot whose slope at each knot is that from the one before it.

    Hermite cubic splines with backward differences, sect. 3.2 of Morrill et al. 2021, "Neural
    controlled differential equations for online prediction tasks". The slope at the first knot is
    that to the second.
    """
    place = _place(knots, times, slack)
    if len(knots) < 2:
        return _from_first_knot(values, place)
    i = np.clip(place, 0, len(knots) - 2)
    gap, rise = np.diff(knots), np.diff(values)
    slope = (rise / gap)[np.maximum(i - 1, 0)]
    share = np.clip((times - knots[i]) / gap[i], 0.0, 1.0)
    # The cubic with these slopes, as the straight line and what bends it.
    bend = (slope * gap[i] - rise[i]) * share * np.square(1 - share)
    return np.where(place >= 0, values[i] + rise[i] * share + bend, np.nan)


JOINS = {"previous": previous, "linear": linear, "hermite": hermite}


def _place(knots, times, slack):
    """Return the number of the newest knot at or before each time, -1 before the first.

    A time that is a knot but for rounding is that knot.
    """
    rounding = 16 * np.spacing(np.maximum(np.abs(times), np.abs(knots).max()))
    return np.searchsorted(knots, times + np.maximum(rounding, slack), side="right") - 1


def _from_first_knot(values, place):
    return np.where(place >= 0, values[np.maximum(place, 0)], np.nan)
