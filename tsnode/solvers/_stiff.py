"""SciPy's implicit solvers for stiff fields: the only door to scipy.integrate."""

import threading
import warnings

import numpy as np
import torch
from scipy.integrate import BDF, LSODA, Radau

from ._exponential import slope_and_jacobian
from ._row_by_row import answer_row_by_row

SOLVERS = {"LSODA": LSODA, "Radau": Radau, "BDF": BDF}
SCIPY_METHODS = tuple(SOLVERS)
N_MOST_STEPS = 100_000
# End of every solve, which nobody asks for: a step cut short at the last asked time would make
# the answers depend on what is asked.
NEVER = 1e12
LEAST_RTOL = 1e-13
# LSODA keeps its state in one place up to SciPy 1.16, and Python its filters of warnings.
ONE_AT_A_TIME = threading.Lock()


@torch.no_grad()
def integrate_stiff_requests(
    field, z0, t0, row, times, *, method="Radau", control=None, rtol=1e-4, atol=1e-5
):
    """States at asked times by a method of SciPy, see ``solve_requests``; rows one at a time.

    The Jacobian in the states comes from torch. No gradient goes through these solves: they are
    for prediction.

    Parameters
    ----------
    field : callable (t, z, u) -> dzdt, differentiable in z
    method : {"LSODA", "Radau", "BDF"}
    """
    solve = _StiffRowSolver(SOLVERS[method], max(rtol, LEAST_RTOL), atol)
    return answer_row_by_row(solve, field, z0, t0, row, times, control=control)


class _StiffRowSolver:
    """Solve one row in one direction, at increasing leads."""

    def __init__(self, solver, rtol, atol):
        self.solver, self.tolerances = solver, {"rtol": rtol, "atol": atol}

    def __call__(self, slope, z, leads, step):  # noqa: ARG002
        """States (n_leads, n_states), NaN from the first lead that is not reached."""
        found = np.full((len(leads), z.shape[1]), np.nan)
        at_start = leads == 0
        found[at_start] = z.cpu().numpy()
        if torch.isfinite(z).all():
            with ONE_AT_A_TIME, warnings.catch_warnings(), np.errstate(all="ignore"):
                # Failures are answered by NaN, not by the words of LSODA or of a singular matrix.
                warnings.simplefilter("ignore")
                self._run(_ArrayField(slope, z), z.cpu().numpy()[0], leads, found, at_start.sum())
        return torch.as_tensor(found, dtype=z.dtype, device=z.device)

    def _run(self, field, start, leads, found, n_reached):
        solver = self.solver(field, 0.0, start, NEVER, jac=field.jacobian, **self.tolerances)
        for _ in range(N_MOST_STEPS):
            if n_reached == len(leads):
                return
            before = solver.t
            solver.step()
            # Where a slope overflows, LSODA calls steps of no length a success.
            is_stuck = solver.status != "running" or not solver.t > before
            if is_stuck or not np.isfinite(solver.y).all():
                return
            reached = np.searchsorted(leads, solver.t, side="right")
            if reached > n_reached:
                found[n_reached:reached] = solver.dense_output()(leads[n_reached:reached]).T
                n_reached = reached


class _ArrayField:
    """A RowField for arrays of shape (n_states,)."""

    def __init__(self, slope, like):
        self.slope, self.like = slope, like

    def __call__(self, lead, z):
        return self.slope(lead, self._tensor(z))[0].cpu().numpy()

    def jacobian(self, lead, z):
        t, u = self.slope.inputs(lead, self.like)
        _, found = slope_and_jacobian(self.slope.field, t, self._tensor(z), u)
        # SciPy refuses to factorise nan; without slope Newton's steps fail, and the step shrinks.
        return np.nan_to_num(self.slope.sign * found[0].cpu().numpy())

    def _tensor(self, z):
        return torch.as_tensor(z, dtype=self.like.dtype, device=self.like.device)[None]
