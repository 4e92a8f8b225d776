"""Every method of torchdiffeq by name, each series on a clock of its own."""

import math

import numpy as np
import torch
from torchdiffeq import odeint, odeint_adjoint

from ._failures import NOT_FINITE, SolverError, failures_told
from ._pull import no_pull
from ._row_by_row import answer_row_by_row

# How a method is led over the knots of the warp, where the slope jumps with the gap.
# perturb: stages read the slope just inside their step; jump_t: an adaptive method restarts
# there; restart: a multi-step method must not carry slopes from one gap into the next.
KNOT_OPTIONS = {
    "euler": "perturb",
    "midpoint": "perturb",
    "heun2": "perturb",
    "heun3": "perturb",
    "rk4": "perturb",
    "explicit_adams": "restart",
    "implicit_adams": "restart",
    "fixed_adams": "restart",
    "dopri5": "jump_t",
    "dopri8": "jump_t",
    "bosh3": "jump_t",
    "fehlberg2": "jump_t",
    "adaptive_heun": "jump_t",
}
ALIASES = {"heun": "heun2"}
N_MOST_STEPS = 100_000
# A gap of a training window; a field that needs more is too stiff to be trained so.
N_MOST_STEPS_PER_GAP = 1_000


def _torchdiffeq_name(method):
    return ALIASES.get(method, method)


class _WarpedField:
    """Field over u = 0..K: the slope per gap, with t = t_k + (u - k)(t_{k+1} - t_k)."""

    def __init__(self, field, times, controls):
        self.field, self.times, self.controls = field, times, controls
        self.n_gaps = times.shape[1] - 1

    def in_gap(self, k, share, z):
        """Slope in gap k at the share 0..1 of it."""
        gap = self.times[:, k + 1] - self.times[:, k]
        u = None if self.controls is None else self._control(k, share)
        return gap[:, None] * self.field(self.times[:, k] + share * gap, z, u)

    def _control(self, k, share):
        n_cells = self.controls.shape[2] - 1
        at = share * n_cells
        cell = min(int(at), n_cells - 1)
        values = self.controls[:, k]
        return torch.lerp(values[:, cell], values[:, cell + 1], at - cell)

    def __call__(self, u, z):
        if not math.isfinite(float(u.detach())):
            # The step of a state that is not finite.
            raise SolverError(NOT_FINITE)
        k = min(max(int(u), 0), self.n_gaps - 1)
        return self.in_gap(k, u - k, z)


def integrate_windows(
    field, z0, times, *, method="dopri5", n_substeps=1, controls=None, rtol=1e-4, atol=1e-5,
    pull=no_pull,
):  # fmt: skip
    """States at the stamps of every window; see ``solve_windows``.

    One warp takes every row over 0, 1, ..., K, so that rows with different stamps share a
    solve; a padded tail has gap 0 and stands still. Adaptive methods choose their steps by an
    error norm over the batch, so a row depends on the others within the tolerance: use
    ``integrate_requests`` to predict. A pull is a jump, for which the solve restarts gap by gap.
    """
    method = _torchdiffeq_name(method)
    warped = _WarpedField(field, times, controls)
    knots = torch.arange(warped.n_gaps + 1, dtype=z0.dtype, device=z0.device)
    tolerances = {"rtol": rtol, "atol": atol}
    kind = KNOT_OPTIONS[method]
    if kind == "restart" or pull is not no_pull:
        return _gap_by_gap(warped, z0, method, n_substeps, tolerances, pull)
    if kind == "jump_t":
        options = {"jump_t": knots[1:-1], "max_num_steps": N_MOST_STEPS_PER_GAP}
    else:
        # k + j / n and not multiples of 1/n: a knot missed by rounding mixes two gaps.
        shares = torch.arange(n_substeps, dtype=z0.dtype, device=z0.device) / n_substeps
        grid = torch.cat([(knots[:-1, None] + shares).ravel(), knots[-1:]])
        options = {"perturb": True, "grid_constructor": lambda *_: grid}
    with failures_told():
        states = odeint(warped, z0, knots, method=method, options=options, **tolerances)
    return states[1:].transpose(0, 1)


def _gap_by_gap(warped, z, method, n_substeps, tolerances, pull):
    ends = torch.linspace(0, 1, 2, dtype=z.dtype, device=z.device)
    grid = torch.linspace(0, 1, n_substeps + 1, dtype=z.dtype, device=z.device)
    options = {"grid_constructor": lambda *_: grid}
    if KNOT_OPTIONS[method] == "jump_t":
        options = {"max_num_steps": N_MOST_STEPS_PER_GAP}
    states = []
    for k in range(warped.n_gaps):
        with failures_told():
            z = odeint(
                lambda share, state, k=k: warped.in_gap(k, share, state), z, ends,
                method=method, options=options, **tolerances,
            )[-1]  # fmt: skip
        states.append(z)
        z = pull(k, z)
    return torch.stack(states, dim=1)


def integrate_adjoint(
    field, z0, times, *, method="rk4", n_substeps=1, controls=None, rtol=1e-4, atol=1e-5,
    pull=no_pull,
):  # fmt: skip
    """States at the stamps of every window, whose gradient solves the adjoint equation.

    Backwards in time, da/dt = -a' df/dz from every stamp to the one before it, with the state
    solved again beside it (Pontryagin 1962; Chen et al. 2018): what is kept does not grow with the
    number of steps. Gap by gap, so that no backward step reads the wrong gap's slope. Adaptive
    methods control the error of state and adjoint, not of the weights' gradient, which is a plain
    integral (the seminorm of Kidger, Chen and Lyons 2021).

    Parameters and result are those of ``integrate_windows``; ``field`` is a torch module, of whose
    parameters, and of z0, the gradient is taken; that of the controls is not.
    """
    method = _torchdiffeq_name(method)
    warped = _WarpedField(field, times, controls)
    weights = tuple(p for p in field.parameters() if p.requires_grad)
    ends = torch.linspace(0, 1, 2, dtype=z0.dtype, device=z0.device)
    options, back = {}, {"norm": "seminorm"}
    if KNOT_OPTIONS[method] == "jump_t":
        options = {"max_num_steps": N_MOST_STEPS_PER_GAP}
    else:
        # The backward solve runs over the same points, at negative times.
        options = {
            "grid_constructor": lambda func, y, t: torch.linspace(  # noqa: ARG005
                float(t[0]), float(t[-1]), n_substeps + 1, dtype=t.dtype, device=t.device
            )
        }
        back = {}
    z, states = z0, []
    for k in range(warped.n_gaps):
        with failures_told():
            z = odeint_adjoint(
                lambda share, state, k=k: warped.in_gap(k, share, state),
                z,
                ends,
                method=method,
                rtol=rtol,
                atol=atol,
                options=options,
                adjoint_options={**options, **back},
                adjoint_params=weights,
            )[-1]
        states.append(z)
        z = pull(k, z)
    return torch.stack(states, dim=1)


@torch.no_grad()
def integrate_requests(
    field, z0, t0, row, times, *, method="dopri5", step=None, control=None, rtol=1e-4, atol=1e-5
):
    """States at asked times, see ``solve_requests``; rows are solved one at a time.

    Between the steps of bosh3, fehlberg2 and adaptive_heun torchdiffeq interpolates to first order
    (its midpoints are those of Euler), without control of that error: where the field lets them
    take long steps their answers are off by more than rtol, and dopri5 is the better choice.

    An adaptive method gets an error norm of its own for every row, so that no row depends on
    another. The price is one solve per row.

    Parameters
    ----------
    step : float or float array of shape (n_rows,)
        Step of the fixed-step methods; adaptive methods choose their own.
    """
    solve = _RowSolver(_torchdiffeq_name(method), rtol, atol)
    return answer_row_by_row(solve, field, z0, t0, row, times, control=control, step=step)


class _RowSolver:
    """Solve one row in one direction, at increasing leads."""

    def __init__(self, method, rtol, atol):
        self.method, self.tolerances = method, {"rtol": rtol, "atol": atol}

    def __call__(self, slope, z, leads, step):
        """States (n_leads, n_states), NaN from the first lead that cannot be reached."""
        good = torch.full((len(leads), z.shape[1]), torch.nan, dtype=z.dtype, device=z.device)
        reached, failed = 0, len(leads) + 1
        asked = len(leads)
        # A solve that fails late must not take its early answers along: halve to the failure.
        while failed - reached > 1:
            states = self._solve(slope, z, leads[:asked], step)
            if states is None:
                failed = asked
            else:
                good[:asked], reached = states, asked
            asked = (reached + failed) // 2
        return good

    def _solve(self, slope, z, leads, step):
        t = np.concatenate([[0.0], leads]) if leads[0] > 0 else leads
        options = {"max_num_steps": N_MOST_STEPS}
        extra = 0
        if KNOT_OPTIONS[self.method] != "jump_t":
            n_steps = int(np.ceil(t[-1] / step - 1e-9))
            grid = torch.arange(n_steps + 1, dtype=z.dtype, device=z.device) * step
            # The grid ends on a whole step behind the last lead: its length must not depend
            # on what is asked.
            if grid[-1] > t[-1]:
                t, extra = np.append(t, float(grid[-1])), 1
            else:
                grid[-1] = t[-1]
            options = {"grid_constructor": lambda *_: grid, "interp": "cubic"}
        if len(t) == 1:
            return z
        t = torch.as_tensor(t, dtype=z.dtype, device=z.device)
        try:
            states = odeint(slope, z, t, method=self.method, options=options, **self.tolerances)
        except AssertionError:  # torchdiffeq's word for a step that shrank to nothing
            return None
        return states[:, 0][len(t) - extra - len(leads) : len(t) - extra]
