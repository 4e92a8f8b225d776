"""Sharpen the numbers of a field equation by solves over short windows: Gauss-Newton."""

from dataclasses import dataclass

import numpy as np

N_ROUNDS = 4
NUDGE = 1e-5
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
    free : float array of shape (n_free, n_channels, *grid), default=None
        Fields that are added to the starts as fits best; None: the starts are exact.
    """

    starts: np.ndarray
    leads: np.ndarray
    values: np.ndarray
    weights: np.ndarray
    free: np.ndarray | None = None

    def __len__(self):
        return len(self.starts)

    def take(self, which):
        """Windows chosen by a boolean or integer index."""
        parts = (self.starts, self.leads, self.values, self.weights)
        return FieldWindows(*(part[which] for part in parts), self.free)

    def with_starts(self, starts):
        """Move the starts."""
        return FieldWindows(starts, self.leads, self.values, self.weights, self.free)

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
    """Move parameters, and starts that are free, to the least mean square over windows.

    Parameters
    ----------
    windows : FieldWindows
    theta : float array of shape (n_parameters,)
    march_of : callable theta -> FieldMarch

    Returns
    -------
    theta, covariance, shape : float arrays
        Inverse Fisher information, free starts marginalised; where starts are taken as exact, that
        of sums over windows (a sandwich), since their misses are no noise. inf where nothing can
        be told. The shape is the inverse of the sum of squares' second derivative.
    """
    now = _Linearised(windows, theta, march_of)
    damping = 0.0
    for _ in range(n_rounds if now.is_finite and len(theta) else 0):
        move = now.move(damping)
        moved = now.moved_windows(move)
        ahead = moved.misses(march_of(theta + move))
        if not np.square(ahead).sum() < now.power:
            if damping > 1.0:
                break
            damping = max(10 * damping, 1e-3)
            continue
        gain = 1 - np.square(ahead).sum() / max(now.power, 1e-300)
        theta, damping = theta + move, damping / 10
        now = _Linearised(moved, theta, march_of)
        if gain < 1e-4 or not now.is_finite:
            break
    return theta, now.covariance(), now.covariance(is_sandwich=False)


class _Linearised:
    """Misses of windows, and their slopes along parameters and free starts."""

    def __init__(self, windows, theta, march_of):
        self.windows, march = windows, march_of(theta)
        self.misses = windows.misses(march)
        slopes = []
        for k, value in enumerate(theta):
            step = 1e-5 * max(abs(value), 1e-3)
            moved = theta.copy()
            moved[k] += step
            slopes.append((windows.misses(march_of(moved)) - self.misses) / step)
        self.slopes = np.array(slopes).reshape(len(theta), *self.misses.shape)
        free = () if windows.free is None else windows.free
        along = [
            (windows.with_starts(windows.starts + NUDGE * one).misses(march) - self.misses) / NUDGE
            for one in free
        ]
        self.is_finite = all(np.isfinite(one).all() for one in (self.misses, self.slopes, *along))
        self.power = np.square(self.misses).sum()
        self.bases, self.along = None, None
        if along and self.is_finite:
            # (n, n_entries, n_free); what a start can mend says nothing of the law.
            self.along = np.stack(along, axis=-1)
            bases, triangle = np.linalg.qr(self.along)
            size = np.abs(np.diagonal(triangle, axis1=1, axis2=2))
            self.bases = bases * (size > 1e-9 * size.max(initial=0.0))[:, None]

    def _left(self, values):
        """Part of (..., n, n_entries) that no start can mend."""
        if self.bases is None:
            return values
        inner = np.einsum("wem,...we->...wm", self.bases, values)
        return values - np.einsum("wem,...wm->...we", self.bases, inner)

    def move(self, damping):
        flat = self._left(self.slopes).reshape(len(self.slopes), -1)
        size = np.sqrt(np.square(flat).sum(axis=1))
        size = np.where(size > 0, size, 1.0)
        flat = flat / size[:, None]
        matrix = flat @ flat.T + (damping + 1e-12) * np.eye(len(flat))
        return -np.linalg.solve(matrix, flat @ self._left(self.misses).ravel()) / size

    def moved_windows(self, move):
        """Windows with the starts that fit the moved parameters best."""
        if self.along is None:
            return self.windows
        aim = self.misses + np.tensordot(move, self.slopes, axes=1)
        parts = -np.stack(
            [np.linalg.lstsq(a, b, rcond=1e-9)[0] for a, b in zip(self.along, aim, strict=True)]
        )
        starts = self.windows.starts + np.tensordot(parts, self.windows.free, axes=1)
        return self.windows.with_starts(starts)

    def covariance(self, *, is_sandwich=True):
        n, n_windows = len(self.slopes), len(self.misses)
        if not n or not self.is_finite:
            return np.full((n, n), np.inf)
        slopes, misses = self._left(self.slopes), self._left(self.misses)
        flat = slopes.reshape(n, -1)
        fisher = flat @ flat.T
        found = np.linalg.pinv(fisher, hermitian=True)
        if self.bases is not None and is_sandwich:
            n_free = n_windows * len(self.windows.free) + n
            n_left = max(np.count_nonzero(self.windows.weights) - n_free, 1)
            found = np.square(misses).sum() / n_left * found
        elif is_sandwich:
            scores = np.einsum("pwe,we->pw", slopes, misses)
            few = n_windows / (n_windows - n) if n_windows > n else np.inf
            with np.errstate(invalid="ignore"):
                found = few * (found @ (scores @ scores.T) @ found)
        silent = np.flatnonzero(np.diag(fisher) == 0)
        found[silent, silent] = np.inf
        return found


def unsureness(windows, theta, march_of):
    """Log of the relative variance that windows leave to parameters, its mean; inf if unknown."""
    spread = np.diag(_Linearised(windows, theta, march_of).covariance())
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        found = float(np.mean(np.log(spread / np.square(theta))))
    return found if np.isfinite(found) else np.inf


def shoot_fewer(newer, parameters, theta, covariance, march_of):
    """Leave out parameters, the least sure first, while the newest windows allow it.

    The others move to where the quadratic around the optimum puts them.

    Parameters
    ----------
    newer : FieldWindows
        Judge on these.
    parameters : list of Parameter
    theta, covariance : as of ``shoot``
    march_of : callable (parameters, theta) -> FieldMarch

    Returns
    -------
    list of Parameter, theta
    """
    best = newer.error(march_of(parameters, theta))
    while np.isfinite(best) and np.isfinite(covariance).all():
        variance = np.maximum(np.diag(covariance), 1e-300)
        sureness = np.where(_are_known(parameters), np.inf, np.square(theta) / variance)
        if not np.isfinite(sureness).any():
            break
        k = int(np.argmin(sureness))
        others = np.arange(len(theta)) != k
        gain = covariance[others, k] / variance[k]
        fewer = [one for one, stays in zip(parameters, others, strict=True) if stays]
        rest = theta[others] - gain * theta[k]
        error = newer.error(march_of(fewer, rest))
        if not error <= max((1 + TOLERANCE) * best, EXACT):
            break
        covariance = covariance[np.ix_(others, others)] - np.outer(gain, covariance[k, others])
        parameters, theta, best = fewer, rest, min(best, error)
    return parameters, theta


def _are_known(parameters):
    return np.array([one.is_known for one in parameters], dtype=bool)
