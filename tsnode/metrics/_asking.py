"""Forecasts of the observed rows of X, asked of a forecaster, a pipeline or a search."""

import inspect
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..frames._clock import Clock
from ..frames._rows import series_numbers
from ..frames._series import positions_by_series
from ..frames._time_source import read_times


def final_step(estimator):
    """Return the forecaster behind a search and at the end of a pipeline."""
    if hasattr(estimator, "refit"):
        estimator = getattr(estimator, "best_estimator_", estimator.estimator)
    steps = getattr(estimator, "steps", None)
    return steps[-1][1] if steps else estimator


def check_forecaster(estimator):
    """Refuse estimators that cannot forecast from an origin of ours."""
    predict = getattr(final_step(estimator), "predict", None)
    asked = inspect.signature(predict).parameters if callable(predict) else ()
    if {"history", "horizon"} <= set(asked):
        return
    msg = "Expected a forecaster, whose predict takes history= and horizon=; got a "
    msg += f"{type(final_step(estimator)).__name__}. Use a forecaster of tsnode, or a pipeline "
    msg += "that ends in one."
    raise TypeError(msg)


def check_interval_forecaster(estimator):
    """Refuse estimators without intervals."""
    fitted = getattr(estimator, "best_estimator_", estimator)
    fitted = getattr(fitted, "estimator", fitted)
    if callable(getattr(fitted, "predict_interval", None)):
        return
    msg = "Expected a forecaster with predict_interval beside coverage=; got a "
    msg += f"{type(fitted).__name__}. Pass a forecaster of tsnode (its features= and "
    msg += "target_transformer= stand for the steps of a pipeline), or leave out coverage=."
    raise TypeError(msg)


@dataclass(frozen=True)
class Answer:
    """Truth and forecast of every row of X.

    Attributes
    ----------
    truth : float array of shape (n_rows, n_channels)
        NaN = not observed.
    forecast : float array of shape (n_rows, n_channels)
    judged : bool array of shape (n_rows,)
        False where a free run was given the truth as its start.
    """

    truth: np.ndarray
    forecast: np.ndarray
    judged: np.ndarray


def ask(estimator, X, y, horizon):
    """Forecast every row of X from y up to its own origin.

    Parameters
    ----------
    estimator : fitted forecaster, pipeline or search
    X : rows as in fit
    y : states by row of X; None: the numeric columns of the frame X
    horizon : int, duration or "free"
        As in ``predict``; "free" runs on from the first rows of each series in y.
    """
    check_forecaster(estimator)
    y = states_in(X) if y is None else y
    history, judged = y, np.ones(len(y), dtype=bool)
    if isinstance(horizon, str) and horizon == "free":
        judged = ~starting_rows(X, y, final_step(estimator))
        history, horizon = _blank(y, judged), 1
    fitted = getattr(estimator, "best_estimator_", estimator)
    forecast = fitted.predict(X, history=history, horizon=horizon)
    if isinstance(forecast, pd.DataFrame) and isinstance(y, pd.DataFrame):
        y = y[forecast.columns]
    return Answer(as_columns(y), as_columns(forecast), judged)


def on_times(X, values, estimator):
    """Put rows on the times and series of X, as a frame; a repeated stamp stands once."""
    rows = read_times(X, getattr(final_step(estimator), "time", None))
    index = rows.index
    if rows.keys is not None:
        number, _ = series_numbers(rows.keys, (), len(index))
        index = pd.MultiIndex.from_arrays([number, index])
    return pd.DataFrame(values, index=index)[~index.duplicated()]


def states_in(X):
    if isinstance(X, pd.DataFrame):
        return X.select_dtypes("number")
    msg = "Expected y, or a frame X whose columns are the states; got y=None beside a "
    msg += f"{type(X).__name__}. Pass y."
    raise ValueError(msg)


def starting_rows(X, y, forecaster):
    """Rows of each series up to the first by which all of its channels have been seen."""
    rows = read_times(X, getattr(forecaster, "time", None))
    times = Clock.fit(rows.index, keys=rows.keys).to_model(rows.index)
    number, _ = series_numbers(rows.keys, (), len(times))
    is_seen = np.isfinite(as_columns(y))
    starts = np.zeros(len(times), dtype=bool)
    for _, mine in positions_by_series(number):
        mine = mine[np.argsort(times[mine], kind="stable")]
        first = np.argmax(is_seen[mine], axis=0)  # 0 where a channel is never seen
        starts[mine[: first.max() + 1]] = True
    return starts


def _blank(y, rows):
    """Return y with NaN in the given rows, in its container."""
    values = np.array(y, dtype=float)
    values[rows] = np.nan
    if isinstance(y, pd.DataFrame):
        return pd.DataFrame(values, index=y.index, columns=y.columns)
    return pd.Series(values, index=y.index, name=y.name) if isinstance(y, pd.Series) else values


def as_columns(values):
    values = np.asarray(values, dtype=float)
    return values[:, None] if values.ndim == 1 else values
