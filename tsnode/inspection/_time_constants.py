"""Time constants of a fitted field at given states: how fast it relaxes, grows and turns there."""

import numpy as np
import pandas as pd

from ._frozen_field import check_has_field, freeze_field, read_states
from ._stability import sort_eigenvalues


def time_constants(estimator, states, X=None):
    """Return the eigenvalues of the Jacobian at states, as decay times and periods.

    Near a state, a deviation is a sum of modes exp(lambda t): each grows or decays by a factor e
    in 1 / |Re lambda| and turns once in 2 pi / |Im lambda|.

    Parameters
    ----------
    estimator : fitted estimator
        With ``vector_field`` and ``jacobian``, as ``NeuralODERegressor`` on observed states has.
    states : array-like of shape (n_channels,) or (n_states, n_channels)
        In the units of the data; columns of a frame are found by name.
    X : as in predict, one row or one a state, default=None
        Stamps (and covariates) of the states; needed if the field has covariates or time.

    Returns
    -------
    DataFrame
        One row per state and mode, the fastest growing mode first; a pair that turns is two
        modes. Columns ``rate`` (Re lambda, below 0: decay), ``angular_frequency`` (Im lambda),
        ``time_constant`` (inf where the rate is 0) and ``period`` (inf where nothing turns), in
        ``time_unit_``, which is ``attrs["time_unit"]`` too. The index holds the rows of
        ``states`` (the index of a frame) and the number of the mode.

    Raises
    ------
    TypeError
        For a class, and for an estimator without a field.
    ValueError
        For one that is not fitted, a model of the history, states of another shape or not
        finite, and a missing X.

    Notes
    -----
    Away from a fixed point the modes hold for as long as the state stays near; how errors of any
    direction grow meanwhile is what ``local_lyapunov_rates`` tells.

    Examples
    --------
    >>> class Oscillator:  # x'' = -x - 0.2 x'
    ...     def vector_field(self, states):
    ...         return states @ np.array([[0.0, -1.0], [1.0, -0.2]])
    ...
    ...     def jacobian(self, states):
    ...         return np.tile([[0.0, 1.0], [-1.0, -0.2]], (len(states), 1, 1))
    >>> time_constants(Oscillator(), [0.0, 0.0]).loc[(0, 0)].round(2).to_dict()
    {'rate': -0.1, 'angular_frequency': 0.99, 'time_constant': 10.0, 'period': 6.31}
    >>> time_constants(Oscillator, [0.0, 0.0])
    Traceback (most recent call last):
        ...
    TypeError: Expected a fitted estimator; got the class Oscillator. Pass an instance, such as \
Oscillator().fit(X, y).
    """
    check_has_field(estimator)
    values = read_states(estimator, states, "states")
    field = freeze_field(estimator, X)
    eigenvalues = sort_eigenvalues(field.jacobians(values))
    n_states, n_modes = eigenvalues.shape
    rows = index_of_states(states, n_states)
    index = rows.repeat(n_modes).to_frame(index=False)
    index["mode"] = np.tile(np.arange(n_modes), n_states)
    modes = eigenvalues.ravel()
    frame = pd.DataFrame(
        {
            "rate": modes.real, "angular_frequency": modes.imag,
            "time_constant": _inverse(modes.real), "period": 2 * np.pi * _inverse(modes.imag),
        },
        index=pd.MultiIndex.from_frame(index),
    )  # fmt: skip
    frame.attrs["time_unit"] = getattr(estimator, "time_unit_", None)
    return frame


def index_of_states(states, n_states):
    """Index of a frame of states; else their numbers, named "state"."""
    if isinstance(states, pd.DataFrame):
        index = states.index
        return index if None not in index.names else index.set_names(_filled(index.names))
    return pd.RangeIndex(n_states, name="state")


def _filled(names):
    return [name if name is not None else f"state{k or ''}" for k, name in enumerate(names)]


def _inverse(values):
    size = np.abs(values)
    return np.divide(1.0, size, out=np.full(len(size), np.inf), where=size > 0)
