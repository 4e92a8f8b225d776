"""From X, y and history to numbered rows in model time, and back to the units of y."""

import warnings

import numpy as np
import pandas as pd
from sklearn.base import clone

from ...exceptions import HorizonError, TimeIndexError
from ...frames._answers import Container
from ...frames._clock import Clock
from ...frames._requests import read_horizon
from ...frames._rows import build_series, count_duplicates, series_numbers
from ...frames._time_source import check_same_times, checked_times, has_time_index, read_index
from .._weights import read_weights
from ._reading import (
    check_no_empty_channel,
    check_time_in_x,
    name_some,
    read_rows,
    read_targets,
)


class DataReading:
    """What a forecaster does at its doors; learns clock, container and target transformer."""

    def _read_training(self, X, y, sample_weight, *, reset):
        """Read X, y and weights, without rows of weight 0; learn clock and container in fit."""
        if y is None:
            X, y = self._split_states(X)
        rows = read_rows(
            self, X, reset=reset, least_rows=2 if reset else 1, only_times=self.states_in_x_
        )
        if rows.index is None:
            check_time_in_x(X, y)
        values, is_flat = read_targets(y, len(rows), self)
        has_times = rows.index is not None and has_time_index(y, self.time)
        if reset:
            self.time_source_ = rows.timed.source
            self._index_names = list(rows.index.names) if rows.index is not None else None
            self.container_ = Container.of(y, values.shape[1], is_flat=is_flat, has_times=has_times)
        values = values[:, self._channel_order(y, values.shape[1])]
        weights = None
        if sample_weight is not None:
            weights = read_weights(sample_weight, len(rows))
            kept = weights > 0
            rows, values, weights = rows.select(kept), values[kept], weights[kept]
            y = y[kept] if has_times else y
        if reset:
            check_no_empty_channel(values, self.container_.columns)
            times = checked_times(rows.timed.index)
            self.clock_ = Clock.fit(times, self.time_unit, rows.timed.keys)
            self.time_unit_ = self.clock_.unit
            if self.score_horizon not in (None, "free"):
                read_horizon(self.score_horizon, self.clock_, 1, name="score_horizon")
        else:
            checked_times(rows.timed.index)
            self.clock_.check(rows.timed.index)
        if has_times:
            check_same_times(rows.timed, y, self.clock_.to_model, self.time)
        if reset:
            self._warn_backward_steps(rows)
        return rows, values, weights

    def _split_states(self, X):
        """States of ``fit(frame)``: the numeric columns."""
        if isinstance(X, pd.DataFrame) and not pd.api.types.is_integer_dtype(X.index.dtype):
            read_index(X.index, self.time)
        if not self.states_in_x_ or not isinstance(X, pd.DataFrame):
            msg = f"This {type(self).__name__} estimator requires y to be passed, but the target y "
            msg += "is None. Pass y, or a DataFrame of states with a time index."
            raise ValueError(msg)
        states = X.select_dtypes("number")
        if hasattr(self, "container_"):
            self._check_columns(states.columns)
            return X, states[list(self.container_.columns)]
        if not states.shape[1]:
            msg = f"Expected at least one numeric column of states; got {list(X.columns)}. "
            msg += "Pass y, or convert the columns."
            raise ValueError(msg)
        return X, states

    def _read_history(self, history, rows, known):
        """History as a SeriesSet over the keys of the known rows and its own."""
        if history is None or not len(history):
            empty = np.empty((0, known.n_channels))
            return build_series(known.keys, np.empty(0, dtype=np.int64), np.empty(0), empty)
        has_times = has_time_index(history, self.time) and rows.index is not None
        if has_times:
            level = self.time_source_.position
            level = self.time if level is None else level
            index, keys, _ = read_index(history.index, level)
        else:
            index, keys = rows.timed.index, rows.timed.keys
        values, _ = read_targets(history, len(index), self)
        values = values[:, self._channel_order(history, values.shape[1])]
        if self.target_transformer_ is not None:
            values = np.asarray(self.target_transformer_.transform(self._named(values)), float)
        times = self.clock_.to_model(checked_times(index))
        series, all_keys = series_numbers(keys, known.keys, len(index))
        return build_series(all_keys, series, times, values)

    def _number_given(self, rows, known_keys):
        """Series number of every new row, and all keys by now."""
        self._check_panel(rows, known_keys)
        return series_numbers(rows.timed.keys, known_keys, len(rows))

    def _check_panel(self, rows, known_keys):
        if rows.timed.keys is None and known_keys != (None,):
            msg = f"Expected a MultiIndex with the series of fit ({name_some(known_keys)}); got "
            msg += "stamps without series. Add the level that names the series."
            raise TimeIndexError(msg)
        if rows.timed.keys is not None and known_keys[:1] == (None,):
            msg = "Expected plain stamps, as in fit; got a MultiIndex with series. "
            msg += "Drop the level that names the series, or refit on a panel."
            raise TimeIndexError(msg)

    def _number_asked(self, rows, known_keys):
        """Series number of every asked row; refuse series never seen."""
        self._check_panel(rows, known_keys)
        fresh = sorted(set(rows.timed.keys or ()).difference(known_keys), key=repr)
        if fresh:
            msg = (
                f"Expected series that fit has seen ({name_some(self._recent.rows.keys)}) or whose "
            )
            msg += f"rows are in history; got {len(fresh)} other(s), first {fresh[0]!r}. "
            msg += "Pass their observed rows as history=, or refit with them."
            raise HorizonError(msg)
        return series_numbers(rows.timed.keys, known_keys, len(rows))

    def _channel_order(self, y, n_given):
        """Positions in y of the fitted channels, by name where names are there."""
        fitted = self.container_.columns
        if isinstance(y, pd.DataFrame) and not set(fitted) <= set(range(len(fitted))):
            self._check_columns(y.columns)
            return [y.columns.get_loc(name) for name in fitted]
        if n_given != len(fitted):
            msg = f"Expected {len(fitted)} channel(s) ({name_some(fitted)}), as in fit; got "
            msg += f"{n_given}. Pass the same columns."
            raise ValueError(msg)
        return list(range(n_given))

    def _check_columns(self, columns):
        missing = [name for name in self.container_.columns if name not in columns]
        if missing:
            msg = f"Expected the columns of fit ({name_some(self.container_.columns)}); missing: "
            msg += f"{missing}. Add them, with NaN where unknown."
            raise ValueError(msg)

    def _learn_targets(self, values):
        """Fit the target transformer on named columns."""
        self.target_transformer_ = None
        if self.target_transformer is not None:
            self.target_transformer_ = clone(self.target_transformer)
            self.target_transformer_.fit(self._named(values))

    def _named(self, values):
        return pd.DataFrame(values, columns=[str(name) for name in self.container_.columns])

    def _timed_values(self, rows, values):
        if self.target_transformer_ is not None:
            values = np.asarray(self.target_transformer_.transform(self._named(values)), float)
        return self.clock_.to_model(rows.timed.index), values

    @property
    def observed_states_(self):
        """Observed rows of all series in units of y, (n_rows, n_channels); NaN = not observed.

        None for a model saved with ``rows="tail"``, whose rows do not show where the data were.
        """
        if self._tail is not None:
            return None
        return self._to_units_of_y(self._observed.values.copy())

    def _to_units_of_y(self, values):
        if self.target_transformer_ is None or not len(values):
            return values
        finite = np.isfinite(values).all(axis=1)
        out = np.full((len(values), len(self.container_.columns)), np.nan)
        if finite.any():
            out[finite] = np.asarray(
                self.target_transformer_.inverse_transform(
                    pd.DataFrame(values[finite], columns=self._transformed_names(values))
                ),
                dtype=float,
            )
        return out

    def _transformed_names(self, values):
        names = [str(name) for name in self.container_.columns]
        return names if len(names) == values.shape[1] else list(range(values.shape[1]))

    def _warn_backward_steps(self, rows):
        is_auto = self.time is None and rows.timed.source.where == "column"
        times = self.clock_.to_model(rows.timed.index) if is_auto else ()
        share = np.mean(np.diff(times) < 0) if len(times) > 1 else 0.0
        if is_auto and share > 0:
            msg = f"Time is read from column 0 of X, and {share:.0%} of its steps go backwards. "
            msg += "If column 0 is the time all the same, pass time=0."
            warnings.warn(msg, UserWarning, stacklevel=6)

    def _warn_duplicates(self, rows, series, times):
        if rows.index is None:
            return
        n_repeated = count_duplicates(series, times)
        if n_repeated:
            msg = f"{n_repeated} row(s) repeat a stamp of their series; such rows are merged by "
            msg += "their (weighted) mean. Drop or average them to silence this."
            warnings.warn(msg, UserWarning, stacklevel=5)
