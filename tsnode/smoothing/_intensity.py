"""How the intensity of an integrated Wiener process varies along paths that move in bursts."""

import numpy as np
from scipy.ndimage import uniform_filter1d

from ._saddle import second_differences

# Fourth moment of the second differences over their squared variance: 3 for one Gaussian, 3 to 9
# on van der Pol and Lorenz-63, over 100 where a few jumps hold all of the motion.
BURST_KURTOSIS = 20.0
# Squared curvatures are averaged over this many gaps to either side, and are never lower than a
# part of the largest, so that no gap is taken for straight.
N_BESIDE, LEAST_SHARE = 2, 1e-6


def has_bursts(observed):
    """Whether few of the second differences, in units of their noise, hold most of the power.

    Parameters
    ----------
    observed : list of (times, values, weights)
    """
    parts = []
    for t, y, w in observed:
        if len(t) > 2:
            rates = 1 / np.diff(t)
            noise = (rates[:-1] / w[:-2] ** 0.5, rates[1:] / w[2:] ** 0.5)
            middle = (rates[:-1] + rates[1:]) / w[1:-1] ** 0.5
            noise = np.sqrt(noise[0] ** 2 + middle**2 + noise[1] ** 2)
            parts.append(second_differences(t, y) / noise)
    squares = np.square(np.concatenate(parts))
    return bool(np.mean(squares**2) > BURST_KURTOSIS * np.mean(squares) ** 2)


def even_shares(observed):
    """Shares of 1 for every gap of every series."""
    return [np.ones(max(len(t) - 1, 0)) for t, _, _ in observed]


def shares_of_curvature(curvatures):
    """Shares of the intensity in every gap, whose logarithms have mean 0.

    Parameters
    ----------
    curvatures : list of float arrays of shape (2, n_gaps)
        Second derivative at both ends of every gap, per series.
    """
    powers = [
        uniform_filter1d(np.square(c).max(axis=0), 2 * N_BESIDE + 1, mode="nearest")
        if c.shape[1]
        else c[0]
        for c in curvatures
    ]
    joined = np.concatenate(powers)
    floor = max(LEAST_SHARE * joined.max(), np.finfo(float).tiny)
    typical = np.exp(np.log(np.maximum(joined, floor)).mean())
    return [np.maximum(power, floor) / typical for power in powers]
