"""Local Lyapunov rates of a fitted field: where on its orbits small errors grow, and how fast."""

import numbers
import warnings

import numpy as np
import pandas as pd

from .._constraints import check_number
from ..exceptions import ForecastWarning
from ..metrics._numbers import check_scale
from ._frozen_field import check_has_field, freeze_field, read_states
from ._tangents import LONGEST_TURN, step_with_tangents
from ._time_constants import index_of_states

# Steps in a duration: a state with more diverges, or the field is too stiff for Runge-Kutta.
MOST_STEPS = 20_000
LONGEST = 10**12


def local_lyapunov_rates(estimator, states, duration, X=None, *, scale=None):
    """Return how fast small errors grow at states, at once and over a duration.

    The orbit from each state and the errors around it run together, dz/dt = f(z) and
    dE/dt = J(z) E from E = 1. Over the duration T the error that grows most grows at the rate
    log(largest singular value of E(T)) / T; at once at the largest eigenvalue of (J + J^T) / 2.

    Parameters
    ----------
    estimator : fitted estimator
        With ``vector_field`` and ``jacobian``, as ``NeuralODERegressor`` on observed states has.
    states : array-like of shape (n_channels,) or (n_states, n_channels)
        In the units of the data; columns of a frame are found by name.
    duration : float or duration
        How long the orbits run: a number in ``time_unit_``, or "6h" where stamps are times.
    X : as in predict, one row or one a state, default=None
        Stamps (and covariates) at which the field is frozen; needed if it has covariates or time.
    scale : array-like of shape (n_channels,), default=None
        Errors are measured in parts of it, since a rate of errors in channels of several units
        depends on the units. None: the standard deviations of fit (``channel_scale_``), or 1.

    Returns
    -------
    DataFrame
        One row a state, in their order, with the index of a frame. Columns ``instantaneous`` and
        ``finite_time``, per ``time_unit_`` (``attrs["time_unit"]``). NaN where an orbit diverges
        or is too stiff, with a ForecastWarning.

    Raises
    ------
    TypeError
        For a class, and for an estimator without a field.
    ValueError
        For one that is not fitted, a model of the history, states of another shape or not
        finite, a duration that is none, and a missing X.

    Notes
    -----
    An error of size e reaches the size E at the earliest after log(E / e) / rate. As the duration
    grows, the rate of almost every state tends to the largest of ``lyapunov_spectrum``; from above,
    since the worst direction is chosen for every state anew. Every state has steps of its own,
    0.2 / |J| long. Cost: 1000 states of Lorenz-63 over one unit of time take 0.5 s as a bare law.

    See Also
    --------
    lyapunov_spectrum, time_constants

    References
    ----------
    Abarbanel, Brown and Kennel (1991), J. Nonlinear Sci. 1, 175, for finite times; Nese (1989),
    Physica D 35, 237, for phase-spatial growth rates.

    Examples
    --------
    >>> class Shear:  # x' = -x + 4 y, y' = -2 y: decays, yet errors of y grow first
    ...     def vector_field(self, states):
    ...         return states @ np.array([[-1.0, 0.0], [4.0, -2.0]])
    ...
    ...     def jacobian(self, states):
    ...         return np.tile([[-1.0, 4.0], [0.0, -2.0]], (len(states), 1, 1))
    >>> local_lyapunov_rates(Shear(), [1.0, 1.0], 10.0).round(2).loc[0].to_dict()
    {'instantaneous': 0.56, 'finite_time': -0.86}
    >>> local_lyapunov_rates(Shear(), [1.0, 1.0], 0.0)
    Traceback (most recent call last):
        ...
    ValueError: duration must be a number over 0 and at most 1000000000000; got 0.0. Set duration \
to such a value.
    """
    check_has_field(estimator)
    values = read_states(estimator, states, "states")
    field = freeze_field(estimator, X)
    jacobians = field.jacobians(values)
    duration = _length(estimator, duration)
    if scale is None:
        scale = getattr(estimator, "channel_scale_", np.ones(values.shape[1]))
    scale = check_scale(scale, values.shape[1])
    in_parts = jacobians * scale / scale[:, None]
    growing = np.linalg.eigvalsh((in_parts + in_parts.swapaxes(1, 2)) / 2)[:, -1]
    frame = pd.DataFrame(
        {"instantaneous": growing, "finite_time": _rates(field, values, duration, scale)},
        index=index_of_states(states, len(values)),
    )
    _warn_lost(frame, duration)
    frame.attrs["time_unit"] = getattr(estimator, "time_unit_", None)
    return frame


def _length(estimator, duration):
    """Duration in units of time."""
    is_number = isinstance(duration, numbers.Real) and not isinstance(duration, bool)
    clock = getattr(estimator, "clock_", None)
    if not is_number and clock is not None:
        duration = clock.duration(duration, "duration")
    # Infinity passes as a number, and never ends.
    return check_number("duration", duration, low=0, high=LONGEST, low_open=True)


def _rates(field, states, duration, scale):
    """Rates over the duration of errors in parts of ``scale``; NaN for lost orbits."""
    n_states = len(states)
    z, e = states.copy(), np.tile(np.diag(scale), (n_states, 1, 1))
    logs, left = np.zeros(n_states), np.full(n_states, float(duration))
    lost = np.zeros(n_states, dtype=bool)
    # What diverges overflows before it is told.
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(MOST_STEPS):
            # Finished states stay, since X may hold a row for each.
            h = np.minimum(LONGEST_TURN / _steepness(field.jacobians(z)), left)
            z, e = step_with_tangents(field, z, e, h)
            size = np.abs(e).max(axis=(1, 2))
            e, logs, left = e / size[:, None, None], logs + np.log(size), left - h
            is_lost = ~(np.isfinite(z).all(axis=1) & np.isfinite(logs))
            # Whoever would take far too many steps is on the way to infinity.
            is_lost |= h < np.minimum(left, duration / MOST_STEPS)
            lost |= is_lost
            z[is_lost], e[is_lost], left[is_lost], logs[is_lost] = states[is_lost], 1.0, 0.0, 0.0
            if not left.any():
                break
    stretch = np.linalg.svd(e / scale[:, None], compute_uv=False)[:, 0]
    return np.where(lost | (left > 0), np.nan, (np.log(stretch) + logs) / duration)


def _steepness(jacobians):
    finite = np.where(np.isfinite(jacobians), jacobians, 1e100)
    return np.maximum(np.linalg.norm(finite, ord=2, axis=(1, 2)), 1e-300)


def _warn_lost(frame, duration):
    lost = frame["finite_time"].isna().to_numpy()
    if not lost.any():
        return
    msg = f"Orbits from {int(lost.sum())} of {len(lost)} states (first: row "
    msg += f"{int(np.flatnonzero(lost)[0])}) diverge within {duration:.3g} units of time, or would "
    msg += f"take over {MOST_STEPS:,} steps; their rates are NaN. Pass states on the data, or a "
    warnings.warn(msg + "shorter duration.", ForecastWarning, stacklevel=3)
