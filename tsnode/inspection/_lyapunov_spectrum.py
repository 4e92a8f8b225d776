"""All Lyapunov exponents of a fitted field: how fast small errors grow in every direction."""

from typing import NamedTuple

import numpy as np

from .._constraints import check_count, check_number
from ._frozen_field import check_has_field, freeze_field, read_states
from ._tangents import LONGEST_TURN, step_with_tangents

# Longest stretch, the same measure: directions whose rates differ by more are one in rounding.
LONGEST_STRETCH = 10.0


class LyapunovSpectrum(NamedTuple):
    """Growth rates of small errors, and what follows from them.

    Attributes
    ----------
    exponents : array of shape (n_exponents,), falling
        Mean over the starts, per unit of time.
    standard_errors : array of shape (n_exponents,)
        Of that mean, from the scatter between starts; NaN for a single start.
    dimension : float
        Of Kaplan and Yorke: the dimension in which volumes neither grow nor shrink. NaN where
        more exponents than ``n_exponents`` are needed.
    unit : str or None
        Unit of time: "s", "min", "h" or "D"; None: that of float times.
    by_start : array of shape (n_starts, n_exponents)
    """

    exponents: np.ndarray
    standard_errors: np.ndarray
    dimension: float
    unit: str | None
    by_start: np.ndarray


def lyapunov_spectrum(
    estimator, start, n_steps, step=None, *, n_exponents=None, transient=None, n_substeps=None
):
    """Return the Lyapunov exponents of a fitted field, the largest first.

    State and errors run together, dz/dt = f(z) and dE/dt = J(z) E, by Runge-Kutta of order 4;
    after every step E = Q R, the errors go on as Q, and log diag(R) adds up.

    Parameters
    ----------
    estimator : fitted estimator
        With ``vector_field(states)`` and ``jacobian(states)``, as ``NeuralODERegressor`` on
        observed states has.
    start : array-like of shape (n_channels,) or (n_starts, n_channels)
        States of the data, in their units; some twenty give a standard error.
    n_steps : int
        Steps that count, of every start.
    step : float, default=None
        Time from one QR to the next, in ``time_unit_``; None: the median step of fit.
    n_exponents : int, default=None
        How many of the largest; None: all.
    transient : int, default=None
        Steps before those, in which the state finds the attractor and the errors their
        directions; None: a fifth of ``n_steps``.
    n_substeps : int, default=None
        Steps of Runge-Kutta in a step; None: as many as the Jacobians at the starts ask for.

    Returns
    -------
    LyapunovSpectrum
        ``(exponents, standard_errors, dimension, unit, by_start)``.

    Raises
    ------
    TypeError
        For a class, and for an estimator without a field.
    ValueError
        For one that is not fitted, for starts of another shape or not finite, and for a field
        that diverges from a start.

    Notes
    -----
    Measured on the law of the Lorenz system from 100 starts over 100 units of time each: 0.903
    (0.906), 0.000 (0), -14.570 (-14.572), with standard errors of 0.002; the sum is the trace of
    the Jacobian to 3e-5. What the first directions were is forgotten like one over the time that
    counts. Cost: 4 slopes and 4 Jacobians of all starts a substep; the above took 5 s. Of a
    ``NeuralODERegressor`` fitted to 3000 rows of that system, from 20 starts over 20 units of time:
    0.93, -0.01, -14.52 in 23 s.

    See Also
    --------
    local_lyapunov_rates : The same over a short while, state by state.
    tsnode.metrics.lyapunov_exponent : The largest exponent, from data alone.

    References
    ----------
    Benettin et al. (1980), Meccanica 15, 9; Shimada and Nagashima (1979), Prog. Theor. Phys. 61,
    1605; Eckmann and Ruelle (1985), Rev. Mod. Phys. 57, 617, sections IV and V.B.

    Examples
    --------
    >>> class Rest:  # dx/dt = -x, dy/dt = -2 y
    ...     def vector_field(self, states):
    ...         return states * [-1.0, -2.0]
    ...
    ...     def jacobian(self, states):
    ...         return np.tile(np.diag([-1.0, -2.0]), (len(states), 1, 1))
    >>> lyapunov_spectrum(Rest(), [1.0, 1.0], 100, step=0.1).exponents.round(1)
    array([-1., -2.])
    >>> lyapunov_spectrum(Rest(), [1.0, 1.0], 0)
    Traceback (most recent call last):
        ...
    ValueError: n_steps must be a whole number at least 1; got 0. Set n_steps to such a value.
    """
    check_has_field(estimator)
    states = read_states(estimator, start, "start")
    n_starts, n_channels = states.shape
    check_count("n_steps", n_steps)
    check_number("step", step, low=0, low_open=True, none_ok=True)
    n_exponents = check_count("n_exponents", n_exponents, high=n_channels, none_ok=True)
    n_exponents = n_exponents or n_channels
    check_count("transient", transient, low=0, none_ok=True)
    transient = n_steps // 5 if transient is None else transient
    check_count("n_substeps", n_substeps, none_ok=True)

    field = freeze_field(estimator)
    jacobians = field.jacobians(states)  # refuses with its own words what is not fitted or no field
    step = _median_step(estimator) if step is None else step
    steepness = np.linalg.norm(jacobians, ord=2, axis=(1, 2)).max()
    _check_stretch(step, steepness)
    n_substeps = n_substeps or max(1, int(np.ceil(step * steepness / LONGEST_TURN)))
    errors = np.tile(_first_directions(n_channels)[:, :n_exponents], (n_starts, 1, 1))
    growth = np.zeros((n_starts, n_exponents))
    for k in range(transient + n_steps):
        for _ in range(n_substeps):
            states, errors = step_with_tangents(field, states, errors, step / n_substeps)
        _check_finite(states, errors, (k + 1) * step)
        errors, stretch = np.linalg.qr(errors)
        if k >= transient:
            # Rounding may leave a direction that shrank to nothing; its logarithm must stay one.
            diagonal = np.abs(np.diagonal(stretch, axis1=1, axis2=2))
            growth += np.log(np.maximum(diagonal, np.finfo(float).tiny))
    by_start = growth / (n_steps * step)
    by_start = by_start[:, np.argsort(-by_start.mean(axis=0), kind="stable")]
    exponents = by_start.mean(axis=0)
    scatter = by_start.std(axis=0, ddof=1) if n_starts > 1 else np.full(n_exponents, np.nan)
    dimension = kaplan_yorke_dimension(exponents, n_channels)
    unit = getattr(estimator, "time_unit_", None)
    return LyapunovSpectrum(exponents, scatter / np.sqrt(n_starts), dimension, unit, by_start)


def kaplan_yorke_dimension(exponents, n_states):
    """Return the dimension at which the sum of the largest exponents passes zero.

    Parameters
    ----------
    exponents : array of shape (n_exponents,), falling
    n_states : int
        Fewer exponents leave the answer open, NaN, if their sum is not below zero.

    Examples
    --------
    >>> round(kaplan_yorke_dimension(np.array([0.906, 0.0, -14.57]), 3), 3)
    2.062
    >>> kaplan_yorke_dimension(np.array([-1.0, -2.0]), 2)
    0.0
    """
    sums = np.cumsum(exponents)
    below = np.flatnonzero(sums < 0)
    if not len(below):
        return float(n_states) if len(exponents) == n_states else np.nan
    # Eq. (5.2) of Eckmann and Ruelle 1985: j whole directions and a share of the next.
    j = int(below[0])
    return float(j + (sums[j - 1] / abs(exponents[j]) if j else 0.0))


def _first_directions(n_channels):
    """Orthonormal directions that no law singles out: unit vectors never leave a diagonal one's."""
    return np.linalg.qr(np.random.default_rng(0).normal(size=(n_channels, n_channels)))[0]


def _median_step(estimator):
    step = getattr(estimator, "step_", None)
    if step is not None:
        return float(step)
    msg = f"Expected a step, since {type(estimator).__name__} has no median step (step_) of its "
    msg += "own; got None. Pass step=, in units of its time."
    raise ValueError(msg)


def _check_stretch(step, steepness):
    if not step * steepness > LONGEST_STRETCH:
        return
    msg = f"Expected a step of at most {LONGEST_STRETCH / steepness:.2g}, ten e-folds of the "
    msg += f"steepest Jacobian at the starts; got {step:.3g}. Pass a shorter step= and more steps."
    raise ValueError(msg)


def _check_finite(states, errors, elapsed):
    lost = ~(np.isfinite(states).all(axis=1) & np.isfinite(errors).all(axis=(1, 2)))
    if not lost.any():
        return
    first = int(np.flatnonzero(lost)[0])
    msg = f"Expected a field that stays finite; from {int(lost.sum())} of {len(lost)} starts "
    msg += f"(first: row {first}) it diverges within {elapsed:.3g} units of time. "
    msg += "Pass starts on the data, more substeps, or refit."
    raise ValueError(msg)
