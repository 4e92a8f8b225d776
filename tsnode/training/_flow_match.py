"""Fit a field so that its flow leads from every row to the next: exact rows of a stiff law."""

import time

import numpy as np
import torch

from ._field_function import LayeredFunction, function_of
from ._flow_function import LONGEST_GAP, FlowFunction
from ._least_squares import fit_function

# Noise of the smoother (in parts of a standard deviation) that neighbouring rows do not show, and
# how many times theirs: jumps that it took for noise. What neighbours may show of noise at most.
HIDDEN_NOISE, TIMES_SHOWN, MOST_SHOWN = 0.02, 5.0, 0.02
# Share of neighbours with the very same value from which on a channel is rounded or counted.
MOST_TIES = 0.05
# The median of |e| in parts of the noise, for e = y1 - (y0 + y2) / 2 of independent noise.
MEDIAN_OF_MISS = 0.6745 * 1.5**0.5
# Rows of the least-squares system, entries of its Jacobian; the share of gaps that judges at least.
MAX_ROWS, MAX_ROWS_OF_TRIAL, MAX_ENTRIES, JUDGES = 1000, 500, 2**26, 0.2
MAX_ITERATIONS = 100
# Mean square error in parts of that of no change, under which better is not worth the time.
GOAL, GOAL_OF_TRIAL = 1e-8, 1e-5
# Steps of the solver in a median gap. More are taken where twice as many change the error by more
# than SAME times, and to more than SMALL (in standard deviations).
STEPS, SAME, SMALL = (5, 10, 20), 2.0, 5e-4
# Root mean square error (in parts of a standard deviation) over gaps that were not learned, above
# which rows are noisy or the field is not of this kind.
MOST_MISS = 0.02
# A fresh network's weights in parts of 1 / root of the fan-in, and its biases: steep enough for
# jumps. With 1 and 0.5 stiff van der Pol takes twice as many iterations. And those of its readout.
STEEP, LAST = (2.0, 1.0), 0.1


def hides_jumps(paths, smooth):
    """Whether rows are exact although the smoother finds noise: it took jumps for that.

    Parameters
    ----------
    paths : list of ObservedPath
    smooth : dict
        Result of ``smooth_paths``.
    """
    return bool(np.any(smooth["sigma"] > _unshown(paths)))


def misses_rows(field, paths):
    """Whether rows are exact although the flow of a matched field does not lead to the next."""
    least = _unshown(paths)
    if np.isinf(least).all() or not is_plain(field):
        return False
    gaps = _gaps(paths)
    n = len(gaps["change"])
    flow, some = FlowFunction(function_of(field), STEPS[0]), slice(None, None, 1 + n // MAX_ROWS)
    # A flow that diverges misses, too.
    return n > 0 and not _miss(flow, gaps, some) <= least.max()


def states_of_rows(paths, smooth):
    """States at the stamps: what was observed, and the smoothed path where nothing was."""
    pairs = zip(paths, smooth["states"], strict=True)
    return [np.where(np.isfinite(path.values), path.values, states) for path, states in pairs]


def is_plain(field):
    """Whether a field is the built-in network, and of nothing but state and time."""
    return isinstance(function_of(field), LayeredFunction) and not field.n_controls


def _unshown(paths):
    """Noise per channel (array) that cannot be, for neighbours would show it; inf: all can."""
    shown, ties = _shown_noise(paths)
    if not (np.isfinite(shown).all() and shown.max() < MOST_SHOWN and ties.max() < MOST_TIES):
        return np.full(len(shown), np.inf)
    return np.maximum(TIMES_SHOWN * shown, HIDDEN_NOISE)


def _shown_noise(paths):
    """Noise per channel by rows between neighbours, and the share of equal neighbours."""
    misses, ties = [], []
    for path in paths:
        t, y = path.times[:, None], path.values
        share = (t[1:-1] - t[:-2]) / (t[2:] - t[:-2])
        misses.append(y[1:-1] - (1 - share) * y[:-2] - share * y[2:])
        ties.append(np.where(np.isfinite(y[1:] + y[:-1]), y[1:] == y[:-1], np.nan))
    misses, ties = np.abs(np.concatenate(misses)), np.concatenate(ties)
    if not len(misses) or np.isnan(misses).all(axis=0).any():
        nothing = np.full(paths[0].values.shape[1], np.nan)
        return nothing, nothing
    return np.nanmedian(misses, axis=0) / MEDIAN_OF_MISS, np.nanmean(ties, axis=0)


def match_flow(field, paths, *, alpha=None, keep_start=False, is_trial=False, count=None):
    """Fit ``field`` to gaps between rows that were observed whole, in place.

    Parameters
    ----------
    field : NeuralField
        Of the built-in kind and without controls, or the tool declines.
    paths : list of ObservedPath
    alpha : float or None
        Penalty of the weights, see ``fit_function``; None = by evidence.
    keep_start : bool, default=False
        True goes on from the weights as they are.
    is_trial : bool, default=False
        True learns fewer gaps, and less well, in a quarter of the time.
    count : FieldCount, optional

    Returns
    -------
    dict
        ``tool``, ``seconds`` and either ``declined`` (the reason; the field is untouched) or what
        ``fit_function`` returns, ``n_gaps``, ``n_steps`` of the solver in a median gap, ``miss``,
        the root mean square error over gaps that were not learned, and ``sigma`` = 0. A fit that
        was stopped is never declined, and no worse than the field was.
    """
    begin = time.perf_counter()
    report = {"tool": "match of the flow"}
    function, gaps = function_of(field), _gaps(paths)
    learned, judges = _share_out(gaps, MAX_ROWS_OF_TRIAL if is_trial else MAX_ROWS)
    reason = None
    if not is_plain(field):
        reason = "a field with controls or of another kind than the built-in network"
    elif learned.sum() * gaps["change"].shape[1] * function.n_weights > MAX_ENTRIES:
        reason = f"{function.n_weights} weights, too many for the memory"
    elif not judges.any():
        reason = "too few gaps between rows that were observed whole"
    if reason is None:
        before = function.read()
        miss_before = _miss(FlowFunction(function, STEPS[0]), gaps, judges)
        if not keep_start:
            draw_weights(function, *STEEP)
        report |= _fit(function, gaps, learned, alpha, keep_start, is_trial, count)
        flow = FlowFunction(function, report["n_steps"])
        report["miss"] = _miss(flow, gaps, judges)
        # A failed one compares as not better; whoever stopped it wants no other tool.
        if not report["miss"] < MOST_MISS and "stopped" not in report:
            function.write(before)
            reason = f"misses rows by {report['miss']:.2g} of a standard deviation"
        elif "stopped" in report and miss_before < report["miss"]:
            function.write(before)
            report["miss"] = miss_before
    if reason is not None:
        report["declined"] = reason
    else:
        report["sigma"] = np.zeros(gaps["change"].shape[1])
    return report | {"seconds": time.perf_counter() - begin}


def _fit(function, gaps, learned, alpha, keep_start, is_trial, count):
    """Fit with few steps of the solver, and with more where that was too coarse."""
    data, weights = (gaps["inputs"][learned], gaps["change"][learned]), gaps["weights"][learned]
    goal = GOAL_OF_TRIAL if is_trial else GOAL
    n_iterations = 0
    for n_steps in STEPS:
        flow = FlowFunction(function, n_steps)
        report = fit_function(
            flow, *data, weights=weights, alpha=alpha, keep_start=keep_start, tool="dual",
            bends=True, goal=goal, max_iterations=MAX_ITERATIONS - n_iterations, count=count,
        )  # fmt: skip
        n_iterations, keep_start = n_iterations + report["n_iterations"], True
        if n_iterations >= MAX_ITERATIONS or "stopped" in report:
            break
        coarse = _miss(flow, gaps, learned)
        if _miss(FlowFunction(function, 2 * n_steps), gaps, learned) <= SAME * max(coarse, SMALL):
            break
    del report["tool"]
    found = {"n_steps": n_steps, "n_gaps": int(learned.sum()), "n_iterations": n_iterations}
    return report | found


def _gaps(paths):
    """State, time and length of every gap whose ends were observed whole, and the change.

    But of no pause, which would take the solver thousands of steps.
    """
    parts = {"inputs": [], "change": [], "weights": []}
    for path in paths:
        seen = np.isfinite(path.values).all(axis=1)
        first = np.flatnonzero(seen[:-1] & seen[1:] & (np.diff(path.times) <= LONGEST_GAP))
        y, t = path.values, path.times
        gap = (t[first + 1] - t[first])[:, None]
        parts["inputs"].append(np.hstack([y[first], t[first][:, None], gap]))
        parts["change"].append(y[first + 1] - y[first])
        parts["weights"].append(np.sqrt(path.weights[first] * path.weights[first + 1]))
    return {name: np.concatenate(part) for name, part in parts.items()}


def _share_out(gaps, max_rows):
    """Masks of the gaps that are learned, and of those that judge, both spread over all speeds."""
    n, d = gaps["change"].shape
    learned = choose_gaps(gaps, min(max(max_rows // d, 1), round((1 - JUDGES) * n)))
    return learned, ~learned


def choose_gaps(gaps, n_learned):
    """Mask of gaps, spread over all speeds.

    But the fastest are all learned: they are few and tell most, and noise shows in the others.
    """
    n = len(gaps["change"])
    order = np.argsort(-np.abs(gaps["change"] / gaps["inputs"][:, -1:]).max(axis=1), kind="stable")
    n_fast = n_learned // 3
    even = np.linspace(n_fast, n - 1, n_learned - n_fast).round().astype(int)
    learned = np.zeros(n, dtype=bool)
    learned[order[:n_fast]] = learned[order[even]] = True
    return learned


@torch.no_grad()
def draw_weights(function, gain, bias):
    """Draw weights of a new network anew, of a given steepness."""
    *hidden, last = function.mlp.layers
    for layer in (*hidden, last):
        layer.weight.normal_(std=gain / layer.in_features**0.5)
        layer.bias.normal_(std=bias)
    last.weight.mul_(LAST)
    last.bias.zero_()


@torch.no_grad()
def _miss(flow, gaps, rows):
    """Root mean square error over some gaps, in units of the states."""
    inputs = torch.as_tensor(gaps["inputs"][rows]).to(flow.like)
    found = flow(inputs).cpu().numpy()
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sqrt(np.mean(np.square(found - gaps["change"][rows]))))
