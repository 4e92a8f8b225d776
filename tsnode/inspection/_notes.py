"""What is likely unwanted about the data, each with a remedy."""

import numpy as np

from ..frames._words import in_words, roughly

GIANT = 0.5  # share of the span of a series


def write_notes(found):
    """Return sentences: what was found, and what to do about it."""
    return tuple(
        note
        for write in (_columns, _channels, _order, _duplicates, _giant_gap, _series)
        if (note := write(found))
    )


def _columns(found):
    if not found.rows.left_out:
        return None
    names = ", ".join(found.rows.left_out)
    return f"Left out, because not numeric: {names}. Turn them into numbers to use them."


def _channels(found):
    channels, parts = found.channels, []
    constant = channels.index[channels.is_constant]
    if len(constant):
        levels = ", ".join(f"{name} (always {channels['mean'][name]:g})" for name in constant)
        parts.append(f"Never changes: {levels}.")
    unseen = channels.index[channels.n_observed == 0]
    if len(unseen):
        parts.append(f"Never observed: {', '.join(unseen)}.")
    rare = channels.index[(channels.missing > 0.5) & (channels.n_observed > 0)]
    if len(rare):
        parts.append(f"Missing in over half of the rows: {', '.join(rare)}.")
    return " ".join([*parts, "Drop them, or see why."]) if parts else None


def _order(found):
    n = found.stamps.n_backwards
    if not n:
        return None
    return f"{n:,} step(s) go back in time: rows were sorted, as every fit does. See why."


def _duplicates(found):
    n = found.stamps.n_duplicates
    if not n:
        return None
    text = f"{n:,} row(s) repeat a time: merged by their mean, as every fit does. If they belong "
    text += "to several places, name them by a MultiIndex (series, time)"
    if found.stamps.kind == "datetime" and found.stamps.zone is None:
        text += "; if to a local clock that is set back in autumn, use index.tz_localize"
    return text + "."


def _giant_gap(found):
    stamps = found.stamps
    # All of the span is no gap: those are two rows.
    if not GIANT < stamps.longest_gap_share < 1:
        return None
    text = f"A gap of {roughly(stamps.longest_gap, found.rows.clock)} is longer than all the rest; "
    text += "periods are those of the longer side. Keep one side: rows up to, or after, "
    return text + f"{in_words(_stamp(stamps.longest_gap_from))}."


def _series(found):
    low, high = found.stamps.rows_per_series
    if found.stamps.n_series < 2 or low >= 8:
        return None
    counts = np.diff(found.rows.stamps.starts)
    text = f"{int((counts < 8).sum()):,} of {len(counts):,} series have fewer than 8 rows: they "
    return text + "teach little of their own. Leave them out, or measure without them."


def _stamp(value):
    return value.to_timestamp() if hasattr(value, "to_timestamp") else value
