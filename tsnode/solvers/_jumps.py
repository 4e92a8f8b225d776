"""Solves through controls that jump or bend: steps end there, and read nothing behind it."""

from dataclasses import dataclass

import numpy as np
import torch

# Distance from a jump at which u is read, in parts of the time between two jumps: a time that
# rounding moved onto the other side of a jump would read the wrong value whole.
MARGIN = 1e-6
# The same jump, but for rounding.
SAME = 1e-9


@dataclass(frozen=True)
class Segments:
    """Stretches between jumps that every row passes, the first with its start in it.

    Attributes
    ----------
    low, high : float arrays
        Jumps at both ends of all segments of all rows, one row after the other; -inf and inf where
        there is none.
    first : int array of shape (n_rows,)
        Where the segments of a row begin.
    n_segments : int array of shape (n_rows,)
    of_ask : int array of shape (n_asked,)
        Segment of its row in which an asked time lies; at a jump, that which ends there.
    """

    low: np.ndarray
    high: np.ndarray
    first: np.ndarray
    n_segments: np.ndarray
    of_ask: np.ndarray


def plan_segments(jumps, which, t0, row, times, sign):
    """Cut the way of every row at its jumps.

    Parameters
    ----------
    jumps : list of increasing float arrays
    which : int array of shape (n_rows,)
        The array of every row.
    t0 : float array of shape (n_rows,)
    row, times : arrays of shape (n_asked,)
    sign : {1, -1}
        Direction of time; all asked times lie that way.
    """
    begin, ahead = sign * t0, sign * times
    slack = SAME * np.maximum(1.0, np.abs(begin))
    flat = [np.r_[-np.inf, one if sign > 0 else -one[::-1], np.inf] for one in jumps]
    offset = np.cumsum([0, *map(len, flat)])
    passed, of_ask = np.zeros(len(t0), dtype=np.int64), np.zeros(len(row), dtype=np.int64)
    for k, mine in positions_by_number(which):
        passed[mine] = np.searchsorted(flat[k], begin[mine] + slack[mine], side="right") - 1
    for k, mine in positions_by_number(which[row]):
        reached = np.searchsorted(flat[k], ahead[mine] - slack[row[mine]]) - 1
        of_ask[mine] = np.maximum(reached - passed[row[mine]], 0)
    n_segments = np.ones(len(t0), dtype=np.int64)
    np.maximum.at(n_segments, row, of_ask + 1)
    first = np.cumsum(n_segments) - n_segments
    at = np.arange(n_segments.sum()) - np.repeat(first, n_segments)
    at += np.repeat(offset[which] + passed, n_segments)
    flat = np.concatenate(flat)
    low, high = (flat[at], flat[at + 1]) if sign > 0 else (-flat[at + 1], -flat[at])
    return Segments(low, high, first, n_segments, of_ask)


def positions_by_number(numbers):
    """Yield every number that occurs, with its positions in the array."""
    order = np.argsort(numbers, kind="stable")
    found, first = np.unique(numbers[order], return_index=True)
    yield from zip(found, np.split(order, first[1:]), strict=True)


def solve_between_jumps(solve, z0, t0, row, times, *, step, control, jumps, which, resolution=0.0):
    """States at asked times, solved anew from every jump of the controls.

    Fixed steps are cut so that a whole number of them lies between two jumps. What is asked before
    a jump is not moved by it at all: u behind it is never read.

    Parameters
    ----------
    solve : callable (z0, t0, row, times, *, step, control) -> tensor of states
        A solve for continuous controls, see ``solve_requests``.
    z0, t0, row, times, control
        See ``solve_requests``.
    step : float
    jumps : list of increasing float arrays
        Times at which controls, or their slopes, jump; they have the new value there.
    which : int array of shape (n_rows,)
        The array of every row.
    resolution : float, default=0.0
        Least distance of two times that ``control`` tells apart.

    Returns
    -------
    tensor of shape (n_asked, n_states)
    """
    t0, times = np.asarray(t0, dtype=np.float64), np.asarray(times, dtype=np.float64)
    row = np.asarray(row, dtype=np.int64)
    out = torch.full((len(times), z0.shape[1]), torch.nan, dtype=z0.dtype, device=z0.device)
    for sign in (1, -1):
        asked = np.flatnonzero((times < t0[row]) == (sign < 0))
        if len(asked):
            rows, place = np.unique(row[asked], return_inverse=True)
            passage = _Passage(
                solve, t0[rows], place, times[asked], sign, step, _of_rows(control, rows),
                jumps, which[rows], resolution,
            )  # fmt: skip
            out[torch.as_tensor(asked, device=z0.device)] = passage.states(z0[rows])
    return out


def _of_rows(control, rows):
    return lambda row, times: control(rows[row], times)


class _Passage:
    """Rows on their way in one direction; see ``solve_between_jumps``."""

    def __init__(self, solve, t0, row, times, sign, step, control, jumps, which, resolution):
        self.solve, self.t0, self.row, self.times = solve, t0, row, times
        self.sign, self.step, self.control = sign, step, control
        self.resolution = resolution
        self.plan = plan_segments(jumps, which, t0, row, times, sign)

    def states(self, z):
        out = torch.full((len(self.times), z.shape[1]), torch.nan, dtype=z.dtype, device=z.device)
        plan, begin = self.plan, self.t0
        for k in range(int(plan.n_segments.max())):
            here = np.flatnonzero(plan.n_segments > k)
            low, high = (edge[plan.first[here] + k] for edge in (plan.low, plan.high))
            end = high if self.sign > 0 else low
            (asked,) = np.nonzero(plan.of_ask == k)
            goes_on = np.flatnonzero(plan.n_segments[here] > k + 1)
            # Asked first, then the ends of those rows that go on.
            row = np.r_[np.searchsorted(here, self.row[asked]), goes_on]
            times = np.r_[self.times[asked], end[goes_on]]
            found = self.solve(
                z[here], begin[here], row, times, step=self._steps(begin[here], end),
                control=self._inside(here, low, high),
            )  # fmt: skip
            out[torch.as_tensor(asked, device=z.device)] = found[: len(asked)]
            z, begin = z.clone(), begin.copy()
            z[torch.as_tensor(here[goes_on], device=z.device)] = found[len(asked) :]
            begin[here[goes_on]] = end[goes_on]
        return out

    def _steps(self, begin, end):
        """Step of every row, a whole part of its way to the next jump."""
        way = np.abs(end - begin)
        bounded = np.isfinite(way)
        n_steps = np.maximum(np.ceil(np.where(bounded, way, 1.0) / self.step - SAME), 1)
        return np.where(bounded & (way > 0), way / n_steps, self.step)

    def _inside(self, here, low, high):
        """Read the controls of the rows strictly between the jumps at both ends."""
        length = np.where(np.isfinite(high - low), high - low, self.step)
        margin = np.minimum(np.maximum(MARGIN * length, 2 * self.resolution), length / 4)
        low, high = low + margin, high - margin

        def control(row, times):
            return self.control(here[row], np.clip(times, low[row], high[row]))

        return control
