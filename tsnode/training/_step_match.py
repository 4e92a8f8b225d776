"""Fit a one-step map to pairs of neighbouring rows; no loop."""

import time

import numpy as np
import torch

from ..exceptions import FitWarning, warn_user
from ._field_function import function_of
from ._least_squares import fit_function
from ._match import EXACT_SIGMA, MANY_SLOPES, MAX_POINTS, rows_of, smooth_paths

# Rows of the least-squares system (pairs times states); its time grows with their cube.
MAX_ROWS = 2400
# Fewer held-out pairs than this say nothing about which of two fits is better.
LEAST_PAIRS = 10


def match_steps(
    field, paths, *, kind, alpha=None, keep_start=False, validation_fraction=0.2, earlier=None
):
    """Fit x' = f(x) (kind "plain") or x' = x + f(x) (kind "residual") to neighbouring rows.

    Two sets of pairs are tried, the rows as observed and the rows of the smoothed path (which
    takes the noise out of smooth data and bridges missing entries); the one whose fit on the
    older pairs forecasts the newest observations better is fitted on all.

    Parameters
    ----------
    field : NeuralField
    paths : list of ObservedPath
        Times in whole steps.
    kind : {"plain", "residual"}
    alpha : float or None
    keep_start : bool, default=False
        True goes on from the weights as they are.
    validation_fraction : float, default=0.2
    earlier : callable (times, states) -> array (n, n_more), optional
        Earlier states that the field reads before its controls, NaN where one is not known.

    Returns
    -------
    report : dict
        ``tool``, ``pairs`` ("observed" or "smoothed"), ``errors`` of both, ``sigma``, ...
    states : list of float arrays
        A finite state for every row, for windows to start from.
    """
    begin = time.perf_counter()
    smooth = smooth_paths(paths)
    sets = {
        "observed": _pairs(field, paths, [path.values for path in paths], earlier),
        "smoothed": _pairs(field, paths, smooth["states"], earlier),
    }
    is_noisy = bool(smooth["sigma"].max() >= EXACT_SIGMA)
    settings = {"kind": kind, "alpha": alpha, "is_noisy": is_noisy}
    errors = _held_out_errors(field, sets, validation_fraction, settings)
    usable = [name for name in sets if len(sets[name]["now"])]
    if not usable:
        msg = "No two neighbouring rows lie one step apart; the map stays at the mean. "
        msg += "Pass a longer freq=, or use NeuralODERegressor."
        if earlier is not None:
            msg = "No row with a next one has all that lookback= reads before it; the map stays at "
            msg += "the mean. Shorten lookback=, or pass more rows."
        warn_user(msg, FitWarning)
    chosen = min(usable, key=lambda name: errors.get(name, np.inf), default="observed")
    report = _fit(field, sets[chosen], slice(None), keep_start=keep_start, **settings)
    report |= {
        "tool": f"match of steps by {report['tool']}",
        "pairs": chosen,
        "errors": errors,
        # Raw pairs carry their noise into the map: then nothing is known of it.
        "sigma": smooth["sigma"] if chosen == "smoothed" else np.zeros_like(smooth["sigma"]),
        "seconds": time.perf_counter() - begin,
    }
    return report, smooth["states"]


def _pairs(field, paths, states, earlier):
    """State, inputs, next state and observation of all rows with a next row one step later."""
    function = function_of(field)
    parts = {"now": [], "inputs": [], "later": [], "truth": [], "weights": [], "times": []}
    for path, state in zip(paths, states, strict=True):
        first = np.flatnonzero(np.abs(np.diff(path.times) - 1.0) < 0.5)
        known = state if earlier is None else np.hstack([state, earlier(path.times, state)])
        first = first[np.isfinite(known[first]).all(axis=1)]
        times = path.times[first]
        u = None if path.controls is None else path.controls(times)
        if earlier is not None:
            more = known[first, state.shape[1] :]
            u = more if u is None else np.hstack([more, u])
        parts["now"].append(state[first])
        parts["inputs"].append(rows_of(function, times, state[first], u))
        parts["later"].append(state[first + 1])
        parts["truth"].append(path.values[first + 1])
        parts["weights"].append(path.weights[first] * path.weights[first + 1])
        parts["times"].append(times)
    return {name: np.concatenate(part) for name, part in parts.items()}


def _held_out_errors(field, sets, fraction, settings):
    """Mean squared error of both fits over the newest observed next rows."""
    errors = {}
    start = {name: value.clone() for name, value in field.state_dict().items()}
    for name, pairs in sets.items():
        if not len(pairs["times"]) or fraction <= 0:
            continue
        cut = np.quantile(pairs["times"], 1 - fraction)
        older, newer = pairs["times"] <= cut, pairs["times"] > cut
        if newer.sum() < LEAST_PAIRS or older.sum() < LEAST_PAIRS:
            continue
        _fit(field, pairs, older, **settings)
        miss = np.square(_step(field, pairs, newer, settings["kind"]) - pairs["truth"][newer])
        errors[name] = float(np.nanmean(miss)) if np.isfinite(miss).any() else np.inf
        field.load_state_dict(start)
    return errors


def _fit(field, pairs, rows, *, kind, alpha, is_noisy, keep_start=False):
    now, later = pairs["now"][rows], pairs["later"][rows]
    inputs, weights = pairs["inputs"][rows], pairs["weights"][rows]
    targets = later - now if kind == "residual" else later
    most, tool = max(MAX_ROWS // field.n_states, 400), "auto"
    if is_noisy and targets.size > MANY_SLOPES:
        # Many pairs average their noise out; mini-batches read all of them in less time.
        most, tool = MAX_POINTS, "stochastic"
    spread = np.linspace(0, len(inputs) - 1, min(len(inputs), most)).round().astype(int)
    return fit_function(
        function_of(field), inputs[spread], targets[spread], weights=weights[spread], alpha=alpha,
        keep_start=keep_start, tool=tool,
    )  # fmt: skip


def _step(field, pairs, rows, kind):
    function = function_of(field)
    with torch.no_grad():
        ahead = function(torch.as_tensor(pairs["inputs"][rows]).to(function.like)).cpu().numpy()
    return ahead + pairs["now"][rows] if kind == "residual" else ahead
