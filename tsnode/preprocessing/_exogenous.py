"""Covariates from a table with stamps of its own, looked up at the stamps that are asked."""

import warnings

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from .._constraints import check_choice, check_flag
from ..exceptions import FitWarning, HorizonError
from ._joins import JOINS
from ._stamps import read_stamps
from ._table import Table


class ExogenousFeatures(TransformerMixin, BaseEstimator):
    """Covariates of a table that has stamps of its own: setpoints, weather forecasts, tariffs.

    For ``features=`` of a forecaster. X is then a bare index: the table is looked up at the
    solver's own stamps, series by series, so it may be denser, sparser or more irregular than the
    rows, and every column may be NaN where it was not measured.

    Parameters
    ----------
    table : DataFrame or Series
        Numbers, by stamps of the kind that X has: an index of stamps serves all series; a
        MultiIndex of series and stamps gives each series of a panel its own; series alone (no
        stamps) give constants, such as the elevation of a station. Aware stamps may be in any zone.
        NaN = not known there; each column goes on from its own last value. Rows in any order.
    join : {"previous", "linear", "hermite"}, default="previous"
        Value between two stamps. "previous": that of the newest stamp at or before. It is causal:
        no value counts before its stamp, and the solver places a step on every stamp at which one
        changes. "linear" and "hermite" (cubic, with the slopes of backward differences) look at
        the next stamp: a value counts from the stamp before its own on. Take them only for what is
        truly known ahead.
    hold : None, duration or inf, default=None
        How long the values of a series' last row count beyond its stamp. None: not at all, so a
        stamp behind it is refused. A duration, such as "1h" for hourly means; a number where time
        is a plain number; ``numpy.inf`` for what stays until it is changed, such as a setpoint.
    add_indicator : bool, default=False
        Add one column for each of the table's, 1 where nothing is known of it yet.

    Attributes
    ----------
    fill_ : float array of shape (n_columns,)
        Mean of what was known at the rows of fit. It stands where nothing is known yet: before the
        first value of a column, and for a constant that is NaN.
    feature_names_out_ : array of str
        Columns of the table; ``..._unknown`` are those of ``add_indicator``.

    See Also
    --------
    CalendarFeatures : To have both, ``sklearn.pipeline.make_union(CalendarFeatures(),
        ExogenousFeatures(table))``.

    Notes
    -----
    Quantities that are not known ahead are states and belong into y; a table of measurements is for
    what somebody else forecasts (or decides) beyond the last row.

    Later values come by ``model.features_.set_params(table=newer)``, at once and without a refit;
    the columns must be those of fit. ``model.set_params(features__table=...)`` counts from the next
    fit on, as all of scikit-learn's parameters. A table is a parameter, so ``features__join`` can
    be searched; it is copied by ``clone``.

    Beside covariates in X the table is looked up at the solver's stamps too, alone or in a union:
    ``make_union(FunctionTransformer(), ExogenousFeatures(table))`` has X's columns and the table's.
    Inside a Pipeline or ColumnTransformer it is then looked up at the stamps of X's rows, and runs
    linearly between them as all columns of X do. Step maps read u at the start of every step.

    How well a driver is learned depends on how often the states are seen. Free runs of an
    oscillator under random steps were off by 0.2 % of its spread after a fit on 13 rows from jump
    to jump, by 2 % on 3 rows (26 % on 4 rows that fall on the jumps), and by the whole spread
    without the table. With one row a jump the smoother takes the driven velocity for noise and
    little is gained: there a step map whose steps are the table's was off by 2 %.

    References
    ----------
    Morrill, Kidger, Yang, Lyons, "Neural controlled differential equations for online prediction
    tasks", arXiv:2106.11028 (2021).

    Examples
    --------
    >>> import pandas as pd
    >>> stamps = pd.to_datetime(["2024-01-01 06:00", "2024-01-01 18:00"])
    >>> table = pd.DataFrame({"setpoint": [17.0, 21.0]}, index=stamps)
    >>> hours = pd.date_range("2024-01-01 06:00", periods=3, freq="6h")
    >>> ExogenousFeatures(table).fit_transform(hours)["setpoint"].tolist()
    [17.0, 17.0, 21.0]
    >>> ExogenousFeatures(table, join="linear").fit_transform(hours)["setpoint"].tolist()
    [17.0, 19.0, 21.0]
    >>> ExogenousFeatures(table).fit(hours).transform(hours + pd.Timedelta("1D"))
    Traceback (most recent call last):
        ...
    tsnode.exceptions.HorizonError: Expected a table that reaches the asked stamps; ...
    """

    def __init__(self, table, join="previous", hold=None, add_indicator=False):
        self.table = table
        self.join = join
        self.hold = hold
        self.add_indicator = add_indicator

    # ---------------------------------------------------------------- scikit-learn's verbs

    def fit(self, X, y=None):  # noqa: ARG002
        """Check the table against the stamps of ``X``, and learn what to say before its first.

        Parameters
        ----------
        X : index, DataFrame (its time index is read), or array whose column 0 is the time
        y : ignored

        Raises
        ------
        ValueError
            The table is none of finite numbers with distinct stamps.
        TimeIndexError
            Its stamps are of another kind than those of X, or only one of both has a time zone.
        HorizonError
            A series of X has no rows in it, or it ends before a row of X.
        """
        check_choice("join", self.join, tuple(JOINS))
        check_flag("add_indicator", self.add_indicator)
        table = Table.read(self.table)
        length = _read_hold(self.hold, table.clock)
        times, keys, _ = read_stamps(X)
        found = _find(table, times, keys, self.join, length)
        known = np.isfinite(found)
        self._check_known(table, known)
        if isinstance(X, pd.DataFrame):
            self.n_features_in_ = X.shape[1]
        self._read, self._length = table, length
        self.fill_ = np.where(known, found, 0.0).sum(axis=0) / known.sum(axis=0)
        flags = [f"{name}_unknown" for name in table.names] if self.add_indicator else []
        self.feature_names_out_ = np.array([*table.names, *flags], dtype=object)
        return self

    def transform(self, X):
        """Return the covariates at the times of ``X``.

        Returns
        -------
        DataFrame of shape (n_rows, n_columns), or twice the columns with ``add_indicator``; with
        the index of ``X``

        Raises
        ------
        TimeIndexError, HorizonError
            As ``fit``.
        """
        check_is_fitted(self)
        times, keys, index = read_stamps(X)
        found = _find(self._read, times, keys, self.join, self._length)
        return pd.DataFrame(self._filled(found), index=index, columns=self.feature_names_out_)

    def _filled(self, found):
        known = np.isfinite(found)
        values = np.where(known, found, self.fill_)
        return np.concatenate([values, ~known], axis=1) if self.add_indicator else values

    def get_feature_names_out(self, input_features=None):  # noqa: ARG002
        """Return the names of the columns of ``transform``."""
        check_is_fitted(self)
        return self.feature_names_out_

    def set_params(self, **params):
        """Set parameters; a fitted transformer takes a new table, join or hold at once.

        Raises
        ------
        ValueError
            One of them is none, or the table has other columns than in fit. Nothing is changed.
        """
        if hasattr(self, "fill_"):
            new = {**self.get_params(deep=False), **params}
            check_choice("join", new["join"], tuple(JOINS))
            table = self._like_fitted(new["table"]) if "table" in params else self._read
            length = _read_hold(new["hold"], table.clock)
            super().set_params(**params)
            self._read, self._length = table, length
            return self
        return super().set_params(**params)

    def _like_fitted(self, table):
        new, own = Table.read(table), self._read
        kind = [None if one.clock is None else one.clock.kind for one in (new, own)]
        if new.names != own.names or kind[0] != kind[1]:
            msg = (
                f"Expected a table with the columns of fit ({', '.join(own.names)}) and stamps of "
            )
            msg += f"its kind ({kind[1]}); got {', '.join(new.names)} and {kind[0]}. Pass such a "
            msg += "table, or fit again."
            raise ValueError(msg)
        return new

    # ---------------------------------------------------------------- for forecasters

    @property
    def has_series(self):
        """Whether the fitted table gives each series rows of its own."""
        return self._read.keys is not None

    def jump_times(self, key, clock):
        """Return the times at which a covariate of a series or its slope jumps, for a forecaster.

        Parameters
        ----------
        key : series, or None where there is but one
        clock : Clock
        """
        return self._read.times_on(clock, self._read.jumps(key, self.join))

    def last_stamps(self, keys, clock):
        """Return the last times that may be asked of series, on the clock of a forecaster.

        inf where there is no last one. ``keys`` is None where there is but one series.
        """
        n_series = 1 if keys is None else len(keys)
        last = self._read.last[self._read.series_of(keys, n_series)]
        return self._read.times_on(clock, last + self._length)

    def values_at(self, keys, which, times, clock):
        """Return what ``transform`` says at times of a forecaster's clock, up to the last stamps.

        Parameters
        ----------
        keys : list of series, or None where there is but one
        which : int array of shape (n,)
            The key of every time.
        times : float array of shape (n,)
        clock : Clock

        Returns
        -------
        float array of shape (n, n_columns)
        """
        table = self._read
        series = table.series_of(keys, 1 if keys is None else len(keys))[which]
        return self._filled(table.values(series, table.times_from(clock, times), self.join))

    def _check_known(self, table, known):
        never = [name for name, seen in zip(table.names, known.T, strict=True) if not seen.any()]
        if never:
            msg = "Expected a table that knows every column at some row of fit; "
            msg += f"{', '.join(never)} begin(s) behind the last of {len(known)} rows (or is not "
            msg += "known of these series). Drop the column(s), or add earlier values."
            raise HorizonError(msg)
        n_missing = int((~known).any(axis=1).sum())
        if n_missing and not self.add_indicator:
            named = [
                name for name, seen in zip(table.names, known.T, strict=True) if not seen.all()
            ]
            msg = f"Nothing is known yet of {', '.join(named)} at {n_missing} of {len(known)} rows "
            msg += "of fit; their mean stands there. Add earlier values to the table, fit later "
            msg += "rows, or pass add_indicator=True to tell such rows apart."
            warnings.warn(msg, FitWarning, stacklevel=3)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.no_validation = True
        return tags


def _find(table, times, keys, join, length):
    """Covariates at the stamps, NaN where nothing is known yet."""
    series, at = table.series_of(keys, len(times)), table.times_of(times)
    table.check_reaches(series, at, length)
    return table.values(series, at, join)


def _read_hold(hold, clock):
    """Length of ``hold`` on the table's clock."""
    if hold is None or clock is None:
        return 0.0
    if isinstance(hold, float) and hold == np.inf:
        return np.inf
    length = clock.duration(hold, "hold")
    if not length >= 0:
        msg = f"hold must not be negative; got {hold!r}. Pass how long the last values count."
        raise ValueError(msg)
    return length
