"""Solves of a flow: state, integral of the divergence, and what the field cost on the way."""

import torch

from ._solve import solve

# Up to this number of states the Jacobian is taken whole, above it along one direction.
N_MOST_EXACT = 8
# One row in so many shows what the field costs.
SHARE = 4


class FlowSolve:
    """How a flow is solved from one time to another.

    Parameters
    ----------
    method : str
        "rk4" by fixed steps of our own; every other differentiable method of ``solve``.
    n_steps : int
        Of the fixed-step methods.
    rtol, atol : float
        Of the adaptive methods.
    """

    def __init__(self, method="rk4", n_steps=8, rtol=1e-5, atol=1e-5):
        self.method, self.n_steps, self.rtol, self.atol = method, n_steps, rtol, atol
        self.n_calls = 0

    def states(self, along, z, t0, t1):
        """Return the states at t1 of rows that are z at t0."""
        return self._march(_Counted(self, along.slope), z, t0, t1)

    def traced(self, along, z, t0, t1, noise=None):
        """States at t1 and the integral of the divergence, (batch,).

        ``noise`` of z's shape makes it Hutchinson's estimate v' J v, one draw per solve.
        """

        def slope(t, state):
            here = state[:, :-1]
            if noise is None:
                dzdt, trace = along.with_trace(t, here)
            else:
                dzdt, product = along.with_product(t, here, noise)
                trace = (product * noise).sum(1)
            return torch.cat([dzdt, trace[:, None]], dim=1)

        start = torch.cat([z, torch.zeros_like(z[:, :1])], dim=1)
        end = self._march(_Counted(self, slope), start, t0, t1)
        return end[:, :-1], end[:, -1]

    def _march(self, slope, state, t0, t1):
        if self.method == "rk4":
            return march(slope, state, t0, t1, self.n_steps)[0]
        times = torch.tensor([t0, t1], dtype=state.dtype, device=state.device)
        return solve(
            lambda t, state, u: slope(t, state),  # noqa: ARG005
            state, times.expand(len(state), 2), method=self.method, n_substeps=self.n_steps,
            rtol=self.rtol, atol=self.atol,
        )[:, 0]  # fmt: skip


class _Counted:
    def __init__(self, solver, slope):
        self.solver, self.slope = solver, slope

    def __call__(self, t, state):
        self.solver.n_calls += 1
        return self.slope(t, state)


def march(slope, state, t0, t1, n_steps):
    """State at t1 by steps of the classical Runge-Kutta method, one time for all rows.

    Returns
    -------
    state : tensor of the shape of ``state``
    knots : list of (t, state, slope) at the beginning of every step
    """
    h, knots = (t1 - t0) / n_steps, []
    for k in range(n_steps):
        t = t0 + k * h
        first = slope(t, state)
        knots.append((t, state, first))
        second = slope(t + h / 2, state + (h / 2) * first)
        third = slope(t + h / 2, state + (h / 2) * second)
        fourth = slope(t + h, state + h * third)
        state = state + (h / 6) * (first + 2 * (second + third) + fourth)
    return state, knots


def simpson_error(knots, state):
    """How far the last entry of the states strays from Simpson's rule through the knots, (batch,).

    The rule runs over pairs of steps. Where the steps resolve the field both agree to the fourth
    order; a field that lives from the error of the steps cannot keep them together.
    """
    miss = 0.0
    starts = [*(s[:, -1] for _, s, _ in knots), state[:, -1]]
    rates = [rate[:, -1] for _, _, rate in knots]
    for k in range(0, len(knots) - 2, 2):
        h = knots[k + 1][0] - knots[k][0]
        by_rule = (h / 3) * (rates[k] + 4 * rates[k + 1] + rates[k + 2])
        miss = miss + (starts[k + 2] - starts[k] - by_rule).abs()
    return miss + torch.zeros_like(state[:, -1])


def field_costs(along, knots, noise=None):
    """Mean over knots and rows of |f|^2 and of |df/dz|_F^2, per state.

    Of the Jacobian only every fourth row is looked at, since the mean over a batch is all that is
    wanted; above 8 states it is |J v|^2 along the noise given.
    """
    kinetic = jacobian = 0.0
    for t, state, _ in knots:
        z = state[::SHARE, : along.n_states]
        if along.n_states <= N_MOST_EXACT:
            slope, rows = along.with_jacobian(t, z, SHARE)
            squares = rows.square().sum((0, 2))
        else:
            slope, product = along.with_product(t, z, noise[::SHARE], SHARE)
            squares = product.square().sum(1)
        kinetic = kinetic + slope.square().sum(1).mean()
        jacobian = jacobian + squares.mean()
    n = len(knots) * along.n_states
    return kinetic / n, jacobian / n
