"""Solve for the states on a mesh and the weights of the field together."""

import time

import numpy as np

from ._field_function import function_of
from ._gauss_newton import SIGMA_FLOOR, SINGLE_PRECISION_SIGMA, collocate
from ._layout import LONGEST_GAP, MOST_PARTS, fastest_slope, lay_points, slope_scale
from ._many_pieces import collocate_many
from ._match import EXACT_SIGMA
from ._pieces import cut_pieces, forecast_error, spread_pieces, windows_beside

MAX_DEFECTS = 3600
# Entries of a Jacobian that must be made: about 1 s, and 10 s at most for its Gram matrix.
MAX_JACOBIAN = 2**26
# Gaps (in the unit of LONGEST_GAP) below which the match of exact data needs no improvement.
DENSE_GAP = 0.2
# q in parts of the slopes' root mean square (per root of a median step); data more exact than
# NOISE_OF_Q let the law be held more exactly too.
SHARE_OF_Q, NOISE_OF_Q = 0.05, 0.03
# The match has seen the rows on which it is judged against a fit of pieces: on 20,000 rows of
# Lorenz-63 and van der Pol (1 to 10 % noise) its error there was up to 7 % lower, that of its free
# runs up to 30 times higher. But of very long data it has learned all, pieces next to nothing: on
# 1e5 and 1e6 rows of rotations of five states both were lower, that error by 13 and 15 %.
FAVOUR_OF_MATCH, FAVOUR_OF_LITTLE, LITTLE = 1.2, 1.1, 0.02


def collocate_field(
    field,
    paths,
    match_report,
    *,
    alpha=None,
    q=None,
    max_iterations=12,
    max_defects=MAX_DEFECTS,
    refines=False,
    count=None,
):
    """Improve a matched field by simultaneous collocation, in place.

    Parameters
    ----------
    field : NeuralField
        As ``match_field`` left it.
    paths : list of ObservedPath
    match_report : dict
        What ``match_field`` returned for these paths.
    alpha : float or None
        Precision of the weights (of a field with slopes of root mean square 1) beside data in
        units of their noise; None = by evidence.
    q : float or None
        Deviation of the law from the field per root of a median step; None = 5 % of the slopes,
        less where the noise is under 3 % of a standard deviation.
    max_iterations : int, default=12
    max_defects : int, default=3600
        Size of the dense system, whose time grows with the cube. Longer data are solved on
        pieces of them; the result is kept if it does not forecast the rows between clearly worse
        than the match.
    refines : bool, default=False
        Go on with many pieces of long noisy data, which takes up to as long again.
    count : FieldCount, optional
        Whoever gives it counts; where it is spent the fit ends behind that iteration.

    Returns
    -------
    dict
        ``tool``, ``seconds`` and either ``declined`` (the reason; the field is untouched) or
        ``states`` (list of float arrays of shape (n, n_states), at the stamps), ``alpha``,
        ``q``, ``n_iterations``, ``n_defects``, ``objective``, ``noise`` per channel (that of
        ``match_report``, or of evidence where that differs much) and ``sigma``, the root mean
        square distance of observations and states. Of pieces, no ``states`` and ``sigma`` but
        ``errors``, the mean squared errors of the match and of this tool.
    """
    start = time.perf_counter()
    scale = slope_scale(match_report)
    sigma = np.maximum(match_report["sigma"], SIGMA_FLOOR)
    if q is None:
        q = SHARE_OF_Q * scale * min(1.0, float(sigma.min()) / NOISE_OF_Q)
    layouts = lay_points(field, paths, match_report)
    report = {"tool": "collocation"}
    settings = {"alpha": alpha, "q": q, "max_iterations": max_iterations, "count": count}
    pieces, reason = [], reason_to_decline(paths, match_report)
    n_gaps = sum(len(points) - 1 for points in layouts)
    if reason is None and n_gaps * field.n_states > max_defects:
        pieces = spread_pieces(paths, layouts, max_defects // field.n_states)
        if not pieces:
            reason = f"{field.n_states} states, too many for {max_defects} defects"
    if reason is None:
        reason = _reason_of_size(field, min(n_gaps * field.n_states, max_defects))
    if reason is not None:
        report["declined"] = reason
    elif pieces:
        report |= _collocate_pieces(
            field, paths, match_report, layouts, pieces, settings, refines=refines
        )
    else:
        found = collocate(field, paths, match_report, layouts, **settings)
        report |= found | {"sigma": _misfit(paths, found["states"])}
    return report | {"seconds": time.perf_counter() - start}


def _collocate_pieces(field, paths, match_report, layouts, pieces, settings, *, refines):
    """Collocate pieces; go back to the match if that forecasts the other rows better.

    Noisy data go on with many pieces, under the same condition.
    """
    function = function_of(field)
    matched = function.read()
    windows = windows_beside(pieces, paths, match_report["states"])
    errors = {"match": forecast_error(field, paths, windows)}
    cut, smooth = cut_pieces(pieces, paths, match_report)
    found = collocate(field, cut, smooth, lay_points(field, cut, smooth), **settings)
    errors["collocation"] = forecast_error(field, paths, windows)
    del found["states"]
    found |= {"tool": f"collocation of {len(pieces)} pieces", "errors": errors}
    n_gaps = sum(len(points) - 1 for points in layouts)
    is_little = found["n_defects"] < LITTLE * n_gaps * field.n_states
    favour = FAVOUR_OF_LITTLE if is_little else FAVOUR_OF_MATCH
    # A failed one compares as not better.
    if not errors["collocation"] < favour * errors["match"]:
        function.write(matched)
        found["declined"] = f"worse than the match between the {len(pieces)} pieces"
        return found
    is_noisy = found["noise"].min() >= SINGLE_PRECISION_SIGMA
    if refines and is_noisy and "stopped" not in found:
        found |= _refine(field, paths, match_report, layouts, found, settings["count"])
    return found


def _refine(field, paths, match_report, layouts, found, count):
    """Go on with many pieces; go back if that forecasts the rows beside them worse."""
    function = function_of(field)
    before = function.read()
    settings = {"alpha": found["alpha"], "q": found["q"], "sigma": found["noise"]}
    settings["count"] = count
    settings["n_gaps"] = found["n_defects"] // field.n_states
    many = collocate_many(field, paths, match_report, layouts, **settings)
    if not many:
        return {}
    pieces = many.pop("pieces")
    if "declined" in many:
        return {"refined": many | {"n_pieces": len(pieces)}}
    windows = windows_beside(pieces, paths, match_report["states"])
    error, kept = forecast_error(field, paths, windows), function.read()
    function.write(before)
    judged = {"many pieces": error, "few pieces": forecast_error(field, paths, windows)}
    report = {"stopped": many.pop("stopped")} if "stopped" in many else {}
    report["refined"] = many | {"n_pieces": len(pieces), "errors": judged}
    if error < FAVOUR_OF_MATCH * judged["few pieces"]:
        function.write(kept)
        return report | {"tool": f"collocation of {len(pieces)} pieces"}
    return report


def reason_to_decline(paths, match_report, *, is_for_exact=False):
    """Say why the tool is not for these data; None if it is.

    ``is_for_exact`` lets it have dense data without noise, too.
    """
    gaps = np.concatenate([np.diff(path.times) for path in paths])
    if len(gaps) == 0:
        return "no series has two rows"
    is_exact = match_report["sigma"].max() < EXACT_SIGMA and not is_for_exact
    if is_exact and np.median(gaps) * fastest_slope(match_report) < DENSE_GAP:
        return "dense observations without noise, whose slopes match already"
    if gaps.max() * fastest_slope(match_report) > LONGEST_GAP * MOST_PARTS:
        return f"a gap of over {MOST_PARTS:,} parts of the mesh"
    return None


def _reason_of_size(field, n_defects):
    """Say why the field is too large for the tool; None if it is not."""
    function = function_of(field)
    if function.makes_jacobian and 2 * n_defects * function.n_weights > MAX_JACOBIAN:
        return f"{function.n_weights} weights without layers at {n_defects} defects"
    return None


def _misfit(paths, states):
    """Root mean square of observation minus state per channel."""
    rest = np.concatenate([path.values - x for path, x in zip(paths, states, strict=True)])
    n = np.maximum(np.isfinite(rest).sum(axis=0), 1)
    return np.sqrt(np.nansum(np.square(rest), axis=0) / n)
