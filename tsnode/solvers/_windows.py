"""Differentiable solves over training windows, every row on its own stamps."""

from functools import partial

import torch

from ._exponential import exponential_step
from ._kernels import NODES_PER_STEP, TABLEAUS, runge_kutta_step
from ._pull import no_pull

# One step of every row: (field, t, z, dt, controls) -> z.
STEPS = {name: partial(runge_kutta_step, tableau=tableau) for name, tableau in TABLEAUS.items()} | {
    "exponential_euler": exponential_step
}


def control_times(times, n_substeps):
    """Return the times at which the controls of ``solve_windows`` are to be given.

    Parameters
    ----------
    times : array or tensor of shape (batch, n_leads + 1)
    n_substeps : int

    Returns
    -------
    array or tensor of shape (batch, n_leads, 2 * n_substeps + 1)
        Start, middle and end of every substep of every gap.
    """
    start, gap = times[:, :-1, None], (times[:, 1:] - times[:, :-1])[:, :, None]
    n_nodes = NODES_PER_STEP * n_substeps
    shares = torch.arange(n_nodes + 1, dtype=torch.float64) / n_nodes
    shares = shares.to(times.device) if torch.is_tensor(times) else shares.numpy()
    return start + gap * shares


def solve_windows(field, z0, times, *, method="rk4", n_substeps=1, controls=None, pull=no_pull):
    """States at the stamps of every window, by fixed steps through every gap.

    Parameters
    ----------
    field : callable (t, z, u) -> dzdt
    z0 : tensor of shape (batch, n_states)
        State at ``times[:, 0]``.
    times : tensor of shape (batch, n_leads + 1)
        Stamps of every row; a padded tail repeats the last stamp and stands still.
    method : str, default="rk4"
        A key of ``STEPS``.
    n_substeps : int, default=1
        Steps per gap.
    controls : tensor of shape (batch, n_leads, 2 * n_substeps + 1, n_controls), optional
        u at ``control_times(times, n_substeps)``.
    pull : callable (lead, z) -> z, default=no_pull
        What the solve goes on from behind every stamp, see ``Pull``.

    Returns
    -------
    tensor of shape (batch, n_leads, n_states)
        The states before the pull of their own stamp.
    """
    take_step = STEPS[method]
    gaps = (times[:, 1:] - times[:, :-1]) / n_substeps
    z, states = z0, []
    for lead in range(gaps.shape[1]):
        dt = gaps[:, lead]
        for substep in range(n_substeps):
            u = None
            if controls is not None:
                first = NODES_PER_STEP * substep
                u = controls[:, lead, first : first + NODES_PER_STEP + 1].unbind(1)
            z = take_step(field, t=times[:, lead] + substep * dt, z=z, dt=dt, controls=u)
        states.append(z)
        z = pull(lead, z)
    return torch.stack(states, dim=1)
