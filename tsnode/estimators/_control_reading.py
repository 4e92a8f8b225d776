"""Samples of a panel as control paths: stamps, missing values, counts of observations."""

import numbers

import numpy as np

from ..solvers._control_paths import STRIDES, control_slopes, path_values


def check_times(times):
    """Return ``times`` if it is None, the number of a channel or increasing stamps."""
    is_count = isinstance(times, numbers.Integral) and not isinstance(times, bool)
    if times is None or (is_count and times >= 0):
        return times
    stamps = np.asarray(times)
    if stamps.ndim == 1 and stamps.dtype.kind in "iuf" and len(stamps):
        if np.isfinite(stamps).all() and (np.diff(stamps) > 0).all():
            return times
        what = "stamps that do not increase"
    else:
        what = repr(times)
    msg = "times must be None, the number of the channel that holds the stamps, or increasing "
    msg += f"numbers, one a stamp; got {what}. Sort the stamps, or pass them in hours or days."
    raise ValueError(msg)


def split_times(X, times):
    """Stamps (n_samples, time) and values (n_samples, time, channel) of samples.

    Rows without a value at the end of a sample are padding: their stamps repeat the last one.
    """
    n, length, n_channels = X.shape
    is_channel = isinstance(times, numbers.Integral)
    if is_channel:
        if times >= n_channels or n_channels < 2:
            msg = f"Expected stamps in channel {times} beside at least one other; got samples of "
            msg += f"{n_channels} channel(s). Set times to a channel of X, or to None."
            raise ValueError(msg)
        stamps, values = X[:, :, times], np.delete(X, times, axis=2)
    else:
        stamps = np.arange(length, dtype=float) if times is None else np.asarray(times, dtype=float)
        if len(stamps) != length:
            msg = f"Expected one stamp in times a column of X, {length}; got {len(stamps)}. Pass "
            msg += "stamps that are those of X."
            raise ValueError(msg)
        stamps, values = np.broadcast_to(stamps, (n, length)), X
    seen = np.isfinite(values).any(axis=2)
    last = length - 1 - seen[:, ::-1].argmax(axis=1)
    inside = np.arange(length) <= np.where(seen.any(axis=1), last, 0)[:, None]
    if is_channel:
        _check_stamps(stamps, inside)
    ends = np.take_along_axis(stamps, inside.sum(axis=1, keepdims=True) - 1, axis=1)
    return np.where(inside, stamps, np.nan_to_num(ends)), values


def _check_stamps(stamps, inside):
    unknown = inside & ~np.isfinite(stamps)
    backward = inside[:, 1:] & ~(np.diff(stamps, axis=1) > 0)
    # A sample without a value needs no stamp.
    unknown[:, 0] &= inside[:, 1:].any(axis=1)
    bad = unknown.any(axis=1) | (backward & ~unknown[:, 1:] & ~unknown[:, :-1]).any(axis=1)
    if bad.any():
        msg = "Expected increasing stamps up to the last value of every sample; got others in "
        msg += (
            f"{int(bad.sum())} sample(s), the first is sample {int(bad.argmax())}. Sort the rows "
        )
        msg += "of each sample by time, and drop repeated ones."
        raise ValueError(msg)


class ControlReading:
    """Units of paths, learned from training samples; samples in, steps of a solve out.

    Parameters
    ----------
    path : str
        See ``control_slopes``.
    intensity : bool or None
        Whether counts of observations are channels of the path too, None = if values are missing.
    n_steps : int
        Longer samples are read at so many equal parts of their stamps.
    """

    def __init__(self, path, intensity, n_steps):
        self.path, self.intensity, self.n_steps = path, intensity, n_steps

    def fit(self, times, values, weights):
        """Learn mean and spread of the channels, and the span of the stamps."""
        seen = np.isfinite(values)
        if self.intensity is None:
            inside = (times < times[:, -1:]) | seen.any(axis=2)
            self.intensity = bool((~seen & inside[..., None]).any())
        entry = weights[:, None, None] * seen
        total = np.maximum(entry.sum(axis=(0, 1)), np.finfo(float).tiny)
        known = np.where(seen, values, 0.0)
        self.center = (entry * known).sum(axis=(0, 1)) / total
        misses = np.where(seen, known - self.center, 0.0)
        scale = np.sqrt((entry * np.square(misses)).sum(axis=(0, 1)) / total)
        self.scale = np.where(scale > 1e-12 * np.abs(self.center), scale, 1.0)
        span = (times[:, -1] - times[:, 0]).max()
        self.span = float(span) if span > 0 else 1.0
        self.length = values.shape[1]
        return self

    @property
    def n_controls(self):
        """Channels of the path: time, values, and their counts."""
        return 1 + len(self.center) * (1 + self.intensity)

    def __call__(self, times, values):
        """Return the values at the first stamp, and the slopes of the path."""
        per_count = self.length if self.intensity else None
        filled = path_values((values - self.center) / self.scale, self.path, per_count)
        times = (times - times[:, :1]) / self.span
        at = self.places(times.shape[1])
        return filled[:, 0], control_slopes(times[:, at], filled[:, at], self.path)

    def places(self, length):
        """Return the numbers of the stamps between which the steps go."""
        n_steps = min(self.n_steps, length - 1)
        return np.round(np.linspace(0, length - 1, n_steps + 1)).astype(int)

    @property
    def stride(self):
        """Knots of the solve per step between stamps."""
        return STRIDES[self.path]
