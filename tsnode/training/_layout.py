"""Where the points of a mesh lie: at the stamps, or free of them as the path moves."""

import numpy as np

from ._match import EXACT_SIGMA

# Parts of one gap, or of a free path. More than collocation takes, so that it declines: a gap of
# years between stamps nanoseconds apart would ask for more points than there is memory.
MOST_PARTS = 10_000
# Longest gap of a mesh of stamps in parts of the time in which the fastest channel moves by one
# standard deviation; there the defects' own error is under 1e-4.
LONGEST_GAP = 0.5
# The same for a free mesh, on which states between the points are cubics too: their error grows
# with the fourth power of the gap and must stay under the noise. On van der Pol and Lorenz-63 with
# 1 and 5 % noise half of it changes nothing.
FREE_GAP, NOISE_OF_FREE_GAP = 0.4, 0.01
# Points beside a jump of the controls, in parts of the gaps there; a stamp nearer than SAME (of the
# shortest gap) is the jump. A table of MOST_JUMPS times as many is read at the points alone.
SIDE, SAME, MOST_JUMPS = 1e-4, 1e-6, 3


def lay_points(field, paths, smooth):
    """Points of the mesh per path: free of the stamps where those are many and noisy."""
    longest = LONGEST_GAP / fastest_slope(smooth)
    at_stamps = [lay_stamps(path.times, longest) for path in paths]
    noise = smooth["sigma"].min()
    # Between the points of a free mesh a driver could move unseen.
    if field.n_controls:
        return [lay_jumps(p.jumps, points) for p, points in zip(paths, at_stamps, strict=True)]
    if noise < EXACT_SIGMA:
        return at_stamps
    gap = FREE_GAP * min(1.0, noise / NOISE_OF_FREE_GAP) ** 0.25
    free = [lay_freely(p.times, s, gap) for p, s in zip(paths, smooth["slopes"], strict=True)]
    return [min(pair, key=len) for pair in zip(free, at_stamps, strict=True)]


def lay_stamps(times, h_max):
    """All stamps, and equal parts of the gaps that exceed ``h_max``."""
    n_parts = np.clip(np.ceil(np.diff(times) / h_max - 1e-9), 1, MOST_PARTS).astype(int)
    stamps = np.r_[0, np.cumsum(n_parts)]
    return np.interp(np.arange(stamps[-1] + 1), stamps, times)


def lay_jumps(jumps, points):
    """Points, and one at both sides of every jump, between which next to no time passes.

    So no gap of the mesh holds a jump, and both its ends read the control that acts within it.
    Jumps that are many times as many as the points are left alone.
    """
    if jumps is None or len(points) < 2:
        return points
    slack = SAME * np.diff(points).min()
    inside = jumps[(jumps > points[0] + slack) & (jumps < points[-1] - slack)]
    if not 0 < len(inside) <= MOST_JUMPS * len(points):
        return points
    place = np.searchsorted(inside, points)
    nearest = np.abs(points[:, None] - inside[np.clip([place - 1, place], 0, len(inside) - 1)].T)
    points = points[nearest.min(axis=1) > slack]
    edges = np.unique(np.r_[points, inside])
    room = np.r_[np.inf, np.diff(edges), np.inf]
    at = np.searchsorted(edges, inside)
    beside = SIDE * np.minimum(room[at], room[at + 1])
    return np.sort(np.r_[points, inside - beside, inside + beside])


def lay_freely(times, slopes, gap):
    """Points whose distance follows the motion, however many stamps lie between.

    Parameters
    ----------
    times : float array of shape (n,)
    slopes : float array of shape (n, n_states)
        In standard deviations per unit of time.
    gap : float
        Distance in parts of the time in which the fastest channel moves by one.
    """
    speed = np.abs(slopes).max(axis=1)
    typical = np.sqrt(np.square(slopes).mean(axis=0).max())
    # The mean keeps the mesh fine enough where the path turns and every slope is small.
    density = np.sqrt((np.square(speed) + typical**2) / 2)
    way = np.r_[0, np.cumsum(np.diff(times) * (density[:-1] + density[1:]) / 2)]
    # A limit for a huge gap, which no long path may reach.
    n_gaps = int(np.clip(np.ceil(way[-1] / gap), 1, len(times) + MOST_PARTS))
    points = np.interp(np.linspace(0, way[-1], n_gaps + 1), way, times)
    return times[[0, -1]] if way[-1] == 0 else points


def fastest_slope(smooth):
    """Largest root mean square slope of a channel; 1 where nothing moves."""
    slopes = np.concatenate(smooth["slopes"])
    return float(np.sqrt(np.square(slopes).mean(axis=0).max())) or 1.0


def slope_scale(smooth):
    """Root mean square of the smoothed slopes over all paths."""
    squares = np.concatenate([np.square(s).ravel() for s in smooth["slopes"]])
    return float(np.sqrt(squares.mean())) or 1.0
