"""States along given steps as a function of the controls, and the gradient back to them."""

import numpy as np
import torch

from ._fixed_grid import without_overhead
from ._windows import STEPS


class DrivenRun:
    """A run over fixed steps whose controls are to be chosen.

    Forward goes one step after the other, without a graph. The derivatives of all steps are then
    taken at once, as one batch, and what is left of a gradient is a recursion of small matrices:
    backpropagation through 200 steps of one row takes five times as long.

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

    def states(self, z0, controls):
        """Follow the steps.

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

    def pull_back(self, states, controls, by_states):
        """Gradient by the controls, of a number whose gradient by the states is given.

        Parameters
        ----------
        states, by_states : float arrays of shape (n_steps + 1, n_states)
        controls : float array of shape (n_steps, 3, n_controls)

        Returns
        -------
        float array of shape (n_steps, 3, n_controls)
        """
        by_state, by_control = self._derivatives(states, controls)
        out, adjoint = np.empty_like(controls), np.zeros(states.shape[1])
        for k in range(len(out) - 1, -1, -1):
            adjoint = adjoint + by_states[k + 1]
            out[k] = np.tensordot(adjoint, by_control[k], axes=1)
            adjoint = adjoint @ by_state[k]
        return out

    def _derivatives(self, states, controls):
        """Of every step's end by its start (n_steps, i, j) and by its controls."""
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
        return [one.cpu().numpy() for one in found]

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
