"""Smooth paths that rest here and jump there: a bend is the likelier, the faster the state."""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ._match import EXACT_SIGMA, smooth_paths

# The intensity of bends goes with this power of the speed, whose logarithm is smoothed over so
# many gaps: by likelihood the best of 1 to 4 and 0 to 5, for five samples of stiff van der Pol.
POWER, WIDTH = 3.0, 1.0
MAX_PASSES = 6
# Speeds below this part of the root mean square are no slower.
SLOWEST = 1e-6
# Gain of likelihood (nats per value) from which on a law counts as one that jumps: of van der Pol,
# Lorenz, pendulums and spirals (1 to 10 % noise) at most 0.63, of the stiff one 0.97 and more.
LEAST_GAIN = 0.8
# More rows than this are left alone: every pass takes half a second for 10,000 of two channels.
MAX_ROWS = 20_000


def smooth_jumps(paths, smooth):
    """Smooth with more freedom where the state is fast, again and again while that is likelier.

    Parameters
    ----------
    paths : list of ObservedPath
    smooth : dict
        Result of ``smooth_paths``.

    Returns
    -------
    dict or None
        Another such result; None where paths do not jump, or without noise, or are too long.
    """
    n_values = sum(int(np.isfinite(path.values).sum()) for path in paths)
    n_rows = sum(path.n_rows for path in paths)
    if smooth["sigma"].max() < EXACT_SIGMA or n_rows > MAX_ROWS:
        return None
    best = smooth
    for _ in range(MAX_PASSES):
        found = smooth_paths(paths, paces=_paces(best))
        # NaN compares as False.
        if not found["deviance"].sum() < best["deviance"].sum():
            break
        best = found
        gain = (smooth["deviance"] - best["deviance"]).sum() / 2 / n_values
        if gain < LEAST_GAIN / 2:
            return None
    return best if best is not smooth and gain > LEAST_GAIN else None


def _paces(smooth):
    """Intensity of bends within every gap of every path, its geometric mean 1."""
    speeds = []
    for slopes, spreads in zip(smooth["slopes"], smooth["slope_spreads"], strict=True):
        known = np.where(np.isfinite(spreads), np.square(slopes) + np.square(spreads), 0.0)
        squares = known.sum(axis=1)
        speeds.append((squares[1:] + squares[:-1]) / 2)
    least = SLOWEST**2 * np.concatenate(speeds).mean()
    logs = [
        POWER / 2 * gaussian_filter1d(np.log(np.maximum(s, least)), WIDTH, mode="nearest")
        if len(s)
        else s
        for s in speeds
    ]
    middle = np.concatenate(logs).mean()
    return [np.exp(one - middle) for one in logs]
