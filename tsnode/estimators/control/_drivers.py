"""How chosen controls reach a model: by columns of X, or by a table of ``features=``."""

import copy

import numpy as np
import pandas as pd

from ...exceptions import HorizonError
from ...frames._words import in_words
from .._copies import copy_with
from ..rows._future import panel_rows
from ..rows._reading import read_rows


def find_drivers(estimator, asked):
    """Drivers of a model, of the kind that holds the ``asked`` names.

    Parameters
    ----------
    estimator : fitted forecaster with covariates
    asked : collection of names, or None for the only driver

    Returns
    -------
    ColumnDrivers or TableDrivers
    """
    columns = ColumnDrivers(estimator)
    tables = [TableDrivers(estimator, k) for k in range(len(estimator._covariates._tables()))]
    kinds = [kind for kind in (columns, *tables) if kind.names]
    everything = [name for kind in kinds for name in kind.names]
    if asked is None and len(everything) == 1:
        return kinds[0], everything
    fitting = [kind for kind in kinds if set(asked or ()) <= set(kind.names)]
    return (fitting or kinds or [columns])[0], everything


class ColumnDrivers:
    """Columns of X: lines through its rows, from the last known row on.

    Attributes
    ----------
    names : list
        Of the columns without the time; their numbers in X where it has no names.
    """

    holds = False

    def __init__(self, estimator):
        self.estimator = estimator
        n_columns = estimator.n_features_in_ if estimator._covariates.from_columns else 0
        named = getattr(estimator, "feature_names_in_", range(n_columns))
        self.columns = list(named) if n_columns else []
        source = estimator.time_source_
        self.time_column = source.position if source.where == "column" else None
        self.names = [n for k, n in enumerate(self.columns) if k != self.time_column]

    def begin(self, chosen, stamps, begin, key, X):
        """Set the stamps of the pieces' ends, and read the other drivers at them."""
        self.rows = bare_rows(self.estimator, stamps, key)
        self.at = [self.names.index(name) for name in chosen]
        others = [name for name in self.names if name not in chosen]
        self.values = np.zeros((len(stamps), len(self.names)))
        if X is None and others:
            msg = f"Expected X with the drivers that are not chosen ({_listed(others)}); got None. "
            msg += "Pass their known future as X, or bounds for them."
            raise ValueError(msg)
        if others:
            self.values = self._others(X, others, stamps, begin)
        return self

    def read(self, values):
        """Forecaster and what it is asked, for chosen values of shape (n_pieces, n_chosen)."""
        return self.estimator, self.estimator._read_asked(self.frame(values), None, 1)

    def frame(self, values):
        """Return the X that says these values."""
        matrix = self.values.copy()
        matrix[:, self.at] = values
        if self.time_column is None:
            named = hasattr(self.estimator, "feature_names_in_")
            return pd.DataFrame(matrix, self.rows, self.columns if named else None)
        if isinstance(self.rows, pd.DataFrame):
            found = pd.DataFrame(matrix, columns=self.names)
            found.insert(self.time_column, self.columns[self.time_column], self.rows.iloc[:, 0])
            return found
        return np.insert(matrix, self.time_column, self.rows[:, 0], axis=1)

    def table(self, values):  # noqa: ARG002
        """Return no table: X says it all."""
        return

    def _others(self, X, others, stamps, begin):
        """Values of all columns at the stamps, by lines through the rows of X."""
        estimator, clock = self.estimator, self.estimator.clock_
        if isinstance(X, pd.DataFrame):
            missing = [name for name in others if name not in X]
            if missing:
                msg = "Expected X with the drivers that are not chosen; it lacks "
                msg += f"{_listed(missing)}. Add their known future."
                raise ValueError(msg)
            absent = {name: 0.0 for name in self.names if name not in X}
            X = X.assign(**absent)[self.columns]
        rows = read_rows(estimator, X, reset=False)
        times = clock.to_model(rows.timed.index)
        order, asked = np.argsort(times, kind="stable"), clock.to_model(stamps)
        slack = 1e-9 * (asked[-1] - begin) + clock.resolution
        if times.min() > asked[0] + slack or times.max() < asked[-1] - slack:
            first, last, end = (in_words(s) for s in clock.to_index([times.min(), times.max(),
                                                                      asked[-1]]))  # fmt: skip
            msg = f"Expected X to hold {_listed(others)} from {in_words(stamps[0])} to {end}; got "
            msg += f"rows from {first} to {last}. Pass rows of the whole horizon."
            raise HorizonError(msg)
        known = rows.timed.rest.to_numpy(dtype=float)[order]
        lines = [np.interp(asked, times[order], column) for column in known.T]
        return np.stack(lines, axis=1)


class TableDrivers:
    """Columns of the table of an ``ExogenousFeatures``: held, or lines, from stamp to stamp."""

    def __init__(self, estimator, number):
        self.estimator, self.number = estimator, number
        self.part = estimator._covariates._tables()[number]
        self.old = pd.DataFrame(self.part.table).sort_index()
        self.names = list(self.old.columns)
        self.holds = self.part.join == "previous"

    def begin(self, chosen, stamps, begin, key, X):  # noqa: ARG002
        """Set the stamps of the pieces' ends, and add what is known of the other columns."""
        if self.part.has_series or not self.part._read.clock or self.part.join == "hermite":
            msg = "Expected a table with stamps, for all series, and join='previous' or 'linear'; "
            msg += f"got join={self.part.join!r} and an index of {self.old.index.names}. Refit "
            msg += "with such a table, or with the drivers as columns of X."
            raise ValueError(msg)
        clock, index = self.estimator.clock_, self.old.index
        first = clock.to_index([begin])
        ends = first.append(stamps)
        if getattr(index, "tz", None) is not None:
            ends = ends.tz_convert(index.tz)
        self.ends, self.chosen = ends, chosen
        self.rows = bare_rows(self.estimator, stamps, key)
        known = self.old.copy() if X is None else self._with_others(X)
        is_old = known.index < ends[0]
        known.loc[~is_old, chosen] = np.nan
        self.known = known
        self._check_others([name for name in self.names if name not in chosen])
        self.present = self.old.loc[self.old.index <= ends[0], chosen].ffill().tail(1)
        return self

    def read(self, values):
        """Forecaster with the table that says these values, and what it is asked."""
        covariates = copy.copy(self.estimator._covariates)
        covariates.transformer = copy.deepcopy(covariates.transformer)
        covariates._tables()[self.number].set_params(table=self.table(values))
        made = copy_with(self.estimator, _covariates=covariates)
        return made, made._read_asked(self.rows, None, 1)

    def frame(self, values):
        """Chosen values by stamps: from when each is held, or at which it lies on the line."""
        stamps = self.ends[:-1] if self.holds else self.ends[1:]
        return pd.DataFrame(values, stamps, self.chosen)

    def table(self, values):
        """Return the table of fit with these values, and no others from the begin on."""
        new = self.frame(values)
        if self.holds:
            # The last value holds to the end, which the table must reach.
            end = pd.DataFrame(values[-1:], self.ends[-1:], self.chosen)
            new = pd.concat([new, end])
        elif len(self.present):
            # The line begins at the present value: what was held before stays as it was.
            new = pd.concat([self.present.set_axis(self.ends[:1]), new])
        index = self.known.index.union(new.index)
        found = self.known.reindex(index)
        found.loc[new.index, self.chosen] = new
        return found

    def _with_others(self, X):
        if not isinstance(X, pd.DataFrame) or not set(X.columns) <= set(self.names):
            msg = f"Expected X with columns of the table ({_listed(self.names)}) and its kind of "
            msg += f"index; got {type(X).__name__} with {list(getattr(X, 'columns', []))}. Pass "
            msg += "the known future of its other columns."
            raise ValueError(msg)
        return X.combine_first(self.old)[self.names]

    def _check_others(self, others):
        clock, end = self.estimator.clock_, self.ends[-1]
        own = self.part._read.clock
        hold = self.part._length * (1.0 if clock.unit is None else own.seconds / clock.seconds)
        ends = clock.to_model(self.ends[-1:])[0] - 2 * clock.resolution
        for name in others:
            last = self.known[name].last_valid_index()
            if last is None or clock.to_model(pd.Index([last]))[0] + hold < ends - 1e-9 * abs(ends):
                msg = f"Expected {name!r} to be known up to {in_words(end)}; its last value is at "
                msg += f"{in_words(last)}. Pass its known future as X, or say by hold= how much "
                msg += "longer the last value counts."
                raise HorizonError(msg)


def bare_rows(estimator, stamps, key):
    """Rows to ask for that say nothing but the stamps, as ``predict`` takes them."""
    if estimator.time_source_.where == "column":
        names = getattr(estimator, "feature_names_in_", None)
        if names is None:
            return stamps.to_numpy(dtype=float)[:, None]
        return pd.DataFrame({names[estimator.time_source_.position]: stamps})
    if estimator._recent.rows.keys == (None,):
        return stamps.rename(estimator._index_names[0])
    return panel_rows(estimator, stamps, [key] * len(stamps))


def _listed(names):
    return ", ".join(repr(name) for name in names)
