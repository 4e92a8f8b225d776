"""Observations as a continuous path that drives a state, dz = F(z) dX, and its solve."""

import numpy as np
import torch

from ._kernels import TABLEAUS, runge_kutta_step

PATHS = ("hermite", "linear", "rectilinear")
# What such a path is up to a stamp does not depend on what is observed later.
CAUSAL = ("hermite", "rectilinear")
# Knots of the path per stamp.
STRIDES = {"hermite": 1, "linear": 1, "rectilinear": 2}


def check_causal(path, *, asked):
    """Refuse a path that looks ahead where one is asked that does not."""
    if path in CAUSAL or not asked:
        return
    listed = " or ".join(repr(name) for name in CAUSAL)
    msg = f"Expected a causal path, {listed}; got path={path!r}, which fills missing values by "
    msg += f"later ones. Set path={CAUSAL[0]!r}, or do not ask for what is known at a stamp."
    raise ValueError(msg)


def fill_missing(values, path):
    """Values without gaps: the last one carried on, or (not causal) linear between neighbours.

    Parameters
    ----------
    values : float array of shape (batch, time, channel)
        NaN = not observed. Before the first observation stands 0, the mean of what is
        standardised; linear paths take the first observation there.
    path : str
        One of ``PATHS``.
    """
    seen = np.isfinite(values)
    stamp = np.arange(values.shape[1])[:, None]
    before = np.maximum.accumulate(np.where(seen, stamp, -1), axis=1)
    held = np.take_along_axis(values, np.maximum(before, 0), axis=1)
    if path in CAUSAL:
        return np.where(before < 0, 0.0, held)
    n = values.shape[1]
    after = np.minimum.accumulate(np.where(seen, stamp, n)[:, ::-1], axis=1)[:, ::-1]
    next_ = np.take_along_axis(values, np.minimum(after, n - 1), axis=1)
    share = (stamp - before) / np.maximum(after - before, 1)
    between = held + share * (next_ - held)
    filled = np.where(after == n, held, np.where(before < 0, next_, between))
    return np.where((before < 0) & (after == n), 0.0, filled)


def path_values(values, path, per_count=None):
    """Values of a path at its stamps: without gaps, and with counts of the observations so far.

    How much was observed so far tells of the sensor, and of what a value is worth.

    Parameters
    ----------
    values : float array of shape (batch, time, channel)
        NaN = not observed.
    path : str
        See ``fill_missing``.
    per_count : float or None, default=None
        So many observations count as 1; None leaves the counts out.

    Returns
    -------
    float array of shape (batch, time, channel) or, with counts, (batch, time, 2 * channel)
    """
    filled = fill_missing(values, path)
    if per_count is None:
        return filled
    counts = np.cumsum(np.isfinite(values), axis=1) / per_count
    return np.concatenate([filled, counts], axis=2)


def control_slopes(times, values, path):
    """Slopes of a path through (time, values) at start, middle and end of every step.

    A step goes from one knot to the next and has length 1, whatever the gap of the stamps: the
    path's time is its first channel, so that a padded tail, which repeats the last row, stands
    still.

    Parameters
    ----------
    times : float array of shape (batch, time), not decreasing
    values : float array of shape (batch, time, channel)
        Without gaps, see ``fill_missing``.
    path : {"hermite", "linear", "rectilinear"}
        Cubic pieces whose slope at a stamp is the backward difference (Morrill, Kidger, Yang and
        Lyons 2021, section 3.2), limited to one increment of the gap before; straight lines; or
        first the time and then the values.

    Returns
    -------
    float array of shape (batch, STRIDES[path] * (time - 1), 3, 1 + channel)
        What three nodes a step need of the kernels; by Simpson's rule their integral is the
        increment of the path.
    """
    knots = np.concatenate([times[..., None], values], axis=2)
    if path == "rectilinear":
        knots = np.repeat(knots, 2, axis=1)
        # Knot 2 i + 1 has the time of stamp i + 1 and the values of stamp i.
        knots[:, 1:-1:2, 0] = times[:, 1:]
        knots = knots[:, :-1]
    steps = np.diff(knots, axis=1)
    if path != "hermite":
        return np.repeat(steps[:, :, None], 3, axis=2)
    start = steps.copy()
    gaps = np.diff(times, axis=1)[..., None]
    ratio = np.divide(gaps[:, 1:], gaps[:, :-1], out=np.zeros_like(gaps[:, 1:]),
                      where=gaps[:, :-1] > 0)  # fmt: skip
    # At most one: behind a short gap the noise of two observations is a steep slope, and a cubic
    # that keeps it over a long gap leaves the data far behind.
    start[:, 1:] = steps[:, :-1] * np.minimum(ratio, 1.0)
    middle = 1.5 * steps - 0.25 * (start + steps)
    return np.stack([start, middle, steps], axis=2)


def stage_times(times, path):
    """Find the times at start, middle and end of every step of ``control_slopes``.

    Parameters
    ----------
    times : float array of shape (batch, time)
    path : str

    Returns
    -------
    float array of shape (batch, STRIDES[path] * (time - 1), 3)
        At stamps these very ones: what jumps at one has its new value there.
    """
    start, end = times[:, :-1], times[:, 1:]
    if path == "rectilinear":  # the values follow at the new time
        start = np.stack([start, end], axis=2).reshape(len(times), 2 * end.shape[1])
        end = np.repeat(end, 2, axis=1)
    pace = control_slopes(times, np.empty((*times.shape, 0)), path)[..., 0]
    # The integral over half a step of the parabola through three slopes.
    middle = start + pace @ np.array([5.0, 8.0, -1.0]) / 24
    return np.stack([start, middle, end], axis=2)


def solve_controlled(field, z0, slopes, *, method="rk4"):
    """States at all knots of a path, one step from each to the next.

    Parameters
    ----------
    field : callable (t, z, u) -> dzds
        F(z) u, with the slope u of the path.
    z0 : tensor of shape (batch, n_states)
    slopes : tensor of shape (batch, n_steps, 3, n_controls)
        See ``control_slopes``.
    method : str, default="rk4"
        A key of ``TABLEAUS``.

    Returns
    -------
    tensor of shape (batch, n_steps + 1, n_states)
    """
    tableau, dt = TABLEAUS[method], z0.new_ones(len(z0))
    z, states = z0, [z0]
    for step in slopes.unbind(1):
        z = runge_kutta_step(field, tableau, 0 * dt, z, dt, step.unbind(1))
        states.append(z)
    return torch.stack(states, dim=1)
