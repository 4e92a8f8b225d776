"""Known-ahead covariates: of X or of a table, transformed, standardised, a function of time."""

import copy
from functools import partial

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import FeatureUnion

from ...frames._controls import FunctionControls, KnotControls, MixedControls, center_and_scale
from ...frames._panel_index import panel_index
from ...frames._rows import build_series, overlay
from ...preprocessing import CalendarFeatures, ExogenousFeatures, SolarFeatures

# They need nothing but the stamps (and series).
TIMED = (CalendarFeatures, ExogenousFeatures, SolarFeatures)


class Covariates:
    """What fit learns of the columns of X, or of ``features=`` of its index.

    Parameters
    ----------
    features : transformer or None
        ``features=`` of the estimator, cloned here.
    clock : Clock

    Attributes
    ----------
    transformer : fitted transformer or None
    n_controls : int
        Channels of u(t).
    from_columns : bool
        Whether X has columns: then u(t) runs linearly through its rows. Otherwise the transformer
        makes u(t) of series and time alone, and is evaluated at the solver's own stamps; so are
        beside columns those parts of a union that need nothing else.
    is_timed : bool array of shape (n_controls,)
        Channels that are evaluated so.
    center, scale : float arrays of shape (n_controls,)
        Of standardising.
    knots : SeriesSet or None
        Covariates of all training rows, where X has columns.
    keys : tuple
        Series of the training rows.
    last : float array of shape (n_series,)
        Time of the last training row of every series; a fit sees nothing of a table behind it.
    levels : tuple or None
        Names of the levels of a panel's index, and which of them holds the time.
    """

    def __init__(self, features, clock):
        self.transformer = None if features is None else clone(features)
        if hasattr(self.transformer, "set_output"):
            self.transformer.set_output(transform="pandas")
        self.clock = clock
        self.knots, self.keys, self.last = None, (), np.empty(0)

    def fit(self, rows, series, keys, weights):
        """Learn from the training rows; ``series`` are their numbers among ``keys``."""
        timed = rows.timed
        self.from_columns = bool(timed.rest.shape[1])
        is_panel = timed.keys is not None
        self.levels = (list(timed.rest.index.names), timed.source.position) if is_panel else None
        frame = self._frame(rows)
        if self.transformer is not None:
            self.transformer.fit(frame)
        values = self._transformed(frame)
        self.n_controls = values.shape[1]
        self.is_timed = self._are_timed(frame)
        self.center, self.scale = center_and_scale(values, weights)
        self._take(rows, series, keys)
        return self

    def with_rows(self, rows, series, keys):
        """Copy with further training rows."""
        new = copy.copy(self)
        new._take(rows, series, keys)
        return new

    def _take(self, rows, series, keys):
        last = np.full(len(keys), -np.inf)
        last[: len(self.last)] = self.last
        np.maximum.at(last, series, self.clock.to_model(rows.timed.index))
        self.knots = self.joined(rows, series, keys, self.knots)
        self.keys, self.last = tuple(keys), last

    def values(self, rows):
        """Standardised covariates of rows, shape (n_rows, n_controls)."""
        return (self._transformed(self._frame(rows)) - self.center) / self.scale

    def controls(self):
        """Make u(t) of the training rows; None without covariates."""
        return self._controls(self.knots, self.keys, self.last)

    def controls_with(self, rows, series, keys, knots):
        """Make u(t) of known knots and asked rows; on equal stamps the asked ones win."""
        return self._controls(self.joined(rows, series, keys, knots), keys)

    def joined(self, rows, series, keys, knots):
        """Knots and the covariates of rows, which win on equal stamps; None if X has no columns.

        Raises
        ------
        HorizonError
            A table of ``features=`` does not reach a row, or does not know its series.
        """
        if not self.n_controls or not (self.from_columns or self._tables()):
            return None
        values = self.values(rows) if len(rows) else np.empty((0, self.n_controls))
        if not self.from_columns:
            return None
        new = build_series(keys, series, self.clock.to_model(rows.timed.index), values)
        return new if knots is None else overlay(knots, new)

    def _controls(self, knots, keys, until=None):
        if not self.n_controls:
            return None
        is_timed = self.is_timed
        timed = FunctionControls(
            partial(self._at, keys=keys, until=until),
            int(is_timed.sum()),
            self._jump_reader(keys),
            self.clock.resolution,
        )
        if not self.from_columns:
            return timed
        knots = KnotControls(knots.starts, knots.times, knots.values)
        return MixedControls(knots, timed, is_timed) if is_timed.any() else knots

    def _parts(self):
        """Give the transformers that stand side by side, and their weights."""
        one = self.transformer
        if isinstance(one, FeatureUnion):
            weights = one.transformer_weights or {}
            return [(part, weights.get(name, 1.0)) for name, part in one.transformer_list]
        return [(one, 1.0)]

    def _are_timed(self, frame):
        """Mark the columns of u(t) that are made of series and time alone."""
        if not self.from_columns:
            return np.ones(self.n_controls, dtype=bool)
        parts = [part for part, _ in self._parts()]
        if not any(isinstance(part, TIMED) for part in parts):
            return np.zeros(self.n_controls, dtype=bool)
        sizes = [_n_columns(part, frame.iloc[:1]) for part in parts]
        return np.repeat([isinstance(part, TIMED) for part in parts], sizes)

    def _at(self, series, times, *, keys, until):
        """Standardised covariates at times; a table's are held at its end, and at ``until``."""
        present, where = np.unique(series, return_inverse=True)
        names = self._some(keys, present)
        for table in (tables := self._tables()):
            times = np.minimum(times, table.last_stamps(names, self.clock)[where])
        if tables and until is not None:
            times = np.minimum(times, until[series])
        values, frame = [], None
        for part, weight in self._parts():
            if isinstance(part, ExogenousFeatures):
                # As its transform, without the stamps in between: solvers ask often.
                values.append(weight * part.values_at(names, where, times, self.clock))
            elif isinstance(part, TIMED) or not (self.from_columns or isinstance(part, str)):
                frame = self._stamped(keys, series, times) if frame is None else frame
                values.append(weight * np.asarray(part.transform(frame), dtype=float))
        values = _checked(np.concatenate(values, axis=1))
        return (values - self.center[self.is_timed]) / self.scale[self.is_timed]

    def _stamped(self, keys, series, times):
        """Give a frame of nothing but the stamps, and on panels the series."""
        index = self.clock.to_index(times)
        if self.levels is not None:
            index = panel_index(keys, series, index, *self.levels)
        return pd.DataFrame(index=index)

    def _jump_reader(self, keys):
        """Give the jumps of a series by its number, each array made once; None without tables."""
        tables, known = self._tables(), {}
        if not tables:
            return None
        has_series = any(table.has_series for table in tables)

        def jumps(number):
            key = keys[number] if has_series else None
            if key not in known:
                found = [table.jump_times(key, self.clock) for table in tables]
                known[key] = np.unique(np.concatenate(found))
            return known[key]

        return jumps

    def _some(self, keys, numbers):
        return None if self.levels is None else [keys[k] for k in numbers]

    def _tables(self):
        """Tables inside the transformer, as they are after its fit."""
        found, waiting = [], [self.transformer]
        while waiting:
            one = waiting.pop()
            if isinstance(one, ExogenousFeatures):
                found.append(one)
            for name in ("steps", "transformer_list", "transformers_"):
                waiting += [entry[1] for entry in getattr(one, name, ())]
        return found

    def _frame(self, rows):
        """Give what a transformer reads: the covariates, or the index alone."""
        timed = rows.timed
        if timed.rest.shape[1]:
            return timed.rest
        if timed.keys is None:
            return pd.DataFrame(index=timed.index)
        keys = list(dict.fromkeys(timed.keys))
        number = {key: k for k, key in enumerate(keys)}
        series = np.fromiter((number[key] for key in timed.keys), np.int64, len(rows))
        return pd.DataFrame(index=panel_index(keys, series, timed.index, *self.levels))

    def _transformed(self, frame):
        values = frame if self.transformer is None else self.transformer.transform(frame)
        return _checked(np.asarray(values, dtype=float))


def _checked(values):
    if not np.isfinite(values).all():
        msg = "Expected finite covariates; got NaN or inf after features=. Fill them: "
        msg += "covariates must be known at every row (unknown ones belong into y)."
        raise ValueError(msg)
    return values


def _n_columns(part, frame):
    """Count the columns that a fitted part of a union makes of a frame."""
    if isinstance(part, str):
        return frame.shape[1] if part == "passthrough" else 0
    return np.shape(part.transform(frame))[1]
