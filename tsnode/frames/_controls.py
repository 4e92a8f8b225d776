"""Known-ahead covariates u(t) of every series, at any time."""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class FunctionControls:
    """u(t) computed from the time alone, the same for all series: calendar features.

    Attributes
    ----------
    function : callable
        Maps times of shape (m,) to an array of shape (m, n_controls).
    n_controls : int
    """

    function: object
    n_controls: int

    def at(self, series, times):
        """Covariates at the given times, shape (m, n_controls)."""
        _, times = np.broadcast_arrays(np.asarray(series), np.asarray(times, dtype=float))
        if not len(times):  # transformers refuse frames without rows
            return np.empty((0, self.n_controls))
        distinct, where = np.unique(times, return_inverse=True)
        return self.function(distinct)[where]


def center_and_scale(values, weights=None):
    """Weighted mean and standard deviation (1 where that is 0) of every column."""
    if not values.size:
        return np.zeros(values.shape[1]), np.ones(values.shape[1])
    center = np.average(values, axis=0, weights=weights)
    scale = np.sqrt(np.average((values - center) ** 2, axis=0, weights=weights))
    # Rounding leaves a constant column a spread of about 1e-16 of its size.
    is_flat = scale <= 1e-12 * np.maximum(np.abs(center), 1e-300)
    return center, np.where(is_flat, 1.0, scale)
