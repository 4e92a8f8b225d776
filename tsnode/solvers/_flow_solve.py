"""Solves of a flow: state, integral of the divergence, and what the field cost on the way."""

from functools import partial

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
        return self._solve(_Counted(self, along.slope), z, t0, t1)

    def traced(self, along, z, t0, t1, noise=None):
        """States at t1 and the integral of the divergence, (batch,).

        ``noise`` of z's shape makes it Hutchinson's estimate v' J v, one draw per solve.
        """
        slope = _Counted(self, partial(traced_slope, along, noise))
        if self.method == "rk4":
            return march(slope, z, t0, t1, self.n_steps)[:2]

        def joined(t, state):
            dzdt, trace = slope(t, state[:, :-1])
            return torch.cat([dzdt, trace[:, None]], dim=1)

        end = self._solve(joined, torch.cat([z, torch.zeros_like(z[:, :1])], dim=1), t0, t1)
        return end[:, :-1], end[:, -1]

    def _solve(self, slope, state, t0, t1):
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


def traced_slope(along, noise, t, z):
    """Slope and its divergence, or the estimate of it along the noise."""
    if noise is None:
        return along.with_trace(t, z)
    slope, product = along.with_product(t, z, noise)
    return slope, (product * noise).sum(1)


def march(slope, z, t0, t1, n_steps):
    """Solve by steps of the classical Runge-Kutta method, one time for all rows.

    By hand, since nothing depends on the integral: joined to the state, and cut off again at every
    call of the field, it would take a tenth of the time.

    Parameters
    ----------
    slope : callable (t, z) -> slope (batch, n_states), divergence (batch,)

    Returns
    -------
    z : tensor of shape (batch, n_states), states at t1
    change : tensor of shape (batch,), integral of the divergence
    knots : list of (t, z, change so far, divergence) at the beginning of every step
    """
    h, knots, change = (t1 - t0) / n_steps, [], torch.zeros_like(z[:, 0])
    for k in range(n_steps):
        t = t0 + k * h
        first, rate1 = slope(t, z)
        knots.append((t, z, change, rate1))
        second, rate2 = slope(t + h / 2, z + (h / 2) * first)
        third, rate3 = slope(t + h / 2, z + (h / 2) * second)
        fourth, rate4 = slope(t + h, z + h * third)
        z = z + (h / 6) * (first + 2 * (second + third) + fourth)
        change = change + (h / 6) * (rate1 + 2 * (rate2 + rate3) + rate4)
    return z, change, knots


def simpson_error(knots, change):
    """How far the integral strays from Simpson's rule through the knots, (batch,).

    The rule runs over pairs of steps. Where the steps resolve the field both agree to the fourth
    order; a field that lives from the error of the steps cannot keep them together.
    """
    miss = torch.zeros_like(change)
    for first, middle, last in zip(knots[:-2:2], knots[1:-1:2], knots[2::2], strict=True):
        h = middle[0] - first[0]
        by_rule = (h / 3) * (first[3] + 4 * middle[3] + last[3])
        miss = miss + (last[2] - first[2] - by_rule).abs()
    return miss


def field_costs(along, knots, noise=None):
    """Mean over knots and rows of |f|^2 and of |df/dz|_F^2, per state.

    Of the Jacobian only every fourth row is looked at, since the mean over a batch is all that is
    wanted; above 8 states it is |J v|^2 along the noise given.
    """
    kinetic = jacobian = 0.0
    for t, z, *_ in knots:
        z = z[::SHARE]
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
