"""How neighbours on an orbit drift apart: mean log distance over time."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ._power_spectrum import run_power

N_NEIGHBOURS = 5
MOST_STARTS = 2000  # pairs of 5 neighbours each: the mean scatters by about 1 %
MOST_QUERIED = 5_000_000  # neighbours looked at in all, 80 MB
CLOSEST = 1e-9  # of the spread: nearer ones are the same point, whose distance is rounding
SMOOTH = 0.5  # autocorrelation from one row to the next: over it a flow, else a map


@dataclass(frozen=True)
class Orbit:
    """Delay vectors of one or more even runs.

    Attributes
    ----------
    points : array of shape (n_rows, n_delays * n_channels)
        Row k holds rows k, k + lag, ... of the data; NaN where one is missing or of another run.
    left : int array of shape (n_rows,)
        Rows of the same run after each.
    has_direction : bool
        Whether points are states of a flow, seen whole: then one direction is that of time. Delay
        vectors of one channel are nearly parallel to it, and lose their growth without it.
    """

    points: np.ndarray
    left: np.ndarray
    has_direction: bool

    @classmethod
    def embed(cls, runs, n_delays, lag):
        """Standardise the channels and stack their delays."""
        values = np.concatenate(runs)
        centre, spread = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
        parts, left = [], []
        for run in runs:
            scaled = (run - centre) / (spread * np.sqrt(run.shape[1] * n_delays))
            padded = np.full((len(run), run.shape[1] * n_delays), np.nan)
            n_whole = max(0, len(run) - (n_delays - 1) * lag)
            delays = [scaled[k * lag : k * lag + n_whole] for k in range(n_delays)]
            padded[:n_whole] = np.concatenate(delays, axis=1)
            parts.append(padded)
            left.append(np.arange(len(run))[::-1])
        has_direction = n_delays == 1 and values.shape[1] > 1 and is_smooth(runs)
        return cls(np.concatenate(parts), np.concatenate(left), has_direction)

    def pair(self, n_steps, window, rng):
        """Find close pairs more than ``window`` rows apart, with ``n_steps`` rows after each.

        Returns
        -------
        pair of int arrays of shape (n_pairs,)
        """
        rows = np.flatnonzero((self.left >= n_steps) & np.isfinite(self.points).all(axis=1))
        n_queried = min(len(rows), 2 * window + 1 + N_NEIGHBOURS)
        n_starts = int(min(len(rows), MOST_STARTS, max(50, MOST_QUERIED // max(n_queried, 1))))
        if n_queried < 2:
            return rows[:0], rows[:0]
        starts = rng.choice(rows, n_starts, replace=False)
        distance, place = cKDTree(self.points[rows]).query(self.points[starts], k=n_queried)
        others = rows[place]
        fits = np.abs(others - starts[:, None]) > window
        # Rounded data hold equal rows, whose growth cannot be read; but a cycle may hold no others.
        is_cycle = np.median(np.where(fits, distance, np.inf).min(axis=1)) <= CLOSEST
        fits &= (distance > CLOSEST) | is_cycle
        fits &= np.cumsum(fits, axis=1) <= N_NEIGHBOURS
        number, column = np.nonzero(fits)
        return starts[number], others[number, column]

    def mean_log_distance(self, ones, others, n_steps, ceiling):
        """Follow pairs for ``n_steps`` rows, or until their mean log distance passes a ceiling.

        Returns
        -------
        array of shape (n_followed,)
        """
        curve = []
        for k in range(n_steps):
            apart = self.distance(ones + k, others + k)
            apart = np.maximum(apart[np.isfinite(apart)], CLOSEST)
            curve.append(np.log(apart).mean() if len(apart) else np.nan)
            if curve[-1] > ceiling:
                break
        return np.array(curve)

    def distance(self, ones, others):
        """Distance of rows; of a flow that across its direction.

        The part along the flow is a shift in time, which neither grows nor shrinks, and hides the
        growth of the rest.
        """
        apart = self.points[ones] - self.points[others]
        if self.has_direction:
            last = len(self.points) - 1
            ahead = self.points[np.minimum(ones + 1, last)]
            tangent = ahead - self.points[np.maximum(ones - 1, 0)]
            length = np.linalg.norm(tangent, axis=1, keepdims=True)
            tangent = np.divide(tangent, length, out=np.zeros_like(tangent), where=length > 0)
            apart = apart - np.sum(apart * tangent, axis=1, keepdims=True) * tangent
        return np.linalg.norm(apart, axis=1)

    def saturation(self, rng):
        """Mean log distance of any two rows: where all growth ends."""
        rows = np.flatnonzero(np.isfinite(self.points).all(axis=1))
        apart = self.distance(*rng.choice(rows, (2, 5000)))
        return np.log(np.maximum(apart[np.isfinite(apart)], CLOSEST)).mean()


def is_smooth(runs):
    """Whether every channel changes little from one row to the next."""
    first, second = (
        np.concatenate([run[part] for run in runs]) for part in (np.s_[:-1], np.s_[1:])
    )
    step = np.nanmean(np.square(second - first), axis=0)
    # The mean squared step is 2 (1 - autocorrelation) times the variance.
    return bool(np.all(step < 2 * (1 - SMOOTH) * np.nanvar(np.concatenate(runs), axis=0)))


def mean_period(runs):
    """Rows per cycle: one over the mean frequency of the slowest channel's power spectrum."""
    periods = []
    for run in runs:
        power = run_power(run, 0.0, "auto")
        frequencies = np.arange(len(power)) / len(run.values)
        periods.append(1 / (frequencies @ power).min())
    return float(np.median(periods))


def decorrelation_lag(runs):
    """Rows after which the autocorrelation of the first channel falls below 1/e."""
    longest = max(runs, key=len)[:, 0]
    centred = np.nan_to_num(longest - np.nanmean(longest))
    power = np.abs(np.fft.rfft(centred, 2 * len(centred))) ** 2
    correlation = np.fft.irfft(power)[: len(centred)]
    below = np.flatnonzero(correlation < correlation[0] / np.e)
    return int(below[0]) if len(below) else len(centred)
