"""Known-ahead covariates u(t) of every series, at any time."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ._series import positions_by_series


@dataclass(frozen=True)
class KnotControls:
    """Piecewise linear u(t) through the given rows, constant beyond the ends.

    Attributes
    ----------
    starts : int array of shape (n_series + 1,)
    times : float array of shape (n_knots,), strictly increasing within a series
    values : float array of shape (n_knots, n_controls), finite
    """

    starts: np.ndarray
    times: np.ndarray
    values: np.ndarray
    jumps = None
    resolution = 0.0

    @property
    def n_controls(self):
        """Number of covariates."""
        return self.values.shape[1]

    def at(self, series, times):
        """Covariates of the given series numbers at the given times, shape (m, n_controls)."""
        series, times = np.broadcast_arrays(np.asarray(series), np.asarray(times, dtype=float))
        out = np.empty((len(times), self.n_controls))
        for k, asked in positions_by_series(series):
            rows = slice(self.starts[k], self.starts[k + 1])
            for j in range(self.n_controls):
                out[asked, j] = np.interp(times[asked], self.times[rows], self.values[rows, j])
        return out

    def on_clock(self, to_new, to_old, unit):  # noqa: ARG002 - for functions
        """Count their time on another clock."""
        return replace(self, times=to_new(self.times))

    def of_pieces(self, numbers):
        """Covariates of pieces of series; ``numbers`` says of which."""
        parts = [np.arange(self.starts[k], self.starts[k + 1]) for k in numbers]
        starts = np.r_[0, np.cumsum([len(part) for part in parts])].astype(int)
        rows = np.concatenate(parts).astype(int)
        return KnotControls(starts, self.times[rows], self.values[rows])


@dataclass(frozen=True)
class FunctionControls:
    """u(t) computed from series and time alone: calendars, tables with stamps of their own.

    Attributes
    ----------
    function : callable
        Maps series numbers (m,) and times (m,) to an array of shape (m, n_controls).
    n_controls : int
    jumps : callable or None
        Maps a series number to the increasing times at which its u(t), or the slope of it,
        jumps; at such a time it has the new value. One array for all series that share them.
        None: u(t) is smooth.
    resolution : float
        Times nearer than this may be taken for the same.
    """

    function: Callable
    n_controls: int
    jumps: Callable | None = None
    resolution: float = 0.0

    def at(self, series, times):
        """Covariates of the given series numbers at the given times, shape (m, n_controls)."""
        series, times = np.broadcast_arrays(np.asarray(series), np.asarray(times, dtype=float))
        if not len(times):  # transformers refuse frames without rows
            return np.empty((0, self.n_controls))
        order = np.lexsort((times, series))
        opens = np.ones(len(times), dtype=bool)
        opens[1:] = (np.diff(series[order]) != 0) | (np.diff(times[order]) != 0)
        first = order[opens]
        where = np.empty(len(times), dtype=np.int64)
        where[order] = np.cumsum(opens) - 1
        return self.function(series[first], times[first])[where]

    def jumps_of(self, series):
        """Distinct arrays of jumps of the given series numbers, and which of them each has."""
        numbers, where = np.unique(series, return_inverse=True)
        arrays, place = {}, np.empty(len(numbers), dtype=np.int64)
        for k, number in enumerate(numbers):
            found = self.jumps(number)
            place[k], _ = arrays.setdefault(id(found), (len(arrays), found))
        return [found for _, found in arrays.values()], place[where]

    def of_pieces(self, numbers):
        """Covariates of pieces of series; ``numbers`` says of which."""
        numbers = np.asarray(numbers)
        return replace(
            self,
            function=lambda series, times: self.function(numbers[series], times),
            jumps=None if self.jumps is None else lambda k: self.jumps(numbers[k]),
        )

    def on_clock(self, to_new, to_old, unit):
        """Count their time on another clock, whose unit is that long on the present one."""
        moved = {}

        def jumps(number):
            found = self.jumps(number)
            if id(found) not in moved:  # kept together, so that the id stays theirs
                moved[id(found)] = found, to_new(found)
            return moved[id(found)][1]

        return FunctionControls(
            lambda series, times: self.function(series, to_old(times)),
            self.n_controls,
            None if self.jumps is None else jumps,
            self.resolution / unit,
        )


@dataclass(frozen=True)
class MixedControls:
    """Columns of u(t) that run through rows, and others that are computed from series and time.

    Attributes
    ----------
    knots : KnotControls
        All columns.
    timed : FunctionControls
        Those columns that are computed.
    is_timed : bool array of shape (n_controls,)
    """

    knots: KnotControls
    timed: FunctionControls
    is_timed: np.ndarray

    @property
    def n_controls(self):
        """Number of covariates."""
        return self.knots.n_controls

    @property
    def jumps(self):
        """Where the computed columns jump, see ``FunctionControls``."""
        return self.timed.jumps

    @property
    def resolution(self):
        """Times nearer than this may be taken for the same."""
        return self.timed.resolution

    def jumps_of(self, series):
        """Distinct arrays of jumps of the given series numbers, and which of them each has."""
        return self.timed.jumps_of(series)

    def at(self, series, times):
        """Covariates of the given series numbers at the given times, shape (m, n_controls)."""
        out = self.knots.at(series, times)
        out[:, self.is_timed] = self.timed.at(series, times)
        return out

    def on_clock(self, *clock):
        """Count their time on another clock."""
        return replace(self, knots=self.knots.on_clock(*clock), timed=self.timed.on_clock(*clock))

    def of_pieces(self, numbers):
        """Covariates of pieces of series; ``numbers`` says of which."""
        knots, timed = self.knots.of_pieces(numbers), self.timed.of_pieces(numbers)
        return replace(self, knots=knots, timed=timed)


def at_rows(controls, series, times):
    """Covariates of every row at times of its own.

    Parameters
    ----------
    controls : KnotControls or FunctionControls
    series : int array of shape (n_rows,)
    times : float array of shape (n_rows, n_times)

    Returns
    -------
    float array of shape (n_rows, n_times, n_controls)
    """
    series = np.broadcast_to(series[:, None], times.shape)
    return controls.at(series.ravel(), times.ravel()).reshape(*times.shape, -1)


def center_and_scale(values, weights=None):
    """Weighted mean and standard deviation (1 where that is 0) of every column."""
    if not values.size:
        return np.zeros(values.shape[1]), np.ones(values.shape[1])
    center = np.average(values, axis=0, weights=weights)
    scale = np.sqrt(np.average((values - center) ** 2, axis=0, weights=weights))
    # Rounding leaves a constant column a spread of about 1e-16 of its size.
    is_flat = scale <= 1e-12 * np.maximum(np.abs(center), 1e-300)
    return center, np.where(is_flat, 1.0, scale)
