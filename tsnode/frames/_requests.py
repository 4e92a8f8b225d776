"""From asked stamps and a horizon to cutoffs: the last row each forecast may know."""

import numbers

import numpy as np

from ..exceptions import HorizonError
from ._series import Requests


def read_horizon(horizon, clock, n_asked, name="horizon"):
    """Horizon as ("rows", n) or ("time", duration or array of durations in model time).

    Parameters
    ----------
    horizon : int, duration, or array of durations of shape (n_asked,)
        A number of observed rows; a duration such as "6h" (a float where time is a plain
        number); or one duration for every asked row.
    clock : Clock
    n_asked : int
    name : str
        How the user calls it.
    """
    if is_count(horizon):
        if horizon < 1:
            msg = f"{name} must be at least 1 row; got {horizon}. Pass 1 for one step ahead."
            raise HorizonError(msg)
        return "rows", int(horizon)
    if horizon is None or isinstance(horizon, bool):
        msg = f"{name} must be a number of rows or a duration such as '6h'; got {horizon!r}. "
        msg += "Pass 1 for one step ahead."
        raise HorizonError(msg)
    duration = clock.duration(horizon, name)
    if np.ndim(duration) and np.shape(duration) != (n_asked,):
        msg = f"Expected one horizon or one per asked row ({n_asked}); got shape "
        msg += f"{np.shape(duration)}. Repeat the horizons to the rows of X."
        raise HorizonError(msg)
    if not np.all(np.isfinite(duration)) or np.any(np.asarray(duration) < 0):
        msg = f"{name} must be finite and not negative; got {horizon!r}. Pass a length of time."
        raise HorizonError(msg)
    return "time", duration


def is_count(value):
    """Whether a length is a number of rows or stamps; any other is a duration."""
    # NumPy counts its timedelta64 among the integers.
    return isinstance(value, numbers.Integral) and not isinstance(value, bool | np.timedelta64)


def cut_off(known, series, times, horizon, *, tolerance, before_first, label, earliest=None):
    """Find the row each asked forecast starts from.

    Parameters
    ----------
    known : SeriesSet
        Observed rows, training and history together.
    series, times : arrays of shape (n_asked,)
    horizon : pair as ``read_horizon`` returns it
    tolerance : float
        Slack of the comparison "at or before stamp - duration", for rounding of model time.
    before_first : str
        What to do with stamps before the first row: start "backward" from the first row after
        them, answer from an "empty" history, or "refuse".
    label : callable
        Maps (series number, time) to words for an error.
    earliest : float array of shape (n_series,), optional
        Stamps from here on are not refused: the first row, observed or not.

    Returns
    -------
    Requests

    Raises
    ------
    HorizonError
        A stamp before the first row of its series, if those are refused.
    """
    measure, length = horizon
    if measure == "rows":
        cutoff = known.find(series, times, side="left") - length
    else:
        cutoff = known.find(series, times - length + tolerance, side="right") - 1
    first = known.starts[series]
    nothing_before = cutoff < first
    cutoff = np.where(nothing_before, -1, cutoff)
    if measure == "rows" and length == 1 and nothing_before.any():
        cutoff = _before_the_first(known, series, times, cutoff, before_first, label, earliest)
    return Requests(series=series, times=times, cutoff=cutoff)


def _before_the_first(known, series, times, cutoff, before_first, label, earliest):
    first, end = known.starts[series], known.starts[series + 1]
    later = known.find(series, times, side="right")
    early = (cutoff == -1) & (first < end)
    if before_first == "backward":
        return np.where(early & (later < end), later, cutoff)
    if before_first == "empty":
        return cutoff
    outside = np.zeros(len(times), dtype=bool)
    outside[early] = times[early] < known.times[first[early]]
    if earliest is not None:
        outside &= times < earliest[series]
    if outside.any():
        at = int(np.flatnonzero(outside)[0])
        msg = f"Expected stamps from the first observed row on; got {label(series[at], times[at])} "
        msg += f"and {int(outside.sum()) - 1} more before it. Only NeuralODERegressor on states "
        msg += "(lookback=None) goes backwards; leave these stamps out, or pass earlier history."
        raise HorizonError(msg)
    return cutoff
