"""Rows that are solved one at a time, each in one direction, as adaptive steps ask for."""

import numpy as np
import torch


class RowField:
    """Slope of one row by the time since its start, d/dlead, in either direction."""

    def __init__(self, field, control, b, start, sign):
        self.field, self.control = field, control
        self.b, self.start, self.sign = b, start, sign

    def inputs(self, lead, like):
        """Time (1,) and control (1, n_controls) or None at the lead, a number or tensor."""
        t = torch.as_tensor(self.start + self.sign * lead, dtype=like.dtype, device=like.device)
        u = None
        if self.control is not None:
            u = self.control(np.array([self.b]), np.array([float(t)]))
            u = torch.as_tensor(np.array(u), dtype=like.dtype, device=like.device)
        return t.reshape(1), u

    def __call__(self, lead, z):
        """Slope (1, n_states) at the lead."""
        t, u = self.inputs(lead, z)
        return self.sign * self.field(t, z, u)


def answer_row_by_row(solve, field, z0, t0, row, times, *, control=None, step=None):
    """States at asked times, see ``solve_requests``; one solve per row and direction.

    An adaptive method gets an error norm of its own for every row, so that no row depends on
    another.

    Parameters
    ----------
    solve : callable (slope, z, leads, step) -> states of shape (n_leads, n_states)
        From z of shape (1, n_states) at lead 0 to increasing leads; ``slope`` is a RowField.
    field, z0, t0, row, times, control, step
        See ``solve_requests``; step may be None.
    """
    t0, times = np.asarray(t0, dtype=np.float64), np.asarray(times, dtype=np.float64)
    row = np.asarray(row, dtype=np.int64)
    out = torch.full((len(times), z0.shape[1]), torch.nan, dtype=z0.dtype, device=z0.device)
    steps = None if step is None else np.broadcast_to(step, t0.shape)
    for b, sign in np.unique(np.stack([row, np.where(times < t0[row], -1, 1)], 1), axis=0):
        asked = np.flatnonzero((row == b) & ((times < t0[b]) == (sign < 0)))
        leads, where = np.unique(np.abs(times[asked] - t0[b]), return_inverse=True)
        slope = RowField(field, control, b, t0[b], sign)
        states = solve(slope, z0[b : b + 1], leads, None if steps is None else steps[b])
        out[torch.as_tensor(asked)] = states[torch.as_tensor(where)]
    return out
