"""A fitted field, or step map, as a function of states alone."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..metrics._numbers import to_floats

# Of a channel's scale: central differences err by its square.
DIFFERENCE = 1e-5


@dataclass(frozen=True)
class FrozenField:
    """Slopes and their Jacobians in physical units, at one time and one set of covariates.

    Attributes
    ----------
    slopes : callable, (n, n_channels) -> (n, n_channels)
    jacobians : callable, (n, n_channels) -> (n, n_channels, n_channels)
    """

    slopes: Callable
    jacobians: Callable


def freeze_field(estimator, X=None):
    """Return the FrozenField of an estimator with ``vector_field`` and ``jacobian``.

    Parameters
    ----------
    estimator : fitted estimator
    X : one row as in predict, or one a state, default=None
        Stamp (and covariates); one row holds for every state.
    """
    return FrozenField(freeze(estimator.vector_field, X), freeze(estimator.jacobian, X))


def freeze(method, X=None):
    """Return a method of states and X as a function of states alone, see ``freeze_field``."""
    if X is None:
        return lambda states: np.asarray(method(states), dtype=float)
    return lambda states: np.asarray(method(states, _rows_of(X, len(states))), dtype=float)


def freeze_change(estimator):
    """Return the FrozenField x' - x of a step map, per step."""

    def change(states):
        return estimator.simulate(states, 1)[:, 1] - states

    def jacobians(states):
        return by_differences(change, np.maximum(np.abs(states).max(axis=0), 1e-3))(states)

    return FrozenField(change, jacobians)


def by_differences(slopes, scale):
    """Return Jacobians of ``slopes`` by central differences in parts of ``scale``, a channel's."""
    steps = DIFFERENCE * np.diag(scale)

    def jacobians(states):
        columns = [(slopes(states + step) - slopes(states - step)) / 2 for step in steps]
        return np.stack(columns, axis=-1) / (DIFFERENCE * np.asarray(scale))

    return jacobians


def _rows_of(X, n_states):
    X = np.asarray(X) if isinstance(X, list | tuple) else X
    if len(X) != 1:
        return X  # the estimator compares the numbers
    rows = np.zeros(n_states, dtype=np.int64)
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


def is_step_map(estimator):
    """Whether an estimator has free runs but no field."""
    return hasattr(estimator, "simulate") and not hasattr(estimator, "vector_field")


def check_is_instance(estimator):
    """Refuse a class where an estimator is meant."""
    if not inspect.isclass(estimator):
        return
    name = estimator.__name__
    msg = f"Expected a fitted estimator; got the class {name}. Pass an instance, such as "
    raise TypeError(msg + f"{name}().fit(X, y).")


def check_is_fitted_law(estimator):
    """Refuse an estimator before its fit; a bare law has none."""
    if hasattr(estimator, "fit"):
        check_is_fitted(estimator)


def check_has_field(estimator):
    """Refuse what has no field: classes, step maps, baselines, what is not fitted."""
    check_is_instance(estimator)
    if all(callable(getattr(estimator, name, None)) for name in ("vector_field", "jacobian")):
        check_is_fitted_law(estimator)
        return
    msg = "Expected an estimator with the methods vector_field and jacobian, such as a fitted "
    msg += f"NeuralODERegressor; got {type(estimator).__name__}. Pass one of these."
    raise TypeError(msg)


def read_states(estimator, states, name):
    """Return finite states as rows of floats, in the order of fit.

    Parameters
    ----------
    estimator : fitted estimator
        Its ``container_``, if it has one, knows the names of the channels.
    states : array-like of shape (n_channels,) or (n_states, n_channels)
    name : str, for the error
    """
    # Named columns stand in any order, the states of the field in that of fit.
    container = getattr(estimator, "container_", None)
    rows = states if container is None else container.reorder(states, name)
    rows = np.atleast_2d(to_floats(rows, name))
    if rows.ndim == 2 and rows.size and np.isfinite(rows).all():
        return rows
    msg = f"Expected {name} to hold finite states of shape (n_channels,) or (n_states, n_channels);"
    msg += f" got shape {np.shape(states)} with {int((~np.isfinite(rows)).sum())} entries that are "
    msg += "not finite. Pass whole rows of the data."
    raise ValueError(msg)


def channel_names(estimator, n_channels):
    """Names of the channels of fit; x0, x1, … where fit saw none."""
    container = getattr(estimator, "container_", None)
    names = range(n_channels) if container is None else container.columns
    return [f"x{k}" if name in (None, k) else name for k, name in enumerate(names)]
