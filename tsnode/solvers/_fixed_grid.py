"""Answers at asked times, every row on a grid of its own that no other row can move."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from ._exponential import follow, linearise
from ._kernels import NODES_PER_STEP, TABLEAUS, hermite, runge_kutta_step

# Numbers of (row, time) pairs for which controls are computed at once.
N_CONTROLS_AT_ONCE = 65_536


@dataclass(frozen=True)
class Tracks:
    """Rows to integrate, one entry per row and direction, those with most steps first.

    Attributes
    ----------
    row : int array of shape (n_tracks,)
    step : float array of shape (n_tracks,)
        Signed step.
    n_steps : int array of shape (n_tracks,), not increasing
    ask_of : int array of shape (n_asked,)
        Asked answers in the order in which the solve meets them.
    track_of : int array of shape (n_asked,)
        Track of every entry of ``ask_of``.
    theta : float array of shape (n_asked,)
        Place of that answer in its step, 0 to 1.
    first_ask : int array of shape (max(n_steps) + 1,)
        Answers of step k are ``first_ask[k]:first_ask[k + 1]``.
    """

    row: np.ndarray
    step: np.ndarray
    n_steps: np.ndarray
    ask_of: np.ndarray
    track_of: np.ndarray
    theta: np.ndarray
    first_ask: np.ndarray


def plan_tracks(t0, row, times, step):
    """Sort asked times into steps of the grids t0 + k step, in either direction."""
    lead = times - t0[row]
    size = np.broadcast_to(step, t0.shape)[row]
    place = np.abs(lead) / size
    # An ask on a grid point belongs to the step that ends there: no step is made for theta = 0.
    at_step = np.maximum(np.ceil(place - 1e-9).astype(np.int64) - 1, 0)
    key, track_of_ask = np.unique(2 * row + (lead < 0), return_inverse=True)
    n_steps = np.zeros(len(key), dtype=np.int64)
    np.maximum.at(n_steps, track_of_ask, at_step + 1)
    order = np.argsort(-n_steps, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    track_row, direction = key[order] // 2, 1 - 2 * (key[order] % 2)
    ask_of = np.lexsort((rank[track_of_ask], at_step))
    counts = np.bincount(at_step, minlength=n_steps.max(initial=0))
    return Tracks(
        row=track_row,
        step=direction * np.broadcast_to(step, t0.shape)[track_row],
        n_steps=n_steps[order],
        ask_of=ask_of,
        track_of=rank[track_of_ask][ask_of],
        theta=(place - at_step)[ask_of],
        first_ask=np.concatenate([[0], np.cumsum(counts)]),
    )


class _ControlBlocks:
    """u at start, middle and end of the steps, computed for many steps in one call."""

    def __init__(self, control, tracks, t0, like):
        self.control, self.tracks, self.t0, self.like = control, tracks, t0, like
        self.end = 0

    def at(self, k, active):
        """Three tensors (n_active, n_controls) for step k of the active tracks."""
        if self.control is None:
            return None
        if k >= self.end:
            self._compute(k, active)
        where = torch.as_tensor(self.position[active], device=self.like.device)
        return [self.values[NODES_PER_STEP * (k - self.begin) + j][where] for j in range(3)]

    def _compute(self, k, active):
        remaining = int(self.tracks.n_steps[active].max()) - k
        n_steps = int(np.clip(N_CONTROLS_AT_ONCE // len(active), 1, remaining))
        nodes = k + np.arange(NODES_PER_STEP * n_steps + 1) / NODES_PER_STEP
        rows = self.tracks.row[active]
        times = self.t0[rows] + nodes[:, None] * self.tracks.step[active]
        u = self.control(np.tile(rows, len(nodes)), times.ravel())
        u = torch.as_tensor(np.array(u, dtype=np.float64), device=self.like.device)
        self.values = u.reshape(len(nodes), len(active), -1)
        self.position = np.zeros(len(self.tracks.row), dtype=np.int64)
        self.position[active] = np.arange(len(active))
        self.begin, self.end = k, k + n_steps


def march(advance, between, z0, t0, row, times, *, step, control=None):
    """States at asked times, by steps on the grid t0[b] + k step of every row b.

    Rows leave the batch after their last asked time, or when they are no longer finite.

    Parameters
    ----------
    advance : callable (t, z, dt, u, slope) -> (z_end, slope, slope_end)
        One step of all rows. ``slope`` is None in the first step, then the ``slope_end`` of the
        step before; a map without slopes returns None for both. Any tensors with one entry per
        row may stand for the slopes.
    between : callable (theta, dt, z, slope, z_end, slope_end) -> z
        State at the share theta of the step.
    z0, t0, row, times, step, control
        See ``solve_requests``.

    Returns
    -------
    tensor of shape (n_asked, n_states)
    """
    t0, times = np.asarray(t0, dtype=np.float64), np.asarray(times, dtype=np.float64)
    row = np.asarray(row, dtype=np.int64)
    out = torch.full((len(times), z0.shape[1]), torch.nan, dtype=z0.dtype, device=z0.device)
    if not len(times):
        return out
    tracks = plan_tracks(t0, row, times, step)
    controls = _ControlBlocks(control, tracks, t0, z0)
    # Asks and tracks go to the device once, slices of them into the loop.
    ask_of, track_of = _on(z0, tracks.ask_of), _on(z0, tracks.track_of)
    theta, starts = _on(z0, tracks.theta), _on(z0, t0[tracks.row])
    steps, first_ask = _on(z0, tracks.step), tracks.first_ask.tolist()
    # Tracks with fewer steps stand behind: those with a step k are the first so many.
    n_with_step = np.searchsorted(-tracks.n_steps, -np.arange(tracks.n_steps[0]), "left").tolist()
    position = torch.arange(len(tracks.row), device=z0.device)

    active = np.arange(len(tracks.row))
    z, slope, dt, begin = z0[_on(z0, tracks.row)], None, steps, starts
    for k in range(int(tracks.n_steps[0])):
        is_over = active[-1] >= n_with_step[k]
        # A sum is finite if all of its terms are, and costs less than to look at each.
        if is_over or not math.isfinite(z.sum()):
            staying = (active < n_with_step[k]) & torch.isfinite(z).all(dim=1).cpu().numpy()
            keep = _on(z0, np.flatnonzero(staying))
            active, z, slope, dt, begin = (
                active[staying],
                z[keep],
                _pick(slope, keep),
                dt[keep],
                begin[keep],
            )
            if not len(active):
                break
            position.fill_(-1)
            position[_on(z0, active)] = torch.arange(len(active), device=z0.device)
        # k * dt and not a running sum: the grid must not depend on when a row is picked up.
        z_end, slope, slope_end = advance(begin + k * dt, z, dt, controls.at(k, active), slope)
        met = slice(first_ask[k], first_ask[k + 1])
        if met.stop > met.start:
            at = position[track_of[met]]
            alive = at >= 0
            at = at[alive]
            out[ask_of[met][alive]] = between(
                theta[met][alive], dt[at], z[at], _pick(slope, at), z_end[at], _pick(slope_end, at)
            )
        z, slope = z_end, slope_end
    return out


def without_overhead(field):
    """Return the field with its weights looked up once, where it knows how to."""
    return field.frozen() if hasattr(field, "frozen") else field


def _pick(entry, rows):
    return None if entry is None else entry[rows]


def _on(like, array):
    return torch.as_tensor(array, device=like.device)


@torch.no_grad()
def solve_requests(field, z0, t0, row, times, *, method="rk4", step, control=None):
    """States at asked times, each independent of all other asked times and rows.

    Row b is integrated from (t0[b], z0[b]) on the grid t0[b] + k step, backwards for earlier
    times; between grid points answers a cubic Hermite polynomial, or (exponential Euler) the
    linearised field: a cubic would overshoot where a step spans a fast decay.

    Parameters
    ----------
    field : callable (t, z, u) -> dzdt
    z0 : tensor of shape (n_rows, n_states)
    t0 : float array of shape (n_rows,)
    row : int array of shape (n_asked,)
        Which start an asked time belongs to.
    times : float array of shape (n_asked,)
    method : str, default="rk4"
        A key of ``TABLEAUS``, or "exponential_euler".
    step : float or float array of shape (n_rows,), positive
    control : callable (rows, times) -> array of shape (len(times), n_controls), optional
        u of the given rows at the given times; called with many steps at once.

    Returns
    -------
    tensor of shape (n_asked, n_states)
        Not finite where the solution is not.
    """
    if method in TABLEAUS:
        advance, between = _runge_kutta(without_overhead(field), TABLEAUS[method]), hermite
    else:
        advance, between = _exponential_euler(field), _along_linearised
    return march(advance, between, z0, t0, row, times, step=step, control=control)


def _runge_kutta(field, tableau):
    def advance(t, z, dt, u, slope):
        if slope is None:
            slope = field(t, z, None if u is None else u[0])
        z_end = runge_kutta_step(field, tableau, t, z, dt, u, slope)
        return z_end, slope, field(t + dt, z_end, None if u is None else u[-1])

    return advance


def _exponential_euler(field):
    def advance(t, z, dt, u, slope):  # noqa: ARG001
        matrices = linearise(field, t, z, dt, u)
        return follow(matrices, z), matrices, None

    return advance


def _along_linearised(theta, dt, z, matrices, z_end, slope_end):  # noqa: ARG001
    return follow(matrices, z, theta)


@torch.no_grad()
def iterate_requests(step_map, z0, t0, row, times, *, step=1.0, control=None):
    """States at asked times under z' = step_map(t, z, u), linear between whole steps.

    Parameters
    ----------
    step_map : callable (t, z, u) -> z one step later
        Reads the time and the control at the start of the step.
    z0, t0, row, times, control
        See ``solve_requests``; no time may lie before the start of its row.
    step : float or float array of shape (n_rows,), default=1.0
        Length of one step; 1.0 if times count steps.

    Raises
    ------
    ValueError
        A time before the start of its row: a map has no inverse.
    """
    t0, times = np.asarray(t0, dtype=np.float64), np.asarray(times, dtype=np.float64)
    early = times < t0[np.asarray(row, dtype=np.int64)]
    if early.any():
        msg = f"Expected times at or after the start of their row; got {int(early.sum())} before. "
        msg += "A step map cannot go backwards: start from an earlier row."
        raise ValueError(msg)

    def advance(t, z, dt, u, slope):  # noqa: ARG001
        return step_map(t, z, None if u is None else u[0]), None, None

    def between(theta, dt, z, slope, z_end, slope_end):  # noqa: ARG001
        return torch.lerp(z, z_end, theta[:, None])

    return march(advance, between, z0, t0, row, times, step=step, control=control)
