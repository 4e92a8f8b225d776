"""Runs of states from arrays, frames and panels: sorted, and only whole observed rows."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..exceptions import TimeIndexError
from ..frames._clock import Clock
from ..frames._time_source import has_time_index, read_index
from ._backtest_frame import ForecastTable, is_backtest_frame
from ._numbers import to_floats


@dataclass(frozen=True)
class Run:
    """One orbit.

    Attributes
    ----------
    values : array of shape (n_rows, n_channels)
    times : array of shape (n_rows,), increasing, or None: row k stands at time k
    is_stamped : bool
        Whether the times are the user's; else they only tell which rows were dropped.
    """

    values: np.ndarray
    times: np.ndarray | None
    is_stamped: bool = True

    def durations(self):
        """Time that each row stands for, in parts of the mean: from midpoint to midpoint."""
        n_rows = len(self.values)
        if self.times is None or not self.is_stamped or n_rows < 2:
            return np.ones(n_rows)
        gaps = np.diff(self.times)
        # The first and the last row stand for a whole gap, so that even stamps all weigh alike.
        cells = np.concatenate([gaps[:1], (gaps[1:] + gaps[:-1]) / 2, gaps[-1:]])
        return cells / cells.mean()

    def keep(self, rows):
        """Return the run of some rows, whose gaps then stretch over the others."""
        if rows.all():
            return self
        if self.times is None:
            return Run(self.values[rows], np.flatnonzero(rows).astype(float), is_stamped=False)
        return Run(self.values[rows], self.times[rows], self.is_stamped)


@dataclass(frozen=True)
class Runs:
    """Orbits of one system.

    Attributes
    ----------
    items : list of Run
    channels : list of str or None, names
    keys : list, names of the series, or None
    clock : Clock or None
    """

    items: list
    channels: list | None
    keys: list | None = None
    clock: Clock | None = None

    def __iter__(self):
        """Go through the runs."""
        return iter(self.items)

    @property
    def n_channels(self):
        """Return the number of channels."""
        return self.items[0].values.shape[1]

    @property
    def values(self):
        """All rows, of shape (n_rows, n_channels)."""
        return np.concatenate([run.values for run in self.items])

    def durations(self):
        """Time that each row stands for, mean 1, of shape (n_rows,)."""
        return np.concatenate([run.durations() for run in self.items])

    def observed(self, name="truth"):
        """Return the runs of rows without NaN, and how many rows were dropped.

        Raises
        ------
        ValueError
            If no row is left, or one holds inf.
        """
        whole = [np.isfinite(run.values).all(axis=1) for run in self.items]
        if any(np.isinf(run.values).any() for run in self.items):
            msg = f"{name} must hold finite numbers or NaN; got inf. Replace it by NaN."
            raise ValueError(msg)
        n_kept = sum(rows.sum() for rows in whole)
        if n_kept == 0:
            msg = f"{name} must hold a row with all channels observed; all "
            msg += f"{sum(map(len, whole))} rows hold NaN. Leave out channels that are never seen."
            raise ValueError(msg)
        n_dropped = sum(map(len, whole)) - n_kept
        pairs = zip(self.items, whole, strict=True)
        kept = [run.keep(rows) for run, rows in pairs]
        return Runs(kept, self.channels, self.keys, self.clock), int(n_dropped)


def read_run_pair(truth, generated, times=None, generated_times=None):
    """Read true and generated runs, which must have the same channels.

    Parameters
    ----------
    truth : array, Series, DataFrame or backtest frame
    generated : array, Series, DataFrame; None or a column's name with a backtest frame
    times, generated_times : arrays of shape (n_rows,), default=None
    """
    if is_backtest_frame(truth):
        return _from_table(ForecastTable.of(truth), generated)
    if generated is None or isinstance(generated, str):
        msg = f"Expected generated states beside the truth; got {generated!r}. "
        msg += "Pass both, or a backtest frame with the columns lead, channel, truth and forecast."
        raise TypeError(msg)
    true_runs = read_runs(truth, times, "truth")
    runs = read_runs(generated, generated_times, "generated", clock=true_runs.clock)
    _check_channels(true_runs, runs)
    return true_runs, _in_order(runs, true_runs.channels)


def read_runs(data, times=None, name="data", clock=None):
    """Read one orbit, or several, from an array, a Series or a frame.

    Parameters
    ----------
    data : array of shape (n_rows,), (n_rows, n_channels) or (n_runs, n_rows, n_channels), or
        Series or DataFrame, whose index gives the times and the series if it holds any
    times : array of shape (n_rows,), default=None
    name : str, for the errors
    clock : Clock, default=None
        Zero and unit of the times; None chooses them by the index.
    """
    if isinstance(data, pd.Series | pd.DataFrame):
        return _from_frame(data, times, name, clock)
    values = to_floats(data, name)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim not in (2, 3) or values.size == 0:
        msg = f"{name} must have the shape (stamp, channel) or (origin, lead, channel) and hold "
        msg += f"numbers; got shape {values.shape}. Reshape it."
        raise ValueError(msg)
    blocks = values if values.ndim == 3 else values[None]
    times = None if times is None else _check_times(times, blocks.shape[1], name)
    return Runs([_sorted(block, times) for block in blocks], None)


def check_varies(states, channels, name="truth"):
    """Refuse channels that hold one value only."""
    is_constant = np.ptp(states, axis=0) == 0
    if not is_constant.any():
        return
    names = np.arange(states.shape[1]) if channels is None else np.array(channels)
    msg = f"Every channel of {name} must vary; constant: "
    msg += f"{', '.join(map(str, names[is_constant]))}. Leave it out."
    raise ValueError(msg)


def _from_frame(data, times, name, clock):
    frame = data.to_frame() if isinstance(data, pd.Series) else data
    values = to_floats(frame, name)
    if values.size == 0:
        msg = f"{name} must hold rows and columns; got shape {values.shape}. Pass at least one."
        raise ValueError(msg)
    channels = [str(column) for column in frame.columns]
    if times is not None:
        return Runs([_sorted(values, _check_times(times, len(values), name))], channels)
    if not has_time_index(frame):
        return Runs([Run(values, None)], channels)
    index, keys, _ = read_index(frame.index)
    clock = clock or Clock.fit(index, keys=keys)
    times = clock.to_model(index)
    if not np.isfinite(times).all():
        msg = f"The index of {name} must hold times; got {(~np.isfinite(times)).sum()} that are "
        raise TimeIndexError(msg + "missing (NaT or NaN). Drop these rows.")
    if keys is None:
        return Runs([_sorted(values, times)], channels, None, clock)
    codes, names = pd.factorize(pd.Series(keys, dtype=object), sort=False)
    runs = [_sorted(values[codes == k], times[codes == k]) for k in range(len(names))]
    return Runs(runs, channels, list(names), clock)


def _from_table(table, column):
    truth = table.column("truth")
    forecast = table.column(column or "forecast")
    leads = table.leads
    if isinstance(leads, pd.TimedeltaIndex):
        leads = leads.total_seconds()
    times = np.asarray(leads, dtype=float)
    channels = [str(channel) for channel in table.channels]
    # Both orbits at the same leads: what was forecast where nothing was seen tells nothing.
    asked = ~np.isnan(truth).any(axis=2)
    answers = [Run(answer[rows], times[rows]) for answer, rows in zip(forecast, asked, strict=True)]
    return Runs([Run(seen, times) for seen in truth], channels), Runs(answers, channels)


def _check_times(times, n_rows, name):
    times = np.asarray(times, dtype=float)
    if times.shape == (n_rows,) and np.isfinite(times).all():
        return times
    msg = f"The times of {name} must be {n_rows} finite numbers, one per row; got shape "
    msg += f"{times.shape}. Pass one time per row."
    raise ValueError(msg)


def _sorted(values, times):
    if times is None:
        return Run(values, None)
    order = np.argsort(times, kind="stable")
    times = times[order]
    if (np.diff(times) == 0).any():
        n_twice = int((np.diff(times) == 0).sum())
        msg = f"Expected each time once within a run; got {n_twice} of them again. "
        msg += "Merge the rows, or name the series of each row by a MultiIndex."
        raise TimeIndexError(msg)
    return Run(values[order], times)


def _check_channels(truth, runs):
    if truth.channels is not None and runs.channels is not None:
        if sorted(truth.channels) == sorted(runs.channels):
            return
        got = f"{', '.join(truth.channels)} and {', '.join(runs.channels)}"
    elif truth.n_channels == runs.n_channels:
        return
    else:
        got = f"{truth.n_channels} and {runs.n_channels}"
    msg = f"truth and generated must have the same channels; got {got}. Select them alike."
    raise ValueError(msg)


def _in_order(runs, channels):
    if channels is None or runs.channels is None or runs.channels == channels:
        return runs
    places = [runs.channels.index(channel) for channel in channels]
    items = [replace(run, values=run.values[:, places]) for run in runs.items]
    return Runs(items, channels, runs.keys, runs.clock)
