"""A continuous normalizing flow: the log-density of rows, and rows from the base."""

import math
from functools import partial

import numpy as np
import torch
from torch import nn

from ..dynamics._flow_field import FlowField
from ..solvers._flow_solve import (
    N_MOST_EXACT,
    FlowSolve,
    field_costs,
    march,
    simpson_error,
    traced_slope,
)


class Flow(nn.Module):
    """Carry a Gaussian mixture at t = 0 to the data at t = 1 along a field.

    log p(x) = log p_base(z(0)) - integral of div f over t from 0 to 1, where z solves dz/dt = f
    backwards from z(1) = x (Chen et al. 2018, theorem 1).

    Parameters
    ----------
    base : dict
        ``weights`` (k,), ``means`` (k, d) and ``covariances`` (k, d, d) of the mixture.
    n_context : int
    hidden_layer_sizes, activation, spread
        See ``FlowField``.
    trace : {"exact", "hutchinson"}, default="exact"
        Of the solves in training; elsewhere the trace is exact.
    solver : FlowSolve, default=FlowSolve()
        In evaluation mode fixed steps are twice as many: what is validated is not what the
        training may lean on.
    with_costs : bool, default=True
        Whether the costs of the field are computed in training.
    """

    def __init__(
        self, base, n_context=0, hidden_layer_sizes=(64, 64), activation="tanh", spread=10.0,
        trace="exact", solver=None, with_costs=True,
    ):  # fmt: skip
        super().__init__()
        means = np.asarray(base["means"], dtype=np.float64)
        self.field = FlowField(
            means.shape[1], n_context, hidden_layer_sizes, activation, spread
        )  # fmt: skip
        # float32 as the field: training is in single precision, scores in double.
        for name, array in _buffers(base).items():
            self.register_buffer(name, torch.as_tensor(array, dtype=torch.float32))
        self.trace, self.with_costs = trace, with_costs
        self.solver = FlowSolve() if solver is None else solver

    def set_base(self, base):
        """Put another base of as many components in the place of the present one."""
        for name, array in _buffers(base).items():
            getattr(self, name).copy_(torch.as_tensor(array))

    def base_log_density(self, z):
        """Log-density (batch,) of the base at z."""
        miss = (z - self.means[:, None]).transpose(1, 2)
        white = torch.linalg.solve_triangular(self.factors, miss, upper=False)
        volume = torch.diagonal(self.factors, dim1=1, dim2=2).log().sum(1)
        constant = self.log_weights - volume - 0.5 * z.shape[1] * math.log(2 * math.pi)
        return torch.logsumexp(constant[:, None] - 0.5 * white.square().sum(1), dim=0)

    def log_density(self, x, u=None, solver=None):
        """Log-density (batch,) of rows x with an exact trace."""
        solver = self.solver if solver is None else solver
        z, change = solver.traced(self.field.along(u), x, 1.0, 0.0)
        return self.base_log_density(z) + change

    def push(self, z, u=None, solver=None):
        """Carry rows z of the base to the data."""
        solver = self.solver if solver is None else solver
        return solver.states(self.field.along(u), z, 0.0, 1.0)

    def forward(self, z, u=None):
        """Log-density, mean |f|^2, mean |df/dz|^2 and error of the steps, (batch, 4).

        The last three are computed in training only, else 0.
        """
        kind = self.factors.dtype
        z, u = z.to(kind), None if u is None else u.to(kind)
        if not self.training:
            finer = FlowSolve(
                self.solver.method, 2 * self.solver.n_steps, self.solver.rtol, self.solver.atol
            )
            density = self.log_density(z, u, finer)
            return torch.stack([density, *(torch.zeros_like(density),) * 3], dim=1)
        return self._in_training(z, u)

    def _in_training(self, x, u):
        along = self.field.along(u)
        is_estimated = self.trace == "hutchinson"
        noise = None
        if is_estimated or (self.with_costs and x.shape[1] > N_MOST_EXACT):
            noise = 2.0 * torch.randint_like(x, 2) - 1.0
        estimate = noise if is_estimated else None
        if self.solver.method == "rk4":
            slope = partial(traced_slope, along, estimate)
            z, change, knots = march(slope, x, 1.0, 0.0, self.solver.n_steps)
            miss = simpson_error(knots, change)
        else:
            z, change = self.solver.traced(along, x, 1.0, 0.0, estimate)
            knots, miss = [(0.0, z), (1.0, x)], torch.zeros_like(change)
        density = self.base_log_density(z) + change
        zero = torch.zeros_like(density[0])
        costs = field_costs(along, knots, noise) if self.with_costs else (zero, zero)
        return torch.stack([density, *(c.expand_as(density) for c in costs), miss], dim=1)


def _buffers(base):
    means, covariances = (
        np.asarray(base[name], dtype=np.float64) for name in ("means", "covariances")
    )
    log_weights = np.log(np.maximum(base["weights"], 1e-300))
    return {"log_weights": log_weights, "means": means, "factors": np.linalg.cholesky(covariances)}
