"""Fit a field without a loop: the tool that suits the rows, and the next where that declines."""

import numpy as np

from ._collocation import collocate_field
from ._flow_match import hides_jumps, match_flow, misses_rows, states_of_rows
from ._jump_fit import fit_jumps
from ._match import match_field, smooth_paths
from ._smooth_jumps import smooth_jumps


def fit_at_once(field, paths, *, collocates, alpha, keep_start, max_iterations, refines, count):
    """Match slopes, then solve for states and weights; of laws that jump, the flow instead.

    Parameters
    ----------
    field : NeuralField
        Fitted in place.
    paths : list of ObservedPath
    collocates : bool
        False leaves it at the match.
    alpha : float or None
        Penalty of the weights, None = by evidence.
    keep_start : bool
        True goes on from the weights as they are.
    max_iterations : int or None
        Of the match, fewer for a trial; None = by the data.
    refines : bool
        Take the time to fit many pieces of long noisy data.
    count : FieldCount

    Returns
    -------
    report : dict
        Plain; that of the match, and of ``collocation`` within.
    states : list of float arrays of shape (n, n_states)
        Finite states at all stamps.
    """
    smooth, declined = smooth_paths(paths), {}
    settings = {"keep_start": keep_start, "count": count}

    def fit_flow():
        with count.counting("match of the flow", field):
            is_trial = max_iterations is not None
            found = match_flow(field, paths, alpha=alpha, is_trial=is_trial, **settings)
        return plain_report(found)

    if hides_jumps(paths, smooth):
        flow = fit_flow()
        if "declined" not in flow:
            return flow, states_of_rows(paths, smooth)
        declined["match_of_the_flow"] = flow
    elif collocates and (uneven := smooth_jumps(paths, smooth)):
        with count.counting("flow and states", field):
            found = fit_jumps(field, paths, uneven, alpha=alpha, **settings)
        report = {"flow_and_states": plain_report(found)}
        if "declined" not in found:
            kept = ("tool", "sigma", "stopped")
            top = {name: found[name] for name in kept if name in found}
            return plain_report(top) | report, found["states"]
        declined |= report
    with count.counting("match", field):
        found = match_field(
            field, paths, alpha=alpha, max_iterations=max_iterations, smooth=smooth, **settings
        )
    if not declined and "stopped" not in found and misses_rows(field, paths):
        flow = fit_flow()
        if "declined" not in flow:
            return flow, states_of_rows(paths, smooth)
        declined["match_of_the_flow"] = flow
    report, states = plain_report(found) | declined, smooth["states"]
    if collocates and "stopped" not in report:
        with count.counting("collocation", field):
            solved = collocate_field(field, paths, found, alpha=alpha, count=count, refines=refines)
        report["collocation"] = plain_report(solved)
        if not solved.get("declined"):
            report |= {"tool": solved["tool"], "sigma": plain_report(solved)["noise"]}
            report |= {"stopped": solved["stopped"]} if "stopped" in solved else {}
            states = solved.get("states", states)
    return report, states


def plain_report(report):
    """Keep what is no array longer than a channel vector, in plain Python."""
    plain = {}
    for name, value in report.items():
        if isinstance(value, np.ndarray) and value.ndim == 1:
            plain[name] = value.tolist()
        elif isinstance(value, np.generic):
            plain[name] = value.item()
        elif isinstance(value, str | int | float | bool | dict | type(None)):
            plain[name] = value
    return plain
