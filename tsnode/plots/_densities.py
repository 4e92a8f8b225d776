"""Densities of runs of states over bins, each row weighed by the time it stands for."""

import numpy as np

from ..metrics._histogram import true_range

MARGIN = 0.1  # of the standard deviation, beyond the true range: the box of kl_divergence


def bin_edges(runs, n_bins):
    """Return edges of shape (n_channels, n_bins + 1) around the true states."""
    low, high = true_range(runs.values, MARGIN)
    return np.linspace(low, high, n_bins + 1, axis=1)


def channel_densities(runs, edges):
    """Share of the time in each bin over its width, a list of arrays (n_bins,) by channel.

    What lies outside the bins counts as time, so that a run that leaves has less than 1 in them.
    """
    weights = runs.durations()
    found = []
    for values, own in zip(runs.values.T, edges, strict=True):
        kept = np.isfinite(values)
        counts, _ = np.histogram(values[kept], own, weights=weights[kept])
        found.append(counts / weights.sum() / np.diff(own))
    return found


def joint_density(runs, edges):
    """Share of the time in each cell of two channels over its area, (n_bins, n_bins)."""
    weights = runs.durations()
    kept = np.isfinite(runs.values).all(axis=1)
    counts, _, _ = np.histogram2d(*runs.values[kept].T, bins=list(edges), weights=weights[kept])
    return counts / weights.sum() / np.outer(*np.diff(edges, axis=1))
