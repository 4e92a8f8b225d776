"""Sharpen the numbers of a field equation by solves over short windows: Gauss-Newton."""

from dataclasses import dataclass

import numpy as np

N_ROUNDS = 4
# A law of one term less may be so much worse on the newest windows, and any so bad as this (mean
# square, in variances of the data).
TOLERANCE, EXACT = 0.05, 1e-8


@dataclass(frozen=True)
class FieldWindows:
    """Starts, and what was observed behind each.

    Attributes
    ----------
    starts : float array of shape (n, n_channels, *grid)
    leads : float array of shape (n, n_ahead)
    values : float array of shape (n, n_ahead, n_channels, *grid)
        0 where nothing was observed.
    weights : float array of that shape
    """

    starts: np.ndarray
    leads: np.ndarray
    values: np.ndarray
    weights: np.ndarray

    def __len__(self):
        return len(self.starts)

    def take(self, which):
        """Windows chosen by a boolean or integer index."""
        return FieldWindows(*(getattr(self, name)[which] for name in vars(self)))

    def misses(self, march):
        """Weighted differences of solves and observations, (n, n_entries); NaN if diverged."""
        n, n_ahead = self.leads.shape
        found = march.states_at(self.starts, np.repeat(np.arange(n), n_ahead), self.leads.ravel())
        found = found.reshape(self.values.shape)
        root = np.sqrt(self.weights)
        return np.where(self.weights > 0, (found - self.values) * root, 0.0).reshape(n, -1)

    def error(self, march):
        """Mean square over the entries; inf if diverged."""
        if not len(self):
            return np.inf
        with np.errstate(over="ignore"):
            found = np.square(self.misses(march)).sum() / max(self.weights.sum(), 1e-300)
        return float(found) if np.isfinite(found) else np.inf


def shoot(windows, theta, march_of, n_rounds=N_ROUNDS):
    """Move parameters to the least mean square over windows.

    Parameters
    ----------
    windows : FieldWindows
    theta : float array of shape (n_parameters,)
    march_of : callable theta -> FieldMarch

    Returns
    -------
    theta, covariance : float arrays
        The covariance is that of sums over windows (a sandwich), which are no repeats of each
        other; inf where nothing can be told.
    """
    misses, slopes = _linearised(windows, theta, march_of)
    damping = 0.0
    for _ in range(n_rounds if np.isfinite(misses).all() and len(theta) else 0):
        move = _solve(slopes, misses, damping)
        ahead = windows.misses(march_of(theta + move))
        if not np.square(ahead).sum() < np.square(misses).sum():
            if damping > 1.0:
                break
            damping = max(10 * damping, 1e-3)
            continue
        gain = 1 - np.square(ahead).sum() / max(np.square(misses).sum(), 1e-300)
        theta, damping = theta + move, damping / 10
        misses, slopes = _linearised(windows, theta, march_of)
        if gain < 1e-4:
            break
    return theta, _sandwich(misses, slopes)


def unsureness(windows, theta, march_of):
    """Mean relative variance of parameters that windows leave; inf where they tell nothing."""
    spread = np.diag(_sandwich(*_linearised(windows, theta, march_of)))
    with np.errstate(invalid="ignore", over="ignore"):
        found = float(np.mean(np.log(spread / np.square(theta))))
    return found if np.isfinite(found) else np.inf


def shoot_fewer(windows, newer, parameters, theta, covariance, march_of):
    """Leave out parameters, the least sure first, while the newest windows allow it.

    Parameters
    ----------
    windows, newer : FieldWindows
        Learn from the first, judge on the second.
    parameters : list of Parameter
    theta, covariance : as of ``shoot``
    march_of : callable (parameters, theta) -> FieldMarch

    Returns
    -------
    list of Parameter, theta, covariance
    """
    best = newer.error(march_of(parameters, theta))
    while np.isfinite(best) and np.isfinite(covariance).all():
        sureness = np.abs(theta) / np.sqrt(np.maximum(np.diag(covariance), 1e-300))
        loose = [k for k, one in enumerate(parameters) if not one.is_known]
        if not loose:
            break
        weakest = min(loose, key=lambda k: sureness[k])
        fewer = [one for k, one in enumerate(parameters) if k != weakest]
        rest = np.delete(theta, weakest)
        rest, spread = shoot(windows, rest, lambda t, own=fewer: march_of(own, t), n_rounds=2)
        error = newer.error(march_of(fewer, rest))
        if not error <= max((1 + TOLERANCE) * best, EXACT):
            break
        parameters, theta, covariance, best = fewer, rest, spread, min(best, error)
    return parameters, theta, covariance


def _linearised(windows, theta, march_of):
    """Misses (n, n_entries) and their slopes along parameters (n_parameters, n, n_entries)."""
    misses, slopes = windows.misses(march_of(theta)), []
    for k, value in enumerate(theta):
        step = 1e-5 * max(abs(value), 1e-3)
        moved = theta.copy()
        moved[k] += step
        slopes.append((windows.misses(march_of(moved)) - misses) / step)
    return misses, np.array(slopes).reshape(len(theta), *misses.shape)


def _solve(slopes, misses, damping):
    flat = slopes.reshape(len(slopes), -1)
    size = np.sqrt(np.square(flat).sum(axis=1))
    size = np.where(size > 0, size, 1.0)
    flat = flat / size[:, None]
    matrix = flat @ flat.T + (damping + 1e-12) * np.eye(len(flat))
    return -np.linalg.solve(matrix, flat @ misses.ravel()) / size


def _sandwich(misses, slopes):
    n = len(slopes)
    if not n or not (np.isfinite(misses).all() and np.isfinite(slopes).all()):
        return np.full((n, n), np.inf)
    flat = slopes.reshape(n, -1)
    bread = np.linalg.pinv(flat @ flat.T, hermitian=True)
    scores = np.einsum("pwe,we->pw", slopes, misses)
    n_windows = len(misses)
    few = n_windows / (n_windows - n) if n_windows > n else np.inf
    with np.errstate(invalid="ignore"):
        return few * (bread @ (scores @ scores.T) @ bread)
