"""Numbers that cannot be: nines are marks, a few others faults, many contradict the unit."""

import numpy as np

from tsnode.datasets._quantities import bounds_of

MOST_FAULTS = 0.1  # of the observed values; more is no fault of a sensor


def drop_impossible(reading, name):
    """Put NaN, in place, where a value has never been on Earth; refuse columns full of such."""
    values = reading.values
    for column in values:
        unit = reading.units.get(column)
        bounds = bounds_of(column, unit)
        cells = _drop_infinite(reading, column)
        if bounds is None or not np.isfinite(cells).any():
            continue
        low, high, reaches = bounds
        is_wrong = (cells < low) | (cells > high)
        n_observed = int(np.isfinite(cells).sum())
        found = _count_nines(cells[is_wrong])
        n_faults = int(is_wrong.sum()) - sum(found.values())
        if n_faults > 1 and n_faults > MOST_FAULTS * n_observed:
            _refuse(name, column, unit, f"{n_faults:,} of {n_observed:,} values lie outside "
                    f"{low:.4g} to {high:.4g} (first: {cells[is_wrong][0]:g})")  # fmt: skip
        if n_observed > 1 and np.nanmax(cells) < reaches:
            _refuse(name, column, unit, f"none of {n_observed:,} values reaches {reaches:g}")
        if is_wrong.any():
            values[column] = np.where(is_wrong, np.nan, cells)
            marks = reading.missing.setdefault(column, {})
            marks |= found | ({"impossible": n_faults} if n_faults else {})


def _count_nines(wrong):
    """Count the marks of nothing measured among impossible values: 999, -9999, 99.99."""
    numbers, counts = np.unique(wrong, return_counts=True)
    shown = dict(zip((f"{number:g}" for number in numbers), counts.tolist(), strict=True))
    return {text: n for text, n in shown.items() if not text.strip("-").strip("9.")}


def _drop_infinite(reading, column):
    cells = reading.values[column].to_numpy()
    is_infinite = np.isinf(cells)
    if is_infinite.any():
        cells = np.where(is_infinite, np.nan, cells)
        reading.values[column] = cells
        reading.missing.setdefault(column, {})["infinite"] = int(is_infinite.sum())
    return cells


def _refuse(name, column, unit, why):
    msg = f"the column {column!r} of {name} contradicts its unit {unit}: {why}. Correct the unit, "
    msg += "or read the file by read_series_csv, which looks at no units."
    raise ValueError(msg)
