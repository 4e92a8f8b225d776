"""Long free runs: many starts at once, one even step, nothing kept but the states asked for."""

import math

import numpy as np
import torch

from ._fixed_grid import without_overhead
from ._kernels import TABLEAUS, hermite

# Solver steps, or states between them, that are held at once, and after which it is looked whether
# any run is still finite.
N_STEPS_AT_ONCE = 1_000


@torch.no_grad()
def run_freely(field, z0, n_steps, step, *, longest, method="rk4"):
    """States of all starts after 0, 1, ..., n_steps steps.

    All runs share the clock, so that a solver step is little more than its calls of the field: a
    third of the time of ``solve_requests``, whose rows have clocks of their own.

    Parameters
    ----------
    field : callable (t, z, u) -> dzdt
        Of t a tensor of shape (), z (n_starts, n_states) and u None.
    z0 : tensor of shape (n_starts, n_states)
    n_steps : int
    step : float
        Between two states of the answer.
    longest : float
        Longest step of the solver. A longer ``step`` is divided; of shorter ones as many as fit
        make one step, and a cubic goes through its ends.
    method : str, default="rk4"
        A key of ``TABLEAUS``.

    Returns
    -------
    float array of shape (n_starts, n_steps + 1, n_states)
        NaN from where a run is no longer finite.
    """
    n_parts = max(1, math.ceil(step / longest - 1e-9))
    n_between = min(N_STEPS_AT_ONCE, max(1, math.floor(longest / step + 1e-9)))
    most_nodes = max(1, N_STEPS_AT_ONCE // max(n_parts, n_between))
    dt = step * n_between / n_parts
    out = np.full((len(z0), n_steps + 1, z0.shape[1]), np.nan)
    out[:, 0] = z0.cpu().numpy()
    field, tableau, done = without_overhead(field), TABLEAUS[method], 0
    while done < n_steps and np.isfinite(out[:, done]).all(axis=-1).any():
        n_nodes = min(most_nodes, math.ceil((n_steps - done) / n_between))
        halves = torch.arange(2 * n_nodes * n_parts + 1, dtype=z0.dtype, device=z0.device)
        clock = (done * step + 0.5 * dt * halves).unbind()
        nodes, slopes = _follow(field, tableau, z0, clock, dt, n_parts)
        states = _fill(nodes, slopes, n_between, dt)[: n_steps - done]
        out[:, done + 1 : done + 1 + len(states)] = states.transpose(0, 1).cpu().numpy()
        z0, done = nodes[-1], done + len(states)
    return _lost_for_good(out)


@torch.no_grad()
def iterate_freely(step_map, z0, n_steps):
    """States of all starts after 0, 1, ..., n_steps steps of a map; see ``run_freely``.

    ``step_map`` is a callable (t, z) -> z one step later, t a tensor of shape ().
    """
    out = np.full((len(z0), n_steps + 1, z0.shape[1]), np.nan)
    out[:, 0] = z0.cpu().numpy()
    for done in range(0, n_steps, N_STEPS_AT_ONCE):
        times = torch.arange(done, min(done + N_STEPS_AT_ONCE, n_steps), dtype=z0.dtype)
        nodes = []
        for t in times.to(z0.device).unbind():
            z0 = step_map(t, z0)
            nodes.append(z0)
        out[:, done + 1 : done + 1 + len(nodes)] = torch.stack(nodes, dim=1).cpu().numpy()
        if not torch.isfinite(z0).all(dim=1).any():
            break
    return _lost_for_good(out)


def _lost_for_good(paths):
    """Put NaN from where a run is no longer finite."""
    paths[np.cumsum(~np.isfinite(paths).all(axis=-1), axis=1) > 0] = np.nan
    return paths


def _follow(field, tableau, z, clock, dt, n_parts):
    """Every ``n_parts``-th state and slope from the start on, the last ones included.

    ``clock`` holds the times of all half steps.
    """
    nodes, slopes = [z], []
    for k in range(len(clock) // 2):
        z, slope = _step(field, tableau, clock[2 * k : 2 * k + 3], z, dt)
        if k % n_parts == 0:
            slopes.append(slope)
        if (k + 1) % n_parts == 0:
            nodes.append(z)
    slopes.append(field(clock[-1], z, None))
    return torch.stack(nodes), torch.stack(slopes)


def _step(field, tableau, times, z, dt):
    """State one step later, and the slope at its start."""
    slopes = []
    for weights, node in zip(tableau.a, tableau.half_nodes, strict=True):
        slopes.append(field(times[node], _along(z, dt, weights, slopes), None))
    return _along(z, dt, tableau.b, slopes), slopes[0]


def _along(z, dt, weights, slopes):
    for weight, slope in zip(weights, slopes, strict=True):
        if weight:
            z = torch.add(z, slope, alpha=weight * dt)
    return z


def _fill(nodes, slopes, n_between, dt):
    """States behind the first node, ``n_between`` a step: (n_nodes * n_between, n_starts, ...)."""
    if n_between == 1:
        return nodes[1:]
    theta = torch.arange(1, n_between + 1, dtype=nodes.dtype, device=nodes.device) / n_between
    ends = (part[:, None] for part in (nodes[:-1], slopes[:-1], nodes[1:], slopes[1:]))
    return hermite(theta[:, None], torch.full_like(theta, dt)[:, None], *ends).flatten(0, 1)
