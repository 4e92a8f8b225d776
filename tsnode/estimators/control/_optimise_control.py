"""Controls of least cost, found through a fitted law."""

import warnings
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from ..._constraints import check_count
from ..._random import draw_seed
from ...exceptions import ForecastWarning, HorizonError
from ...frames._tail import last_times
from ...frames._words import in_words
from .._free_runs import FreeRuns
from ..paths._state_path import StatePath
from ..rows._reading import name_some
from ._bounds import read_bounds
from ._costs import read_cost
from ._driven_model import DrivenModel, middle_and_span, training_range
from ._drivers import find_drivers
from ._search import Search

# How far outside the range of fit, in parts of it, a state or driver is still taken for inside.
MARGIN = 0.1


@dataclass(frozen=True)
class ControlPlan:
    """What ``optimise_control`` found.

    Attributes
    ----------
    control : DataFrame, or ndarray of shape (n_pieces, n_columns)
        Of a model with covariates in X: rows to pass to ``predict`` as they are. Of a model with
        a table: the chosen columns by the stamps from which each value is held (from the start
        on), or at which it lies on the line.
    states : DataFrame, Series or ndarray of shape (n_pieces, n_channels)
        The model's forecast at the end of every piece, in the container of y.
    cost : float
    success : bool
        Whether the search has converged.
    message : str
        Why it ended.
    n_iter : int
        Iterations from the best start.
    n_field_evaluations : int
        Rows that passed through the field, over all starts.
    n_outside : int
        Pieces whose state or driver lies outside what fit has seen, by over a tenth of its range.
    table : DataFrame or None
        Of a model with a table: all of it, with the control in it.
    """

    control: object = field(repr=False)
    states: object = field(repr=False)
    cost: float
    success: bool
    message: str
    n_iter: int
    n_field_evaluations: int
    n_outside: int
    table: object = field(default=None, repr=False)


def optimise_control(
    est, cost, bounds, horizon, *, n_pieces=20, X=None, start=None, series=None, guess=None,
    n_starts=2, max_iter=200, random_state=None,
):  # fmt: skip
    """Find the control of least cost over the horizon, through a fitted law of the states.

    The states obey dz/dt = f(z, u, t) (or z' = F(z, u)), as ``est`` has learned it; those drivers
    u that are named in ``bounds`` are chosen, piece by piece, from the last known row on.

    Parameters
    ----------
    est : fitted NeuralODERegressor, UniversalODERegressor or step map
        On observed states (``lookback=None``), with the drivers as columns of X, or in the table
        of ``features=ExogenousFeatures(table)``. ``update`` moves its present state.
    cost : callable or dict
        A callable ``(states, control, elapsed) -> number``, in operators or torch functions:
        ``lambda x, u, t: ((x["temp"] - 20) ** 2).mean() + 0.1 * u["heat"].mean()``. States and
        control are dicts of tensors of shape (n_pieces,), by column of y and by chosen driver, in
        their units; rows are those of ``states`` and ``control`` of the result, that is the state
        at the end of every piece. ``elapsed`` is the time from the start to there, in
        ``time_unit_``. Or a quadratic cost in words, {"setpoint": {"temp": 20.0}, "weights":
        {"temp": 1.0}, "final_weights": {"temp": 5.0}, "control_weights": {"heat": 0.1}}: the mean
        over the pieces of weight (state - setpoint)^2 + weight control^2, and the last miss
        besides; setpoints may be one number a piece.
    bounds : dict of driver to (low, high), or (low, high) where there is one driver
        Numbers, or one a piece; None = no bound. Drivers not named are known: see ``X``.
    horizon : duration, or number where time is a number
        Length of all pieces together.
    n_pieces : int, default=20
        Equal pieces of the horizon, one value of every chosen driver each.
    X : DataFrame or array as in fit, default=None
        Known future of the other drivers, at stamps of its own: columns of X (chosen ones may be
        left out), or further rows of the table. Columns of X are read at the ends of the pieces.
    start : array-like of shape (n_channels,), default=None
        State at the last known row. None: the model's estimate, from the rows it knows.
    series : key, default=None
        Which series of a panel.
    guess : array-like of shape (n_pieces, n_chosen) or (n_pieces,), default=None
        Control to start the search from; None = the middle of the bounds (no bounds: nearest 0).
    n_starts : int, default=2
        Searches: from the guess, and from the best of 16 random controls each. More for problems
        with several valleys, such as swing-ups.
    max_iter : int, default=200
        Iterations of each search.
    random_state : int, RandomState or None, default=None

    Returns
    -------
    ControlPlan
        ``control``, ``states``, ``cost``, ``success``, ``message``, ``n_iter``,
        ``n_field_evaluations``, ``n_outside``, ``table``.

    Raises
    ------
    TypeError
        For what has no law of the states.
    ValueError
        For a model that is not fitted, of a history or without drivers, and parameters that make
        no sense; says which.
    HorizonError
        Other drivers that are not known for the whole horizon; nothing known to start from.

    Warns
    -----
    ForecastWarning
        The plan leaves what fit has seen: no data say what the law does there.

    Notes
    -----
    Columns of X run linearly through its rows, so such a control is a line from the last known
    value through one knot a piece, and ``est.predict(plan.control)`` gives ``plan.states``. With a
    table whose ``join`` is "previous", values are held and jump, the first of them at once:
    ``est.features_.set_params(table=plan.table)``, then predict the stamps of ``plan.states``.

    Single shooting over the solver's own steps, by SciPy's L-BFGS-B with exact gradients: one run
    forward, the derivatives of all steps as one batch, a recursion backwards. Adaptive solvers are
    replaced by a fixed-step one of the same accuracy. In a loop (model predictive control) apply
    the first piece, ``update`` the model with what came, and plan again from ``guess=`` the rest.
    A plan is as good as the model along it; try it where an error is cheap.

    References
    ----------
    Betts (2010), Practical Methods for Optimal Control, ch. 3; Chen et al. (2018), "Neural ordinary
    differential equations", for gradients through a solve.

    Examples
    --------
    >>> import numpy as np
    >>> from tsnode import NeuralODERegressor, optimise_control
    >>> t, push = np.arange(0, 20, 0.25), np.random.default_rng(0).normal(size=80)
    >>> x = np.zeros(80)
    >>> for k in range(79): x[k + 1] = x[k] + 0.25 * ((push[k] + push[k + 1]) / 2 - x[k])
    >>> model = NeuralODERegressor((8,), lookback=None, training="match", random_state=0)
    >>> model = model.fit(np.column_stack([t, push]), x[:, None])
    >>> plan = optimise_control(model, {"setpoint": {0: 0.5}}, (-2, 2), 2.0, n_pieces=4, n_starts=1)
    >>> bool(np.abs(plan.states[2:] - 0.5).max() < 0.02), plan.control.shape
    (True, (4, 2))
    """
    _check_law(est)
    check_count("n_pieces", n_pieces)
    check_count("n_starts", n_starts)
    check_count("max_iter", max_iter)
    asked = list(bounds) if isinstance(bounds, dict) else None
    drivers, names = find_drivers(est, asked)
    chosen, low, high = read_bounds(bounds, names, n_pieces)
    if not set(chosen) <= set(drivers.names):
        msg = f"Expected chosen drivers of X or of one table; got {name_some(chosen)}, of which "
        msg += "some stand elsewhere. Bring them together and refit."
        raise ValueError(msg)
    channels = list(est.container_.columns)
    criterion = read_cost(cost, channels, chosen, n_pieces)
    key, begin = _begin(est, series)
    length = est.clock_.duration(horizon, "horizon")
    if np.ndim(length) or not 0 < length < np.inf:
        msg = f"horizon must be one positive duration; got {horizon!r}. Pass how far to plan."
        raise HorizonError(msg)
    elapsed = length * np.arange(1, n_pieces + 1) / n_pieces
    stamps = est.clock_.to_index(begin + elapsed)
    if not stamps.is_unique:
        msg = f"Expected pieces longer than the resolution of time; got {n_pieces} pieces of "
        msg += f"{horizon!r}. Take fewer of them."
        raise ValueError(msg)
    drivers.begin(chosen, stamps, begin, key, X)
    model = DrivenModel(est, drivers, low, high, _read_start(est, start))
    search = Search(model, criterion, channels, chosen, elapsed, low, high)
    guesses = [_read_guess(guess, low, high)]
    if n_starts > 1:
        guesses += list(search.draw(n_starts - 1, np.random.default_rng(draw_seed(random_state))))
    found = search.run(guesses, max_iter)
    return ControlPlan(
        control=drivers.frame(found.values),
        states=est.container_.wrap(found.states, model.index),
        cost=found.cost, success=found.success, message=found.message, n_iter=found.n_iter,
        n_field_evaluations=model.run.n_evaluations,
        n_outside=_count_outside(est, model, found, stamps),
        table=drivers.table(found.values),
    )  # fmt: skip


def _check_law(est):
    has_law = isinstance(est, FreeRuns) and not isinstance(est, type)
    if has_law:
        check_is_fitted(est)
        est._check_law()
        has_law = isinstance(est._path, StatePath)
    if not has_law:
        msg = "Expected a fitted forecaster with a law of the observed states (NeuralODERegressor, "
        msg += "UniversalODERegressor, ResNetStepRegressor, NNStepRegressor); got "
        msg += f"{est if isinstance(est, type) else type(est).__name__}. Fit one of these with "
        msg += "lookback=None; of a pipeline pass the last step."
        raise TypeError(msg)
    if not est._covariates.n_controls:
        msg = "Expected a model with drivers; this one was fitted without covariates. Refit with "
        msg += "the control as a column of X, or in features=ExogenousFeatures(table)."
        raise ValueError(msg)


def _begin(est, series):
    """Series key and time of its last known row."""
    rows = est._recent.rows
    if series is None and rows.n_series > 1:
        msg = f"Expected series, the one of {name_some(rows.keys)} to plan for; got None. Name it."
        raise ValueError(msg)
    key = rows.keys[0] if series is None else series
    number = rows.keys.index(key) if key in rows.keys else -1
    begin = last_times(rows)[number]
    if number < 0 and rows.keys == (None,):
        msg = f"Expected series=None, since fit had one series without a name; got {series!r}. "
        msg += "Leave it out."
        raise HorizonError(msg)
    if number < 0 or not np.isfinite(begin):
        msg = f"Expected a series with observed rows ({name_some(rows.keys)}); got {series!r}. "
        msg += "Call update with its rows first."
        raise HorizonError(msg)
    return key, begin


def _read_start(est, start):
    if start is None:
        return None
    states = est._checked_states(start)
    if len(states) != 1 or not np.isfinite(states).all():
        msg = f"start must be one finite state of {len(est._scale)} channel(s); got "
        msg += f"{len(states)} row(s): {np.asarray(start).tolist()}. Pass one value per channel."
        raise ValueError(msg)
    return states[0]


def _read_guess(guess, low, high):
    if guess is None:
        return middle_and_span(low, high)[0]
    values = guess.to_numpy() if isinstance(guess, pd.DataFrame | pd.Series) else guess
    try:
        values = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        msg = f"guess must hold numbers of shape {low.shape}, one row a piece; got {guess!r}. Pass "
        msg += "the control of an earlier plan, or None."
        raise ValueError(msg) from error
    values = values[:, None] if values.ndim == 1 and low.shape[1] == 1 else values
    if values.shape != low.shape or not np.isfinite(values).all():
        msg = f"guess must hold finite numbers of shape {low.shape}, one row a piece; got shape "
        msg += f"{values.shape}. Pass the control of an earlier plan, or None."
        raise ValueError(msg)
    return np.clip(values, low, high)


def _count_outside(est, model, found, stamps):
    """Count pieces outside the range of fit, with a warning."""
    ranges = training_range(est)
    controls = model.controls(found.values)[model.steps.after - 1, 1]
    outside = np.zeros(len(stamps), dtype=bool)
    for values, (low, high) in zip((found.states, controls), ranges, strict=True):
        margin = MARGIN * (high - low)
        outside |= ((values < low - margin) | (values > high + margin)).any(axis=1)
    if outside.any():
        first = in_words(stamps[outside][0])
        msg = f"{int(outside.sum())} of {len(stamps)} pieces of the plan lie outside what fit has "
        msg += f"seen, the first ends at {first}; no data say what the law does there. Narrow the "
        msg += "bounds, weigh such states in the cost, or fit with rows there."
        warnings.warn(msg, ForecastWarning, stacklevel=3)
    return int(outside.sum())
