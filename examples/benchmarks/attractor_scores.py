"""What benchmarks of long free runs share: the protocol, its three scores, and the Lorenz law.

A generator runs freely over 1.25 of the test set's length from states of the test set; the first
0.25 is dropped; the rest is scored against the test set by `kl_divergence` (D_stsp) and
`power_spectrum_distance` (D_H), with the defaults of `tsnode.metrics`. One run scatters by 0.03 in
the first and 0.005 in the second at 100,000 rows, so that eight starts are averaged. PE(n) is the
mean squared error n steps ahead from every test row, in parts of the variance.
"""

import numpy as np
import pandas as pd
from scipy.optimize import least_squares

from tsnode.metrics import kl_divergence, n_step_error, power_spectrum_distance

N_STARTS = 8
DROPPED = 0.25  # of the test set's length


def pick_starts(test, n_starts=N_STARTS):
    """Return the first state of the test set and later ones, evenly spread over it."""
    return test[np.arange(n_starts) * (len(test) // n_starts)]


def run_freely(advance, starts, n_rows):
    """Follow all starts at once, and drop what comes before they are at home.

    Parameters
    ----------
    advance : callable
        Maps states of shape (n_starts, n_channels) to those one step later.
    starts : array of shape (n_starts, n_channels)
    n_rows : int, rows that are kept

    Returns
    -------
    array of shape (n_starts, n_rows, n_channels)
    """
    n_dropped = int(DROPPED * n_rows)
    states, kept = starts, np.empty((n_rows, *starts.shape))
    for k in range(n_dropped + n_rows):
        if k >= n_dropped:
            kept[k - n_dropped] = states
        states = advance(states)
    return kept.swapaxes(0, 1)


def score_runs(test, runs):
    """Return D_stsp and D_H of every run against the test set, a frame (run, score).

    Parameters
    ----------
    test : array of shape (n_rows, n_channels)
    runs : array of shape (n_runs, n_rows, n_channels)
    """
    scores = {
        "D_stsp": [kl_divergence(test, run) for run in runs],
        "D_H": [power_spectrum_distance(test, run) for run in runs],
    }
    return pd.DataFrame(scores)


def step_error(test, advance, n=20, stride=1):
    """Return PE(n): the error n steps ahead from every ``stride``-th row of the test set."""
    states = test[:-n:stride]
    for _ in range(n):
        states = advance(states)
    truth = test[n::stride]
    return n_step_error(truth[:, None], states[:, None], 1, scale=test.std(axis=0))


def lorenz_slope(states):
    """Return the slope of Lorenz 1963 in raw units, states of shape (..., 3)."""
    x, y, z = np.moveaxis(states, -1, 0)
    return np.stack([10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z], axis=-1)


def runge_kutta(slope, step):
    """Return the map over one step of the classical fourth-order method."""

    def advance(states):
        first = slope(states)
        second = slope(states + step / 2 * first)
        third = slope(states + step / 2 * second)
        fourth = slope(states + step * third)
        return states + step / 6 * (first + 2 * second + 2 * third + fourth)

    return advance


def true_flow(test, step):
    """Return the Lorenz flow in the units of a standardised, noise-free test set.

    Published sets do not tell by which means and spreads they were standardised: these six numbers
    are found by the error of one step.
    """
    raw = runge_kutta(lorenz_slope, step)
    now, then = test[:-1:50], test[1::50][: len(test[:-1:50])]

    def step_residual(numbers):
        centre, spread = numbers[:3], numbers[3:]
        return ((raw(now * spread + centre) - centre) / spread - then).ravel()

    usual = [0.0, 0.0, 23.5, 7.9, 9.0, 8.6]
    centre, spread = np.split(least_squares(step_residual, usual, xtol=1e-14, ftol=1e-14).x, 2)
    return lambda states: (raw(states * spread + centre) - centre) / spread
