"""Durations and dates as people write them, for stamps and for numeric times."""

import re

import numpy as np
import pandas as pd

from ..frames._calendar_step import Step
from ..frames._words import in_words
from ._options import parse_share

DAYS = re.compile(r"(?<=[\d\s])d\b")
MOST_ROWS = 1_000_000


def parse_horizon(text, step, last):
    """Return how many steps after the time ``last`` a horizon such as "24h" or "24" takes."""
    is_count = text.isdecimal()
    n_steps = int(text) if is_count else step.count(_duration(text, step), last)
    if n_steps >= 1:
        return n_steps
    msg = f"--horizon must be at least the step of the rows ({step.in_words()}); got {text}. "
    msg += "Ask further ahead, or for a whole number of steps such as 12."
    raise ValueError(msg)


def stamps_ahead(index, step, n_leads, horizon, every=None):
    """Return the times to forecast: every step, or as far apart as ``every`` says.

    Parameters
    ----------
    index : Index of the rows
    step : Step of the rows
    n_leads : int
        Steps up to the horizon.
    horizon, every : str, as the user wrote them; ``every`` may be None
    """
    last = index[-1:]
    if n_leads > MOST_ROWS:
        msg = f"--horizon must be at most {MOST_ROWS:,} steps; got {horizon}. Ask less far ahead."
        raise ValueError(msg)
    if every is None:
        return step.after(last, n_leads)
    if every.isdecimal():
        n_steps = int(every)
        if not 1 <= n_steps <= n_leads:
            raise ValueError(_every_message(every, f"{horizon} ({n_leads} steps)"))
        return step.after(last, n_leads)[n_steps - 1 :: n_steps]
    length = _duration(every, step, "--every")
    reach = step.after(last, n_leads)[-1] - last[0]
    reach = reach if horizon.isdecimal() else max(reach, _duration(horizon, step))
    if not 0 * length < length <= reach * (1 + 1e-9):
        raise ValueError(_every_message(every, horizon))
    n_rows = int(reach / length * (1 + 1e-9))
    if n_rows > MOST_ROWS:
        msg = f"--every must leave at most {MOST_ROWS:,} rows up to the horizon; got {n_rows:,} "
        raise ValueError(msg + f"by {every}. Take it larger.")
    n_steps = length / step.length
    if step.offset is not None and abs(n_steps - round(n_steps)) < 1e-9:
        # Days of the calendar, which may have 23 hours.
        n_steps = round(n_steps)
        return step.after(last, n_rows * n_steps)[n_steps - 1 :: n_steps]
    return Step(length).after(last, n_rows)


def _every_message(every, horizon):
    msg = f"--every must be over 0 and no longer than --horizon {horizon}; got {every}. "
    return msg + "Take it smaller, or ask further ahead."


def _duration(text, step, option="--horizon"):
    try:
        # pandas takes days as D, people write d as well.
        length = pd.Timedelta(DAYS.sub("D", text)) if step.is_stamped else float(text)
    except ValueError as error:
        example = "'24h' or '2D'" if step.is_stamped else "'2.5' in the unit of the time column"
        msg = f"{option} must be a duration such as {example}, or a number of steps; "
        msg += f"got {text!r}. Write it that way."
        raise ValueError(msg) from error
    if length == length and abs(length) < (pd.Timedelta.max if step.is_stamped else np.inf):
        return length
    msg = f"{option} must be a finite duration; got {text!r}. Write for example 24h."
    raise ValueError(msg)


def cut_times(frame, since=None, until=None):
    """Return the rows from ``since`` to ``until``, both as the user wrote them and both included.

    Of a date alone, a month or a year, ``until`` takes all of it.
    """
    index = frame.index
    first = index[0] if since is None else _date(since, index, "--since")
    last = index[-1] if until is None else _end(until, index)
    if since is not None and until is not None and first > last:
        msg = f"--since must not lie after --until; got {since} and {until}. Swap them."
        raise ValueError(msg)
    kept = frame[(index >= first) & (index <= last)]
    if len(kept):
        return kept
    asked = {"--since": since, "--until": until}
    got = " and ".join(f"{name} {text}" for name, text in asked.items() if text is not None)
    msg = f"--since and --until must leave rows of those from {in_words(index[0])} to "
    raise ValueError(msg + f"{in_words(index[-1])}; got {got}. Pass dates between them.")


def _end(text, index):
    date = _date(text, index, "--until")
    if not isinstance(date, pd.Timestamp) or pd.Timestamp(text).tz is not None:
        return date
    try:
        length = pd.Period(text).end_time - pd.Period(text).start_time
    except ValueError:  # "now"
        return date
    return date + length


def parse_holdout(text, index):
    """Return the first time of the held-out part, from a date or a share of the time."""
    first, last = index[0], index[-1]
    share = parse_share(text)
    start = _date(text, index) if share is None else first + (1 - share) * (last - first)
    if (index < start).sum() >= 2 and (index >= start).sum() >= 2:
        return start
    msg = f"--holdout must leave two rows on each side; got {text} for rows from "
    msg += (
        f"{in_words(first)} to {in_words(last)}. Pass a date between them or a share such as 0.25."
    )
    raise ValueError(msg)


def _date(text, index, option="--holdout"):
    try:
        if not isinstance(index, pd.DatetimeIndex):
            return float(text)
        date = pd.Timestamp(text)
    except ValueError as error:
        example = "a date such as 2013-10-01"
        if not isinstance(index, pd.DatetimeIndex):
            example = "a number such as the times of FILE"
        example += " or a share such as 0.25" if option == "--holdout" else ""
        msg = f"{option} must be {example}; got {text!r}. Write it that way."
        raise ValueError(msg) from error
    if date.tz is None:
        return date.tz_localize(index.tz)
    return date.tz_convert(index.tz) if index.tz is not None else date.tz_localize(None)
