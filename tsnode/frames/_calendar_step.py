"""The step of a series: a duration, or months and years, which have no fixed length."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ._clock import infer_freq
from ._words import in_words

LONG_GAP = 1.5  # in steps: less is a late row, not a missing one
MONTH = pd.Timedelta(days=365.2425 / 12)
MONTHS = re.compile(r"B?[MQY][SE]\b")  # pandas' codes of month, quarter and year


@dataclass(frozen=True)
class Step:
    """From one row to the next.

    Attributes
    ----------
    length : Timedelta or float
        Median distance of the rows. Of months and years the mean: leads in medians of 31 days
        would drift away from the calendar.
    offset : DateOffset or None
        The calendar's own step, where the rows follow one.
    """

    length: object
    offset: object = None

    @classmethod
    def of(cls, index):
        """Read the step off the times of a series."""
        gaps = (index[1:] - index[:-1]).to_numpy()
        middle = np.median(gaps[gaps > np.zeros(1, gaps.dtype)])
        if isinstance(index, pd.TimedeltaIndex):
            return cls(pd.Timedelta(middle))
        if not isinstance(index, pd.DatetimeIndex):
            return cls(float(middle))
        length = pd.Timedelta(middle)
        offset = _calendar_offset(index, length)
        if not _counts_months(offset):
            return cls(length, offset)
        n_steps = len(pd.date_range(index[0], index[-1], freq=offset)) - 1
        return cls((index[-1] - index[0]) / n_steps, offset)

    @property
    def is_stamped(self):
        """Whether times are stamps, not plain numbers."""
        return isinstance(self.length, pd.Timedelta)

    def leads(self, n):
        """Return the lengths of 1 to ``n`` steps."""
        if self.is_stamped:
            return pd.TimedeltaIndex([self.length * k for k in range(1, n + 1)])
        return self.length * np.arange(1, n + 1)

    def after(self, last, n):
        """Return the ``n`` times that follow the index ``last`` of one time."""
        if self.offset is not None:
            stamps = pd.date_range(last[0], periods=n + 1, freq=self.offset)
            return stamps[stamps > last[0]][:n].rename(last.name)
        stamps = [last + lead for lead in self.leads(n)]
        return stamps[0].append(stamps[1:])

    def count(self, duration, last):
        """Return how many steps after the time ``last`` fit into a duration."""
        if _counts_months(self.offset) and duration > pd.Timedelta(0):
            return len(pd.date_range(last, last + duration, freq=self.offset)) - 1
        return int(np.floor(duration / self.length * (1 + 1e-9)))

    def in_words(self, n=1):
        """Write ``n`` steps short: ``6 h``, ``3 months``, ``0.25``."""
        if not _counts_months(self.offset):
            return in_words(n * self.length)
        n_months = n * round(self.length / MONTH)
        count, unit = (n_months, "month") if n_months % 12 else (n_months // 12, "year")
        return f"{count} {unit}{'s' if count > 1 else ''}"


def _counts_months(offset):
    return offset is not None and MONTHS.match(offset.rule_code) is not None


def _calendar_offset(index, length):
    """Offset that all stamps lie on, or None for a plain duration and for irregular stamps."""
    offset = _as_offset(infer_freq(index))
    if offset is None and length > 0.9 * MONTH:
        # One missing month hides the calendar from pandas: look between the gaps.
        is_long = (index[1:] - index[:-1]) > LONG_GAP * length
        runs = np.split(np.arange(len(index)), np.flatnonzero(is_long) + 1)
        offset = _as_offset(infer_freq(index[max(runs, key=len)]))
    if offset is None or not all(offset.is_on_offset(stamp) for stamp in index):
        return None
    return offset


def _as_offset(alias):
    offset = None if alias is None else pd.tseries.frequencies.to_offset(alias)
    return None if isinstance(offset, pd.offsets.Tick) else offset
