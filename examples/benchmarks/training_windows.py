"""What the loops of the other tools train on: standardised windows of the observed rows.

A window is a start and the next ten rows. It starts at a row without missing entries; later ones
may miss some, which then count neither way: nothing is filled in and no row is dropped.
"""

from dataclasses import dataclass

import numpy as np
from free_runs import SYSTEMS

N_GAPS = 10
# Unit of the loops' time in mean steps of the system: slopes are then of size 1 in all systems.
STEPS_PER_UNIT = 10.0


@dataclass(frozen=True)
class Windows:
    """Starts (n, d), gaps (n, N_GAPS) and targets (n, N_GAPS, d), NaN = missing.

    ``n_substeps`` are the steps that a fixed-step solver takes per gap, so that a thinned series
    is solved as finely as the others.
    """

    starts: np.ndarray
    gaps: np.ndarray
    targets: np.ndarray
    n_substeps: int

    def __len__(self):
        return len(self.starts)

    @property
    def is_regular(self):
        """Whether all gaps are equal, so that one clock does for all windows."""
        return bool(np.ptp(self.gaps) < 1e-9 * self.gaps.mean())

    def take(self, rows):
        """Return some of the windows."""
        return Windows(self.starts[rows], self.gaps[rows], self.targets[rows], self.n_substeps)

    def split(self, fraction=0.2):
        """Return the older windows and the newest ones, without a row in both."""
        n_older = round(len(self) * (1 - fraction))
        return self.take(slice(n_older - N_GAPS)), self.take(slice(n_older, None))


def cut_windows(train, system):
    """Windows of a training frame."""
    step = SYSTEMS[system].step
    values = ((train - train.mean()) / train.std(ddof=0)).to_numpy()
    gaps = np.diff(train.index) / (step * STEPS_PER_UNIT)
    complete = np.isfinite(values[:-N_GAPS]).all(axis=1)
    row = np.flatnonzero(complete)[:, None]
    ahead = row + np.arange(N_GAPS)
    n_substeps = max(1, round(gaps.mean() * STEPS_PER_UNIT))
    return Windows(values[row[:, 0]], gaps[ahead], values[ahead + 1], n_substeps)


def solve_windows(layers, starts, gaps, n_substeps):
    """States after every gap by RK4 in numpy, of shape (n, n_gaps, d).

    ``layers`` are the weights and biases of a tanh network, so it serves every tool.
    """

    def slope(z):
        for weight, bias in layers[:-1]:
            z = np.tanh(z @ weight.T + bias)
        return z @ layers[-1][0].T + layers[-1][1]

    z, path = starts, []
    with np.errstate(over="ignore", invalid="ignore"):
        for gap in gaps.T:
            h = gap[:, None] / n_substeps
            for _ in range(n_substeps):
                k1 = slope(z)
                k2 = slope(z + h / 2 * k1)
                k3 = slope(z + h / 2 * k2)
                z = z + h / 6 * (k1 + 2 * k2 + 2 * k3 + slope(z + h * k3))
            path.append(z)
    return np.stack(path, axis=1)


def validation_error(layers, windows):
    """Mean squared error of the windows; inf where a run diverges."""
    found = solve_windows(layers, windows.starts, windows.gaps, windows.n_substeps)
    seen = np.isfinite(windows.targets)
    error = np.square(found - windows.targets)[seen].mean()
    return float(error) if np.isfinite(error) else np.inf


def runs_of_layers(layers, truth, train, n_substeps):
    """Free runs from true starts (physical units), of the shape of ``truth``."""
    center, scale = train.mean().to_numpy(), train.std(ddof=0).to_numpy()
    starts = (truth[:, 0] - center) / scale
    gaps = np.full((len(truth), truth.shape[1] - 1), 1 / STEPS_PER_UNIT)
    ahead = solve_windows(layers, starts, gaps, n_substeps)
    return np.concatenate([truth[:, :1], ahead * scale + center], axis=1)
