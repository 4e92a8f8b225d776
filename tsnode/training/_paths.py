"""One series as the training tools see it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ObservedPath:
    """Rows of one series in the units of the network.

    Attributes
    ----------
    times : float array of shape (n,), strictly increasing, in median steps
    values : float array of shape (n, n_states), standardised
        NaN = not observed.
    weights : float array of shape (n,)
        How often a row counts.
    controls : callable or None
        Maps times of shape (m,) to an array of shape (m, n_controls).
    """

    times: np.ndarray
    values: np.ndarray
    weights: np.ndarray
    controls: Callable | None = None

    @property
    def n_rows(self):
        """Number of rows."""
        return len(self.times)
