"""Fit a vector field to the slopes of smoothed paths; no solver."""

import time

import numpy as np
import torch

from tsnode.smoothing._integrated_wiener import smooth_panel_channel

from ._field_function import function_of
from ._least_squares import fit_function

# The smoother's path is straight at its ends whatever the field does there.
N_TRIMMED = 6
# Noise (in parts of a standard deviation) below which data count as exact.
EXACT_SIGMA = 1e-3
# Rows of the dual system; its time grows with their cube.
MAX_ROWS = 2400
# Noisy slopes above which mini-batches of all of them beat least squares on few: at 3,000 of
# Lorenz-63 (5 % noise) both come to the same, at 9,000 mini-batches to a quarter of the error.
MANY_SLOPES = 4000
# Mean square error of exact slopes in parts of theirs, under which the smoother's own error rules:
# of van der Pol 30 iterations and 80 come to the same.
GOAL = 2e-9
# Stamps that are matched at most, spread evenly.
MAX_POINTS = 400_000


def smooth_paths(paths, paces=None):
    """Smooth every channel over all paths.

    Parameters
    ----------
    paths : list of ObservedPath
    paces : list of float arrays of shape (n - 1,), optional
        Intensity of the paths' bends within every gap, in parts of what is to be found.

    Returns
    -------
    dict
        ``sigma``, ``ratio`` and ``deviance`` of shape (n_states,), and per path (lists) ``states``,
        ``slopes``, ``spreads``, ``slope_spreads`` of shape (n, n_states).
    """
    n_states = paths[0].values.shape[1]
    times, weights = [p.times for p in paths], [p.weights for p in paths]
    channels = [
        smooth_panel_channel(times, [p.values[:, j] for p in paths], weights, paces)
        for j in range(n_states)
    ]

    def gather(name):
        return [
            np.stack([getattr(channel[k], name) for channel in channels], axis=1)
            for k in range(len(paths))
        ]

    return {
        "sigma": np.array([channel[0].sigma for channel in channels]),
        "ratio": np.array([channel[0].ratio for channel in channels]),
        "deviance": np.array([channel[0].deviance for channel in channels]),
        "states": gather("mean"),
        "slopes": gather("slope"),
        "spreads": gather("spread"),
        "slope_spreads": gather("slope_spread"),
    }


def match_field(
    field,
    paths,
    *,
    alpha=None,
    max_points=400,
    max_iterations=None,
    keep_start=False,
    smooth=None,
    count=None,
):
    """Fit ``field`` to the slopes of the smoothed paths, in place.

    Parameters
    ----------
    field : NeuralField
    paths : list of ObservedPath
    alpha : float or None
        Penalty of the weights, see ``fit_function``; None = by evidence.
    max_points : int, default=400
        Stamps used by least squares, spread evenly over all rows. More gain little: slopes of
        neighbouring stamps share their error. Above 4,000 slopes mini-batches read all, where
        these are noisy or of so many states that least squares holds fewer stamps.
    max_iterations : int or None, default=None
        None = 40, or 80 where there is no noise and so something left to gain.
    keep_start : bool, default=False
        True goes on from the weights as they are.
    smooth : dict, optional
        Result of ``smooth_paths(paths)`` where it is known already.
    count : FieldCount, optional
        See ``fit_function``.

    Returns
    -------
    dict
        That of ``smooth_paths`` and of ``fit_function``, with ``tool`` = "match by ...",
        ``n_points`` and ``seconds``.
    """
    start = time.perf_counter()
    smooth = smooth_paths(paths) if smooth is None else smooth
    is_exact = smooth["sigma"].max() < EXACT_SIGMA
    if max_iterations is None:
        max_iterations = 80 if is_exact else 40
    function = function_of(field)
    inputs, slopes, weights = _points(field, function, paths, smooth)
    tool = "auto"
    n_points = min(max_points, max(MAX_ROWS // field.n_states, 50), len(slopes))
    if slopes.size > MANY_SLOPES and (not is_exact or n_points < max_points):
        tool, n_points = "stochastic", min(MAX_POINTS, len(slopes))
    chosen = np.linspace(0, len(slopes) - 1, n_points).round().astype(int)
    report = fit_function(
        function,
        inputs[chosen],
        slopes[chosen],
        weights=weights[chosen],
        alpha=alpha,
        max_iterations=max_iterations,
        keep_start=keep_start,
        tool=tool,
        bends=is_exact,
        goal=GOAL if is_exact else 0.0,
        count=count,
    )
    return (
        smooth
        | report
        | {
            "tool": f"match by {report['tool']}",
            "n_points": n_points,
            "seconds": time.perf_counter() - start,
        }
    )


def _points(field, function, paths, smooth):
    """Collect inputs, slopes and weights of the stamps worth matching."""
    inputs, slopes, weights = [], [], []
    for k, path in enumerate(paths):
        kept = _inner_rows(path, smooth["slope_spreads"][k])
        u = path.mean_controls(path.times[kept]) if field.n_controls else None
        inputs.append(rows_of(function, path.times[kept], smooth["states"][k][kept], u))
        slopes.append(smooth["slopes"][k][kept])
        weights.append(path.weights[kept, None] / _variance(smooth["slope_spreads"][k][kept]))
    weights = np.concatenate(weights)
    if len(weights):
        weights = weights / weights.mean()
    return np.concatenate(inputs), np.concatenate(slopes), weights


def _inner_rows(path, slope_spreads):
    """Row numbers where the slope is known, away from the ends of longer series."""
    known = np.flatnonzero(np.isfinite(slope_spreads).all(axis=1))
    n_trimmed = N_TRIMMED if len(known) > 10 * N_TRIMMED else 0
    return known[n_trimmed : len(known) - n_trimmed] if path.n_rows else known


def _variance(slope_spreads):
    """Variance of the slopes per entry, softened so that no row rules the fit."""
    variance = np.square(slope_spreads)
    typical = np.median(variance, axis=0) if len(variance) else 0.0
    # Where there is no noise all entries weigh the same.
    return np.where(typical > 0, variance + typical, 1.0)


def rows_of(function, times, states, controls=None):
    """Join arrays to the inputs of a function, float array of shape (m, n_inputs)."""
    u = None if controls is None else torch.as_tensor(np.array(controls, dtype=float))
    t, z = torch.as_tensor(np.array(times)), torch.as_tensor(np.array(states))
    return function.inputs(t, z, u).numpy()
