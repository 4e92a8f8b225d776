"""One series as the training tools see it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Beside a jump, in median steps.
BESIDE = 1e-4


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
    jumps : increasing float array or None
        Times at which the controls or their slopes jump; they have the new value there.
    """

    times: np.ndarray
    values: np.ndarray
    weights: np.ndarray
    controls: Callable | None = None
    jumps: np.ndarray | None = None

    @property
    def n_rows(self):
        """Number of rows."""
        return len(self.times)

    def mean_controls(self, times):
        """Read controls, and at a jump the mean of both sides, as a smoothed slope has it."""
        if self.jumps is None:
            return self.controls(times)
        return (self.controls(times - BESIDE) + self.controls(times + BESIDE)) / 2
