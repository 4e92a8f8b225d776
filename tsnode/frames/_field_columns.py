"""Which point of which channel stands in which column of y, and the regular grid they make."""

import numbers
from dataclasses import dataclass

import numpy as np

from ..exceptions import GridError

# Coordinates that were written down, or computed, are equally spaced up to this share of a step.
ROUNDING = 1e-3
REMEDY = "Interpolate the fields to equally spaced points first."


@dataclass(frozen=True)
class FieldColumns:
    """Columns of y as fields.

    Attributes
    ----------
    channels : tuple
        Names of the channels, or (None,) where the columns are points alone.
    coordinates : tuple of float arrays
        Of every axis, rising.
    order : int array of shape (n_channels * n_points,)
        Column of every channel and point, channels first, the last axis fastest.
    kind : {"levels", "points", "array"}
        Columns named (channel, x[, y]), by points, or the axes of an array (..., channel).
    names : tuple
        Of the levels of the columns.
    """

    channels: tuple
    coordinates: tuple
    order: np.ndarray
    kind: str
    names: tuple = ()

    @property
    def shape(self):
        """Points per axis."""
        return tuple(len(one) for one in self.coordinates)

    @property
    def spacing(self):
        """Distance of neighbours per axis; 1 where there is one point."""
        return tuple(_spacing(one) for one in self.coordinates)

    def take(self, values):
        """Fields (n, n_channels, *shape) of rows (n, n_columns)."""
        return values[:, self.order].reshape(len(values), len(self.channels), *self.shape)

    def put(self, fields):
        """Rows (n, n_columns) in the order of y; inverse of ``take``."""
        rows = np.empty((len(fields), len(self.order)))
        rows[:, self.order] = fields.reshape(len(fields), len(self.order))
        return rows


def read_field_columns(columns, names=(), array_shape=None, grid=None):
    """Find channels and grid of the columns of y.

    Parameters
    ----------
    columns : tuple
        Names; tuples (channel, x) or (channel, x, y), numbers (coordinates), or anything else
        (points 0, 1, 2, ... of one channel).
    names : tuple of the levels of the columns
    array_shape : tuple, default=None
        (points of every axis, channels) of an array y.
    grid : array, or tuple of arrays, one an axis; default=None
        Coordinates where the columns hold none; None: 0, 1, 2, ...

    Raises
    ------
    GridError
        Coordinates that are no numbers, repeated, missing for some channel or unequally spaced.
    """
    if array_shape is not None:
        *points, n_channels = array_shape
        lines = _given_lines(grid, tuple(points))
        order = np.arange(np.prod(array_shape)).reshape(array_shape)
        order = np.moveaxis(order, -1, 0).ravel()
        return FieldColumns(tuple(range(n_channels)), lines, order, "array")
    if all(isinstance(column, tuple) for column in columns):
        if grid is not None:
            msg = "Expected grid=None beside columns that name their points; got both. "
            msg += "Leave grid out."
            raise GridError(msg)
        return _of_levels(columns, names)
    is_numbers = len(columns) > 1 and all(_is_number(column) for column in columns)
    if is_numbers and grid is None:
        line = np.array(columns, dtype=float)
        order = np.argsort(line, kind="stable")
        lines = (checked_line(line[order], "x"),)
        return FieldColumns((None,), lines, order, "points")
    lines = _given_lines(grid, (len(columns),))
    return FieldColumns((None,), lines, np.arange(len(columns)), "points")


def check_no_copies(columns):
    """Refuse names (channel, x[, y]) that stand over several columns.

    Raises
    ------
    GridError
    """
    if columns.has_duplicates and all(isinstance(column, tuple) for column in columns):
        first = columns[columns.duplicated()].tolist()[0]
        msg = f"Expected every point of a channel once; got {first!r} repeatedly among the "
        raise GridError(msg + "columns of y. Drop or average the copies.")


def _of_levels(columns, names):
    n_levels = len(columns[0])
    if n_levels not in (2, 3):
        msg = f"Expected columns (channel, x) or (channel, x, y); got {n_levels} levels. "
        raise GridError(msg + "Name the channel in the first, coordinates in the others.")
    strange = [c for c in columns if not all(_is_number(part) for part in c[1:])]
    if strange:
        msg = "Expected coordinates that are finite numbers in all levels of the columns of y but "
        msg += f"the first; got {len(strange)} column(s) without, first {strange[0]!r}. Convert "
        raise GridError(
            msg + "the level, say by columns.set_levels(levels.astype(float), level=1)."
        )
    channels = tuple(dict.fromkeys(column[0] for column in columns))
    lines = tuple(np.unique([float(c[axis]) for c in columns]) for axis in range(1, n_levels))
    place = {(c[0], *map(float, c[1:])): k for k, c in enumerate(columns)}
    corners = [a.ravel() for a in np.meshgrid(*lines, indexing="ij")]
    wanted = [(name, *map(float, at)) for name in channels for at in zip(*corners, strict=True)]
    lines = tuple(checked_line(a, n) for a, n in zip(lines, ("x", "y"), strict=False))
    absent = [one for one in wanted if one not in place]
    if absent:
        msg = f"Expected all channels at all points of the grid; got no column for {len(absent)} "
        msg += f"of {len(wanted)}, first {absent[0]!r}. Add them, with NaN where not observed."
        raise GridError(msg)
    order = np.array([place[one] for one in wanted])
    return FieldColumns(channels, lines, order, "levels", tuple(names))


def _given_lines(grid, shape):
    if grid is None:
        return tuple(np.arange(float(n)) for n in shape)
    lines = as_lines(grid, len(shape))
    found = tuple(len(line) for line in lines)
    if found != shape:
        msg = f"Expected grid to hold the coordinates of {shape} points of y; got {found}. "
        raise GridError(msg + "Pass one number a point, a tuple of arrays for two axes.")
    return lines


def as_lines(grid, n_axes, name="grid"):
    """Coordinates of every axis, of what a user calls a grid; each regular and rising."""
    try:
        given = (grid,) if n_axes == 1 and np.ndim(grid) == 1 else grid
        lines = [np.asarray(line) for line in given]
    except (TypeError, ValueError):  # of rows of different lengths
        lines = []
    is_good = len(lines) == n_axes and all(
        line.ndim == 1 and len(line) and line.dtype.kind in "fiu" for line in lines
    )
    if not is_good:
        what = "an array of numbers" if n_axes == 1 else "a tuple of two arrays of numbers"
        msg = f"{name} must be {what}, the coordinates of its points; got {grid!r}. Pass, say, "
        raise GridError(msg + "numpy.linspace(0, 1, 65).")
    return tuple(
        checked_line(line.astype(float), axis)
        for line, axis in zip(lines, ("x", "y"), strict=False)
    )


def checked_line(line, axis):
    """Return coordinates if they are finite, rising and equally spaced.

    Raises
    ------
    GridError
    """
    gaps = np.diff(line)
    if not np.isfinite(line).all() or (gaps <= 0).any():
        msg = f"Expected finite coordinates along {axis}, each once and rising; got {line}. "
        raise GridError(msg + "Sort them, and drop repeated points.")
    mean = _spacing(line)
    if len(gaps) and np.abs(gaps - mean).max() > ROUNDING * mean:
        msg = f"Expected a regular grid along {axis}, all points equally far apart; got distances "
        raise GridError(msg + f"from {gaps.min():.6g} to {gaps.max():.6g}. {REMEDY}")
    return line


def check_same_region(lines, columns, boundary):
    """Refuse a grid that does not cover the region of fit.

    Raises
    ------
    GridError
    """
    for line, own, axis in zip(lines, columns.coordinates, ("x", "y"), strict=False):
        if boundary == "periodic":
            wanted, got = len(own) * _spacing(own), len(line) * _spacing(line)
            if len(line) > 1 and abs(got - wanted) <= ROUNDING * _spacing(line):
                continue
            what = f"points that divide the period {wanted:.6g} along {axis} evenly"
            got = f"{len(line)} points {_spacing(line):.6g} apart, together {got:.6g}"
        else:
            near = ROUNDING * _spacing(line)
            if len(line) > 1 and abs(line[[0, -1]] - own[[0, -1]]).max() <= near:
                continue
            what = f"points from {own[0]:.6g} to {own[-1]:.6g} along {axis}, as in fit"
            got = f"{line[0]:.6g} to {line[-1]:.6g}"
        msg = f"grid must hold {what}; got {got}. Choose another number of points, not another "
        raise GridError(msg + "region.")


def _spacing(line):
    return float((line[-1] - line[0]) / (len(line) - 1)) if len(line) > 1 else 1.0


def _is_number(value):
    is_real = isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_)
    return is_real and bool(np.isfinite(value))
