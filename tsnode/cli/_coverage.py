"""How often intervals held the truth in the held-out part."""

import pandas as pd

from ..metrics import interval_coverage
from ._bounds import bounds_of
from ._table import write_table


def judge_coverage(trial, trained, coverages, name=None):
    """Return the share of the held-out truth inside each interval.

    Parameters
    ----------
    trial : Trial
    trained : forecaster of its training rows
    coverages : list of float
    name : str, default=None
        Added to the labels, where several models are judged.

    Returns
    -------
    dict of str to DataFrame (lead, channel), by "90 %"; NaN where nothing was observed
    """
    origins = trial.origins
    if not coverages or not trial.has_errors:
        return {}
    start = {"history": trial.frame, "horizon": origins.horizons}
    bounds = bounds_of(trained, origins.stamps, coverages, **start)
    kept = trial.is_judged
    truth = origins.truth[:, :, kept]
    found = {}
    for coverage, interval in bounds.items():
        lower, upper = (origins.arrange(bound)[:, :, kept] for bound in interval)
        shares = interval_coverage(truth, lower, upper, by_lead=True, per_channel=True)
        leads = pd.Index(range(1, trial.n_leads + 1), name="lead")
        label = f"{100 * coverage:g} %" + (f" {name}" if name else "")
        found[label] = pd.DataFrame(shares, leads, trial.frame.columns[kept])
    return found


def coverage_lines(found, step, is_observed):
    """Write the coverage by lead, and by column, as lines of text."""
    if not found:
        return []
    shares = pd.DataFrame(
        {label.rjust(8): by_lead.mean(axis=1) for label, by_lead in found.items()}
    )
    lines = ["", "Share of the held-out values inside the interval of:", ""]
    lines += write_table(shares, step, is_observed)
    for label, by_lead in found.items():
        columns = [f"{name} {share:.2f}" for name, share in by_lead.mean().items()]
        lines.append(f"{label} by column: {', '.join(columns)}")
    return lines
