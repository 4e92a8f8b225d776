"""From what stands in a file to a frame in UTC, sorted, one row a stamp, and the report."""

import warnings

import numpy as np
import pandas as pd

from tsnode.datasets._csv_zone import refuse_autumn_hour, to_utc
from tsnode.datasets._read_csv import index_and_sort
from tsnode.datasets._read_report import ReadReport
from tsnode.exceptions import TimeIndexError
from tsnode.frames._calendar_step import LONG_GAP
from tsnode.frames._words import in_words

YEARS = (1600, 2300)  # thermometers are younger, and scenarios end before


def settle_zone(reading, tz, name):
    """Return stamps in UTC and the words for where they come from; warn where UTC is assumed."""
    stamps = reading.stamps.as_unit("us")
    _refuse_odd_years(stamps, name)
    if stamps.tz is not None:
        if tz is not None and not reading.uses_tz and not _agrees(reading, stamps, tz):
            msg = f"the stamps of {name} are in a known zone ({reading.zone}); got tz={tz!r}. "
            msg += "Leave tz out: it is for stamps without a zone."
            raise TimeIndexError(msg)
        return stamps.tz_convert("UTC"), reading.zone
    keys = None if reading.keys is None else pd.Series(reading.keys)
    if tz is not None:
        return to_utc(stamps, tz, keys), str(tz)
    refuse_autumn_hour(stamps, keys)
    msg = f"{name} does not tell the zone of its stamps: they are read as UTC. "
    msg += reading.zone_hint
    msg += "Pass tz= with the zone they were written in, or tz='UTC' to confirm it."
    warnings.warn(msg, UserWarning, stacklevel=3)
    return stamps.tz_localize("UTC"), "assumed UTC"


def _refuse_odd_years(stamps, name):
    years = stamps.year
    if years.min() < YEARS[0] or years.max() > YEARS[1]:
        odd = years.min() if years.min() < YEARS[0] else years.max()
        msg = f"{name} holds a stamp of the year {odd}, expected {YEARS[0]} to {YEARS[1]}. "
        msg += "Repair these rows."
        raise TimeIndexError(msg)


def _agrees(reading, stamps, tz):
    """Whether a zone is the one the file names, or has its clock at both ends."""
    if str(tz) == reading.place.get("timezone"):
        return True
    ends = stamps[[0, -1]]
    try:
        return (ends.tz_convert(tz).tz_localize(None) == ends.tz_localize(None)).all()
    except (ValueError, KeyError) as error:
        msg = f"tz must be a zone such as 'Europe/Berlin' or 'UTC'; got {tz!r} ({error}). "
        msg += "Pass one of these."
        raise TimeIndexError(msg) from error


def build_frame(reading, stamps):
    """Return the frame, sorted and with one row a stamp, and the counts of what was merged."""
    keys = None if reading.keys is None else pd.Series(reading.keys)
    frame = index_and_sort(reading.values, stamps.rename("time"), keys, reading.series)
    return _merge_doubled(frame)


def _merge_doubled(frame):
    """Keep of each column the last value of a stamp: a later report corrects an earlier one.

    A mean would be no better where values differ, and wrong for angles and codes.
    """
    is_doubled = frame.index.duplicated(keep=False)
    if not is_doubled.any():
        return frame, 0, 0
    groups = frame[is_doubled].groupby(level=list(range(frame.index.nlevels)))
    merged = groups.last()
    n_conflicts = int((groups.max() > groups.min()).any(axis=1).sum())
    whole = pd.concat([frame[~is_doubled], merged]).sort_index(kind="stable")
    return whole, int(is_doubled.sum()) - len(merged), n_conflicts


def build_report(reading, frame, dialect, why, name, zone, n_merged, n_conflicts):
    """Say what the frame holds beside what stood in the file."""
    index = frame.index
    stamps = index if reading.keys is None else index.get_level_values(-1)
    # Without their zone: numpy would take stamps that carry one as objects.
    gaps = np.diff(stamps.tz_localize(None).to_numpy())
    if reading.keys is not None:
        codes = index.codes[0]
        gaps = gaps[codes[1:] == codes[:-1]]
    step = np.median(gaps) if len(gaps) else np.timedelta64("NaT")
    long_gaps = gaps[gaps > LONG_GAP * step] if len(gaps) else gaps
    return ReadReport(
        source=name,
        dialect=dialect,
        why=why,
        zone=zone,
        n_rows_read=len(reading.values) + sum(reading.rows_left_out.values()),
        n_rows=len(frame),
        first=in_words(stamps.min()),
        last=in_words(stamps.max()),
        step=in_words(pd.Timedelta(step)) if len(gaps) else "none",
        section=reading.section,
        other_sections=reading.other_sections,
        n_series=1 if reading.keys is None else len(index.unique(level=0)),
        rows_left_out=reading.rows_left_out,
        n_merged=n_merged,
        n_conflicts=n_conflicts,
        n_gaps=len(long_gaps),
        longest_gap=in_words(pd.Timedelta(long_gaps.max())) if len(long_gaps) else "",
        missing=reading.missing,
        unreadable=reading.unreadable,
        left_out=reading.left_out,
        notes=tuple(reading.notes),
    )
