"""Durations and dates as people write them, for stamps and for numeric times."""

import numpy as np
import pandas as pd

from ..frames._words import in_words


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
