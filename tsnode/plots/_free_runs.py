"""Free runs of forecasters beside the truth: from the first rows on, without another look."""

import numpy as np
import pandas as pd

from ..frames._clock import index_kind
from ..frames._rows import series_numbers
from ..frames._series import positions_by_series
from ..frames._time_source import read_times
from ..metrics._asking import as_columns, final_step, on_times, states_in
from ..metrics._asking import starting_rows as rows_up_to_start
from ._arguments import check_finite


def free_runs(named, X, y):
    """Let each forecaster run freely over the rows of X, from the first wholly seen one of y.

    The origin is the same for all rows of a series, so that a run is free inside the training
    span too, where ``predict(X)`` would forecast one row ahead.

    Parameters
    ----------
    named : dict of str to fitted forecaster
    X : rows as in fit
    y : states by row of X; None: the numeric columns of the frame X

    Returns
    -------
    truth : DataFrame, the rows after the start of each series, by time
    generated : dict of str to DataFrame with its rows and columns
    """
    y = states_in(X) if y is None else y
    if len(X) != len(y):
        msg = f"Expected X and y with the same number of rows; got {len(X)} and {len(y)}. "
        raise ValueError(msg + "Align them: y = y.loc[X.index].")
    check_finite("y", as_columns(y), "Pass rows in which something was observed.")
    first = next(iter(named.values()))
    is_start = rows_up_to_start(X, y, final_step(first))
    horizon = _time_since_start(X, final_step(first), is_start)
    channels = _names(y)

    def on_later_rows(values):
        frame = on_times(X, np.column_stack([values, ~is_start]), first)
        frame = frame[frame.iloc[:, -1] == 1].iloc[:, :-1]
        return frame.set_axis(channels, axis=1)

    truth = on_later_rows(as_columns(y))
    truth.attrs["units"] = getattr(y, "attrs", {}).get("units", {})
    generated = {}
    for name, estimator in named.items():
        fitted = getattr(estimator, "best_estimator_", estimator)
        found = fitted.predict(X, history=y, horizon=horizon)
        if isinstance(found, pd.DataFrame) and isinstance(y, pd.DataFrame):
            found = found[channels]
        generated[name] = on_later_rows(as_columns(found))
    return truth, generated


def _time_since_start(X, forecaster, is_start):
    """Duration from the last starting row of its series to each row; 0 up to there."""
    rows = read_times(X, getattr(forecaster, "time", None))
    stamps = rows.index.to_timestamp() if index_kind(rows.index) == "period" else rows.index
    number, _ = series_numbers(rows.keys, (), len(stamps))
    origin = np.zeros(len(stamps), dtype=np.int64)
    for _, mine in positions_by_series(number):
        begun = mine[is_start[mine]]
        origin[mine] = begun[stamps[begun].argmax()]
    elapsed = stamps - stamps[origin]
    if isinstance(elapsed, pd.TimedeltaIndex):
        return elapsed.where(~is_start, pd.Timedelta(0))
    # stamp - (stamp - origin) can fall a rounding error short of the origin.
    return np.where(is_start, 0.0, np.asarray(elapsed, dtype=float) * (1 - 1e-12))


def _names(y):
    if isinstance(y, pd.DataFrame):
        return list(y.columns)
    if isinstance(y, pd.Series):
        return [y.name if y.name is not None else "value"]
    return [f"channel {k}" for k in range(as_columns(y).shape[1])]
