"""Sorted rows of all series as the training tools see them, one path each."""

from dataclasses import replace

import numpy as np

from ...training._paths import ObservedPath


def observed_paths(series, controls):
    """Make one ObservedPath per series that has rows."""
    return [
        ObservedPath(
            series.times[rows],
            series.values[rows],
            series.weights[rows],
            *_of_series(controls, k),
        )  # fmt: skip
        for k, rows in ((k, series.rows(k)) for k in range(series.n_series))
        if rows.stop > rows.start
    ]


def older_paths(paths, fraction):
    """Cut every path to its rows before the newest share of all times."""
    cut = np.quantile(np.concatenate([path.times for path in paths]), 1 - fraction)
    kept = [path.times <= cut for path in paths]
    return [
        replace(p, times=p.times[k], values=p.values[k], weights=p.weights[k])
        for p, k in zip(paths, kept, strict=True)
        if k.any()
    ]


def _of_series(controls, k):
    """Give the controls of a series as a function of time, and where they jump."""
    if controls is None:
        return None, None
    jumps = None if controls.jumps is None else controls.jumps(k)
    return lambda times: controls.at(np.full(len(times), k), times), jumps
