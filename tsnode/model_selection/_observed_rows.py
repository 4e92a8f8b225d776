"""The rows of X and y as a backtest reads them: sorted, and each still found in what was given."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_array

from .._constraints import reading_numbers
from ..exceptions import HorizonError
from ..frames._clock import SECONDS, Clock
from ..frames._requests import is_count
from ..frames._rows import build_series, row_positions, series_numbers
from ..frames._series import SeriesSet
from ..frames._time_source import (
    as_time_index,
    check_same_times,
    has_time_index,
    read_times,
)

NEAR = 0.2  # of the median gap: months differ by less, late rows and gaps by more


@dataclass(frozen=True)
class ObservedRows:
    """Observed rows of all series, sorted, and the places in X where they come from.

    Attributes
    ----------
    known : SeriesSet, in model time and units of y
    positions : int array of shape (n_rows,)
        Row of X behind each row of ``known``; the first one where a stamp is repeated.
    index : Index of length n_given
        Times of the rows of X.
    clock : Clock
    X : index, DataFrame or array, as a forecaster reads it in ``predict``
    y : Series, DataFrame or array, states by row of X
    channels : tuple
        Names of the columns of y.
    keeps_index : bool
        Whether time stands in the index of X.
    has_covariates : bool
    """

    known: SeriesSet
    positions: np.ndarray
    index: pd.Index
    clock: Clock
    X: object
    y: object
    channels: tuple
    keeps_index: bool
    has_covariates: bool

    @classmethod
    def read(cls, X, y, time):
        """Read X and y as the forecasters do; see `backtest`."""
        rows = read_times(X, time)
        if y is None:
            X, y = _states_of(X, rows)
        values = _read_values(y, len(rows.index))
        clock = Clock.fit(rows.index, keys=rows.keys)
        times = clock.to_model(rows.index)
        keeps_index = rows.source.where == "index"
        if keeps_index and has_time_index(y, time):
            check_same_times(rows, y, clock.to_model, time)
        series, keys = series_numbers(rows.keys, (), len(times))
        known = build_series(keys, series, times, values)
        if not known.n_rows:
            msg = "Expected at least one observed value in y; got NaN only. Check the data."
            raise HorizonError(msg)
        return cls(
            known=known,
            positions=row_positions(series, times, values),
            index=rows.index,
            clock=clock,
            X=X,
            y=_with_index(y, values, X) if keeps_index else y,
            channels=_names_of(y, values.shape[1]),
            keeps_index=keeps_index,
            has_covariates=as_time_index(X) is None and X.shape[1] > (0 if keeps_index else 1),
        )

    @property
    def n_given(self):
        """Number of rows of X."""
        return len(self.index)

    @property
    def step(self):
        """Median gap between observed rows of a series; of months their mean length."""
        gaps = self.known.gaps
        if not len(gaps):
            return 1.0
        # Multiples of the median month, 31 days, would drift away from the calendar.
        return float(gaps[self._near_median(gaps, NEAR)].mean())

    def _near_median(self, gaps, share):
        middle = np.median(gaps)
        return np.abs(gaps - middle) <= share * middle

    def duration(self, value, name):
        """Duration in model time; arrays give arrays."""
        return self.clock.duration(value, name)

    def length(self, value, name):
        """Return a number of rows or a duration in model time, and whether it is the former."""
        length = value if is_count(value) else self.duration(value, name)
        if np.ndim(length) or not np.isfinite(length) or length <= 0:
            msg = f"{name} must be a number of rows or a duration, over 0; got {value!r}. "
            msg += "Write 24 or '1D'."
            raise HorizonError(msg)
        return length, is_count(value)

    def leads_up_to(self, horizon):
        """Leads of a number of steps, or those that a duration holds, in model time."""
        length, counted = self.length(horizon, "horizon")
        self.check_reach(length * self.step if counted else length, horizon)
        gaps = self.known.gaps
        is_regular = len(gaps) == 0 or self._near_median(gaps, NEAR).mean() > 0.5
        parts = length if counted else length / self.step
        if not counted and not is_regular and parts >= 1:
            return length * np.arange(1, round(parts) + 1) / round(parts)
        if parts + 1e-6 >= 1:
            return self.step * np.arange(1, int(parts + 1e-6) + 1)
        msg = f"horizon must reach at least the median step, {self.to_leads([self.step])[0]}; got "
        msg += f"{horizon!r}. Use a longer one, or a list of leads."
        raise HorizonError(msg)

    def check_reach(self, longest, horizon):
        """Refuse a lead longer than every series."""
        known = self.known
        full = np.diff(known.starts) > 0
        first, last = known.starts[:-1][full], known.starts[1:][full] - 1
        span = float(np.max(known.times[last] - known.times[first]))
        if longest <= span + self.step / 2:
            return
        msg = "horizon must be shorter than the longest series, which spans "
        msg += f"{self.to_leads([span])[0]}; got {horizon!r}. Use a shorter one."
        raise HorizonError(msg)

    def n_stretches(self, size):
        """How many stretches of ``size`` the newer half of the time holds."""
        length, counted = self.length(size, "refit")
        stamps = np.unique(self.clock.to_model(self.index))
        half = len(stamps) / 2 if counted else (stamps[-1] - stamps[0] + self.step) / 2
        if half + 1e-6 * length >= length:
            return int(half / length + 1e-6)
        msg = f"refit must fit into the newer half of the time of X; got {size!r}, longer than it. "
        msg += "Use a shorter one, or cv=TimeSplit(...)."
        raise HorizonError(msg)

    def to_leads(self, durations):
        """Durations in model time as the user writes them: Timedeltas, or floats."""
        if self.clock.kind == "float":
            return np.asarray(durations, dtype=float)
        micro = np.round(np.asarray(durations) * SECONDS[self.clock.unit] * 1e6)
        return pd.TimedeltaIndex(micro.astype("int64").astype("timedelta64[us]"))


def take(data, rows):
    """Rows of an index, a pandas object or an array, by position."""
    if isinstance(data, pd.DataFrame | pd.Series):
        return data.iloc[rows]
    return data[rows] if isinstance(data, pd.Index) else np.asarray(data)[rows]


def _states_of(X, rows):
    """Split times and states of ``fit(frame)``: the numeric columns."""
    if isinstance(X, pd.DataFrame) and rows.source.where == "index":
        states = X.select_dtypes("number")
        if states.shape[1]:
            return X.index, states
    msg = "Expected y, or a frame X with a time index and numeric columns of states; got "
    msg += f"y=None beside a {type(X).__name__}. Pass y."
    raise ValueError(msg)


@reading_numbers("y")
def _read_values(y, n_rows):
    values = check_array(
        y, dtype=np.float64, ensure_2d=False, ensure_all_finite="allow-nan", input_name="y"
    )
    if len(values) != n_rows:
        msg = f"Expected X and y with the same number of rows; got {n_rows} and {len(values)}. "
        msg += "Align them: y = y.loc[X.index]."
        raise ValueError(msg)
    return values[:, None] if values.ndim == 1 else values


def _names_of(y, n_channels):
    if isinstance(y, pd.DataFrame):
        return tuple(y.columns)
    if isinstance(y, pd.Series) and y.name is not None:
        return (y.name,)
    return tuple(range(n_channels))


def _with_index(y, values, X):
    """States that carry the times of X, as a history of its own needs."""
    index = as_time_index(X)
    index = X.index if index is None else index
    if isinstance(y, pd.Series | pd.DataFrame):
        return y.set_axis(index, axis=0)
    return pd.DataFrame(values, index=index)
