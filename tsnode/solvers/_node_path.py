"""A path on equal steps from its own beginning, and its states between them."""

import torch

from ._kernels import NODES_PER_STEP, TABLEAUS, hermite, runge_kutta_step

_RK4 = TABLEAUS["rk4"]


def count_steps(longest, step):
    """Count the steps needed to reach the longest time."""
    return int(longest / step) + 1


def node_times(n_steps, step):
    """Return the times of controls for ``solve_nodes``: ends and middles of the steps."""
    return torch.arange(NODES_PER_STEP * n_steps + 1, dtype=torch.float64) * (step / NODES_PER_STEP)


def solve_nodes(field, z0, n_steps, step, controls=None):
    """States and slopes at 0, step, 2 step, ..., by the classical Runge-Kutta method.

    Parameters
    ----------
    field : callable (t, z, u) -> dzdt
    z0 : tensor of shape (batch, n_states)
    n_steps : int
    step : float
    controls : tensor of shape (batch, 2 * n_steps + 1, n_controls), optional
        u at ``node_times(n_steps, step)``.

    Returns
    -------
    states, slopes : tensors of shape (batch, n_steps + 1, n_states)
    """
    dt = z0.new_full((len(z0),), step)
    z, states, slopes = z0, [z0], []
    for k in range(n_steps + 1):
        first = NODES_PER_STEP * k
        t = k * dt
        slopes.append(field(t, z, None if controls is None else controls[:, first]))
        if k == n_steps:
            break
        u = None
        if controls is not None:
            u = controls[:, first : first + NODES_PER_STEP + 1].unbind(1)
        z = runge_kutta_step(field, _RK4, t, z, dt, u, first_slope=slopes[-1])
        states.append(z)
    return torch.stack(states, dim=1), torch.stack(slopes, dim=1)


def between_nodes(states, slopes, step, times):
    """States at any times from 0 on, on the cubics through the nodes and their slopes.

    Parameters
    ----------
    states, slopes : tensors of shape (batch, n_nodes, n_states)
    step : float
    times : tensor of shape (batch, time)

    Returns
    -------
    tensor of shape (batch, time, n_states)
    """
    n_states = states.shape[-1]
    place = (times / step).clamp(0, states.shape[1] - 1)
    left = place.floor().clamp(max=states.shape[1] - 2).long()
    index = left[..., None].expand(-1, -1, n_states)
    ends = [part.gather(1, at) for at in (index, index + 1) for part in (states, slopes)]
    flat = [part.reshape(-1, n_states) for part in ends]
    theta = (place - left).reshape(-1)
    found = hermite(theta, torch.full_like(theta, step), *flat)
    return found.reshape(*times.shape, n_states)
