"""The error by lead time as lines of text, without a number where there is none."""

import numpy as np

SHOWN_LEADS = (1, 3, 6, 12, 24, 48, 72, 120, 168, 240)
NOTES = {
    "-": "nothing observed at that lead in the held-out part; the mean leaves it out",
    "diverged": "a forecast of an observed entry is not finite",
}


def write_table(errors, step, is_observed):
    """Write a table of errors, and explain what stands there for a missing number.

    Parameters
    ----------
    errors : DataFrame of shape (n_leads, n_forecasters), index 1 to n_leads
    step : Step between leads
    is_observed : bool array of shape (n_leads,)
        Leads with a truth; elsewhere the errors are NaN for all alike.

    Returns
    -------
    list of str
    """
    n_leads = len(errors)
    shown = sorted({lead for lead in SHOWN_LEADS if lead < n_leads} | {n_leads})
    rows = {
        step.in_words(lead): [_cell(error, is_observed[lead - 1]) for error in errors.loc[lead]]
        for lead in shown
    }
    mean = errors[is_observed].mean(skipna=False, axis=0)
    rows[f"mean {step.in_words()} to {step.in_words(n_leads)}"] = [_cell(one) for one in mean]
    width = max(len(label) for label in rows)
    heads = [f"{name:>{max(len(name), 8)}}" for name in errors.columns]
    lines = ["  ".join([f"{'lead':{width}}", *heads])]
    for label, cells in rows.items():
        padded = [f"{cell:>{len(head)}}" for cell, head in zip(cells, heads, strict=True)]
        lines.append("  ".join([f"{label:{width}}", *padded]))
    used = {cell for cells in rows.values() for cell in cells}
    if not np.all(is_observed):
        used.add("-")  # the mean leaves out leads that are not shown as well
    return lines + [f"{sign}: {words}" for sign, words in NOTES.items() if sign in used]


def _cell(error, is_observed=True):
    if not is_observed:
        return "-"
    if not np.isfinite(error):
        return "diverged"
    return f"{error:.1e}" if 0 < error < 0.001 else f"{error:.3f}"
