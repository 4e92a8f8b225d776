"""NOAA's global-hourly files (ISD): several numbers in one cell, in tenths, each with a quality."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ._dialect import Dialect, Reading
from ._noaa import PLACES, doubt, drop_summaries, split_stations
from ._table import cut_table, parse_stamps, plain_header


@dataclass(frozen=True)
class Part:
    """One number in a cell: where it and its quality stand, how it is scaled, what is missing."""

    name: str
    cell: str
    at: int
    quality: int
    scale: float
    missing: str
    unit: str


# Format document of the Integrated Surface Database, mandatory data and MA1, OC1.
PARTS = (
    Part("temperature", "TMP", 0, 1, 10, "9999", "°C"),
    Part("dew_point", "DEW", 0, 1, 10, "9999", "°C"),
    Part("sea_level_pressure", "SLP", 0, 1, 10, "99999", "hPa"),
    Part("station_pressure", "MA1", 2, 3, 10, "99999", "hPa"),
    Part("altimeter", "MA1", 0, 1, 10, "99999", "hPa"),
    Part("wind_direction", "WND", 0, 1, 1, "999", "°"),
    Part("wind_speed", "WND", 3, 4, 10, "9999", "m/s"),
    Part("wind_gust", "OC1", 0, 1, 10, "9999", "m/s"),
    Part("visibility", "VIS", 0, 1, 1, "999999", "m"),
    Part("ceiling", "CIG", 0, 1, 1, "99999", "m"),
)
# Rain: hours, depth, condition, quality. Depths of different hours are different quantities.
RAIN_CELLS = ("AA1", "AA2", "AA3", "AA4")
RAIN = Part("precipitation", "", 1, 3, 10, "9999", "mm")
NO_HOURS = {"99", "00", ""}


def _recognises(head):
    cells = head.cells()
    is_isd = {"STATION", "DATE"} <= set(cells) and {"TMP", "WND"} & set(cells)
    return "its columns are STATION, DATE, and TMP or WND" if is_isd else ""


def _read(name, text, asked):
    text, header = plain_header(text)
    there = set(header)
    coded = [cell for cell in (*dict.fromkeys(part.cell for part in PARTS), *RAIN_CELLS)]
    wanted = there & {"STATION", "DATE", "REPORT_TYPE", *PLACES, *coded}
    repeating = wanted - {"STATION", "DATE", "LATITUDE", "LONGITUDE", "ELEVATION"}
    types = dict.fromkeys(repeating, "category") | {"STATION": "str", "DATE": "str"}
    # By the few distinct cells of a column: each is taken apart once, whatever the rows.
    table = cut_table(name, text, usecols=list(wanted), dtype=types, keep_default_na=False,
                      na_values=[""])  # fmt: skip
    left_out = {}
    if "REPORT_TYPE" in table:
        table, left_out = drop_summaries(table)
    keys, place = split_stations(table.pop("STATION"), table, PLACES)
    missing, values = {}, {}
    for part in PARTS:
        if part.cell in table:
            _take(part, table[part.cell], values, missing, asked)
    for cell in RAIN_CELLS:
        if cell in table:
            _take_rain(table[cell], values, missing, asked)
    units = {part.name: part.unit for part in PARTS}
    return Reading(
        values=pd.DataFrame(values, index=table.index),
        stamps=parse_stamps(table["DATE"], "ISO8601", utc=True),
        zone="UTC, as the format has it",
        keys=keys,
        series=None if keys is None else "station",
        units={column: units.get(column, RAIN.unit) for column in values},
        place=place,
        missing=missing,
        rows_left_out=left_out,
    )


def _take(part, cells, values, missing, asked, only=None):
    """Decode one part of all cells; a column without a number is not kept."""
    split = [str(cell).split(",") for cell in cells.cat.categories]
    read = [_decode(one, part, asked, only) for one in split] + [(np.nan, "")]
    codes = cells.cat.codes.to_numpy()
    numbers = np.array([number for number, _ in read])[codes]
    if np.isnan(numbers).all():
        return
    counts = np.bincount(codes + 1, minlength=len(read))[1:]
    why = {}
    for (_, reason), n in zip(read, counts, strict=False):
        if reason:
            why[reason] = why.get(reason, 0) + int(n)
    if why:
        before = missing.get(part.name, {})
        missing[part.name] = before | {one: n + before.get(one, 0) for one, n in why.items()}
    if part.name in values:
        numbers = np.where(np.isnan(values[part.name]), numbers, values[part.name])
    values[part.name] = numbers


def _decode(cell, part, asked, only):
    """Return the number, NaN for none, and the reason if a quality code rules it out."""
    if len(cell) <= part.quality or (only is not None and cell[0] != only):
        return np.nan, ""
    if cell[part.at].lstrip("+-") == part.missing:
        return np.nan, ""
    if reason := doubt(cell[part.quality], keeps_doubtful=asked.keeps_doubtful):
        return np.nan, reason
    try:
        return float(cell[part.at]) / part.scale, ""
    except ValueError:
        return np.nan, "no number"


def _take_rain(cells, values, missing, asked):
    hours = {str(cell).split(",")[0] for cell in cells.cat.categories} - NO_HOURS
    for length in sorted(hours):
        part = replace(RAIN, name=f"precipitation_{int(length)}h")
        _take(part, cells, values, missing, asked, only=length)


ISD = Dialect("isd", "NOAA ISD global-hourly", _recognises, _read, needs_commas=True)
