"""Pieces of long paths, spread over all of them, that a dense solve can hold."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from ..solvers._windows import control_times, solve_windows
from ._shooting_windows import cut_windows, median_gap

# Many short pieces see more of the state space than few long ones: on 20,000 rows of Lorenz-63
# with 5 % noise 12 pieces of 90 gaps reach 1.1e-4, 5 of 190 only 2.5e-4. A state at the end of a
# piece is known from one side only, so pieces must not be too short either.
GAPS_PER_PIECE, FEWEST_PIECES = 90, 4
# Windows in which a fit is judged: rows ahead, and how many.
N_LEADS, MAX_WINDOWS = 8, 2000
GAP_LIMIT_IN_MEDIANS = 10.0


@dataclass(frozen=True)
class Piece:
    """Rows ``first`` to ``last`` (not included) of path number ``path``."""

    path: int
    first: int
    last: int


def spread_pieces(paths, layouts, n_gaps):
    """Choose pieces of equal numbers of mesh gaps at equal distances.

    Parameters
    ----------
    paths : list of ObservedPath
    layouts : list of float arrays
        Points of the mesh of every path.
    n_gaps : int
        Gaps of the mesh over all pieces, at most.

    Returns
    -------
    list of Piece
        Empty where fewer than four pieces would do, which see too little of the states.
    """
    n_pieces = n_gaps // GAPS_PER_PIECE
    if n_pieces < FEWEST_PIECES:
        return []
    counts = np.array([len(points) - 1 for points in layouts])
    before = np.concatenate([[0], np.cumsum(counts)])
    starts = np.linspace(0, before[-1] - GAPS_PER_PIECE, n_pieces).round().astype(int)
    pieces = []
    for start in np.unique(starts):
        k = int(np.searchsorted(before, start, side="right")) - 1
        points, first = layouts[k], start - before[k]
        # A piece ends with its path, however short that leaves it.
        ends = points[first], points[min(first + GAPS_PER_PIECE, counts[k])]
        rows = np.searchsorted(paths[k].times, ends, side="left")
        if rows[1] + 1 - rows[0] > 1:
            pieces.append(Piece(k, int(rows[0]), int(min(rows[1] + 1, paths[k].n_rows))))
    return pieces


def cut_pieces(pieces, paths, smooth):
    """Return paths and smoothed paths of the pieces alone."""
    cut = [
        replace(
            paths[p.path],
            times=paths[p.path].times[p.first : p.last],
            values=paths[p.path].values[p.first : p.last],
            weights=paths[p.path].weights[p.first : p.last],
        )
        for p in pieces
    ]
    by_path = ("states", "slopes", "spreads", "slope_spreads")
    return cut, smooth | {
        name: [smooth[name][p.path][p.first : p.last] for p in pieces] for name in by_path
    }


def windows_beside(pieces, paths, states):
    """Windows that begin outside of all pieces, and the path of each.

    Returns
    -------
    ShootingWindows
        From smoothed states to observed ones, at most 2,000 of them.
    """
    series = [
        (path.times, start, path.values, path.weights, path.controls)
        for path, start in zip(paths, states, strict=True)
    ]
    stride = max(1, sum(path.n_rows for path in paths) // MAX_WINDOWS)
    limit = GAP_LIMIT_IN_MEDIANS * median_gap(series)
    windows = cut_windows(series, N_LEADS, max_gap=limit, stride=stride)
    is_beside = np.ones(len(windows), dtype=bool)
    begin = windows.times[:, 0]
    for p in pieces:
        first, last = paths[p.path].times[[p.first, p.last - 1]]
        is_beside &= ~((windows.series == p.path) & (begin >= first) & (begin <= last))
    return windows.take(np.flatnonzero(is_beside))


@torch.no_grad()
def forecast_error(field, paths, windows, n_substeps=2):
    """Mean squared error of the field's forecasts of all windows; inf where one diverges."""
    like = next(field.parameters())
    times, z0 = (torch.as_tensor(x).to(like) for x in (windows.times, windows.z0))
    u = None
    if field.n_controls:
        at = control_times(windows.times, n_substeps)
        u = np.empty((*at.shape, field.n_controls))
        for k in np.unique(windows.series):
            rows = windows.series == k
            u[rows] = paths[k].controls(at[rows].ravel()).reshape(*at[rows].shape, -1)
        u = torch.as_tensor(u).to(like)
    found = solve_windows(field, z0, times, n_substeps=n_substeps, controls=u).cpu().numpy()
    seen = np.isfinite(windows.targets)
    miss = np.square(found[seen] - windows.targets[seen])
    return float(miss.mean()) if np.isfinite(miss).all() and len(miss) else np.inf
