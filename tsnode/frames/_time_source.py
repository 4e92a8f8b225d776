"""Find the time of the rows: in the index, a level of it, or a column."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..exceptions import TimeIndexError
from ._clock import index_kind

SET_OUTPUT_HINT = (
    "Keep the index on its way here: use features= for transformers of X, or "
    "tsnode.make_pipeline(...), or pipeline.set_output(transform='pandas')."
)
INDEX_CURE = (
    "Convert it (frame.index = pandas.to_datetime(frame.index)), or name the time with "
    "time='column' or time='level'."
)


@dataclass(frozen=True)
class TimeSource:
    """Where the time stands, as remembered from fit.

    Attributes
    ----------
    where : str
        "index" or "column".
    position : int or None
        Column number (where="column") or level number of a MultiIndex (where="index").
    """

    where: str
    position: int | None = None


@dataclass(frozen=True)
class TimedRows:
    """Rows with their times split off.

    Attributes
    ----------
    index : pandas Index of length n
        The times; a RangeIndex never stands here.
    keys : list of length n, or None
        Series key of every row of a panel.
    rest : DataFrame of shape (n, n_covariates)
        What X holds beside the time.
    source : TimeSource
    """

    index: pd.Index
    keys: list | None
    rest: pd.DataFrame
    source: TimeSource


def read_index(index, time=None):
    """Split an index into times and series keys.

    Parameters
    ----------
    index : pandas Index
    time : None, "index", level name or level number

    Returns
    -------
    times : Index
    keys : list or None
    position : int or None
        Level of a MultiIndex that holds the time.
    """
    if not isinstance(index, pd.MultiIndex):
        return _flat_index(index, time), None, None
    position = _time_level(index, time)
    times = index.get_level_values(position)
    others = [level for level in range(index.nlevels) if level != position]
    if not others:
        return times, None, position
    if len(others) == 1:
        return times, index.get_level_values(others[0]).tolist(), position
    return times, index.droplevel(position).tolist(), position


def _flat_index(index, time):
    if time == "index" and pd.api.types.is_numeric_dtype(index.dtype):
        return pd.Index(index.to_numpy(dtype=float), name=index.name)
    if index_kind(index) is not None:
        return index
    msg = f"Expected an index of timestamps, timedeltas, periods or floats; got {index.dtype}"
    if pd.api.types.is_integer_dtype(index.dtype):
        msg += ", which could be row numbers. Pass time='index' if these numbers are the time."
    else:
        msg += f" ({index[0]!r}, ...). " if len(index) else ". "
        msg += INDEX_CURE
    raise TimeIndexError(msg)


def _time_level(index, time):
    if time is not None and time != "index":
        if time in index.names:
            return index.names.index(time)
        if isinstance(time, int) and 0 <= time < index.nlevels:
            return time
        msg = f"Expected time={time!r} to be a level of the index; its levels are "
        msg += f"{list(index.names)}. Name one of these."
        raise TimeIndexError(msg)
    found = [level for level in range(index.nlevels) if index_kind(index.levels[level]) is not None]
    if len(found) == 1:
        return found[0]
    names = [index.names[level] for level in found] if found else list(index.names)
    msg = "Expected a MultiIndex with exactly one level of timestamps, timedeltas, periods or "
    msg += f"floats; got {len(found)} such levels ({names}). Name the level with time=..., or "
    msg += "convert it with pandas.to_datetime."
    raise TimeIndexError(msg)


def has_time_index(data, time=None):
    """Whether pandas data carry their own times in the index.

    Whole numbers are times only where ``time`` is "index".
    """
    index = getattr(data, "index", None)
    if not isinstance(index, pd.Index):
        return False
    if time == "index" and pd.api.types.is_numeric_dtype(index.dtype):
        return True
    if isinstance(index, pd.MultiIndex):
        return any(index_kind(level) is not None for level in index.levels)
    return index_kind(index) is not None


def as_time_index(X):
    """Return the bare index that a 1-D X stands for, or None if X is no such thing (T2)."""
    if isinstance(X, pd.Index):
        return X
    if isinstance(X, np.ndarray) and X.ndim == 1 and X.dtype.kind in "mM":
        return pd.Index(X)
    if isinstance(X, pd.api.extensions.ExtensionArray) and X.dtype.kind in "mM":
        return pd.Index(X)
    return None


def locate_time(frame, time):
    """Where the time of a DataFrame stands (T1).

    Parameters
    ----------
    frame : DataFrame
    time : None, "index", column name, level name or column number
    """
    if time is None:
        return _locate_auto(frame)
    if time == "index":
        position = _time_level(frame.index, time) if _is_multi(frame) else None
        return TimeSource("index", position)
    if time in frame.columns:
        return TimeSource("column", frame.columns.get_loc(time))
    if time in frame.index.names:
        return TimeSource("index", frame.index.names.index(time) if _is_multi(frame) else None)
    if isinstance(time, int) and 0 <= time < frame.shape[1]:
        return TimeSource("column", time)
    msg = f"Expected time={time!r} to be a column or an index level; columns are "
    msg += f"{list(frame.columns)}, levels {list(frame.index.names)}. Name one of these."
    raise TimeIndexError(msg)


def _is_multi(frame):
    return isinstance(frame.index, pd.MultiIndex)


def _locate_auto(frame):
    index = frame.index
    if _is_multi(frame):
        return TimeSource("index", _time_level(index, None))
    if index_kind(index) is not None:
        return TimeSource("index")
    if not pd.api.types.is_integer_dtype(index.dtype):
        _flat_index(index, None)
    stamps = [k for k, dtype in enumerate(frame.dtypes) if dtype.kind == "M"]
    if stamps and stamps[0] != 0:
        name = frame.columns[stamps[0]]
        msg = f"Expected the time in the index or in column 0; got timestamps in column {name!r}. "
        msg += f"Pass time={name!r}, or use frame.set_index({name!r})."
        raise TimeIndexError(msg)
    return TimeSource("column", 0)


def split_time(frame, source):
    """Split a DataFrame into times, series keys and covariates."""
    if source.where == "column":
        column = frame.iloc[:, source.position]
        kept = [k for k in range(frame.shape[1]) if k != source.position]
        rest = frame.iloc[:, kept]
        index = pd.Index(column.to_numpy() if column.dtype.kind in "fiub" else column)
        if index.dtype.kind in "iub":
            index = index.astype(float)
        if index_kind(index) is None:
            msg = f"Expected times in column {frame.columns[source.position]!r}; got "
            msg += f"{index.dtype}. Convert it with pandas.to_datetime, or name another with time=."
            raise TimeIndexError(msg)
        return TimedRows(index, None, rest, source)
    time = source.position if _is_multi(frame) else "index"
    index, keys, _ = read_index(frame.index, time)
    return TimedRows(index, keys, frame, source)


def checked_times(index):
    """Refuse NaT and times that are not finite."""
    missing = np.asarray(index.isna())
    if index.dtype.kind == "f":
        missing = ~np.isfinite(index.to_numpy())
    if missing.any():
        at = int(np.flatnonzero(missing)[0])
        msg = f"Expected a time in every row; got {int(missing.sum())} without one (NaT, NaN or "
        msg += f"inf), first in row {at}. Drop these rows."
        raise TimeIndexError(msg)
    return index


def check_same_times(timed, y, to_model, time):
    """Refuse a y whose own times are not those of X, compared as instants.

    Parameters
    ----------
    timed : TimedRows of X
    y : pandas object with a time index
    to_model : callable, Index -> model times (raises on a naive/aware mix)
    time : the estimator's parameter
    """
    level = timed.source.position if isinstance(y.index, pd.MultiIndex) else time
    index, keys, _ = read_index(y.index, level)
    same = timed.keys is None or keys is None or keys == timed.keys
    if not index.equals(timed.index):
        times, clock_times = to_model(index), to_model(timed.index)
        same &= len(times) == len(clock_times) and bool((times == clock_times).all())
    if not same:
        msg = "Expected X and y with the same stamps row by row; they differ. "
        msg += "Align them first: y = y.loc[X.index]."
        raise TimeIndexError(msg)


def read_times(X, time=None):
    """Split the times and series keys off any X that a forecaster takes, by the same rule.

    Parameters
    ----------
    X : time index, DataFrame or array-like of shape (n_rows, n_columns)
    time : None, "index", column name, level name or column number

    Returns
    -------
    TimedRows, its ``rest`` unchecked
    """
    index = as_time_index(X)
    if index is not None:
        times, keys, position = read_index(index, time)
        rows = TimedRows(times, keys, pd.DataFrame(index=index), TimeSource("index", position))
    else:
        frame = X if isinstance(X, pd.DataFrame) else _numbered_columns(X)
        rows = split_time(frame, locate_time(frame, time))
    checked_times(rows.index)
    return rows


def _numbered_columns(X):
    if np.ndim(X) == 2 and np.shape(X)[1] > 0:
        return pd.DataFrame(np.asarray(X))
    msg = "Expected a time index, or rows whose column 0 is the time (2D array); got "
    msg += f"{type(X).__name__} of shape {np.shape(X)}. Pass frame.index, or times[:, None]."
    raise TimeIndexError(msg)
