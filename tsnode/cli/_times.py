"""Durations and dates as people write and read them, for stamps and for numeric times."""

import numbers

import numpy as np
import pandas as pd

UNITS = (("D", 86400), ("h", 3600), ("min", 60), ("s", 1))


def parse_horizon(text, step, last):
    """Return how many steps after the time ``last`` a horizon such as "24h" or "24" takes."""
    is_count = text.isdecimal()
    n_steps = int(text) if is_count else step.count(_duration(text, step.is_stamped), last)
    if n_steps >= 1:
        return n_steps
    msg = f"--horizon must be at least the step of the rows ({step.in_words()}); got {text}. "
    msg += "Ask further ahead, or for a whole number of steps such as 12."
    raise ValueError(msg)


def _duration(text, is_stamped):
    try:
        length = pd.Timedelta(text) if is_stamped else float(text)
    except ValueError as error:
        example = "'24h' or '2D'" if is_stamped else "'2.5' in the unit of the time column"
        msg = f"--horizon must be a duration such as {example}, or a number of steps; "
        msg += f"got {text!r}. Write it that way."
        raise ValueError(msg) from error
    if length == length and abs(length) < (pd.Timedelta.max if is_stamped else np.inf):
        return length
    msg = f"--horizon must be a finite duration; got {text!r}. Write for example 24h."
    raise ValueError(msg)


def parse_holdout(text, index):
    """Return the first time of the held-out part, from a date or a share of the time."""
    first, last = index[0], index[-1]
    share = _share(text)
    start = first + (1 - share) * (last - first) if share is not None else _date(text, index)
    if (index < start).sum() >= 2 and (index >= start).sum() >= 2:
        return start
    msg = f"--holdout must leave two rows on each side; got {text} for rows from "
    msg += (
        f"{in_words(first)} to {in_words(last)}. Pass a date between them or a share such as 0.25."
    )
    raise ValueError(msg)


def _share(text):
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        return None
    return number if 0 < number < 1 else None


def _date(text, index):
    try:
        if not isinstance(index, pd.DatetimeIndex):
            return float(text)
        date = pd.Timestamp(text)
    except ValueError as error:
        msg = f"--holdout must be a date such as 2013-10-01 or a share such as 0.25; got {text!r}. "
        msg += "Write one of these."
        raise ValueError(msg) from error
    if date.tz is None:
        return date.tz_localize(index.tz)
    return date.tz_convert(index.tz) if index.tz is not None else date.tz_localize(None)


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
