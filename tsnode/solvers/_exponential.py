"""Exponential Euler: the linearised field is followed exactly, whatever the step."""

import torch


def slope_and_jacobian(field, t, z, u=None):
    """Return the slope (batch, n_states) and its Jacobian [b, i, j] of slope i by state j."""
    slope, pull = torch.func.vjp(lambda z: field(t, z, u), z)
    units = torch.eye(z.shape[1], dtype=z.dtype, device=z.device)
    # Row i of J is the gradient of slope i: rows of the batch do not depend on one another.
    return slope, torch.stack([pull(unit.expand_as(z))[0] for unit in units], dim=1)


def linearise(field, t, z, dt, controls=None):
    """Matrices whose exponential carries every row over its step.

    Around the start of a step, dw/ds = J w + f + s g with the Jacobian J in the states, the slope
    f and its change g over time and control (by their values at the end of the step; exact where
    they enter linearly). With s in parts of the step that is one linear system of w, s and 1:
    the augmented matrix of Al-Mohy and Higham, in which no phi-function is divided out.

    Parameters
    ----------
    field, t, z, dt, controls
        See ``exponential_step``.

    Returns
    -------
    matrices : tensor of shape (batch, n_states + 2, n_states + 2)
    """
    start, end = (None, None) if controls is None else (controls[0], controls[-1])
    slope, jacobian = slope_and_jacobian(field, t, z, start)
    change = field(t + dt, z, end) - slope
    upper = torch.cat([jacobian, change[..., None], slope[..., None]], dim=2) * dt[:, None, None]
    lower = torch.zeros(2, z.shape[1] + 2, dtype=z.dtype, device=z.device)
    lower[0, -1] = 1.0
    return torch.cat([upper, lower.expand(len(z), -1, -1)], dim=1)


def follow(matrices, z, share=None):
    """State after the step of ``linearise``, or after the share of it, shape (batch,)."""
    if share is not None:
        matrices = matrices * share[:, None, None]
    n = z.shape[1]
    # Slopes in units of their largest entry: large ones would be halved as if they were stiff.
    size = matrices[:, :n, n:].detach().abs().amax(dim=(1, 2), keepdim=True)
    size = torch.where(size > 0, size, torch.ones_like(size))
    upper = torch.cat([matrices[:, :n, :n], matrices[:, :n, n:] / size], dim=2)
    grown = torch.linalg.matrix_exp(torch.cat([upper, matrices[:, n:]], dim=1))
    return z + grown[:, :n, -1] * size[:, :, 0]


def exponential_step(field, t, z, dt, controls=None):
    """State after one step of every row, z + dt phi1(dt J) f and a term for time and control.

    Exact for linear fields whose time and control enter linearly, at any step; order 2 for all
    others; L-stable, so that fast decays cost no small steps. A step costs the Jacobian, one
    backward pass of the field per state.

    Parameters
    ----------
    field : callable (t, z, u) -> dzdt
        Differentiable; a row of the slope depends on its own row of z only.
    t : tensor of shape (batch,)
    z : tensor of shape (batch, n_states)
    dt : tensor of shape (batch,)
        Step of every row, negative backwards, 0 to stand still.
    controls : sequence of tensors of shape (batch, n_controls), or None
        u at nodes from the start to the end of the step; those between are not read.

    Returns
    -------
    tensor of shape (batch, n_states)

    References
    ----------
    Hochbruck, Ostermann 2010, Exponential integrators, Acta Numerica 19, section 2.4: exponential
    Rosenbrock-Euler. Al-Mohy, Higham 2011, Computing the action of the matrix exponential, SIAM
    J. Sci. Comput. 33, theorem 2.1.
    """
    return follow(linearise(field, t, z, dt, controls), z)
