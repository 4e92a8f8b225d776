"""Penalties of the training loss: how steep and how fast the field is, how large the weights.

Each is called as ``penalty(module, inputs, y_pred)`` on what one training batch went through.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

# Up to this number of states the Jacobian is exact, one backward pass of the field per state.
N_MOST_EXACT = 8


@dataclass(frozen=True)
class Weighted:
    """A penalty times its weight."""

    weight: float
    penalty: Callable

    def __call__(self, module, inputs, y_pred):
        """Weighted value, a scalar tensor."""
        return self.weight * self.penalty(module, inputs, y_pred)


def jacobian_penalty(module, inputs, y_pred):
    """Mean of |df/dz|_F^2 / n_states over the points of the batch, per step squared.

    The points are the starts of the windows and the states forecast at their stamps, with the
    control and the time there; the gradient flows through the points, too. In the units of the
    windows: standardised states, median steps. Above 8 states it is Hutchinson's estimate with
    one random vector per point.

    Parameters
    ----------
    module : StateForecaster of kind "ode"
    inputs : dict of tensors
        ``z0``, ``times`` and, with controls, ``controls``; see ``StateForecaster.forward``.
    y_pred : tensor of shape (batch, n_leads, n_states)

    Notes
    -----
    Field calls of dopri5 (rtol 1e-6) over 50 time units of a van der Pol fit (300 irregular rows,
    10 % noise, 16 units; medians of 3 seeds): 4172 without, 4136 with weight 0.1, 2228 with 5,
    where the one-row R2 fell from 0.9999 to 0.9961; kinetic penalty 5: 3386.

    References
    ----------
    Finlay, Jacobsen, Nurbekyan, Oberman 2020, How to train your neural ODE, arXiv:2002.02798:
    the integral of |df/dz|_F^2 along the path, per dimension; here a mean over the stamps.
    """
    t, z, u = training_points(inputs, y_pred)
    return squared_jacobian(module.field, t, z, u).mean() / z.shape[1]


def jacobian_penalty_along_data(module, inputs, y_pred):  # noqa: ARG001
    """``jacobian_penalty`` at the smoothed states of the data, not at the forecast ones.

    Long-run statistics hang on the Jacobian on the attractor (Park, Yang and Chandramoorthy 2024,
    When are dynamical systems learned from time series data statistically accurate?, who match it
    to a known one there); the data lie on it, forecasts of a rough field do not. ``inputs`` hold
    ``states``, (batch, n_leads, n_states), too.
    """
    t, z, u = training_points(inputs, inputs["states"])
    return squared_jacobian(module.field, t, z, u).mean() / z.shape[1]


def kinetic_penalty(module, inputs, y_pred):
    """Mean of |f(z, t)|^2 / n_states over the points of the batch, per step squared.

    Points, units, parameters and source are those of ``jacobian_penalty``.
    """
    t, z, u = training_points(inputs, y_pred)
    return module.field(t, z, u).square().mean()


def weight_penalty(module, inputs, y_pred):  # noqa: ARG001
    """Sum of all squared weights, biases among them as in the least-squares fits."""
    return sum(parameter.square().sum() for parameter in module.parameters())


JACOBIANS = {"forecast": jacobian_penalty, "data": jacobian_penalty_along_data}


def weighted_penalties(
    n_targets, alpha=None, of_jacobian=None, of_kinetic=None, jacobian_along="forecast"
):
    """Penalties whose weight is above 0; ``alpha`` is shared out over ``n_targets`` entries."""
    weights = {
        weight_penalty: (alpha or 0.0) / max(n_targets, 1),
        JACOBIANS[jacobian_along]: of_jacobian,
        kinetic_penalty: of_kinetic,
    }
    return tuple(Weighted(weight, penalty) for penalty, weight in weights.items() if weight)


def training_points(inputs, y_pred):
    """Return times (n,), states (n, n_states) and controls (n, n_controls) or None of a batch."""
    times = inputs["times"]
    states = torch.cat([inputs["z0"][:, None], y_pred], dim=1)
    # A padded tail repeats the last stamp: no point of its own.
    is_point = torch.ones_like(times, dtype=torch.bool)
    is_point[:, 1:] = times[:, 1:] > times[:, :-1]
    u = inputs.get("controls")
    if u is not None:
        # The first node of a gap is its start, the last one its end.
        u = torch.cat([u[:, :, 0], u[:, -1:, -1]], dim=1)[is_point]
    return times[is_point], states[is_point], u


def squared_jacobian(field, t, z, u=None):
    """|df/dz|_F^2 at every point, shape (n,): exact up to 8 states, above that estimated.

    Assumes that a row of the field's output depends on its own row of z only.
    """
    z = z if z.requires_grad else z.detach().requires_grad_()
    slopes = field(t, z, u)
    if z.shape[1] <= N_MOST_EXACT:
        rows = torch.eye(z.shape[1], dtype=z.dtype, device=z.device)
        return sum(_squared_product(slopes, z, row.expand_as(z)) for row in rows)
    # E |v' J|^2 = |J|_F^2 for independent signs v. Torch's generator, which ``shoot`` seeds.
    signs = 2.0 * torch.randint_like(z, 2) - 1.0
    return _squared_product(slopes, z, signs)


def _squared_product(slopes, z, v):
    product = torch.autograd.grad(slopes, z, v, create_graph=True)[0]
    return product.square().sum(dim=1)
