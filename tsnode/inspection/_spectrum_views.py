"""What to take a spectrum of: all rows, or two shorter paths that stand for a long one."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

LEAST_CYCLES = 3
MOST_ROWS = 2**15  # looked at in one spectrum
N_CELLS = 2**14  # that a longer series is averaged into


@dataclass(frozen=True)
class Path:
    """One observed channel: times, increasing, and values, both of shape (n_rows,)."""

    times: np.ndarray
    values: np.ndarray


def views(whole):
    """Paths to take a spectrum of, those to tell the share by, and the frequencies of each."""
    slowest = LEAST_CYCLES / whole.times[-1]
    if len(whole.values) <= MOST_ROWS:
        yield whole, whole, slowest, np.inf
        return
    # A quarter of a cycle per cell: what is faster is averaged away, not folded back.
    limit = 0.25 * N_CELLS / whole.times[-1]
    yield _averaged(whole.times, whole.values), whole, slowest, limit
    newest = Path(whole.times[-MOST_ROWS:], whole.values[-MOST_ROWS:])
    yield newest, newest, max(LEAST_CYCLES / np.ptp(newest.times), limit), np.inf


def _averaged(times, values):
    """Path of moving averages, four times over, so that fast waves leave nothing."""
    n_fine = len(times)
    cell = np.minimum((times / times[-1] * n_fine).astype(np.int64), n_fine - 1)
    width = 2 * max(1, n_fine // N_CELLS)
    sums, counts = np.bincount(cell, values, n_fine), np.bincount(cell, minlength=n_fine) + 0.0
    for _ in range(4):
        sums = uniform_filter1d(sums, width, mode="constant")
        counts = uniform_filter1d(counts, width, mode="constant")
    places = (np.arange(N_CELLS) + 0.5) / N_CELLS
    taken = (places * n_fine).astype(np.int64)
    # Cells between two far rows hold none, and rounding of the sums no value.
    filled = counts[taken] > 1e-6
    return Path(places[filled] * times[-1], sums[taken][filled] / counts[taken][filled])
