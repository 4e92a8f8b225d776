"""Fixed points of a fitted law: where it stands still, and what it does nearby."""

import numpy as np

from .._constraints import check_count, check_flag
from ._fixed_points_found import FixedPoints
from ._frozen_field import (
    channel_names,
    check_has_field,
    check_is_fitted_law,
    check_is_instance,
    freeze_change,
    freeze_field,
    is_step_map,
    read_states,
)
from ._rest_search import find_rests
from ._stability import name_stability, sort_eigenvalues

MARGIN = 0.25  # of the range of the data, on either side: the origin of Lorenz-63 is within it
MOST_POINTS = 100  # more are a line or an area at rest


def fixed_points(estimator, starts=None, X=None, *, n_starts=200, anywhere=False):
    """Find where a fitted field stands still, and how it moves nearby.

    Newton's method from many starts at once; points that several starts reach count once. The
    eigenvalues of the Jacobian there tell whether small deviations die out, and how fast. A step
    map x' = F(x) has fixed points x = F(x) with multipliers instead.

    Parameters
    ----------
    estimator : fitted estimator
        With ``vector_field`` and ``jacobian``, as ``NeuralODERegressor`` on observed states has,
        or a step map with ``simulate``.
    starts : array-like of shape (n_channels,) or (n_starts, n_channels), default=None
        States to start from, in the units of the data; columns of a frame are found by name.
        None: ``n_starts`` of them, half on rows of fit, half spread over their box.
    X : one row as in predict, default=None
        Stamp (and covariates) at which the field is frozen; needed if it has covariates or time.
    n_starts : int, default=200
        Measured: one in six reaches the rarest of the three points of Lorenz-63, one in 25 the
        point of Lorenz-96 with eight sites.
    anywhere : bool, default=False
        Whether to keep points outside the box of the data. What a network does there no data has
        taught: most such points are of no meaning.

    Returns
    -------
    FixedPoints
        ``print(found)`` shows them; ``found.to_frame()`` holds a row each.

    Raises
    ------
    TypeError
        For a class, and for an estimator without a field or map.
    ValueError
        For one that is not fitted, a model of the history, starts of another shape or not finite,
        no starts where the estimator holds no rows, a missing X, and a field that rests on a line
        or an area.

    Notes
    -----
    The box is that of the rows the estimator holds, of ``starts`` where it holds none, with a
    quarter of its range added on every side. ``distance`` says how far within it the next row
    is. The method converges quadratically, to rounding; what limits the points and eigenvalues
    is how well the field is fitted: a rough fit of noisy data may rest where its law does not,
    within the data too (of van der Pol from 20 orbits with 5 % noise to 0.014 and
    0.027, by ``examples/benchmarks/dynamics_table.py``). No search proves that there are no
    further points: more ``n_starts`` make it likely. Of a step map the multipliers are taken by
    central differences, to nine digits or so.

    See Also
    --------
    time_constants, tsnode.plots.PhasePortraitDisplay

    References
    ----------
    Strogatz (2015), Nonlinear Dynamics and Chaos, chapters 5 and 6.

    Examples
    --------
    >>> class Wells:  # x' = x - x^3
    ...     def vector_field(self, states):
    ...         return states - states**3
    ...
    ...     def jacobian(self, states):
    ...         return (1 - 3 * states**2)[:, :, None]
    >>> fixed_points(Wells(), [[-2.0], [-0.1], [0.1], [1.5]])
    3 fixed points in the box of the data, from 4 starts (eigenvalues per unit of time)
      x0 = -1: stable node, -2, 0.72 std from a row
      x0 = 1: stable node, -2, 0.4 std from a row
      x0 = 0: unstable node, 1, 0.08 std from a row
    >>> fixed_points(Wells())
    Traceback (most recent call last):
        ...
    ValueError: Expected starts, since Wells holds no training rows to take them from; got None. \
Pass starts=, states of the data.
    """
    check_count("n_starts", n_starts)
    check_flag("anywhere", anywhere)
    of_map = _checked_is_map(estimator, X)
    field = freeze_change(estimator) if of_map else freeze_field(estimator, _one_row(X))
    given = None if starts is None else read_states(estimator, starts, "starts")
    if given is not None:
        field.slopes(given[:1])  # refuses with its own words what is not fitted or no law of states
    rows = _region(estimator, given)
    low, high = np.nanmin(rows, axis=0), np.nanmax(rows, axis=0)
    whole = rows[np.isfinite(rows).all(axis=1)]
    starts = _spread_starts(whole, low, high, n_starts) if given is None else given
    points, residuals = find_rests(field, starts, low, high)
    _check_isolated(points, starts)
    margin = MARGIN * (high - low)
    inside = ((points >= low - margin) & (points <= high + margin)).all(axis=1)
    kept = inside | anywhere
    points, residuals = points[kept], residuals[kept]
    jacobians = field.jacobians(points) if len(points) else np.empty((0, *[points.shape[1]] * 2))
    eigenvalues = sort_eigenvalues(jacobians + np.eye(points.shape[1]) * of_map, of_map=of_map)
    kinds = [name_stability(row, of_map=of_map) for row in eigenvalues]
    stable = np.array([is_stable for _, is_stable in kinds], dtype=bool)
    order = np.lexsort((*points.T[::-1], ~stable))
    spread = getattr(estimator, "channel_scale_", None)
    spread = _spread(rows) if spread is None else np.asarray(spread)
    return FixedPoints(
        points=points[order],
        eigenvalues=eigenvalues[order],
        kinds=[kinds[k][0] for k in order],
        is_stable=stable[order],
        distances=np.array([_distance(points[k], whole, spread) for k in order], dtype=float),
        residuals=residuals[order],
        is_inside=inside[kept][order],
        channels=channel_names(estimator, points.shape[1]),
        unit=getattr(estimator, "time_unit_", None),
        of_map=of_map,
        n_starts=len(starts),
        n_outside=int((~inside).sum()),
    )


def _checked_is_map(estimator, X):
    check_is_instance(estimator)
    if not is_step_map(estimator):
        check_has_field(estimator)
        return False
    check_is_fitted_law(estimator)
    if X is None:
        return True
    msg = f"Expected no X: the map of {type(estimator).__name__} has no field to freeze; got "
    raise ValueError(msg + f"{type(X).__name__}. Leave X out.")


def _one_row(X):
    if X is None or len(X) == 1:
        return X
    msg = f"Expected X to hold the one row at which the field is frozen; got {len(X)} rows. "
    raise ValueError(msg + "Pass X[[0]], or frame.iloc[[0]].")


def _region(estimator, given):
    """Rows, NaN = not observed, whose box the points are to lie in."""
    rows = getattr(estimator, "observed_states_", None)
    if rows is not None and len(rows) > 1:
        return rows
    if given is not None:
        return given
    msg = f"Expected starts, since {type(estimator).__name__} holds no training rows to take them "
    raise ValueError(msg + "from; got None. Pass starts=, states of the data.")


def _spread_starts(rows, low, high, n_starts):
    """Half of the starts on whole rows, evenly; the others a Halton set of the box."""
    from scipy.stats import qmc  # slow to import

    n_taken = min(len(rows), n_starts - n_starts // 2)
    taken = np.linspace(0, len(rows) - 1, n_taken).astype(np.int64)
    # The first point of the set is a corner.
    halton = qmc.Halton(len(low), scramble=False).random(n_starts - len(taken) + 1)[1:]
    return np.concatenate([rows[taken], low + halton * (high - low)])


def _check_isolated(points, starts):
    if len(points) <= MOST_POINTS:
        return
    msg = f"Expected a field that rests at points; got {len(points)} of them from {len(starts)} "
    msg += "starts: it rests on a line or an area, as where a channel never changes. Refit without "
    raise ValueError(msg + "such channels, or pass a few starts=.")


def _spread(rows):
    spread = np.nanstd(rows, axis=0)
    return np.where(spread > 0, spread, 1.0)


def _distance(point, rows, spread):
    if not len(rows):
        return np.nan
    return np.sqrt(np.square((rows - point) / spread).sum(axis=1).min())
