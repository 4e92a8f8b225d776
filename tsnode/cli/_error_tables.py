"""Errors and coverage of a trial as tables of text, for the report."""

from typing import NamedTuple

import numpy as np

from ..metrics import n_step_error
from ._table import NOTES, cell, table_cells


class Cells(NamedTuple):
    """A table of text.

    Attributes
    ----------
    heads : list of str
    rows : list of lists of str
    caption : str
    best : set of (row, column), the least error of each row
    notes : list of str, what signs in it mean
    """

    heads: list
    rows: list
    caption: str
    best: frozenset = frozenset()
    notes: tuple = ()

    @property
    def label_of_mean(self):
        """Label of the last row, which is the mean."""
        return self.rows[-1][0]


def by_lead(trial):
    """Error by lead, mean over columns, in variances."""
    errors = trial.errors()
    named = table_cells(errors, trial.step, trial.is_observed())
    rows = [[label, *cells] for label, cells in named.items()]
    used = {one for row in rows for one in row[1:]}
    notes = tuple(f"{sign}: {words}" for sign, words in NOTES.items() if sign in used)
    caption = "Mean squared error by lead time; 1 is the column's variance in training."
    return Cells(["lead", *errors.columns], rows, caption, _least(rows), notes)


def by_column(trial):
    """Error by column, mean over leads, in variances; that of the first model in units, too."""
    truth, forecasts, scale = trial.judged()
    units = trial.frame.attrs.get("units") or {}
    is_seen = np.isfinite(truth).any(axis=0)
    means = {}
    for name, forecast in forecasts.items():
        errors = np.asarray(n_step_error(truth, forecast, per_channel=True, scale=scale))
        means[name] = np.where(is_seen, errors, 0.0).sum(axis=0) / is_seen.sum(axis=0)
    first = next(iter(forecasts))
    rows = []
    for k, name in enumerate(trial.frame.columns[trial.is_judged]):
        unit = f" {units[name]}" if units.get(name) else ""
        in_units = np.sqrt(means[first][k]) * scale[k]
        cells = [cell(mean[k]) for mean in means.values()]
        rows.append([str(name), *cells, f"{in_units:.3g}{unit}"])
    caption = f"The same by column, mean over leads; last the root of that of {first}, in units."
    heads = ["column", *means, f"{first}, RMS"]
    return Cells(heads, rows, caption, _least([row[:-1] for row in rows]))


def coverage_by_lead(trial):
    """Shares of the truth inside intervals by lead and column, one table a coverage."""
    found = []
    for label, shares in trial.coverage.items():
        shares = shares.rename(columns=str)
        shares.insert(0, "all columns", shares.mean(axis=1), allow_duplicates=True)
        named = table_cells(shares, trial.step, trial.is_observed())
        rows = [[lead, *cells] for lead, cells in named.items()]
        caption = f"Share of the held-out values inside the interval of {label}, by lead time."
        found.append(Cells(["lead", *shares.columns], rows, caption))
    return found


def _least(rows):
    """Places of the least number of each row."""
    found = set()
    for i, row in enumerate(rows):
        numbers = {j: float(one) for j, one in enumerate(row) if j and _is_number(one)}
        if len(numbers) > 1:
            least = min(numbers.values())
            found |= {(i, j) for j, number in numbers.items() if number == least}
    return frozenset(found)


def _is_number(text):
    return text.replace(".", "", 1).replace("e-", "", 1).isdigit()
