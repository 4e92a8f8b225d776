"""Backtest: what a forecaster would have said, from every origin of the past."""

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from ..exceptions import HorizonError
from ..frames._lead_rows import rows_at_leads, thin_rows
from ..metrics._asking import check_forecaster, check_interval_forecaster, final_step
from ._fold_forecast import forecast_pairs
from ._observed_rows import ObservedRows, take
from ._time_split import TimeSplit


def backtest(
    estimator, X, y=None, *, horizon, stride=1, cv=None, refit=None, coverage=None, time=None,
    n_jobs=None,
):  # fmt: skip
    """Forecast from rolling origins, and set each forecast beside what came true.

    An origin is a row of the test part with an observation; the forecasts from it know every row
    up to it, also those that training did not see, and none after it. All origins of one fit are
    answered by a single call of ``predict``.

    Parameters
    ----------
    estimator : forecaster, or a pipeline or search that ends in one
        Fitted, if neither ``cv`` nor ``refit`` is given: then all rows of X are the test part.
        Else a clone is fitted for every fold.
    X : time index, DataFrame or array-like of shape (n_rows, n_columns)
        Stamps and covariates, as in ``fit``, in any order; a panel has a MultiIndex.
    y : Series, DataFrame or array-like of shape (n_rows,) or (n_rows, n_channels), default=None
        Observed states, NaN = not observed. None: the numeric columns of the frame X.
    horizon : int, duration, or list of durations
        How far ahead. n: the leads 1, 2, ..., n median steps; "24h" (a float where time is a plain
        number): every median step up to it, or, where most steps differ from it, equal parts of
        "24h" of about that length; a list: these leads. The row nearest to origin + lead stands for
        the lead, at most half a median step away, so that irregular stamps and gaps need no grid.
    stride : int or duration, default=1
        From one origin of a series to the next: a number of observed rows, or a duration.
    cv : splitter, int or iterable of (train, test), default=None
        Origins lie in the test part of each fold, targets in any row it was not trained on. n is
        ``TimeSplit(n)``.
    refit : int or duration, default=None
        Shorthand for a ``TimeSplit`` with this ``test_size`` over the newer half of the time, the
        training part expanding: fit again after every "7D".
    coverage : float in ]0, 1[, default=None
        Beside the forecast, the interval that ``predict_interval`` gives it: the frame then has
        columns ``lower`` and ``upper``, as `tsnode.metrics.interval_coverage` reads them. For a
        forecaster alone, not in a pipeline.
    time : see `TimeSplit`
        None takes the ``time`` of the estimator.
    n_jobs : int, default=None
        Folds fitted at once.

    Returns
    -------
    DataFrame, one row for every origin, lead and channel, sorted by these
        ``series`` (categorical; 0 if there is only one), ``origin``, ``lead`` (nominal; a
        Timedelta, or a float), ``stamp`` (of the row that stands for the lead), ``channel``
        (categorical), ``truth`` (NaN = not observed), ``forecast`` (NaN = diverged), and
        ``lower`` and ``upper`` where a ``coverage`` is given.

    Raises
    ------
    NotFittedError
        An estimator that is not fitted, without ``cv`` and ``refit``.
    HorizonError
        No observed row follows an origin at any lead.

    See Also
    --------
    tsnode.metrics.n_step_error : Error over lead time, from this frame.

    Notes
    -----
    Backtests of the same data and settings have the same rows: the forecasts of a baseline are one
    more column, ``found["persistence"] = backtest(PersistenceRegressor(), ...)["forecast"]``.
    With covariates in X, a forecast reads them at stamps after its origin too: they are known in
    advance. 10,000 origins x 24 leads x 5 channels take 1 s with `RidgeLagRegressor`, 8 s with
    ``NeuralODERegressor(training="match")``, and 0.6 GB in all (one thread).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from tsnode import PersistenceRegressor
    >>> hours = pd.date_range("2024-01-01", periods=48, freq="h")
    >>> y = pd.Series(np.arange(48.0), index=hours, name="load")
    >>> found = backtest(PersistenceRegressor(), hours, y, horizon="3h", stride="6h", refit="12h")
    >>> found.groupby("lead").agg(origins=("origin", "nunique"), forecast=("forecast", "first"))
                     origins  forecast
    lead                              
    0 days 01:00:00        4      24.0
    0 days 02:00:00        4      24.0
    0 days 03:00:00        4      24.0
    >>> backtest(PersistenceRegressor(), hours, y, horizon=3)
    Traceback (most recent call last):
        ...
    sklearn.exceptions.NotFittedError: Expected a fitted estimator; got a PersistenceRegressor \
that is not. Fit it on rows before those of X, or pass cv= or refit= to have it fitted here.
    """  # noqa: W291
    time = getattr(final_step(estimator), "time", None) if time is None else time
    check_forecaster(estimator)
    if coverage is not None:
        check_interval_forecaster(estimator)
    observed = ObservedRows.read(X, y, time)
    folds = _folds(estimator, X, y, observed, cv, refit, time)
    leads = _read_leads(horizon, observed)
    starts = _read_origins(folds, stride, observed)
    ahead = rows_at_leads(observed.known, starts, leads, tolerance=observed.step / 2)
    pairs = [_pairs_of(fold, starts, ahead, observed) for fold in folds]
    if not sum(len(origin) for origin, _, _ in pairs):
        msg = f"Expected observed rows within {horizon} after an origin of the test part; got "
        msg += "none. Use a shorter horizon, an earlier test part, or more rows."
        raise HorizonError(msg)
    found = Parallel(n_jobs=n_jobs)(
        delayed(_forecast_fold)(estimator, X, y, observed, train, origin, target, coverage)
        for (train, _), (origin, _, target) in zip(folds, pairs, strict=True)
        if len(origin)
    )
    origin, lead, target = (np.concatenate(part) for part in zip(*pairs, strict=True))
    return _long_frame(observed, leads, origin, lead, target, np.concatenate(found))


def _folds(estimator, X, y, observed, cv, refit, time):
    """Pairs (rows trained on, rows of the test part) of X; None trains nothing."""
    if cv is not None and refit is not None:
        msg = f"Expected cv or refit; got both, cv={cv!r} and refit={refit!r}. Pass one: refit is "
        msg += "a shorthand for a TimeSplit."
        raise ValueError(msg)
    if cv is None and refit is None:
        msg = f"Expected a fitted estimator; got a {type(estimator).__name__} that is not. "
        msg += "Fit it on rows before those of X, or pass cv= or refit= to have it fitted here."
        check_is_fitted(estimator, msg=msg)
        return [(None, np.arange(observed.n_given))]
    if refit is not None:
        cv = TimeSplit(observed.n_stretches(refit), test_size=refit, time=time)
    elif isinstance(cv, int | np.integer) and not isinstance(cv, bool):
        cv = TimeSplit(cv, time=time)
    if hasattr(cv, "get_n_splits"):
        return list(cv.split(X, y))
    if np.iterable(cv) and not isinstance(cv, str):
        return [_check_fold(fold, observed.n_given) for fold in cv]
    msg = f"cv must be a splitter, a number of folds or pairs (train, test); got {cv!r}. "
    msg += "Pass TimeSplit(5), or refit='7D'."
    raise ValueError(msg)


def _check_fold(fold, n_rows):
    """Read a pair (train, test) of row numbers that the user wrote."""
    parts = [np.asarray(part) for part in fold]
    is_pair = len(parts) == 2 and all(part.ndim == 1 and part.dtype.kind in "iu" for part in parts)
    if is_pair and all(len(part) and 0 <= part.min() <= part.max() < n_rows for part in parts):
        return tuple(parts)
    msg = f"cv must hold pairs (train, test) of row numbers from 0 to {n_rows - 1}; got {fold!r}. "
    msg += "Take them from a splitter: TimeSplit(5).split(X)."
    raise ValueError(msg)


def _read_leads(horizon, observed):
    """Leads in model time, increasing."""
    if np.ndim(horizon) or isinstance(horizon, pd.TimedeltaIndex):
        leads = np.atleast_1d(observed.duration(horizon, "horizon"))
        if len(leads) and np.isfinite(leads).all() and np.diff(leads, prepend=0.0).min() > 0:
            observed.check_reach(leads[-1], horizon)
            return leads
        msg = f"horizon must list durations over 0 that increase; got {horizon!r}. Sort them."
        raise HorizonError(msg)
    return observed.leads_up_to(horizon)


def _read_origins(folds, stride, observed):
    """Rows of ``observed.known`` that forecasts start from, in any fold."""
    tested = np.zeros(observed.n_given, dtype=bool)
    for _, test in folds:
        tested[test] = True
    length, is_count = observed.length(stride, "stride")
    candidates = np.flatnonzero(tested[observed.positions])
    return thin_rows(observed.known, candidates, length, is_count=is_count)


def _pairs_of(fold, starts, ahead, observed):
    """Origin row, number of the lead and target row of all forecasts of a fold."""
    train, test = fold
    allowed = np.ones(observed.n_given, dtype=bool)
    if train is not None:
        allowed[train] = False
    mine = np.isin(observed.positions[starts], test)
    starts, ahead = starts[mine], ahead[mine]
    origin, lead = np.nonzero((ahead >= 0) & allowed[observed.positions][ahead])
    return starts[origin], lead, ahead[origin, lead]


def _forecast_fold(estimator, X, y, observed, train, origin, target, coverage):
    """Fit, unless that is done, and forecast all pairs by one call."""
    if train is not None:
        rest = () if y is None else (take(y, train),)
        estimator = clone(estimator).fit(take(X, train), *rest)
    return forecast_pairs(estimator, observed, origin, target, coverage)


def _long_frame(observed, leads, origin, lead, target, forecast):
    order = np.lexsort((lead, origin))
    origin, lead, target = origin[order], lead[order], target[order]
    n_channels = len(observed.channels)

    def repeat(column):
        return column.repeat(n_channels)

    known = observed.known
    channel = pd.Categorical.from_codes(
        np.tile(np.arange(n_channels), len(origin)), categories=list(observed.channels)
    )
    keys = [0] if known.keys == (None,) else pd.Index(known.keys, tupleize_cols=False)
    series = pd.Categorical.from_codes(repeat(known.series_of_row[origin]), categories=keys)
    columns = {
        "series": series,
        "origin": repeat(observed.index[observed.positions[origin]]),
        "lead": repeat(observed.to_leads(leads)[lead]),
        "stamp": repeat(observed.index[observed.positions[target]]),
        "channel": channel,
        "truth": known.values[target].ravel(),
    }
    found = dict(zip(("forecast", "lower", "upper"), forecast[order].swapaxes(0, 1), strict=False))
    return pd.DataFrame(columns | {name: values.ravel() for name, values in found.items()})
