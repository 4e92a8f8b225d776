"""Numbers that cannot be: a few are faults of a sensor, many contradict the unit."""

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
        n_wrong, n_observed = int(is_wrong.sum()), int(np.isfinite(cells).sum())
        if n_wrong > 1 and n_wrong > MOST_FAULTS * n_observed:
            _refuse(name, column, unit, f"{n_wrong:,} of {n_observed:,} values lie outside "
                    f"{low:.4g} to {high:.4g} (first: {cells[is_wrong][0]:g})")  # fmt: skip
        if n_observed > 1 and np.nanmax(cells) < reaches:
            _refuse(name, column, unit, f"none of {n_observed:,} values reaches {reaches:g}")
        if n_wrong:
            values[column] = np.where(is_wrong, np.nan, cells)
            reading.missing.setdefault(column, {})["impossible"] = n_wrong


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
