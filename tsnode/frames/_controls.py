"""Known-ahead covariates u(t) of every series, at any time."""

from dataclasses import dataclass

import numpy as np


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
        for k in np.unique(series):
            asked = series == k
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
        distinct, where = np.unique(times, return_inverse=True)
        return self.function(distinct)[where]
