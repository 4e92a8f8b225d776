"""States along given steps as a function of the controls, and the gradient back to them."""

from dataclasses import dataclass

import numpy as np
import torch

from ._fixed_grid import without_overhead
from ._windows import STEPS

# A run is found by Newton's method on all steps at once where so many iterations do; a defect (in
# units of the states) below the tolerance is squared away by the last of them.
MOST_ITERATIONS, TOLERANCE = 8, 1e-7


@dataclass(frozen=True)
class Linearised:
    """A run, and what every step does to small changes.

    Attributes
    ----------
    states : float array of shape (n_steps + 1, n_states)
    by_state : float array of shape (n_steps, n_states, n_states)
        Derivative of a step's end by its start.
    by_control : float array of shape (n_steps, n_states, 3, n_controls)
        The same by the controls at its nodes.
    """

    states: np.ndarray
    by_state: np.ndarray
    by_control: np.ndarray

    def pull_back(self, by_states):
        """Gradient by the controls, of a number whose gradient by the states is given.

        Parameters
        ----------
        by_states : float array of shape (n_steps + 1, n_states)

        Returns
        -------
        float array of shape (n_steps, 3, n_controls)
        """
        adjoints, adjoint = np.empty_like(by_states[1:]), np.zeros(by_states.shape[1])
        for k in range(len(adjoints) - 1, -1, -1):
            adjoints[k] = adjoint = adjoint + by_states[k + 1]
            adjoint = adjoint @ self.by_state[k]
        return np.einsum("ki,kijc->kjc", adjoints, self.by_control)


class DrivenRun:
    """A run over fixed steps whose controls are to be chosen.

    All derivatives are taken of all steps at once, as one batch; what is left of a gradient is a
    recursion of small matrices. A run near the last one is itself found so, by Newton's method on
    the defects of all steps (multiple shooting). Backpropagation through 200 steps of one row takes
    over five times as long.

    Parameters
    ----------
    field : nn.Module ``forward(t, z, u)``, or callable (t, z, u) -> next z
        The latter if ``method`` is None.
    method : str or None
        A key of ``STEPS``; None: ``field`` is the map of one step, and reads u at its start.
    starts, sizes : float arrays of shape (n_steps,)
        Time and length of every step.

    Attributes
    ----------
    n_evaluations : int
        Rows that have passed through the field.
    """

    def __init__(self, field, method, starts, sizes, device="cpu"):
        self.field, self.method = field, method
        self.starts = torch.as_tensor(starts, dtype=torch.float64, device=device)
        self.sizes = torch.as_tensor(sizes, dtype=torch.float64, device=device)
        self.n_evaluations = 0
        self._last = None

    def states(self, z0, controls):
        """Follow the steps, one after the other.

        Parameters
        ----------
        z0 : float array of shape (batch, n_states)
        controls : float array of shape (batch, n_steps, 3, n_controls)
            u at the start, the middle and the end of every step.

        Returns
        -------
        float array of shape (batch, n_steps + 1, n_states)
        """
        field = self.field if self.method is None else self._counted(self._plain_field())
        z = self._on_device(z0)
        nodes = self._on_device(controls).permute(1, 2, 0, 3)
        found, whole = [z], self.starts.new_ones(len(z))
        with torch.no_grad():
            for t, dt, u in zip(self.starts, self.sizes, nodes, strict=True):
                z = self._step(field, t * whole, z, dt * whole, u)
                found.append(z)
        return torch.stack(found, dim=1).cpu().numpy()

    def linearised(self, z0, controls):
        """Give the run of one start with its derivatives.

        Parameters
        ----------
        z0 : float array of shape (1, n_states)
        controls : float array of shape (n_steps, 3, n_controls)

        Returns
        -------
        Linearised
        """
        found = None if self._last is None else self._relaxed(z0, controls)
        if found is None:
            states = self.states(z0, controls[None])[0]
            found = Linearised(states, *self._derivatives(states, controls)[1:])
        self._last = found.states if np.isfinite(found.states).all() else None
        return found

    def _relaxed(self, z0, controls):
        """Start from the last run; None where that is too far away."""
        states = np.concatenate([z0, self._last[1:]])
        for _ in range(MOST_ITERATIONS):
            ends, by_state, by_control = self._derivatives(states, controls)
            with np.errstate(all="ignore"):
                states = _corrected(states, ends - states[1:], by_state)
                largest = np.abs(states - np.r_[z0, ends]).max()
            if not np.isfinite(largest):
                return None
            if largest < TOLERANCE:
                return Linearised(states, by_state, by_control)
        return None

    def _derivatives(self, states, controls):
        """Give the ends of all steps (n_steps, i), and their derivatives by start and controls."""
        z = self._on_device(states[:-1]).requires_grad_(True)
        u = self._on_device(controls).requires_grad_(True)
        field = self.field if self.method is None else self._counted(self.field)
        end = self._step(field, self.starts, z, self.sizes, u.unbind(1))
        parts = [
            torch.autograd.grad(end[:, i].sum(), (z, u), retain_graph=True, allow_unused=True)
            for i in range(end.shape[1])
        ]
        unused = torch.zeros_like(z), torch.zeros_like(u)
        found = [
            torch.stack([zero if part[k] is None else part[k] for part in parts], dim=1)
            for k, zero in enumerate(unused)
        ]
        return [one.detach().cpu().numpy() for one in (end, *found)]

    def _step(self, field, t, z, dt, u):
        if self.method is None:
            self.n_evaluations += len(z)
            return field(t, z, u[0])
        return STEPS[self.method](field, t=t, z=z, dt=dt, controls=u)

    def _plain_field(self):
        # The exponential step differentiates the field itself.
        return self.field if self.method == "exponential_euler" else without_overhead(self.field)

    def _counted(self, field):
        def call(t, z, u):
            self.n_evaluations += len(z)
            return field(t, z, u)

        return call

    def _on_device(self, array):
        return torch.tensor(np.asarray(array), dtype=torch.float64, device=self.starts.device)


def _corrected(states, defects, by_state):
    """Give the states of a run with its defects closed, to first order."""
    states, moved = states.copy(), np.zeros(states.shape[1])
    for k, defect in enumerate(defects):
        moved = by_state[k] @ moved + defect
        states[k + 1] += moved
    return states
