"""Which lines of a periodogram stand out of noise of any colour."""

import numpy as np

N_BINS = 48  # of frequency, that the background is fitted to
FLOORS = np.concatenate([[0.0], np.geomspace(1e-3, 1.0, 16)])
CORRELATIONS = np.concatenate([[0.0], 1 - np.geomspace(0.9, 1e-4, 40)])
MEAN_LOG = -np.euler_gamma  # of an exponential variate of mean 1
# The mean of logarithms tells a level as well as 0.6 times as many values would by their mean:
# the variances of their logarithms are pi**2 / 6 to 1.
WORTH_OF_LOG = 6 / np.pi**2
WORTH_OF_MEDIAN = (
    np.log(2) ** 2
)  # the same for the median: its relative variance is 1 / (n ln 2**2)
LOCAL = 1.5  # factor of frequency that the local background reaches to either side
LEAST_LOCAL = 16  # bins


def log_chance(gain, power, k, first):
    """Return the log chance that noise alone reaches the power of a line in bin ``k``.

    The larger of two: against the best red noise, AR(1) with white noise on top of it, and
    against the median of the neighbouring frequencies. Broad humps pass the one, slopes the other;
    a line must stand out of both.

    Parameters
    ----------
    gain : float
        Power of the line.
    power : array of shape (n_frequencies,)
        Raw periodogram of the noise at 0, 1, 2, ... cycles per length, without the line.
    k, first : int
        Bin of the line; first bin that counts, those below are not read.

    References
    ----------
    Mann and Lees (1996), Climatic Change 33, 409 (red noise fitted so that lines do not matter);
    Allen and Smith (1996), J. Climate 9, 3373.
    """
    # What a wave took away is missing around it.
    others = np.concatenate([power[first : max(first, k - 1)], power[max(first, k + 2) :]])
    seen = np.maximum(power[first:], others.max() * 1e-9)
    seen[max(0, k - 1 - first) : k + 2 - first] = np.nan
    background = red_background(seen, first, len(power))[k - first]
    red = log_tail(gain / background, WORTH_OF_LOG * len(others))
    return max(red, _local_log_chance(gain, seen, k - first))


def log_tail(ratio, worth):
    """Log chance of a power over its estimated level, F(2, 2 worth); exact for F(2, n).

    Parameters
    ----------
    ratio : power over level
    worth : float
        Number of independent powers whose mean would tell the level as well.
    """
    return -worth * np.log1p(ratio / worth)


def red_background(power, first, n_frequencies):
    """Return the mean power of the best AR(1) plus white noise, fitted to the log power.

    Parameters
    ----------
    power : array of shape (n_frequencies - first,), NaN = not read
    first, n_frequencies : int
    """
    number = np.arange(first, first + len(power))
    angle = np.pi * number / max(n_frequencies - 1, 1)
    edges = np.unique(np.geomspace(first, first + len(power), N_BINS + 1).astype(int))
    logs = np.log(power) - MEAN_LOG
    known = np.isfinite(logs)
    bins = (np.searchsorted(edges, number, side="right") - 1)[known]
    counts = np.bincount(bins)
    used = counts > 0
    mean_log = (np.bincount(bins, logs[known]) / np.maximum(counts, 1))[used]
    centre = np.exp((np.bincount(bins, np.log(angle[known])) / np.maximum(counts, 1))[used])
    weights = counts[used] / counts.sum()
    shapes = np.log(_shapes(np.minimum(centre, np.pi)))
    levels = (mean_log - shapes) @ weights
    misfit = np.square(mean_log - shapes - levels[..., None]) @ weights
    best = np.unravel_index(np.argmin(misfit), misfit.shape)
    shape = _shape(angle, CORRELATIONS[best[0]], FLOORS[best[1]])
    # Once more with the exact shape of every bin.
    return shape * np.exp(np.mean((logs - np.log(shape))[known]))


def _shape(angle, correlation, floor):
    """Spectrum of AR(1), 1 at its largest, on a floor."""
    r = correlation
    return (1 - r) ** 2 / (1 + r * r - 2 * r * np.cos(angle)) + floor


def _shapes(angle):
    r, floor = CORRELATIONS[:, None, None], FLOORS[:, None]
    return _shape(angle, r, floor)


def _local_log_chance(gain, power, k):
    reach = max(LEAST_LOCAL, int(k * (LOCAL - 1)))
    around = power[max(0, k - reach) : k + reach + 1]
    around = around[np.isfinite(around)]
    if len(around) < 4:
        return 0.0
    level = np.median(around) / np.log(2)
    return float(log_tail(gain / level, WORTH_OF_MEDIAN * len(around)))
