"""The mesh of simultaneous collocation, and the observations on it."""

import copy
from dataclasses import dataclass

import numpy as np
import torch

# Variance of a state about its last estimate where nothing was observed (but that of the noise
# if it is larger): a trust region.
FREE_VARIANCE = 0.05


@dataclass(frozen=True)
class Mesh:
    """Points on which states are sought, one path after the other.

    Attributes
    ----------
    times : float array of shape (n_points,)
    start : tensor of shape (n_points, n_states)
        First guess of the states.
    left : int tensor of shape (n_gaps,)
        Point at the left end of every gap; the right end is the next one.
    gaps : tensor of shape (n_gaps, 1)
    controls, mid_controls : tensors of shape (n_points or n_gaps, n_controls) or None
    mid_times : float array of shape (n_gaps,)
    pieces : list of slices
        Points of every path.
    """

    times: np.ndarray
    start: torch.Tensor
    left: torch.Tensor
    gaps: torch.Tensor
    controls: torch.Tensor | None
    mid_controls: torch.Tensor | None
    mid_times: np.ndarray
    pieces: list


def build_mesh(paths, smooth, layouts, *, n_controls=0, device=None):
    """Join the points of every path to one mesh.

    Parameters
    ----------
    paths : list of ObservedPath
    smooth : dict
        Result of ``smooth_paths`` for these paths.
    layouts : list of float arrays, increasing
        Points of every path, see ``lay_points``.
    """
    parts, pieces, n_points = [], [], 0
    for k, (path, times) in enumerate(zip(paths, layouts, strict=True)):
        middle = (times[:-1] + times[1:]) / 2
        start = hermite(path.times, smooth["states"][k], smooth["slopes"][k], times)
        u = path.controls(times) if n_controls else np.zeros((len(times), 0))
        v = path.controls(middle) if n_controls else np.zeros((len(middle), 0))
        left = n_points + np.arange(len(times) - 1)
        parts.append((times, start, left, np.diff(times)[:, None], u, v, middle))
        pieces.append(slice(n_points, n_points + len(times)))
        n_points += len(times)
    times, *tensors, middle = (np.concatenate(part) for part in zip(*parts, strict=True))
    start, left, gaps, u, v = (torch.as_tensor(x, device=device) for x in tensors)
    return Mesh(
        times=times,
        start=start,
        left=left,
        gaps=gaps,
        controls=u if n_controls else None,
        mid_controls=v if n_controls else None,
        mid_times=middle,
        pieces=pieces,
    )


def hermite(knots, values, slopes, times):
    """Cubic Hermite interpolation; a single knot is its own value."""
    if len(knots) < 2:
        return np.repeat(values, len(times), axis=0)
    i, s, h = _places(knots, times)
    s, h = s[:, None], h[:, None]
    rise = values[i + 1] - values[i]
    return (
        values[i]
        + s * s * (3 - 2 * s) * rise
        + s * (1 - s) * h * ((1 - s) * slopes[i] - s * slopes[i + 1])
    )


def _places(knots, times):
    """Gap of every time, where in it as a share, and its length."""
    i = np.clip(np.searchsorted(knots, times, side="right") - 1, 0, len(knots) - 2)
    h = knots[i + 1] - knots[i]
    return i, (times - knots[i]) / h, h


class Observations:
    """What was observed, seen from the states on the mesh.

    Between the points a state is the cubic of both ends and their slopes. The pull on a state is
    that of all observations within a gap, each weighed by how near it is (hat functions): exact
    where the mesh holds the stamps, and otherwise right for all that is smooth over a gap.

    Parameters
    ----------
    mesh : Mesh
    paths : list of ObservedPath
    sigma : float array of shape (n_states,)
        Noise of an observation of weight 1.
    """

    def __init__(self, mesh, paths, sigma):
        device, like = mesh.start.device, mesh.start
        left, s, h = [], [], []
        for path, piece in zip(paths, mesh.pieces, strict=True):
            points = mesh.times[piece]
            if len(points) < 2:
                i, share, gap = np.zeros((3, len(path.times)))
            else:
                i, share, gap = _places(points, path.times)
            left, s, h = [*left, piece.start + i.astype(int)], [*s, share], [*h, gap]
        values = np.concatenate([path.values for path in paths])
        weights = np.concatenate([path.weights for path in paths])[:, None]
        self.left = torch.as_tensor(np.concatenate(left), device=device)
        # A path of one point has no right end; its share is 0 and the index must not run out.
        self.right = torch.clamp(self.left + 1, max=len(like) - 1)
        self.s = torch.as_tensor(np.clip(np.concatenate(s), 0, 1), device=device)[:, None]
        self.h = torch.as_tensor(np.concatenate(h), device=device)[:, None]
        self.weights = torch.as_tensor(np.isfinite(values) * weights, device=device)
        self.values = torch.as_tensor(np.nan_to_num(values), device=device)
        self._gathered = self._gather(self.weights, torch.zeros_like(like))
        self._weigh(torch.as_tensor(np.asarray(sigma, dtype=float), device=device))

    def _weigh(self, sigma):
        noise = sigma.square()
        self.sigma, self.precision = sigma, self.weights / noise
        self.free_variance = torch.clamp(noise, min=FREE_VARIANCE)
        self.variance = 1 / torch.maximum(self._gathered / noise, 1 / self.free_variance)

    def of_noise(self, sigma):
        """Return the same seen through another noise, tensor of shape (n_states,)."""
        other = copy.copy(self)
        other._weigh(sigma)  # noqa: SLF001 - of this class
        return other

    def held_loosely(self, variance):
        """Return the same with a wider hold on states that nobody observed."""
        loose = copy.copy(self)
        is_free = self.variance >= self.free_variance
        loose.variance = torch.where(is_free, variance, self.variance)
        return loose

    def states(self, points, slopes):
        """States at the stamps, from those of the mesh and their slopes."""
        s, x0, x1 = self.s, points[self.left], points[self.right]
        bend = (1 - s) * slopes[self.left] - s * slopes[self.right]
        return x0 + s * s * (3 - 2 * s) * (x1 - x0) + s * (1 - s) * self.h * bend

    def misfit(self, points, slopes):
        """Sum of squared residuals in units of their noise."""
        return self.misfits(points, slopes).sum()

    def misfits(self, points, slopes):
        """Return the same by channel, shape (n_states,)."""
        return (self.precision * (self.values - self.states(points, slopes)).square()).sum(dim=0)

    def pull(self, points, slopes):
        """Change of the states that the observations alone would make."""
        force = self.precision * (self.values - self.states(points, slopes))
        return self.variance * self._gather(force, torch.zeros_like(points))

    def _gather(self, entries, out):
        out.index_add_(0, self.left, (1 - self.s) * entries)
        return out.index_add_(0, self.right, self.s * entries)
