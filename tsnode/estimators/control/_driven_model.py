"""A fitted law and its drivers as one function: states of the controls of every piece."""

from dataclasses import dataclass

import numpy as np

from ...batches import device_of
from ...exceptions import GridError
from ...solvers._driven_run import DrivenRun
from ...solvers._jumps import MARGIN, SAME
from ...solvers._solve import check_method
from ...solvers._stiff import SCIPY_METHODS
from ...solvers._windows import STEPS

# By how much, standardised, the model's own reading may differ from the one that is optimised.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Steps:
    """Steps of a solve that end at every piece and every jump of a driver.

    Attributes
    ----------
    starts, sizes : float arrays of shape (n_steps,), in steps of the model's clock
    nodes : float array of shape (n_steps, 3)
        Where u is read: start, middle and end of every step; behind or before a jump there.
    after : int array of shape (n_pieces,)
        Steps done at the end of every piece.
    """

    starts: np.ndarray
    sizes: np.ndarray
    nodes: np.ndarray
    after: np.ndarray


def plan_steps(begin, ends, jumps, longest, resolution=0.0):
    """Cut the time from ``begin`` to the last of ``ends`` into steps.

    Parameters
    ----------
    begin : float
    ends : increasing float array of shape (n_pieces,)
    jumps : float array
        Where drivers jump, in any order.
    longest : float
        Longest step.
    resolution : float, default=0.0
        Times nearer than this may be the same for who reads u.
    """
    edges = np.r_[begin, ends]
    same = SAME * max(1.0, np.abs(edges).max())
    inside = jumps[(jumps > begin) & (jumps < ends[-1])]
    apart = np.abs(inside[:, None] - edges).min(axis=1, initial=np.inf) > same + resolution
    edges = np.unique(np.r_[edges, inside[apart]])
    gaps = np.diff(edges)
    counts = np.maximum(np.ceil(gaps / longest - 1e-9), 1).astype(int)
    sizes = np.repeat(gaps / counts, counts)
    first = np.cumsum(counts) - counts
    number = np.arange(counts.sum()) - first.repeat(counts)
    starts = np.repeat(edges[:-1], counts) + number * sizes
    nodes = starts[:, None] + sizes[:, None] * np.array([0.0, 0.5, 1.0])
    if len(jumps):
        margin = np.minimum(np.maximum(MARGIN * gaps, 2 * resolution), 0.2 * gaps / counts)
        low, high = (edges[:-1] + margin).repeat(counts), (edges[1:] - margin).repeat(counts)
        nodes = np.clip(nodes, low[:, None], high[:, None])
    after = np.r_[0, np.cumsum(counts)][np.searchsorted(edges, ends)]
    return Steps(starts, sizes, nodes, after)


def piece_weights(nodes, begin, ends, *, holds):
    """How much the value of every piece counts at every node, (n_steps, 3, n_pieces).

    Parameters
    ----------
    nodes : float array of shape (n_steps, 3)
    begin, ends : as of ``plan_steps``
    holds : bool
        Values are held over their pieces; else they are the ends of lines, of which the first
        begins at what is known.
    """
    if holds:
        piece = np.searchsorted(ends, nodes[:, 1])
        return np.repeat(np.eye(len(ends))[piece][:, None], 3, axis=1)
    corners, unit = np.r_[begin, ends], np.eye(len(ends) + 1)[:, 1:]
    return np.stack([np.interp(nodes, corners, column) for column in unit.T], axis=-1)


class DrivenModel:
    """States at the ends of the pieces, of the controls chosen for these.

    Parameters
    ----------
    estimator : fitted forecaster of observed states
    drivers : ColumnDrivers or TableDrivers, begun
    low, high : float arrays of shape (n_pieces, n_chosen)
    start : float array of shape (n_channels,), or None for the estimate at the last known row
    """

    def __init__(self, estimator, drivers, low, high, start=None):
        self.estimator, self.drivers = estimator, drivers
        self.middle, span = middle_and_span(low, high)
        made, asked = drivers.read(self.middle)
        self.index = asked.index
        self._set_begin(made, asked, start)
        self.base = self._controls_at(made, asked)
        self.gain = self._find_gain(span)
        self._check_reading(span)

    def controls(self, values):
        """Give u at the nodes of all steps, (..., n_steps, 3, n_controls).

        ``values`` has shape (..., n_pieces, n_chosen).
        """
        moved = np.moveaxis((values - self.middle) @ self.gain.T, -2, 0)
        spread = np.tensordot(self.weights, moved, axes=1)
        order = [*range(2, spread.ndim - 1), 0, 1, spread.ndim - 1]
        return self.base + spread.transpose(order)

    def states(self, values):
        """States at the ends of the pieces, in units of y, (batch, n_pieces, n_channels)."""
        controls = self.controls(values)
        start = np.repeat(self.z0, len(values), axis=0)
        return self._in_units(self.run.states(start, controls)[:, self.steps.after])

    def follow(self, values):
        """States at the ends of the pieces, and what a gradient by them is by the values.

        Parameters
        ----------
        values : float array of shape (n_pieces, n_chosen)

        Returns
        -------
        states : float array of shape (n_pieces, n_channels)
        pull_back : callable, array of that shape -> array of the shape of ``values``
        """
        run = self.run.linearised(self.z0, self.controls(values))

        def pull_back(by_states):
            full = np.zeros_like(run.states)
            full[self.steps.after] = by_states * self.estimator._scale
            by_controls = run.pull_back(full)
            return np.tensordot(self.weights, by_controls, axes=([0, 1], [0, 1])) @ self.gain

        return self._in_units(run.states[self.steps.after]), pull_back

    def _in_units(self, states):
        return states * self.estimator._scale + self.estimator._center

    # ---------------------------------------------------------------- reading

    def _set_begin(self, made, asked, start):
        """Find the start, the steps and the run over them."""
        path, is_map = made._path, made._path.kind != "ode"
        method, longest = ("rk4", 1.0) if is_map else _own_solver(made)
        known = made._standardised(asked.known)
        known = made._on_grid(known) if is_map else known
        controls = made._scaled(asked.controls)
        row = asked.requests.cutoff[:1]
        solver = path.solver() if is_map else made._solver()
        self.z0 = (
            path._filter.estimate(known, row, path._advance(controls, solver))
            if start is None
            else (start[None] - made._center) / made._scale
        )
        self.series, begin = asked.requests.series[0], known.times[row[0]]
        ends = made._to_steps(asked.requests.times)
        ends = _whole_steps(begin, ends) if is_map else ends
        jumps = np.empty(0)
        if controls.jumps is not None and not is_map:
            jumps = np.concatenate(controls.jumps_of(np.array([self.series]))[0])
        self.steps = plan_steps(begin, ends, jumps, longest, controls.resolution)
        nodes = np.repeat(self.steps.starts[:, None], 3, axis=1) if is_map else self.steps.nodes
        self.nodes, holds = nodes, self.drivers.holds
        # A map reads u at the start of its step, which belongs to the piece that begins there.
        at = nodes + 0.5 if is_map and holds else nodes
        self.weights = piece_weights(at, begin, ends, holds=holds)
        field = path.net.module_.eval().step_map if is_map else path.field.eval()
        self.run = DrivenRun(
            field, None if is_map else method, self.steps.starts, self.steps.sizes,
            device_of(path.field),
        )  # fmt: skip

    def _controls_at(self, made, asked):
        """U at all nodes as the forecaster reads it."""
        controls = made._scaled(asked.controls)
        series = np.full(self.nodes.size, self.series)
        return controls.at(series, self.nodes.ravel()).reshape(*self.nodes.shape, -1)

    def _find_gain(self, span):
        """How u moves with a unit of every chosen driver, (n_controls, n_chosen)."""
        gain = []
        counts = self.weights.sum(axis=2)
        at = np.unravel_index(np.argmax(counts), counts.shape)
        for j in range(span.shape[1]):
            moved = self.middle.copy()
            size = 0.5 * span[:, j].min()
            moved[:, j] += size
            found = self._controls_at(*self.drivers.read(moved))
            gain.append((found - self.base)[at] / (size * counts[at]))
        return np.stack(gain, axis=1)

    def _check_reading(self, span):
        """Refuse drivers that the model reads otherwise than by these weights."""
        share = np.random.default_rng(0).uniform(-0.5, 0.5, size=span.shape)
        values = self.middle + share * span
        read = self._controls_at(*self.drivers.read(values))
        # A span may be long where the bounds are: the difference counts in parts of it.
        off = np.abs(read - self.controls(values)).max() / (1 + np.abs(read).max())
        if off > TOLERANCE:
            msg = "Expected drivers that enter u linearly, from the last observed row on; what the "
            msg += f"model reads differs by {off:.2g}. Take nonlinear transformers of the chosen "
            msg += "drivers out of features=, and rows of X behind the last observation out of fit "
            msg += "and update."
            raise ValueError(msg)


def _own_solver(estimator):
    """Name a method with steps of our own, and their length: the model's, or one as accurate."""
    path, solver = estimator._path, estimator._solver()
    method = check_method(solver.changed.get("method", path.method))
    if method in STEPS:
        return method, solver.step
    method = "exponential_euler" if method in SCIPY_METHODS else "rk4"
    rows = estimator._standardised(estimator._observed)
    controls = estimator._scaled(estimator._covariates.controls())
    settings = {"method": method, "rtol": estimator.rtol, "atol": estimator.atol}
    return method, path.solver(lambda: (rows, controls), **settings).step


def _whole_steps(begin, ends):
    """Return the ends of pieces on the grid of a map."""
    off = np.abs(ends - np.round(ends)).max()
    found = np.round(ends)
    if off > 1e-6 or (np.diff(np.r_[begin, found]) < 1).any():
        msg = "Expected pieces of whole steps of the map's grid; got ends at step(s) "
        msg += f"{', '.join(f'{e - begin:.3g}' for e in ends[:3])}, ... from the last row. Choose "
        msg += "horizon as a multiple of n_pieces steps."
        raise GridError(msg)
    return found


def training_range(estimator):
    """Least and largest states (units of y) and standardised controls of the rows of fit."""
    rows = estimator._observed
    controls = estimator._covariates.controls().at(rows.series_of_row, rows.times)
    seen = rows.values, controls
    return [(np.nanmin(one, axis=0), np.nanmax(one, axis=0)) for one in seen]


def middle_and_span(low, high):
    """Middle and width of bounds; where one is missing the place nearest to 0, and 1."""
    is_bounded = np.isfinite(low) & np.isfinite(high)
    safe = [np.where(is_bounded, one, 0.0) for one in (low, high)]
    middle = np.where(is_bounded, (safe[0] + safe[1]) / 2, np.clip(0.0, low, high))
    return middle, np.where(is_bounded, safe[1] - safe[0], 1.0)
