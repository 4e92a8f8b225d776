"""The regular grid of a step map: model time counted in steps, fixed or by the calendar."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..exceptions import GridError
from ._clock import infer_freq

MAX_STEPS_BETWEEN_ROWS = 10_000
CALENDAR_OFFSETS = ("MS", "ME", "QS", "QE", "YS", "YE", "W", "B", "D")


@dataclass(frozen=True)
class StepGrid:
    """A map from model time to a fractional number of steps.

    Attributes
    ----------
    origin : float
        Model time of grid stamp 0.
    step : float
        Length of a step in model time (for an offset, the median one).
    offset : str or None
        Calendar offset alias; its steps have lengths of their own.
    anchor : Timestamp or None
        Grid stamp 0 of an offset, in the index's own zone.
    clock : Clock
    """

    origin: float
    step: float
    clock: object
    offset: str | None = None
    anchor: object = None

    @classmethod
    def fit(cls, series, clock, freq=None):
        """Infer the grid from the rows: a calendar offset if they follow one, else fixed steps.

        Parameters
        ----------
        series : SeriesSet in model time
        clock : Clock
        freq : None, offset alias ("MS"), duration ("1h") or number (float clocks)
        """
        freq = getattr(freq, "freqstr", freq)
        offset = _offset_of(freq, clock) if freq is not None else _infer_offset(series, clock)
        if offset is not None:
            return cls._by_calendar(series, clock, offset)
        gaps = series.gaps
        step = clock.duration(freq, "freq") if freq is not None else _typical_step(gaps)
        if not step > 0:
            msg = f"freq must be a positive step; got {freq!r}. Pass the distance of two rows."
            raise GridError(msg)
        return cls(_phase(series.times, step), float(step), clock)

    @classmethod
    def _by_calendar(cls, series, clock, offset):
        first = clock.to_index(series.times.min(keepdims=True))[0]
        first = first.to_timestamp() if clock.kind == "period" else first
        # The last grid stamp at or before the first row, at that row's time of day.
        anchor = pd.date_range(end=first, periods=1, freq=offset)[0]
        knots = clock.stamps_to_model(pd.date_range(anchor, periods=13, freq=offset))
        return cls(float(knots[0]), float(np.median(np.diff(knots))), clock, offset, anchor)

    def to_steps(self, times):
        """Count the steps since the origin, linear inside a step; float array like ``times``."""
        if self.offset is None:
            return (times - self.origin) / self.step
        knots, numbers = self._knots(times)
        return np.interp(times, knots, numbers)

    def to_times(self, steps):
        """Model time of a number of steps."""
        if self.offset is None:
            return self.origin + steps * self.step
        slack = 2 * self.step
        rough = self.origin + np.array([steps.min(), steps.max()]) * self.step
        knots, numbers = self._knots(rough * 1.05 + np.array([-slack, slack]))
        return np.interp(steps, numbers, knots)

    def _knots(self, times):
        """Grid stamps that enclose ``times``, in model time, and their numbers."""
        if not len(times):
            return np.array([0.0, 1.0]), np.array([0.0, 1.0])
        ahead = max(int(np.ceil((times.max() - self.origin) / self.step * 1.1)) + 3, 3)
        back = max(int(np.ceil((self.origin - times.min()) / self.step * 1.1)) + 3, 1)
        later = pd.date_range(self.anchor, periods=ahead, freq=self.offset)
        earlier = pd.date_range(end=self.anchor, periods=back, freq=self.offset)
        stamps = earlier[:-1].append(later)
        return self.clock.stamps_to_model(stamps), np.arange(len(stamps), dtype=float) - (back - 1)

    def largest_shift(self, steps):
        """Share of rows moved by over a tenth of a step, and the largest shift in steps."""
        shift = np.abs(steps - np.round(steps))
        return float(np.mean(shift > 0.1)), float(shift.max(initial=0.0))


def check_steps_between(series_steps, starts):
    """Refuse a grid on which two neighbouring rows lie over 10,000 steps apart."""
    inside = np.ones(max(len(series_steps) - 1, 0), dtype=bool)
    cuts = np.asarray(starts[1:-1]) - 1
    inside[cuts[(cuts >= 0) & (cuts < len(inside))]] = False
    widest = np.diff(series_steps)[inside].max(initial=0.0)
    if widest > MAX_STEPS_BETWEEN_ROWS:
        msg = f"Expected at most {MAX_STEPS_BETWEEN_ROWS:,} steps between two rows; got "
        msg += f"{widest:,.0f}. Pass a longer freq=, or use NeuralODERegressor."
        raise GridError(msg)


def _typical_step(gaps):
    """Median gap; where rows only jitter around a grid, the grid's step."""
    if not len(gaps):
        return 1.0
    step = float(np.median(gaps))
    counts = np.round(gaps / step)
    near = np.abs(gaps / step - counts) < 0.25
    if near.mean() < 0.9:
        return step
    # The median of jittered gaps is a little off, and over many steps the grid would drift away.
    mean = float(gaps[near].sum() / counts[near].sum())
    return mean if abs(mean / step - 1) > 1e-9 else step


def _phase(times, step):
    """Origin of the fixed grid on which most rows lie: the circular mean of the remainders."""
    first = times.min()
    angle = 2 * np.pi * (times - first) / step
    turned = np.angle(np.exp(1j * angle).mean()) / (2 * np.pi)
    # Rows on the grid give a turn of rounding size; keep them exactly on it.
    return first + (step * turned if abs(turned) > 1e-9 else 0.0)


def _offset_of(freq, clock):
    if clock.kind not in ("datetime", "period") or not isinstance(freq, str):
        return None
    return freq if _is_calendar(freq) else None


def _is_calendar(freq):
    # "2MS" and "QS-OCT" are calendar offsets too.
    return freq.lstrip("0123456789").split("-")[0] in CALENDAR_OFFSETS


def _infer_offset(series, clock):
    """Calendar offset that the rows of the longest series follow, or None."""
    if clock.kind not in ("datetime", "period"):
        return None
    longest = int(np.argmax(np.diff(series.starts)))
    times = series.times[series.rows(longest)]
    stamps = clock.to_index(times)
    stamps = stamps.to_timestamp() if clock.kind == "period" else stamps
    freq = infer_freq(stamps)
    return freq if freq is not None and _is_calendar(freq) else None
