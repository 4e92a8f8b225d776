"""Gradients of a solve without a tape: forward sensitivities and difference quotients."""

import warnings

import numpy as np
import torch
from torch.func import functional_call, jvp, vmap

# Directions that are carried through the solve together.
CHUNK = 64
GRADIENTS = ("backprop", "adjoint", "forward", "finite_difference")
# The adjoint is solved by torchdiffeq, which does not have these.
WITHOUT_ADJOINT = ("exponential_euler",)
# Central differences in float64: the cube root of the rounding balances it with the curvature.
STEP = float(np.finfo(float).eps ** (1 / 3))


def check_gradient(gradient, method, *, is_adaptive):
    """Return ``gradient`` if there is such a way, for this solver."""
    if gradient == "forward" and is_adaptive:
        msg = "Expected a method of fixed steps beside gradient='forward', which carries dual "
        msg += f"numbers through the solve; got {method!r}. Set method='rk4', or another gradient."
        raise ValueError(msg)
    if gradient == "adjoint" and method in WITHOUT_ADJOINT:
        msg = "Expected a method of torchdiffeq beside gradient='adjoint', which solves backwards "
        msg += f"by it; got {method!r}. Set gradient='backprop', or method='rk4'."
        raise ValueError(msg)
    if gradient in GRADIENTS:
        return gradient
    listed = ", ".join(repr(name) for name in GRADIENTS)
    msg = f"gradient must be one of {listed}; got {gradient!r}. Set gradient to one of these "
    msg += "('backprop' is fastest wherever the steps fit into memory)."
    raise ValueError(msg)


def solve_by_directions(solve, field, z0, *, gradient, is_adaptive=False):
    """States of a solve whose gradient comes from derivatives in one direction each.

    "forward" integrates the sensitivities dz/dtheta beside the state (the variational equation, by
    dual numbers), "finite_difference" solves at shifted weights; either contracts every direction
    with the loss at once, so nothing grows with the number of steps. The price is one solve (or
    two) for every weight.

    Parameters
    ----------
    solve : callable (field, z0) -> states
        Rows must not depend on one another (but within the tolerance of adaptive steps).
    field : torch module, ``forward(t, z, u)``
    z0 : tensor of shape (batch, n_states)
    gradient : {"forward", "finite_difference"}
    is_adaptive : bool, default=False
        The steps depend on the values, so that directions go one at a time.

    Returns
    -------
    states
        Differentiable once, in z0 and the parameters of the field.
    """
    names, weights = zip(
        *((n, p) for n, p in field.named_parameters() if p.requires_grad), strict=True
    )

    def run(z0, *weights):
        values = dict(zip(names, weights, strict=True))

        def bound(t, z, u=None):
            return functional_call(field, values, (t, z, u))

        return solve(bound, z0)

    derive = {"forward": _by_dual_numbers, "finite_difference": _by_differences}[gradient]
    size = 1 if is_adaptive else CHUNK
    return _Directional.apply(run, derive, size, z0, *weights)


class _Directional(torch.autograd.Function):
    @staticmethod
    def forward(ctx, run, derive, size, z0, *weights):
        ctx.run, ctx.derive, ctx.size = run, derive, size
        ctx.save_for_backward(z0, *weights)
        return run(z0, *weights)

    @staticmethod
    def backward(ctx, grad):
        inputs, along = ctx.saved_tensors, ctx.derive(ctx.run, ctx.saved_tensors)
        found = [_of_weights(along, k, inputs[k], grad, ctx.size) for k in range(1, len(inputs))]
        start = _of_start(along, inputs[0], grad) if ctx.needs_input_grad[3] else None
        return None, None, None, start, *found


def _of_start(along, z0, grad):
    """Gradient in the start: rows are independent, so one direction serves them all."""
    units = torch.eye(z0.shape[1], dtype=z0.dtype, device=z0.device)
    columns = [(along(0, unit.expand_as(z0)) * grad).flatten(1).sum(1) for unit in units]
    return torch.stack(columns, dim=1)


def _of_weights(along, place, value, grad, size):
    flat = []
    for start in range(0, value.numel(), size):
        n = min(size, value.numel() - start)
        units = torch.zeros(n, *value.shape, dtype=value.dtype, device=value.device)
        units.view(n, -1)[torch.arange(n), start + torch.arange(n)] = 1
        if n == 1:
            moved = along(place, units[0])[None]
        else:
            moved = vmap(lambda unit: along(place, unit))(units)
        flat.append((moved * grad).flatten(1).sum(1))
    return torch.cat(flat).view_as(value)


def _by_dual_numbers(run, inputs):
    def along(place, direction):
        def of_one(value):
            return run(*inputs[:place], value, *inputs[place + 1 :])

        with warnings.catch_warnings():
            # torch's own, of a module that it loads for the first jvp.
            warnings.simplefilter("ignore", DeprecationWarning)
            return jvp(of_one, (inputs[place],), (direction,))[1]

    return along


def _by_differences(run, inputs):
    def along(place, direction):
        value = inputs[place]
        step = STEP * max(1.0, float(value.detach().abs().max()))
        ahead, behind = (
            run(*inputs[:place], value + sign * step * direction, *inputs[place + 1 :])
            for sign in (1, -1)
        )
        return (ahead - behind) / (2 * step)

    return along
