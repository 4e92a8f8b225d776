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
    rows = table_cells(errors, step, is_observed)
    width = max(len(label) for label in rows)
    heads = [f"{name:>{max(len(name), 8)}}" for name in errors.columns]
    lines = ["  ".join([f"{'lead':{width}}", *heads])]
    for label, cells in rows.items():
        padded = [f"{one:>{len(head)}}" for one, head in zip(cells, heads, strict=True)]
        lines.append("  ".join([f"{label:{width}}", *padded]))
    used = {one for cells in rows.values() for one in cells}
    if not np.all(is_observed):
        used.add("-")  # the mean leaves out leads that are not shown as well
    return lines + [f"{sign}: {words}" for sign, words in NOTES.items() if sign in used]


def table_cells(errors, step, is_observed):
    """Return the texts of the leads that are shown, and of the mean; parameters as above.

    Returns
    -------
    dict of str to list of str, by the label of the row
    """
    n_leads = len(errors)
    shown = sorted({lead for lead in SHOWN_LEADS if lead < n_leads} | {n_leads})
    rows = {
        step.in_words(lead): [cell(error, is_observed[lead - 1]) for error in errors.loc[lead]]
        for lead in shown
    }
    mean = errors[is_observed].mean(skipna=False, axis=0)
    rows[f"mean {step.in_words()} to {step.in_words(n_leads)}"] = [cell(one) for one in mean]
    return rows


def cell(error, is_observed=True):
    """Write an error, or the sign that stands for one that is not there."""
    if not is_observed:
        return "-"
    if not np.isfinite(error):
        return "diverged"
    return f"{error:.1e}" if 0 < error < 0.001 else f"{error:.3f}"
