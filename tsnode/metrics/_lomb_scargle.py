"""Lomb-Scargle periodogram on many frequencies, by gridding and one FFT."""

import numpy as np
from scipy.fft import next_fast_len, rfft

N_NEIGHBOURS = 12  # cells on either side that a point is spread to: errors near 1e-12
SINGULAR = 1e-9  # of its value on even stamps: sine and cosine cannot be told apart there


def lomb_scargle(times, values, weights, frequency_step, n_frequencies):
    """Return the power at 0, 1, ..., n_frequencies - 1 times ``frequency_step``.

    The same numbers as ``scipy.signal.lombscargle`` without normalisation, which takes time in
    proportion to rows times frequencies: 10 s for 10,000 rows and 1000 s for 100,000, against
    0.1 s here. On even stamps they are abs(rfft(values))**2 / n_rows.

    Parameters
    ----------
    times : array of shape (n_rows,), spanning less than 1 / frequency_step
    values : array of shape (n_rows, n_channels), of mean 0
    weights : array of shape (n_rows,)
        Of the rows in the least-squares fit of each wave; all 1 for the classical periodogram.
    frequency_step : float, in cycles per unit of time
    n_frequencies : int

    Returns
    -------
    array of shape (n_frequencies, n_channels)

    References
    ----------
    Lomb (1976), Astrophys. Space Sci. 39, 447; Scargle (1982), Astrophys. J. 263, 835. Gridding:
    Greengard and Lee (2004), SIAM Review 46, 443, Eqs. (9)-(11).
    """
    phases = 2 * np.pi * frequency_step * (times - times[0])
    total = weights.sum()
    # The window's transform at twice each frequency gives the sums of cos², sin² and sin cos.
    double = fourier_sums(phases, weights, 2 * n_frequencies - 1)[::2]
    cosines, sines = (total + double.real) / 2, (total - double.real) / 2
    mixed = -double.imag / 2
    determinant = cosines * sines - mixed**2
    is_singular = determinant < SINGULAR * total**2 / 4
    powers = []
    for column in values.T:
        sums = fourier_sums(phases, weights * column, n_frequencies)
        a, b = sums.real, -sums.imag
        fitted = (a**2 * sines + b**2 * cosines - 2 * a * b * mixed) / 2
        plain = (a**2 + b**2) / total
        powers.append(np.where(is_singular, plain, fitted / np.where(is_singular, 1, determinant)))
    return np.stack(powers, axis=1)


def fourier_sums(phases, values, n_frequencies):
    """Return sum_j values_j exp(-i k phases_j) for k = 0, ..., n_frequencies - 1.

    Every point is spread as a narrow bell over a grid twice as fine as needed; the transform of
    the grid is then divided by that of the bell.

    Parameters
    ----------
    phases : array of shape (n_rows,), in [0, 2 pi)
    values : real array of shape (n_rows,)
    """
    n_modes = 2 * n_frequencies - 1
    n_grid = next_fast_len(max(2 * n_modes, 4 * N_NEIGHBOURS), real=True)
    ratio = n_grid / n_modes
    width = np.pi * N_NEIGHBOURS / (n_modes**2 * ratio * (ratio - 0.5))
    cell = 2 * np.pi / n_grid
    nearest = np.floor(phases / cell).astype(np.int64)
    grid = np.zeros(n_grid)
    for shift in range(1 - N_NEIGHBOURS, N_NEIGHBOURS + 1):
        distance = phases - cell * (nearest + shift)
        bell = values * np.exp(-(distance**2) / (4 * width))
        grid += np.bincount((nearest + shift) % n_grid, bell, minlength=n_grid)
    k = np.arange(n_frequencies)
    return rfft(grid)[:n_frequencies] / n_grid * np.sqrt(np.pi / width) * np.exp(k**2 * width)
