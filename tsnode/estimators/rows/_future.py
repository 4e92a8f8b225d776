"""Build the stamps after the last one of every series."""

import numbers
import warnings

import numpy as np
import pandas as pd

from ...exceptions import ForecastWarning, HorizonError
from ...frames._clock import infer_freq
from ...frames._tail import last_times
from ._reading import name_some


def future_rows(estimator, steps, freq):
    """Rows to ask for: an index (a MultiIndex for panels), or an array with a time column.

    Parameters
    ----------
    estimator : fitted forecaster without covariates
    steps : int or duration
    freq : duration, offset alias or None
    """
    clock, observed = estimator.clock_, estimator._recent.rows
    is_count = isinstance(steps, numbers.Integral) and not isinstance(steps, bool)
    if is_count and steps < 1:
        msg = f"steps must be at least 1; got {steps}. Pass how many stamps to forecast."
        raise HorizonError(msg)
    span = None if is_count else clock.duration(steps, "steps")
    if span is not None and not 0 < span < np.inf:
        msg = f"steps must be a positive duration; got {steps!r}. Pass how far ahead to forecast."
        raise HorizonError(msg)
    having = _series_with_rows(observed)
    last = last_times(observed)
    found = [None if freq is not None else _rhythm_of(estimator, k) for k in having]
    n_steps = steps if is_count else None
    step = _plain_step(estimator, freq, found) if len(having) > 1 else None
    if step is not None and (is_count or span >= step):
        # One step for all: no calendar to ask, series by series.
        n_steps = n_steps or int(np.floor(span / step * (1 + 1e-9)))
        ahead = last[having][:, None] + step * np.arange(1, n_steps + 1)
        parts = [clock.to_index(ahead.ravel())]
        counts = [n_steps] * len(having)
    else:
        parts = [
            _stamps_after(estimator, last[k], n_steps, span, freq, own)
            for k, own in zip(having, found, strict=True)
        ]
        counts = [len(part) for part in parts]
    keys = [observed.keys[k] for k, n in zip(having, counts, strict=True) for _ in range(n)]
    stamps = parts[0].append(parts[1:])
    if estimator.time_source_.where == "column":
        names = getattr(estimator, "feature_names_in_", None)
        return stamps.to_numpy()[:, None] if names is None else pd.DataFrame({names[0]: stamps})
    if observed.keys == (None,):
        return stamps
    return panel_rows(estimator, stamps, keys)


def _series_with_rows(observed):
    """Numbers of the series that have a last row to go on from; warn of the others.

    At least one is left, since fit refuses channels of which nothing is observed.
    """
    n_rows = np.diff(observed.starts)
    empty = [key for key, n in zip(observed.keys, n_rows, strict=True) if n == 0]
    if not empty:
        return range(observed.n_series)
    msg = f"Expected series with observed rows; {len(empty)} of {len(n_rows)} hold no observation, "
    msg += f"so their last stamp is unknown: {name_some(empty)}. "
    msg += "They are skipped; ask for their stamps by predict(X, history=...)."
    warnings.warn(msg, ForecastWarning, stacklevel=4)
    return np.flatnonzero(n_rows)


def _plain_step(estimator, freq, found):
    """Length of the step that all series go on in, None where it is of a calendar or their own."""
    clock = estimator.clock_
    if clock.kind == "period" and freq is None:
        return None
    offsets = {_offset(clock, freq, own) for own in found}
    if len(offsets) > 1:
        return None
    (offset,) = offsets
    if offset is None:
        step = estimator._median_step() if freq is None else clock.duration(freq, "freq")
        return step if step > 0 else None
    tick = _read_offset(offset)
    return clock.duration(tick, "freq") if isinstance(tick, pd.offsets.Tick) else None


def _rhythm_of(estimator, k):
    """Rhythm of the training rows of a series; of its newest ones where it has none."""
    tail, trained = estimator._tail, estimator._observed
    if tail is not None and k < len(tail.rhythms):
        return tail.rhythms[k]
    if k >= trained.n_series or trained.starts[k] == trained.starts[k + 1]:
        rows = estimator._recent.rows
        return rhythm(estimator.clock_, rows.times[rows.rows(k)])
    if k not in estimator._rhythms:
        # Found once: it looks at all rows.
        rows = trained.times[trained.rows(k)]
        estimator._rhythms[k] = rhythm(estimator.clock_, rows)
    return estimator._rhythms[k]


def rhythm(clock, times):
    """Calendar offset that the stamps of a series follow, or the count between its periods.

    None where they follow no offset, and for other kinds of time.
    """
    if clock.kind == "datetime":
        return infer_freq(clock.to_index(times))
    if clock.kind == "period":
        periods = clock.to_index(times)
        return max(int(np.median([gap.n for gap in periods[1:] - periods[:-1]] or [1])), 1)
    return None


def _stamps_after(estimator, last, n_steps, span, freq, found):
    clock, last = estimator.clock_, np.array([last])
    offset = _offset(clock, freq, found)
    if offset is not None:
        newest = clock.to_index(last)[0]
        if n_steps is None:
            end = clock.to_index(last + span)[0]
            stamps = pd.date_range(newest, end, freq=offset)
        else:
            stamps = pd.date_range(newest, periods=n_steps + 2, freq=offset)
        stamps = stamps[stamps > newest][:n_steps]
        if len(stamps):
            return stamps
        msg = f"steps must reach the next stamp of freq ({freq or offset}); got a shorter "
        msg += "duration. Pass a longer one, a number of stamps, or a shorter freq."
        raise HorizonError(msg)
    if clock.kind == "period" and freq is None:
        return _periods_after(clock, last, n_steps, span, found)
    step = estimator._median_step() if freq is None else clock.duration(freq, "freq")
    if not step > 0:
        msg = f"freq must be a positive duration; got {freq!r}. Pass the distance of the stamps."
        raise HorizonError(msg)
    n_steps = n_steps or int(np.floor(span / step * (1 + 1e-9)))
    if n_steps < 1:
        msg = f"steps must be at least one freq ({step:g} {clock.unit or ''} ahead); "
        msg += "pass a longer duration or a shorter freq."
        raise HorizonError(msg)
    return clock.to_index(last + step * np.arange(1, n_steps + 1))


def _periods_after(clock, last, n_steps, span, jump):
    """Count on in periods: months and years have no fixed length."""
    newest = clock.to_index(last)[0]
    step = jump // newest.freq.n
    if n_steps is None:
        n_steps = (clock.to_index(last + span)[0] - newest).n // jump
    return pd.PeriodIndex([newest + step * k for k in range(1, n_steps + 1)])


def _offset(clock, freq, found):
    """Calendar offset to build stamps with, or None for plain durations."""
    if clock.kind != "datetime":
        return None
    if freq is not None:
        offset = _read_offset(freq)
        return None if isinstance(offset, pd.offsets.Tick) else offset
    return found


def _read_offset(freq):
    # Not by pandas.to_timedelta, which reads "2MS" as milliseconds.
    try:
        return pd.tseries.frequencies.to_offset(freq)
    except (ValueError, TypeError) as error:
        msg = (
            f"freq must be a duration such as '6h' or an offset alias such as 'MS'; got {freq!r}. "
        )
        msg += "Write a number and a unit, or pass a pandas.Timedelta."
        raise HorizonError(msg) from error


def panel_rows(estimator, stamps, keys):
    """Put the time level back where it stood in fit."""
    names = estimator._index_names
    position = estimator.time_source_.position
    flat = [key if isinstance(key, tuple) else (key,) for key in keys]
    arrays = [list(level) for level in zip(*flat, strict=True)]
    arrays.insert(position, stamps)
    return pd.MultiIndex.from_arrays(arrays, names=names)
