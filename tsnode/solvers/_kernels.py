"""Explicit Runge-Kutta steps as tables, with a step size for every row."""

from dataclasses import dataclass

import torch

# Every node of these tables is a multiple of half a step, so that controls sampled at the
# start, the middle and the end of a step serve all of them.
NODES_PER_STEP = 2


@dataclass(frozen=True)
class Tableau:
    """Butcher table of an explicit method.

    Attributes
    ----------
    order : int
    a : tuple of tuples
        Row i holds the weights of the earlier slopes in the state of stage i.
    b : tuple
        Weights of the slopes in the step.
    half_nodes : tuple of int
        Time of every stage in half steps: 0, 1 or 2.
    """

    order: int
    a: tuple
    b: tuple
    half_nodes: tuple


TABLEAUS = {
    "euler": Tableau(1, ((),), (1.0,), (0,)),
    "midpoint": Tableau(2, ((), (0.5,)), (0.0, 1.0), (0, 1)),
    "heun": Tableau(2, ((), (1.0,)), (0.5, 0.5), (0, 2)),
    "rk4": Tableau(
        4,
        ((), (0.5,), (0.0, 0.5), (0.0, 0.0, 1.0)),
        (1 / 6, 1 / 3, 1 / 3, 1 / 6),
        (0, 1, 1, 2),
    ),
}


def _combine(z, dt, weights, slopes):
    for weight, slope in zip(weights, slopes, strict=True):
        if weight:
            z = torch.addcmul(z, dt, slope, value=weight)
    return z


def runge_kutta_step(field, tableau, t, z, dt, controls=None, first_slope=None):
    """State after one step of every row.

    Parameters
    ----------
    field : callable (t, z, u) -> dzdt
    tableau : Tableau
    t : tensor of shape (batch,)
    z : tensor of shape (batch, n_states)
    dt : tensor of shape (batch,)
        Step of every row, negative backwards, 0 to stand still.
    controls : sequence of three tensors of shape (batch, n_controls), or None
        u at the start, the middle and the end of the step.
    first_slope : tensor of shape (batch, n_states), optional
        The slope at (t, z) if it is known already.

    Returns
    -------
    tensor of shape (batch, n_states)
    """
    dt_column = dt[:, None]
    slopes = [] if first_slope is None else [first_slope]
    for weights, node in zip(tableau.a, tableau.half_nodes, strict=True):
        if len(slopes) > len(weights):
            continue
        stage = _combine(z, dt_column, weights, slopes)
        u = None if controls is None else controls[node]
        slopes.append(field(t + 0.5 * node * dt, stage, u))
    return _combine(z, dt_column, tableau.b, slopes)


def hermite(theta, dt, z0, f0, z1, f1):
    """Cubic through both ends of a step and their slopes, at the share ``theta`` of it.

    Its error is of order dt**4, no worse than that of the steps themselves.
    """
    theta, dt = theta[:, None], dt[:, None]
    rest = 1 - theta
    ends = (1 + 2 * theta) * rest**2 * z0 + theta**2 * (3 - 2 * theta) * z1
    return ends + theta * rest * dt * (rest * f0 - theta * f1)
