"""The rows that a report is about, read as the estimators read theirs."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..exceptions import TimeIndexError
from ..frames._clock import Clock
from ..frames._rows import build_series, count_duplicates, series_numbers
from ..frames._series import SeriesSet
from ..frames._time_source import checked_times, has_time_index, read_index, read_times

LARGEST = 1e100


@dataclass(frozen=True)
class ReportRows:
    """What came in, sorted.

    Attributes
    ----------
    series : SeriesSet
        Rows with an observation; equal stamps of a series merged; values in parts of ``scale``.
    scale : array of shape (n_channels,)
        1, but for channels whose squares would overflow or vanish.
    stamps : SeriesSet
        All rows, whose one channel tells nothing but that they are there.
    clock : Clock
    channels : tuple of str
    labels : tuple
        The same as the columns are named.
    units : dict of str to str, from ``attrs["units"]``
    left_out : tuple of str
        Columns without numbers.
    n_given : int
        Rows before equal stamps were merged.
    n_duplicates, n_backwards : int
        Rows that repeat a stamp of their series; steps back in time from row to row.
    inputs : tuple of (str, str)
        How X and y of a fit are written, of the data called ``frame``; "{names}" in y stands for
        the list of channels.
    settings : dict
        Parameters that an estimator needs to find the time.
    """

    series: SeriesSet
    scale: np.ndarray
    stamps: SeriesSet
    clock: Clock
    channels: tuple
    labels: tuple
    units: dict
    left_out: tuple
    n_given: int
    n_duplicates: int
    n_backwards: int
    inputs: tuple
    settings: dict

    @property
    def longest(self):
        """Number of the series with the most observed rows."""
        return int(np.argmax(np.diff(self.series.starts)))


def read_report_rows(data, time=None):
    """Read a Series, a frame, a panel or an array with a column of times.

    Raises
    ------
    TimeIndexError
        No time is found, or column 0, taken for it, goes backwards.
    ValueError
        No numeric column, no observed value, inf, or fewer than two times.
    """
    keys, index, values, columns, inputs, settings = _split(data, time)
    kept = [k for k, column in enumerate(columns) if column.numeric]
    channels = tuple(columns[k].name for k in kept)
    _check_channels(channels, columns, values)
    clock = Clock.fit(index, keys=keys)
    times = clock.to_model(index)
    number, names = series_numbers(keys, (), len(times))
    back = np.diff(times)[np.diff(number) == 0] < 0
    if time is None and inputs[0] != "frame.index" and back.any():
        raise TimeIndexError(_backwards_message(data, back.mean()))
    _check_two_times(number, times)
    scale = _scale(values)
    return ReportRows(
        series=build_series(names, number, times, values / scale),
        scale=scale,
        stamps=build_series(names, number, times, np.zeros((len(times), 1))),
        clock=clock,
        channels=channels,
        labels=tuple(columns[k].label for k in kept),
        units=dict(getattr(data, "attrs", {}).get("units", {})),
        left_out=tuple(column.name for column in columns if not column.numeric),
        n_given=len(times),
        n_duplicates=count_duplicates(number, times),
        n_backwards=int(back.sum()),
        inputs=inputs,
        settings=settings,
    )


@dataclass(frozen=True)
class _Column:
    label: object
    numeric: bool

    @property
    def name(self):
        return str(self.label)


def _split(data, time):
    """Return keys, times, values, columns and how a fit would name X and y."""
    if isinstance(data, pd.Series):
        index, keys, _ = read_index(data.index, time)
        checked_times(index)
        frame = data.to_frame(data.name if data.name is not None else "y")
        values, columns = _numbers(frame)
        return keys, index, values, columns, ("frame.index", "frame"), _time_setting(time)
    if not (isinstance(data, pd.DataFrame) or (isinstance(data, np.ndarray) and data.ndim == 2)):
        msg = "Expected a Series or DataFrame with a time index, or rows with a column of times; "
        msg += f"got {type(data).__name__}. Read a file by tsnode.datasets.read_series_csv first."
        raise TypeError(msg)
    rows = read_times(data, time)
    values, columns = _numbers(rows.rest)
    if rows.source.where == "index":
        plain = all(column.numeric for column in columns)
        inputs = "frame.index", "frame" if plain else "frame[{names}]"
        return rows.keys, rows.index, values, columns, inputs, _time_setting(time)
    position = rows.source.position
    if isinstance(data, np.ndarray):
        return (
            None,
            rows.index,
            values,
            columns,
            (f"frame[:, [{position}]]", "frame[:, {names}]"),
            {},
        )
    name = data.columns[position]
    settings = {"time": name} if has_time_index(data) else {}
    return (
        None,
        rows.index,
        values,
        columns,
        (f"frame[[{_quoted(name)}]]", "frame[{names}]"),
        settings,
    )


def _scale(values):
    """Power of two near the peak of channels that no arithmetic could bear, else 1."""
    peak = np.max(np.where(np.isfinite(values), np.abs(values), 0.0), axis=0)
    is_wild = (peak > 0) & ((peak > LARGEST) | (peak < 1 / LARGEST))
    return np.where(is_wild, np.exp2(np.floor(np.log2(np.where(is_wild, peak, 1.0)))), 1.0)


def _quoted(label):
    return json.dumps(label) if isinstance(label, str) else repr(label)


def _time_setting(time):
    return {} if time is None else {"time": time}


def _numbers(frame):
    """Values of the numeric columns as floats, and what every column is."""
    types = pd.api.types
    numeric = [types.is_numeric_dtype(t) and not types.is_complex_dtype(t) for t in frame.dtypes]
    kept = frame.loc[:, numeric]
    # Column by column where dtypes differ: nullable ones hold NA instead of NaN.
    parts = [kept.iloc[:, k].to_numpy(dtype=float, na_value=np.nan) for k in range(kept.shape[1])]
    values = np.column_stack(parts) if parts else np.empty((len(frame), 0))
    columns = zip(frame.columns, numeric, strict=True)
    return values, [_Column(*pair) for pair in columns]


def _check_channels(channels, columns, values):
    if not channels:
        got = ", ".join(column.name for column in columns) or "no column beside the time"
        msg = f"Expected a numeric column beside the time; got {got}. "
        msg += "Pass the observed values as columns, and the time as index or by time='column'."
        raise ValueError(msg)
    infinite = np.isinf(values).any(axis=0)
    if infinite.any():
        names = ", ".join(np.array(channels)[infinite])
        msg = f"Expected finite numbers, or NaN for what was not observed; got inf in {names}. "
        msg += "Replace it by NaN."
        raise ValueError(msg)
    if len(values) and not np.isfinite(values).any():
        msg = f"Expected an observed value; all {values.size} entries of {', '.join(channels)} are "
        msg += "NaN. Pass rows in which something was observed."
        raise ValueError(msg)


def _check_two_times(number, times):
    span = max((np.ptp(times[number == k]) for k in np.unique(number)), default=0.0)
    if span > 0:
        return
    msg = f"Expected two rows of a series at different times; got {len(times)} row(s) without. "
    msg += "Pass a longer series."
    raise ValueError(msg)


def _backwards_message(data, share):
    name = repr(data.columns[0]) if isinstance(data, pd.DataFrame) else "0"
    msg = f"Expected a time index, or rising times in the first column; column {name} goes back "
    msg += f"in {share:.0%} of its steps. Name the time by time='column', or set it as index "
    return msg + "(time=0 if these are the times)."
