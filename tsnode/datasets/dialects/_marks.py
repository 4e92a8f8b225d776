"""Numbers that stand for "nothing measured", and values that their source doubts."""

import numpy as np


def drop_marks(values, marks):
    """Put NaN, in place, where a column holds one of the marks; return how many, by column."""
    found = {}
    for column in values:
        cells = values[column].to_numpy()
        if np.nanmin(cells) > max(marks):
            continue
        counts = {f"{mark:g}": int((cells == mark).sum()) for mark in marks}
        if any(counts.values()):
            found[column] = {mark: n for mark, n in counts.items() if n}
            values[column] = np.where(np.isin(cells, marks), np.nan, cells)
    return found


def drop_flagged(values, column, is_flagged, why, missing):
    """Put NaN, in place, where a flag tells that a value is no good; count in ``missing``."""
    is_lost = is_flagged & values[column].notna().to_numpy()
    if is_lost.any():
        values[column] = values[column].mask(is_lost)
        marks = missing.setdefault(column, {})
        marks[why] = marks.get(why, 0) + int(is_lost.sum())
