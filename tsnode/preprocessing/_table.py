"""A user's table of covariates: checked at the door, then knots by column and series."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..exceptions import HorizonError, TimeIndexError
from ..frames._clock import Clock, index_kind
from ..frames._rows import build_series, series_numbers
from ..frames._time_source import checked_times, read_index
from ..frames._words import in_words
from ._joins import look_up


@dataclass(frozen=True)
class Table:
    """What is known, and when.

    Attributes
    ----------
    clock : Clock or None
        Of the table's own stamps; None where it has none, and its values are constants.
    keys : tuple or None
        Series that have rows; None where the rows serve all series.
    names : tuple of str
    knots : list of SeriesSet
        One of one channel per column: its entries that are not NaN.
    last : float array of shape (n_series,)
        Time of the last row of every series; inf for constants.
    """

    clock: Clock | None
    keys: tuple | None
    names: tuple
    knots: list
    last: np.ndarray

    @classmethod
    def read(cls, table):
        """Check and sort a DataFrame, or a Series of one covariate.

        Raises
        ------
        ValueError
            What is no table of finite numbers with distinct stamps (or series); says why.
        """
        frame = _checked_frame(table)
        values = frame.to_numpy(dtype=float, na_value=np.nan)
        names = tuple(str(name) for name in frame.columns)
        _check_values(values, names)
        if _is_timed(frame.index):
            index, keys, _ = read_index(frame.index)
            clock = Clock.fit(checked_times(index), None, keys)
            times = clock.to_model(index)
        else:
            clock, keys, times = None, frame.index.tolist(), np.zeros(len(frame))
        series, all_keys = series_numbers(keys, (), len(frame))
        _check_distinct(series, times, frame.index)
        knots = [build_series(all_keys, series, times, values[:, [j]]) for j in range(len(names))]
        last = np.full(len(all_keys), -np.inf)
        np.maximum.at(last, series, times if clock is not None else np.inf)
        return cls(clock, None if keys is None else all_keys, names, knots, last)

    def values(self, series, times, join):
        """Covariates at times of the table's clock, (n, n_columns); NaN before a first knot."""
        slack = 0.0 if self.clock is None else self.clock.resolution / 2
        return np.stack([look_up(one, series, times, join, slack) for one in self.knots], axis=1)

    def times_of(self, index):
        """Asked stamps on the table's clock."""
        if self.clock is None:
            return np.zeros(len(index))
        kind, own = index_kind(index), self.clock
        if kind != own.kind:
            msg = f"Expected a table whose stamps are of the kind of the rows' ({_named(kind)}); "
            msg += f"got {_named(own.kind)} in the table. Convert table.index."
            raise TimeIndexError(msg)
        if kind == "datetime" and (index.tz is None) != (own.tz is None):
            words = {True: "without a time zone", False: f"in {own.tz or index.tz}"}
            msg = f"Expected a table with stamps {words[index.tz is None]}, as the rows have; got "
            msg += f"stamps {words[own.tz is None]}. Use table.tz_localize(...) to make them alike."
            raise TimeIndexError(msg)
        return own.to_model(checked_times(index))

    def series_of(self, keys, n_rows):
        """Series number in the table of every asked row."""
        if self.keys is None:
            return np.zeros(n_rows, dtype=np.int64)
        if keys is None:
            msg = "Expected a table with stamps alone, since the rows are of one series; got one "
            msg += f"with series ({_some(self.keys)}). Choose its rows by table.xs(...), or, if "
            msg += "these are times, convert the index (pandas.to_datetime, astype(float))."
            raise TimeIndexError(msg)
        number = {key: k for k, key in enumerate(self.keys)}
        missing = sorted({key for key in keys if key not in number}, key=repr)
        if missing:
            msg = f"Expected a table with rows of every series; it has none of {_some(missing)} "
            msg += f"({len(missing)} missing; it holds {_some(self.keys)}). Add their rows, NaN "
            msg += "where nothing is known."
            raise HorizonError(msg)
        return np.fromiter((number[key] for key in keys), dtype=np.int64, count=n_rows)

    def check_reaches(self, series, times, hold):
        """Refuse times behind the last row of their series, and ``hold`` behind it."""
        end = self.last[series] + hold
        late = times > end + 1e-9 * np.abs(np.where(np.isfinite(end), end, 0.0))
        if late.any():
            at = np.flatnonzero(late)
            worst = at[np.argmax(times[at])]
            last, asked = (
                in_words(s) for s in self.stamps([self.last[series[worst]], times[worst]])
            )
            of = "" if self.keys is None else f" of series {self.keys[series[worst]]!r}"
            msg = f"Expected a table that reaches the asked stamps; its last row{of} is at {last}, "
            msg += f"{len(at)} stamp(s) lie behind it, the latest at {asked}. Add the later rows "
            msg += "(set_params(table=...) of a fitted transformer takes them), or say by hold= "
            msg += "how much longer the last values count."
            raise HorizonError(msg)

    def stamps(self, times):
        """Stamps of times of the table's clock."""
        return self.clock.to_index(np.asarray(times, dtype=float))

    def times_on(self, clock, times):
        """Count times of the table's clock on another one of its kind."""
        if self.clock is None or self.clock.kind == "float":
            return times
        shift = (self.clock.origin - clock.origin).total_seconds()
        return (shift + self.clock.seconds * times) / clock.seconds

    def times_from(self, clock, times):
        """Count times of another clock of its kind on the table's; constants have but time 0."""
        if self.clock is None:
            return np.zeros(len(times))
        if self.clock.kind == "float":
            return times
        shift = (clock.origin - self.clock.origin).total_seconds()
        return (shift + clock.seconds * times) / self.clock.seconds

    def number(self, key):
        """Series number of a key; 0 for a table that serves all series."""
        return 0 if self.keys is None else self.keys.index(key)

    def jumps(self, key, join):
        """Return the times at which u(t) jumps, or (other joins than previous) its slope does."""
        if self.clock is None:
            return np.empty(0)
        parts = []
        for one in self.knots:
            rows = one.rows(self.number(key))
            times, values = one.times[rows], one.values[rows, 0]
            moves = np.ones(len(times), dtype=bool)
            moves[1:] = (np.diff(values) != 0) | (join != "previous")
            parts.append(times[moves])
        return np.unique(np.concatenate(parts))


def _checked_frame(table):
    if isinstance(table, pd.Series):
        table = table.to_frame("table" if table.name is None else table.name)
    if not isinstance(table, pd.DataFrame):
        msg = "table must be a DataFrame whose index holds stamps (or series and stamps, or series "
        msg += f"alone); got {type(table).__name__}. Set its time column as the index."
        raise TypeError(msg)
    if not table.size:
        msg = f"table must hold at least one row and one column; got the shape {table.shape}. "
        msg += "Pass the covariates that are known."
        raise ValueError(msg)
    names = [str(name) for name in table.columns]
    wrong = [
        name
        for name, dtype in zip(names, table.dtypes, strict=True)
        if not pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_complex_dtype(dtype)
    ]
    if wrong:
        msg = f"table must hold numbers; column(s) {', '.join(wrong)} hold others. Encode them "
        msg += "(pandas.get_dummies, pandas.to_numeric), or drop them; times belong in the index."
        raise ValueError(msg)
    if len(set(names)) < len(names):
        msg = f"table must name every column once; got {names}. Rename the repeated ones."
        raise ValueError(msg)
    return table


def _check_values(values, names):
    infinite = [
        name for name, column in zip(names, values.T, strict=True) if np.isinf(column).any()
    ]
    if infinite:
        msg = f"table must hold finite numbers, NaN where unknown; column(s) {', '.join(infinite)} "
        msg += "hold inf. Replace them."
        raise ValueError(msg)
    empty = [name for name, column in zip(names, values.T, strict=True) if np.isnan(column).all()]
    if empty:
        msg = "table must hold at least one known value in every column; column(s) "
        msg += f"{', '.join(empty)} hold none (all NaN). Drop them."
        raise ValueError(msg)


def _check_distinct(series, times, index):
    order = np.lexsort((times, series))
    again = (np.diff(series[order]) == 0) & (np.diff(times[order]) == 0)
    if again.any():
        what = "stamps within a series" if _is_timed(index) else "series"
        first = index[order[np.flatnonzero(again)[0] + 1]]
        msg = f"table must hold distinct {what}; {int(again.sum())} row(s) repeat one, the first "
        msg += f"at {first if isinstance(first, tuple) else str(first)!r}. Drop or average them: "
        msg += "table.groupby(level=[...]).mean()."
        raise ValueError(msg)


def _is_timed(index):
    if not isinstance(index, pd.MultiIndex):
        return index_kind(index) is not None
    return any(index_kind(level) is not None for level in index.levels)


def _named(kind):
    return "plain numbers" if kind == "float" else f"{kind}s"


def _some(names, most=4):
    shown = ", ".join(repr(name) for name in list(names)[:most])
    return shown + (", ..." if len(names) > most else "")
