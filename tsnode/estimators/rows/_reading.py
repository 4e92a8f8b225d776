"""What comes in at the door of fit and predict: rows with times, series keys, covariates."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_array, check_consistent_length, validate_data

from ..._constraints import reading_numbers
from ...exceptions import TimeIndexError
from ...frames._clock import index_kind
from ...frames._series import Requests, SeriesSet
from ...frames._time_source import (
    SET_OUTPUT_HINT,
    TimedRows,
    TimeSource,
    as_time_index,
    has_time_index,
    locate_time,
    read_index,
    split_time,
)


@dataclass(frozen=True)
class AskedRows:
    """Rows of X, read.

    Attributes
    ----------
    timed : TimedRows
        Times, keys and covariates; the covariates are unchecked where a transformer reads them.
    index : pandas Index or None
        Index of the answer; None where the times stood in a column.
    """

    timed: TimedRows
    index: pd.Index | None

    def __len__(self):
        return len(self.timed.index)

    def select(self, kept):
        """Rows where the bool array ``kept`` is True."""
        timed = self.timed
        keys = None if timed.keys is None else [timed.keys[k] for k in np.flatnonzero(kept)]
        part = TimedRows(timed.index[kept], keys, timed.rest[kept], timed.source)
        return AskedRows(part, None if self.index is None else self.index[kept])


@dataclass(frozen=True)
class Asked:
    """What predict is asked, read.

    Attributes
    ----------
    index : pandas Index or None
        Of the answer.
    known : SeriesSet
        Rows that forecasts may start from.
    requests : Requests
    controls : KnotControls, FunctionControls or None
    label : callable
        Words for a (series number, time).
    """

    index: pd.Index | None
    known: SeriesSet
    requests: Requests
    controls: object
    label: object

    @property
    def starts(self):
        """Time of the row that each forecast starts from, -inf without one."""
        begun = self.requests.cutoff >= 0
        starts = np.full(len(self.requests), -np.inf)
        starts[begun] = self.known.times[self.requests.cutoff[begun]]
        return starts

    @property
    def leads(self):
        """Time from the row that each forecast starts from, inf without one."""
        return np.abs(self.requests.times - self.starts)


def read_rows(estimator, X, *, reset, least_rows=1, only_times=False):
    """Read X: a bare time index, a frame, or an array whose column 0 is the time.

    Parameters
    ----------
    estimator : forecaster with ``time``, ``features`` and, unless reset, ``time_source_``
    X : index, frame or array-like
    reset : bool
        True in fit: remember names, number of columns and the time source.
    least_rows : int
    only_times : bool
        Drop the columns of a frame unread (fit(frame): its columns are the states).
    """
    index = as_time_index(X)
    if index is not None:
        X = pd.DataFrame(index=index)
    elif only_times and isinstance(X, pd.DataFrame):
        X = X[[]]
    if isinstance(X, pd.DataFrame):
        source = _source(estimator, X, is_bare=index is not None, reset=reset)
        if source.where == "index":
            return _read_indexed(estimator, X, source, reset, least_rows)
        if _holds_stamps(X.iloc[:, source.position]):
            return _read_stamp_column(estimator, X, source, reset, least_rows)
    return _read_array(estimator, X, reset, least_rows)


def _holds_stamps(column):
    return index_kind(pd.Index(column)) in ("datetime", "timedelta", "period")


def _source(estimator, frame, *, is_bare, reset):
    fitted = None if reset else estimator.time_source_
    if fitted is not None and fitted.where == "index":
        _check_has_index(frame, estimator.time)
    if is_bare or (fitted is not None and fitted.where == "index"):
        time = estimator.time
        if time is None and fitted is not None and fitted.position is not None:
            time = fitted.position
        if fitted is None and isinstance(time, str):
            locate_time(frame, time)
        _, _, position = read_index(frame.index, time)
        source = TimeSource("index", position)
    else:
        source = locate_time(frame, estimator.time)
    if fitted is not None and fitted.where != source.where:
        raise TimeIndexError(_moved_message(fitted.where, "an index"))
    return source


def _is_loose_times(X):
    """Whether X is a time, or a list or Series of times, which lacks the index around it."""
    # Arrays, those of other libraries too, are read as rows, never looked at by NumPy's functions.
    return not hasattr(X, "__array_function__") and np.ndim(X) < 2


def _holds_dates(X):
    return pd.api.types.infer_dtype(np.atleast_1d(X)) in ("datetime64", "datetime", "date")


def _check_has_index(frame, time):
    if time != "index" and not has_time_index(frame):
        raise TimeIndexError(_moved_message("index", f"an index of {frame.index.dtype}"))


def _moved_message(fitted, got):
    msg = f"Expected times in the {fitted} of X, as in fit; got {got} without them. "
    return msg + (SET_OUTPUT_HINT if fitted == "index" else "Pass the time as a column again.")


@reading_numbers("X")
def _read_indexed(estimator, frame, source, reset, least_rows):
    # Without columns in fit and now there is nothing to compare.
    if reset or frame.shape[1] or estimator.n_features_in_:
        validate_data(estimator, frame, skip_check_array=True, reset=reset)
    if len(frame) < least_rows:
        msg = f"Expected at least {least_rows} rows; got {len(frame)} sample(s) "
        msg += f"(shape={frame.shape}). Pass more rows."
        if len(frame) == 1:
            msg = msg.replace("1 sample(s)", "1 sample")
        raise ValueError(msg)
    timed = split_time(frame, source)
    rest = timed.rest
    if rest.shape[1] and estimator.features is None:
        values = check_array(rest, dtype=np.float64, estimator=estimator, input_name="X")
        rest = pd.DataFrame(values, index=rest.index, columns=rest.columns)
    return AskedRows(TimedRows(timed.index, timed.keys, rest, source), frame.index)


@reading_numbers("X")
def _read_stamp_column(estimator, frame, source, reset, least_rows):
    validate_data(estimator, frame, skip_check_array=True, reset=reset)
    timed = split_time(frame, source)
    if len(frame) < least_rows:
        msg = f"Expected at least {least_rows} rows; got {len(frame)} sample(s). Pass more rows."
        raise ValueError(msg)
    rest = timed.rest
    if rest.shape[1] and estimator.features is None:
        values = check_array(rest, dtype=np.float64, estimator=estimator, input_name="X")
        rest = pd.DataFrame(values, columns=rest.columns)
    rest = rest.set_axis(timed.index, axis=0)
    return AskedRows(TimedRows(timed.index, None, rest, source), None)


@reading_numbers("X")
def _read_array(estimator, X, reset, least_rows):
    asks_index = not reset and estimator.time_source_.where == "index"
    if _is_loose_times(X) and (asks_index or _holds_dates(X)):
        msg = "Expected an index of times, or rows that have one; got a "
        msg += f"{type(X).__name__}. Pass pandas.Index([...]) or pandas.DatetimeIndex([...])."
        raise TimeIndexError(msg)
    if asks_index:
        raise TimeIndexError(_moved_message("index", f"a {type(X).__name__}"))
    names = X.columns if isinstance(X, pd.DataFrame) else None
    position = _array_position(estimator, names, reset)
    allow_nan = estimator.features is not None
    values = validate_data(
        estimator,
        X,
        dtype=np.float64,
        ensure_all_finite="allow-nan" if allow_nan else True,
        ensure_min_samples=least_rows,
        reset=reset,
    )
    if position >= values.shape[1]:
        msg = f"Expected time={position!r} to be a column of X; it has {values.shape[1]} columns. "
        msg += "Name one of these."
        raise TimeIndexError(msg)
    index = pd.Index(values[:, position], dtype=float)
    others = np.delete(np.arange(values.shape[1]), position)
    columns = names[others] if names is not None else [f"x{k}" for k in others]
    rest = pd.DataFrame(values[:, others], index=index, columns=columns)
    return AskedRows(TimedRows(index, None, rest, TimeSource("column", position)), None)


def _array_position(estimator, names, reset):
    if not reset:
        return estimator.time_source_.position
    time = estimator.time
    if time is None:
        return 0
    if names is not None and time in names:
        return names.get_loc(time)
    if isinstance(time, int) and not isinstance(time, bool) and time >= 0:
        return time
    msg = f"Expected time to be a column of X or a column number; got {time!r} for an X without "
    msg += "time index. Pass time=0, or give X a time index."
    raise TimeIndexError(msg)


@reading_numbers("y")
def read_targets(y, n_rows, estimator):
    """Observed states as float array (n_rows, n_channels), and whether y was one-dimensional.

    NaN = not observed; inf is refused. ``n_rows=None`` takes any number of rows.
    """
    if isinstance(y, pd.DataFrame) and all(dtype == np.float64 for dtype in y.dtypes):
        y = y.to_numpy()  # which is checked in a fifth of the time
    values = check_array(
        y,
        dtype=np.float64,
        ensure_2d=False,
        allow_nd=False,
        ensure_all_finite="allow-nan",
        estimator=estimator,
        input_name="y",
    )
    if n_rows is not None:
        check_consistent_length(np.empty(n_rows), values)
    return (values[:, None], True) if values.ndim == 1 else (values, False)


def check_no_empty_channel(values, columns):
    """Refuse channels without one finite value, all named at once."""
    empty = [str(columns[k]) for k in np.flatnonzero(~np.isfinite(values).any(axis=0))]
    if empty:
        msg = "Expected at least one finite value in every column of y; column(s) "
        msg += f"{', '.join(empty)} hold none (all NaN). Drop them."
        raise ValueError(msg)


def check_something_seen(values):
    """Refuse rows to train on in which nothing is observed."""
    if not np.isfinite(values).any():
        msg = f"Expected rows of y with at least one observed value; got {len(values)} rows of NaN "
        msg += "alone. Leave such a call out: there is nothing to learn from."
        raise ValueError(msg)


def check_time_in_x(X, y):
    """Refuse an X that lost its time index while y still has one (T4)."""
    if isinstance(y, pd.Series | pd.DataFrame) and index_is_time(y.index):
        got = type(X).__name__
        msg = f"Expected X with the time index of y; got a {got} without one. {SET_OUTPUT_HINT} "
        msg += "(This estimator scales inside, so a scaler in front is not needed; a numeric time "
        msg += "column works with time=<its position>.)"
        raise TimeIndexError(msg)


def index_is_time(index):
    """Whether an index holds times beyond doubt (float indexes do not)."""
    if isinstance(index, pd.MultiIndex):
        return any(
            index_kind(level) in ("datetime", "timedelta", "period") for level in index.levels
        )
    return index_kind(index) in ("datetime", "timedelta", "period")


def name_some(names, most=6):
    """List the first few names for an error message."""
    shown = ", ".join(repr(name) for name in list(names)[:most])
    return shown + (", ..." if len(names) > most else "")
