"""A planar field on a grid of states, and where it stands still."""

from dataclasses import dataclass

import numpy as np

from ..inspection._frozen_field import FrozenField, by_differences
from ..inspection._rest_search import find_rests
from ..inspection._stability import name_stability, sort_eigenvalues

N_POINTS = 81  # a side: nullclines look smooth, 6,561 states are one call of the field
MOST_CELLS = 300  # with a sign change of both slopes; more are an area at rest, not points
MARGIN = 0.1  # of the range of the states, on either side


@dataclass(frozen=True)
class FieldGrid:
    """Slopes of a planar field on a grid.

    Attributes
    ----------
    x, y : arrays of shape (n_x,) and (n_y,), increasing
    slopes : array of shape (n_y, n_x, 2), of x and of y
    fixed_points : array of shape (n_fixed, 2)
    is_stable : bool array of shape (n_fixed,)
        Whether small deviations from it die out.
    """

    x: np.ndarray
    y: np.ndarray
    slopes: np.ndarray
    fixed_points: np.ndarray
    is_stable: np.ndarray


def sample_field(field, states):
    """Evaluate a planar field around states, and find its fixed points among them.

    Parameters
    ----------
    field : callable, states of shape (n, 2) to slopes of that shape
    states : array of shape (n, 2)

    Returns
    -------
    FieldGrid
    """
    low, high = np.nanmin(states, axis=0), np.nanmax(states, axis=0)
    span = high - low
    x, y = np.linspace(low - MARGIN * span, high + MARGIN * span, N_POINTS).T
    points = np.stack(np.meshgrid(x, y), axis=-1)
    slopes = np.asarray(field(points.reshape(-1, 2))).reshape(points.shape)
    found = _fixed_points(field, x, y, slopes)
    jacobians = by_differences(field, [x[1] - x[0], y[1] - y[0]])(found)
    is_stable = [name_stability(modes)[1] for modes in sort_eigenvalues(jacobians)]
    return FieldGrid(x, y, slopes, found, np.array(is_stable, dtype=bool))


def _fixed_points(field, x, y, slopes):
    """Points of the picture that Newton's method finds from cells in which both slopes turn."""
    cell = np.array([x[1] - x[0], y[1] - y[0]])
    row, column = np.nonzero(_changes_sign(slopes).all(axis=-1))
    if not 0 < len(row) <= MOST_CELLS:
        return np.empty((0, 2))
    starts = np.stack([x[column], y[row]], axis=1) + cell / 2
    low, high = np.array([x[0], y[0]]), np.array([x[-1], y[-1]])
    found, _ = find_rests(FrozenField(field, by_differences(field, cell)), starts, low, high)
    return found[((found >= low) & (found <= high)).all(axis=1)]


def _changes_sign(slopes):
    """Whether each slope has both signs at the corners of a cell, (n_y - 1, n_x - 1, 2)."""
    corners = np.stack([slopes[:-1, :-1], slopes[1:, :-1], slopes[:-1, 1:], slopes[1:, 1:]])
    return (corners.min(axis=0) <= 0) & (corners.max(axis=0) >= 0)
