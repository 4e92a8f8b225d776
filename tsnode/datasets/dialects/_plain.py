"""Any other CSV with a time column: what read_series_csv makes of it."""

import re

import pandas as pd

from tsnode.datasets._csv_text import cut_text
from tsnode.datasets._header_units import strip_units
from tsnode.datasets._read_csv import read_columns
from tsnode.exceptions import TimeIndexError

from ._dialect import Reading
from ._table import refuse_glued

IN_UTC = re.compile(r"\b(?:utc|gmt)\b", re.IGNORECASE)


def read_plain(name, text, _asked, sep=None, **options):
    """Read a CSV whose columns are found by what they hold."""
    source = cut_text(name, text, sep)
    refuse_glued(name, source.text, source.text[: source.text.find("\n")].strip())
    read = read_columns(source, **{"series": "auto"} | options)
    stamps = read.stamps
    if not isinstance(stamps, pd.DatetimeIndex):
        msg = f"the time column {read.time_column!r} of {name} holds plain numbers, expected "
        msg += "stamps. Pass unit= if they count since 1970, else use read_series_csv."
        raise TimeIndexError(msg)
    zone = "UTC, by its stamps" if stamps.tz is not None else ""
    if not zone and source.zone is not None:
        stamps, zone = stamps.tz_localize(source.zone), f"{source.zone}, as the file says"
    elif not zone and IN_UTC.search(read.time_column.replace("_", " ")):
        stamps, zone = stamps.tz_localize("UTC"), f"UTC, as the column {read.time_column!r} says"
    names, units = strip_units(read.values.columns)
    shown = dict(zip(read.values.columns, names, strict=True))
    return Reading(
        values=read.values.set_axis(names, axis=1),
        stamps=stamps,
        zone=zone,
        keys=None if read.keys is None else read.keys.to_numpy(),
        series=read.series,
        units=units,
        left_out=dict.fromkeys(read.dropped, "no numbers"),
        unreadable={shown[column]: n for column, n in read.unreadable.items()},
    )
