"""A planar field on a grid of states, and where it stands still."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import root

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
    found, is_stable = _fixed_points(field, x, y, slopes)
    return FieldGrid(x, y, slopes, found, is_stable)


def _fixed_points(field, x, y, slopes):
    """Refine each cell in which both slopes change sign; neighbours lead to one point."""
    cell = np.array([x[1] - x[0], y[1] - y[0]])
    found, is_stable = [], []
    cells = np.argwhere(_changes_sign(slopes).all(axis=-1))
    for row, column in cells if len(cells) <= MOST_CELLS else ():
        start = np.array([x[column], y[row]]) + cell / 2
        # In cells: one length for both channels, whatever their units.
        answer = root(lambda shift, start=start: field((start + shift * cell)[None])[0], [0.0, 0.0])
        point = start + answer.x * cell
        is_far = np.abs(answer.x).max() > 2
        if not answer.success or is_far or any(_is_near(point, other, cell) for other in found):
            continue
        found.append(point)
        is_stable.append(_draws_in(field, point, cell))
    return np.reshape(found, (-1, 2)), np.array(is_stable, dtype=bool)


def _changes_sign(slopes):
    """Whether each slope has both signs at the corners of a cell, (n_y - 1, n_x - 1, 2)."""
    corners = np.stack([slopes[:-1, :-1], slopes[1:, :-1], slopes[:-1, 1:], slopes[1:, 1:]])
    return (corners.min(axis=0) <= 0) & (corners.max(axis=0) >= 0)


def _is_near(point, other, cell):
    return bool((np.abs(point - other) < 0.1 * cell).all())


def _draws_in(field, point, cell):
    """Whether all eigenvalues of the Jacobian have a negative real part."""
    steps = 1e-3 * np.diag(cell)
    jacobian = (field(point + steps) - field(point - steps)).T / (2e-3 * cell)
    return bool((np.linalg.eigvals(jacobian).real < 0).all())
