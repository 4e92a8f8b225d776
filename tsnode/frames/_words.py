"""Stamps, durations and shares as people read them."""

import numbers

import pandas as pd

UNITS = (("D", 86400), ("h", 3600), ("min", 60), ("s", 1))


def in_words(value):
    """Write a stamp, a duration or a number short: ``2013-10-01 00:00 UTC``, ``6 h``, ``0.25``."""
    if isinstance(value, pd.Timestamp):
        zone = f" {value.tz}" if value.tz is not None else ""
        is_whole = value.second == 0 and value.microsecond == 0
        return value.strftime("%Y-%m-%d %H:%M" if is_whole else "%Y-%m-%d %H:%M:%S") + zone
    if isinstance(value, numbers.Real):
        return f"{value:g}"
    seconds = pd.Timedelta(value).total_seconds()
    # 24 h and 36 h stay hours; 2 days and more are days.
    for unit, length in UNITS:
        if seconds >= (2 if unit == "D" else 1) * length and seconds % length == 0:
            return f"{seconds / length:g} {unit}"
    return f"{seconds / 3600:.3g} h" if seconds > 3600 else f"{seconds:.3g} s"


def roughly(length, clock):
    """Write a length of model time to three digits, in the unit a person would take.

    Examples
    --------
    >>> from tsnode.frames._clock import Clock
    >>> roughly(23.98, Clock("datetime", "h")), roughly(0.7512, Clock("float"))
    ('24 h', '0.751')
    """
    if clock.kind == "float":
        return f"{length:.3g}" if abs(length) < 1000 else f"{length:,.0f}"
    seconds = length * clock.seconds
    for unit, size in (("years", 2 * 365.2425 * 86400), ("D", 2 * 86400), ("h", 3600), ("min", 60)):
        # Rounded first: 59.99 min are an hour.
        if float(f"{seconds:.3g}") >= size:
            per = {"years": 365.2425 * 86400, "D": 86400}.get(unit, size)
            return f"{seconds / per:.3g} {unit}"
    return f"{seconds:.3g} s"
