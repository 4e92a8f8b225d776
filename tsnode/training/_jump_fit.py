"""Fit noisy rows of a law that jumps: match the flow of a smooth path, then free the states."""

import time

import numpy as np

from ._collocation import MAX_DEFECTS
from ._field_function import function_of
from ._flow_function import LONGEST_GAP, FlowFunction
from ._flow_match import MAX_ENTRIES, choose_gaps, draw_weights, is_plain
from ._gauss_newton import collocate
from ._layout import slope_scale
from ._least_squares import fit_function
from ._pieces import Piece, cut_pieces, forecast_error, spread_pieces, windows_beside

# Values that the match learns, and steps of the solver in a median gap.
MAX_ROWS, N_STEPS = 600, 3
# Floor under the deviation of a gap (in standard deviations), and iterations of the match: with
# their own alone slow gaps weigh thousands of times more than jumps, and it goes astray.
FIRST, LATER = (0.1, 30), (0.03, 10)
# Steepness of a fresh network, how many are tried at most, and the loss that is good enough. From a
# steep one (2, 1) the law of stiff van der Pol is matched more surely, but free runs end worse.
DRAW, N_DRAWS, MOST_LOSS, GOAL = (1.0, 1.0), 3, 5e-3, 1e-3
# Loss that no freeing of states will mend.
HOPELESS = 0.3
# Precision of the weights beside data in units of their noise: 1, 5 and 20 come to the same.
ALPHA = 5.0
# Deviation of the law from the field in parts of the slopes, per root of a median step.
SHARE_OF_Q = 5e-4
MAX_ITERATIONS = 25
# Objective per value (of noise, law and weights together) above which the fit is none: it is 1.4
# to 6 of good ones, and thousands of others. And the error ahead beside the pieces of long data.
# Steps to a gap there, of which some are many times the median.
MOST_MISFIT, MOST_ERROR, N_SUBSTEPS = 30.0, 1.0, 20


def fit_jumps(field, paths, smooth, *, alpha=None, keep_start=False, count=None):
    """Fit ``field`` to noisy rows of a law whose states jump between two rows, in place.

    The flow of the field is matched to the gaps of a path that was smoothed unevenly, every gap
    by how well it is known; then states and weights are solved for together, so that the law
    holds and the observations are missed by their noise.

    Parameters
    ----------
    field : NeuralField
        Of the built-in kind and without controls, or the tool declines.
    paths : list of ObservedPath
    smooth : dict
        Result of ``smooth_jumps`` for these paths.
    alpha : float or None
        Precision of the weights, see ``collocate_field``; None = 5.
    keep_start : bool, default=False
        True goes on from the weights as they are.
    count : FieldCount, optional

    Returns
    -------
    dict
        ``tool``, ``seconds`` and either ``declined`` (the reason; the field is untouched) or what
        ``collocate`` returns, ``sigma`` (its noise), ``misfit`` (objective per value) and
        ``states`` at all stamps: of long data, those of ``smooth`` beside the pieces.
    """
    begin = time.perf_counter()
    report = {"tool": "flow and states"}
    function, pieces = function_of(field), _pieces_of(paths, field.n_states)
    reason = _reason_to_decline(field, pieces)
    if reason is None:
        before = function.read()
        cut, known = cut_pieces(pieces, paths, smooth)
        report["states"] = [states.copy() for states in smooth["states"]]
        loss, stopped = _match(function, cut, known, keep_start, count)
        if stopped:
            # Whoever stopped it wants no other tool.
            report |= {"stopped": stopped, "sigma": smooth["sigma"]}
        elif not loss < HOPELESS:
            reason = f"a flow that misses the smooth path (loss {loss:.2g})"
        else:
            found = collocate(
                field, cut, known, [path.times for path in cut], n_flow_steps=N_STEPS,
                alpha=ALPHA if alpha is None else alpha, q=SHARE_OF_Q * slope_scale(known),
                max_iterations=MAX_ITERATIONS, count=count,
            )  # fmt: skip
            for piece, states in zip(pieces, found.pop("states"), strict=True):
                report["states"][piece.path][piece.first : piece.last] = states
            n_values = sum(int(np.isfinite(path.values).sum()) for path in cut)
            report |= found | {"sigma": found["noise"], "misfit": found["objective"] / n_values}
            if "stopped" not in found:
                reason = _reason_to_undo(field, paths, smooth, pieces, report["misfit"])
        if reason is not None:
            function.write(before)
    if reason is not None:
        report["declined"] = reason
    return report | {"seconds": time.perf_counter() - begin}


def _pieces_of(paths, n_states):
    """Rows between pauses: all of them, or of data that are too long pieces spread over them."""
    if sum(path.n_rows for path in paths) * n_states <= MAX_DEFECTS:
        pieces = [Piece(k, 0, path.n_rows) for k, path in enumerate(paths)]
    else:
        pieces = spread_pieces(paths, [path.times for path in paths], MAX_DEFECTS // n_states)
    parts = []
    for piece in pieces:
        gaps = np.diff(paths[piece.path].times[piece.first : piece.last])
        ends = piece.first + 1 + np.flatnonzero(gaps > LONGEST_GAP)
        edges = [piece.first, *ends.tolist(), piece.last]
        parts += [Piece(piece.path, a, b) for a, b in zip(edges[:-1], edges[1:], strict=True)]
    return [part for part in parts if part.last - part.first > 1]


def _reason_to_decline(field, pieces):
    if not is_plain(field):
        return "a field with controls or of another kind than the built-in network"
    if not pieces:
        return f"too few rows between pauses, or too many of {field.n_states} states"
    n_weights = function_of(field).n_weights
    n_gaps = sum(piece.last - piece.first - 1 for piece in pieces)
    if n_gaps * field.n_states * n_weights > MAX_ENTRIES:
        return f"{n_weights} weights, too many for the memory"
    return None


def _reason_to_undo(field, paths, smooth, pieces, misfit):
    """Say why a fit is none; None if it is one. A failed one compares as not better."""
    if not misfit < MOST_MISFIT:
        return f"an objective of {misfit:.2g} per value"
    windows = windows_beside(pieces, paths, smooth["states"])
    if len(windows):
        error = forecast_error(field, paths, windows, n_substeps=N_SUBSTEPS)
        if not error < MOST_ERROR:
            return f"a mean squared error of {error:.2g} beside the pieces"
    return None


def _match(function, paths, smooth, keep_start, count):
    """Fit the flow to gaps of the smooth path, from the best of several fresh networks.

    Returns the loss, and why the match was stopped, or None.
    """
    gaps, deviations = _gaps(paths, smooth)
    n_learned = min(MAX_ROWS // function.n_states, len(deviations))
    learned = choose_gaps(gaps, n_learned)
    data = gaps["inputs"][learned], gaps["change"][learned]
    flow = FlowFunction(function, N_STEPS)

    def fit(floor, max_iterations):
        weights = 1 / (np.square(deviations[learned]) + floor**2)
        return fit_function(
            flow, *data, weights=weights / weights.mean(), keep_start=keep_start, tool="dual",
            max_iterations=max_iterations, goal=GOAL, count=count,
        )  # fmt: skip

    least = np.inf
    for _ in range(1 if keep_start else N_DRAWS):
        if not keep_start:
            draw_weights(function, *DRAW)
        report = fit(*FIRST)
        if report["loss"] < least:
            least, best = report["loss"], function.read()
        if report["loss"] < MOST_LOSS or "stopped" in report:
            break
    if least < np.inf:
        function.write(best)
    if "stopped" not in report and least < HOPELESS:
        keep_start = True
        report = fit(*LATER)
    return least, report.get("stopped")


def _gaps(paths, smooth):
    """State, time and length of all gaps of the smooth path, the change, and its deviation."""
    parts = {"inputs": [], "change": []}
    deviations = []
    for k, path in enumerate(paths):
        states, t = smooth["states"][k], path.times[:, None]
        spreads, slope_spreads = smooth["spreads"][k], smooth["slope_spreads"][k]
        gap = np.diff(t, axis=0)
        parts["inputs"].append(np.hstack([states[:-1], t[:-1], gap]))
        parts["change"].append(np.diff(states, axis=0))
        # Neighbouring errors of a smooth path are nearly the same, those of a rough one are not.
        along = gap * np.maximum(slope_spreads[1:], slope_spreads[:-1])
        deviations.append(np.minimum(along, np.hypot(spreads[1:], spreads[:-1])))
    return {name: np.concatenate(part) for name, part in parts.items()}, np.concatenate(deviations)
