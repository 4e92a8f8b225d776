"""Rows of a density as a flow sees them: standardised, less a linear forecast from the context."""

from dataclasses import dataclass

import numpy as np

# Singular values of standardised columns below this share of the largest are rounding.
SMALLEST_SHARE = 1e-10


@dataclass(frozen=True)
class FlowUnits:
    """How rows and contexts are standardised.

    Attributes
    ----------
    center, scale : float arrays of shape (n_targets,)
    context_center, context_scale : float arrays of shape (n_context,)
    slope : float array of shape (n_context, n_targets)
        Of the linear regression of the targets on the standardised context.
    """

    center: np.ndarray
    scale: np.ndarray
    context_center: np.ndarray
    context_scale: np.ndarray
    slope: np.ndarray

    @classmethod
    def learn(cls, rows, context, weights):
        """Learn from rows (n_rows, n_targets) by their weights (n_rows,).

        ``context`` has shape (n_rows, n_context), or is None.
        """
        context = np.empty((len(rows), 0)) if context is None else context
        context_center, spread = _moments(context, weights)
        # A context that never changes tells nothing, and does no harm.
        context_scale = np.where(spread > 1e-12 * np.abs(context_center), spread, 1.0)
        standard = (context - context_center) / context_scale
        center, spread = _moments(rows, weights)
        root = np.sqrt(weights)[:, None]
        slope = np.linalg.lstsq(root * standard, root * (rows - center), rcond=1e-8)[0]
        _, scale = _moments(rows - center - standard @ slope, weights)
        # Residuals at rounding: as good as determined, and kept off a scale of 0.
        return cls(center, np.maximum(scale, 1e-9 * spread), context_center, context_scale, slope)

    def context(self, context):
        """Standardised context; None without one."""
        return None if context is None else (context - self.context_center) / self.context_scale

    def to_flow(self, rows, context=None):
        """Standardise rows; ``context`` is standardised already."""
        return (rows - self._expected(context)) / self.scale

    def from_flow(self, rows, context=None):
        """Inverse of ``to_flow``."""
        return rows * self.scale + self._expected(context)

    @property
    def log_volume(self):
        """What to add to a log-density in the units of the flow."""
        return -float(np.log(self.scale).sum())

    def _expected(self, context):
        return self.center if context is None else self.center + context @ self.slope


def _moments(columns, weights):
    """Weighted mean and standard deviation of every column."""
    share = weights / weights.sum()
    center = share @ columns
    misses = columns - center
    # Squares of numbers beyond 1e154 overflow, those below 1e-162 vanish.
    largest = np.abs(misses).max(axis=0, initial=0.0)
    largest = np.where(largest > 0, largest, 1.0)
    return center, largest * np.sqrt(share @ np.square(misses / largest))


def check_spread(rows, weights, names, what="X"):
    """Refuse columns that have no density: constant ones, and sums of others."""
    center, spread = _moments(rows, weights)
    is_flat = spread <= 1e-12 * np.abs(center)
    if is_flat.any():
        flat = ", ".join(names[k] for k in np.flatnonzero(is_flat))
        msg = f"Expected columns of {what} that vary; got the constant {flat}, which has no "
        msg += "density. Leave it out."
        raise ValueError(msg)
    if len(rows) <= rows.shape[1]:
        return
    standard = np.sqrt(weights)[:, None] * (rows - center) / spread
    _, sizes, turned = np.linalg.svd(standard, full_matrices=False)
    if sizes[-1] > SMALLEST_SHARE * sizes[0]:
        return
    tied = ", ".join(names[k] for k in np.flatnonzero(np.abs(turned[-1]) > 1e-3))
    msg = f"Expected columns of {what} none of which follows from others; got {tied}, which lie "
    msg += "on a plane, where there is no density. Leave one of them out."
    raise ValueError(msg)
