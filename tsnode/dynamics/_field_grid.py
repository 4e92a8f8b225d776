"""A regular grid of one or two axes: finite differences and boundaries by transforms.

What a boundary does is said by how the field goes on behind it: round again ("periodic"), mirrored
("neumann"), or mirrored with the sign changed once the values at the edges are taken off
("dirichlet"). So every grid is a periodic one, on which a stencil is a product of spectra.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import factorial

import numpy as np
from scipy import fft

BOUNDARIES = ("periodic", "dirichlet", "neumann")
# Points on either side of a stencil where the grid has them: errors of the eighth order for first
# and second derivatives, of the sixth for third and fourth.
REACH = 4


@dataclass(frozen=True)
class FieldGrid:
    """A regular grid, and what lies behind its edges.

    Attributes
    ----------
    shape : tuple of int, length 1 or 2
        Points per axis; with "dirichlet" and "neumann" the first and last lie on the edge.
    spacing : tuple of float
        Distance of neighbours, in the unit that derivatives are asked in.
    boundary : {"periodic", "dirichlet", "neumann"}
    """

    shape: tuple
    spacing: tuple
    boundary: str

    @property
    def n_axes(self):
        """Number of axes of space."""
        return len(self.shape)

    @property
    def axes(self):
        """Axes of space in an array of fields: the last ones."""
        return tuple(range(-self.n_axes, 0))

    @property
    def extended_shape(self):
        """Points per axis of the periodic grid behind this one."""
        is_closed = self.boundary == "periodic"
        return tuple(n if is_closed else max(2 * n - 2, 1) for n in self.shape)

    @property
    def reach(self):
        """Points on either side of the stencils, per axis."""
        return tuple(min(REACH, (n - 1) // 2) for n in self.extended_shape)

    @property
    def most_order(self):
        """Highest derivative that the stencils of every axis can tell."""
        return 2 * min(self.reach)

    def extend(self, values):
        """Go on behind the edges: (..., *shape) to (..., *extended_shape)."""
        if self.boundary == "periodic":
            return values
        for axis in self.axes:
            inner = np.take(values, np.arange(values.shape[axis] - 2, 0, -1), axis=axis)
            sign = -1.0 if self.boundary == "dirichlet" else 1.0
            values = np.concatenate([values, sign * inner], axis=axis)
        return values

    def transform(self, values):
        """Spectrum of fields (..., *shape); those of "dirichlet" are zero on the edge."""
        return fft.rfftn(self.extend(values), axes=self.axes)

    def back(self, spectrum):
        """Fields of a spectrum, on the points of the grid."""
        values = fft.irfftn(spectrum, s=self.extended_shape, axes=self.axes)
        return values[(..., *(slice(n) for n in self.shape))]

    def lift(self, states):
        """Fields with the edges' values of ``states`` and no curvature; 0 without such edges.

        A line between the two ends of one axis; on two axes the mean of the edge.
        """
        if self.boundary != "dirichlet":
            return np.zeros_like(states)
        if self.n_axes == 1:
            part = np.linspace(0.0, 1.0, self.shape[0]) if self.shape[0] > 1 else np.zeros(1)
            return states[..., :1] + (states[..., -1:] - states[..., :1]) * part
        edge = self.is_edge
        level = np.where(edge, states, 0.0).sum(axis=self.axes, keepdims=True) / edge.sum()
        return np.broadcast_to(level, states.shape)

    def lift_slope(self, lift):
        """First derivative of a lift along the one axis it may have."""
        if self.n_axes == 1 and self.shape[0] > 1:
            return (lift[..., -1:] - lift[..., :1]) / (self.spacing[0] * (self.shape[0] - 1))
        return 0.0

    @property
    def is_edge(self):
        """Bool array of shape ``shape``: points on the edge."""
        inner = np.zeros(self.shape, dtype=bool)
        inner[tuple(slice(1, -1) for _ in self.shape)] = True
        return ~inner


def derivatives_up_to(order, n_axes):
    """Orders along the axes, (i,) or (i, j), of all derivatives up to a total order, lowest first.

    >>> derivatives_up_to(1, 2)
    ((0, 0), (0, 1), (1, 0))
    """
    found = [one for one in product(range(order + 1), repeat=n_axes) if sum(one) <= order]
    return tuple(sorted(found, key=lambda one: (sum(one), one)))


@lru_cache(maxsize=32)
def symbols(grid, derivatives):
    """Factors that make a spectrum that of a derivative, (n_derivatives, *spectrum shape)."""
    lasts = grid.extended_shape
    angles = [2 * np.pi * np.arange(n) / n for n in lasts]
    angles[-1] = angles[-1][: lasts[-1] // 2 + 1]
    found = []
    for orders in derivatives:
        parts = [
            _axis_symbol(order, angle, reach, spacing)
            for order, angle, reach, spacing in zip(
                orders, angles, grid.reach, grid.spacing, strict=True
            )
        ]
        found.append(parts[0] if grid.n_axes == 1 else np.multiply.outer(*parts))
    return np.stack(found)


def _axis_symbol(order, angles, reach, spacing):
    if order == 0:
        return np.ones(len(angles), dtype=complex)
    offsets = np.arange(-reach, reach + 1)
    weights = stencil(order, reach)
    return np.exp(1j * np.multiply.outer(angles, offsets)) @ weights / spacing**order


def stencil(order, reach):
    """Weights of the derivative on 2 reach + 1 points one unit apart: exact for polynomials.

    >>> stencil(2, 1).round(12)
    array([ 1., -2.,  1.])
    """
    offsets = np.arange(-reach, reach + 1.0)
    powers = np.arange(2 * reach + 1)
    moments = np.where(powers == order, float(factorial(order)), 0.0)
    return np.linalg.solve(offsets[None] ** powers[:, None], moments)


def interpolation(n_old, n_new, boundary, start=0.0, step=1.0):
    """Matrix (n_new, n_old) to the points start + step k, in parts of the old distance.

    Of the trigonometric polynomial through the extended field.
    """
    line = FieldGrid((n_old,), (1.0,), boundary)
    n = line.extended_shape[0]
    wave = np.arange(n // 2 + 1)
    spectrum = fft.rfft(line.extend(np.eye(n_old)), axis=-1).T
    count = np.where((wave == 0) | (2 * wave == n), 1.0, 2.0)
    at = start + step * np.arange(n_new)
    return (np.exp(2j * np.pi * np.multiply.outer(at, wave) / n) * count @ spectrum).real / n


def resample(states, old, new, start=None):
    """Fields (..., *old.shape) on the points of another grid of the same region.

    ``start`` is the new first point in parts of the old distance, per axis; None: 0.
    """
    lift = old.lift(states)
    v, start = states - lift, start or (0.0,) * old.n_axes
    for axis, number in zip(old.axes, range(old.n_axes), strict=True):
        matrix = interpolation(
            old.shape[number], new.shape[number], old.boundary, start[number],
            new.spacing[number] / old.spacing[number],
        )  # fmt: skip
        v = np.moveaxis(np.moveaxis(v, axis, -1) @ matrix.T, -1, axis)
    if old.boundary != "dirichlet":
        return v
    if old.n_axes == 1:
        part = np.linspace(0.0, 1.0, new.shape[0])
        return v + lift[..., :1] + (lift[..., -1:] - lift[..., :1]) * part
    return v + lift[..., :1, :1]
