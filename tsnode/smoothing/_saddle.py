"""The saddle point system of a smoothing spline, solved by a banded LU."""

import numpy as np
from scipy.linalg.lapack import dgbtrf, dgbtrs

N_SIDE = 3  # bands beside the diagonal


def second_differences(t, y):
    """Return the changes of the slope between neighbouring points."""
    return np.diff(np.diff(y) / np.diff(t))


def build_saddle(t, y, w, pace):
    """Bands of ``[[1, A'], [A, -ratio R]]`` without and per ratio, right side, scales of A.

    A takes whitened values to second differences, each scaled to unit noise; R is the covariance
    of their signal, ``pace`` that of a gap's increments in parts of the ratio. Value j stands at
    row 2 j, second difference j at 2 j + 3.
    """
    n, h, noise = len(t), np.diff(t), w**-0.5
    left, right = 1 / h[:-1], 1 / h[1:]
    rows = np.stack([left * noise[:-2], -(left + right) * noise[1:-1], right * noise[2:]])
    scale = np.sqrt(np.square(rows).sum(axis=0))
    value, second = 2 * np.arange(n), 2 * np.arange(n - 2) + 3
    fixed, signal = np.zeros((2, 3 * N_SIDE + 1, 2 * n - 1))
    fixed[2 * N_SIDE, [*value, 1]] = 1  # row 1 is nobody's
    for j, row in enumerate(rows / scale):
        _put(fixed, second, value[j : n - 2 + j], row)
    # Increments of the slope, weighted by the hat functions of the knots.
    v = h * pace
    signal[2 * N_SIDE, second] = -(v[:-1] + v[1:]) / 3 / scale**2
    _put(signal, second[1:], second[:-1], -v[1:-1] / 6 / scale[1:] / scale[:-1])
    known = np.zeros(2 * n - 1)
    known[second] = second_differences(t, y) / scale
    return fixed, signal, known, scale


def _put(bands, i, j, entries):
    """Set the entries (i, j) and (j, i) of a matrix in LAPACK's band storage."""
    bands[2 * N_SIDE + i - j, j] = entries
    bands[2 * N_SIDE + j - i, i] = entries


def solve_saddle(saddle, ratio):
    """Solution, power of the second differences in units of their covariance, its log det."""
    fixed, signal, known, _ = saddle
    factor, pivots, _ = dgbtrf(fixed + ratio * signal, N_SIDE, N_SIDE, overwrite_ab=True)
    solution, _ = dgbtrs(factor, N_SIDE, N_SIDE, known, pivots)
    return solution, -known @ solution, np.log(np.abs(factor[2 * N_SIDE])).sum()
