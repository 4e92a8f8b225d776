"""The formula that a fitted field comes nearest to."""

import numpy as np

from .._constraints import check_choice, check_count, check_number
from ..metrics._sparse_formula import find_formula
from ._frozen_field import channel_names, check_has_field, read_states


def equation(estimator, states=None, *, of="field", degree=3, tolerance=0.02):
    """Write a fitted field as polynomials of few terms, and say how far off they are.

    Parameters
    ----------
    estimator : fitted estimator
        With ``vector_field``, as ``NeuralODERegressor`` on observed states has; of states alone.
    states : array-like of shape (n_states, n_channels), default=None
        Where the formula is to hold, in the units of the data; None: the rows of fit.
    of : {"field", "remainder"}, default="field"
        The whole slope, or what a ``UniversalODERegressor`` adds to the known law.
    degree : int, default=3
        Of the monomials to choose from.
    tolerance : float, default=0.02
        Error that a shorter formula may add, in parts of the slope: 2 % is what networks err by
        on noisy data anyway, and terms below it may be their error.

    Returns
    -------
    SparseFormula
        ``print(found)`` shows it; ``terms`` and ``errors`` by channel, and ``predict(states)``.

    Raises
    ------
    TypeError
        For an estimator without a field.
    ValueError
        For one that is not fitted or has covariates or time in its field, states that are not
        finite, and fewer states than terms.

    Notes
    -----
    All monomials but the least needed, by backward elimination on exact least squares (no slopes
    of data are taken: the field has smoothed them). Coefficients are in the units of the data, per
    ``time_unit_``. On an orbit alone terms may stand for one another, as x^2 and 1 - v^2 on a
    circle: pass ``states`` of a box to ask the field off the data, if it is to be trusted there.

    References
    ----------
    Brunton, Proctor & Kutz 2016, "Discovering governing equations from data by sparse
    identification of nonlinear dynamical systems".

    Examples
    --------
    >>> import numpy as np
    >>> class Oscillator:
    ...     def vector_field(self, states):
    ...         x, v = states.T
    ...         return np.stack([v, 0.5 * (1 - x**2) * v - x], axis=1)
    ...
    ...     def jacobian(self, states): ...
    >>> equation(Oscillator(), np.random.default_rng(0).normal(size=(50, 2)))
    dx0/dt = 1 x1    (off by 0.0%)
    dx1/dt = -1 x0 + 0.5 x1 - 0.5 x0^2 x1    (off by 0.0%)
    """
    check_choice("of", of, ("field", "remainder"))
    check_count("degree", degree, high=9)
    check_number("tolerance", tolerance, low=0, high=1)
    check_has_field(estimator)
    if of == "remainder" and not hasattr(estimator, "remainder_at"):
        msg = "Expected a UniversalODERegressor, which has a remainder; got "
        msg += f"{type(estimator).__name__}. Ask of='field'."
        raise TypeError(msg)
    rows = getattr(estimator, "observed_states_", None) if states is None else states
    if rows is None:
        msg = (
            f"Expected states, since {type(estimator).__name__} holds no training rows; got None. "
        )
        msg += "Pass states=, rows of the data."
        raise ValueError(msg)
    if states is None:
        rows = rows[np.isfinite(rows).all(axis=1)]
    rows = read_states(estimator, rows, "states")
    slopes = estimator.vector_field if of == "field" else estimator.remainder_at
    names = [str(name) for name in channel_names(estimator, rows.shape[1])]
    kind = "d{}/dt" if of == "field" else "remainder of d{}/dt"
    channels = [kind.format(name) for name in names]
    values = np.asarray(slopes(rows), dtype=float)
    return find_formula(rows, values, names, channels, degree=degree, tolerance=tolerance)
