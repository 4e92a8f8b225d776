"""Rows as points of phase space: standardised, older and newer, with their past and future."""

from dataclasses import dataclass

import numpy as np

NEWEST = 0.2
MOST_OLDER = 100_000
MOST_NEWER = 1000
MOST_MISSING = 0.5  # a channel seen less would leave few whole rows
LONGEST_FILL = 3.0  # median steps that the last observed value stands for a missing one
LEADS = (1 / 2, 1 / 8)  # of the memory: later little is left to foretell, earlier nothing moves
N_DELAYS = 2  # earlier rows beside the present one: three points tell slope and bend


@dataclass(frozen=True)
class States:
    """Whole rows of all series, in standard deviations of each channel.

    Attributes
    ----------
    channels : int array, those that vary and are mostly there
    times : array of shape (n_rows,)
    series : int array of shape (n_rows,)
    now : array of shape (n_rows, n_channels), missing entries by the value last seen; else NaN
    past : array of shape (n_rows, N_DELAYS * n_channels), NaN where there is none
    futures : dict of float to array of shape (n_rows, n_channels)
        What was observed so much later, NaN where nothing was: half of ``memory``, an eighth of
        it, and one step.
    older, newer : int arrays
        Row numbers before and in the newest fifth of each series, more than ``memory`` apart;
        thinned evenly where there are many.
    memory : float
        Time in which the autocorrelation falls to 1/e, the median channel's.
    is_smooth : bool
        Whether every channel changes little from row to row (autocorrelation over 0.5).
    """

    channels: np.ndarray
    times: np.ndarray
    series: np.ndarray
    now: np.ndarray
    past: np.ndarray
    futures: dict
    older: np.ndarray
    newer: np.ndarray
    memory: float
    is_smooth: bool


def read_states(rows, step):
    """Return the States of ``ReportRows``, or None where no channel varies.

    Parameters
    ----------
    rows : ReportRows
    step : float, median step of the rows
    """
    series = rows.series
    missing = 1 - np.isfinite(series.values).sum(axis=0) / rows.stamps.n_rows
    spread = np.array([_spread(values) for values in series.values.T])
    kept = np.flatnonzero((spread > 0) & (missing <= MOST_MISSING))
    if not len(kept):
        return None
    number, times = series.series_of_row, series.times
    values = series.values[:, kept]
    values = (values - np.nanmean(values, axis=0)) / spread[kept]
    now = _filled(values, number, times, LONGEST_FILL * step)
    memory, is_smooth = _memory(values[series.rows(rows.longest)])
    delay = max(1, round(memory / 4)) * step
    past = [
        _taken(now, _rows_at(series, number, times - k * delay, LONGEST_FILL * step))
        for k in range(1, N_DELAYS + 1)
    ]
    leads = [max(1, round(memory * share)) * step for share in LEADS]
    futures = {
        lead: _taken(values, _rows_at(series, number, times + lead, step))
        for lead in dict.fromkeys([*leads, step])
    }
    older, newer = _split(series, number, now, memory * step)
    return States(
        channels=kept, times=times, series=number, now=now, past=np.concatenate(past, axis=1),
        futures=futures, older=older, newer=newer, memory=memory * step,
        is_smooth=is_smooth,
    )  # fmt: skip


def _spread(values):
    seen = values[np.isfinite(values)]
    return float(seen.std()) if len(seen) and np.ptp(seen) > 0 else 0.0


def _filled(values, number, times, reach):
    """Values, where missing the last one seen in the series within ``reach``."""
    rows = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(np.isfinite(values), rows, -1), axis=0)
    source = np.maximum(last, 0)
    fits = (last >= 0) & (number[source] == number[:, None])
    fits &= times[:, None] - times[source] <= reach
    return np.where(fits, np.take_along_axis(values, source, axis=0), np.nan)


def _memory(values):
    """Rows in which the autocorrelation falls below 1/e, the median over channels; smoothness."""
    values = np.nan_to_num(values[-(2**17) :])
    size = len(values)
    found, first = [], []
    for column in values.T:
        column = column - column.mean()
        power = np.abs(np.fft.rfft(column, 2 * size)) ** 2
        correlation = np.fft.irfft(power)[:size] / max(np.square(column).sum(), 1e-300)
        below = np.flatnonzero(correlation < 1 / np.e)
        found.append(below[0] if len(below) else size)
        first.append(correlation[min(1, size - 1)])
    return float(np.median(found)), bool(np.min(first) > 0.5)


def _rows_at(series, number, asked, reach):
    """Row of the same series nearest to each asked time, -1 where none lies within ``reach``."""
    after = series.find(number, asked, side="left")
    inside = np.clip(after, series.starts[number], series.starts[number + 1] - 1)
    before = np.clip(after - 1, series.starts[number], series.starts[number + 1] - 1)
    later = np.abs(series.times[inside] - asked) < np.abs(series.times[before] - asked)
    nearest = np.where(later, inside, before)
    # Behind a long gap the nearest row may be the one that asks.
    fits = (np.abs(series.times[nearest] - asked) <= reach) & (nearest != np.arange(len(asked)))
    return np.where(fits, nearest, -1)


def _taken(values, rows):
    return np.where((rows >= 0)[:, None], values[rows], np.nan)


def _split(series, number, now, memory):
    """Whole rows of the older part of each series, and of the newest fifth."""
    whole = np.isfinite(now).all(axis=1)
    last = series.starts[number + 1] - 1
    begins = series.times[series.starts[number]]
    cut = series.times[last] - NEWEST * (series.times[last] - begins)
    older = np.flatnonzero(whole & (series.times < cut - memory))
    newer = np.flatnonzero(whole & (series.times >= cut))
    return _thinned(older, MOST_OLDER), _thinned(newer, MOST_NEWER)


def _thinned(rows, most):
    return rows[:: max(1, int(np.ceil(len(rows) / most)))]
