"""NOAA's Global Summary of the Day: padded numbers, and nines for nothing measured."""

from ._dialect import Dialect
from ._marks import drop_flagged
from ._noaa import PLACES, split_stations
from ._table import cut_table, parse_stamps, plain_header, read_numbers

# Column -> unit and mark of nothing measured, as the format's readme lists them.
COLUMNS = {
    "TEMP": ("°F", 9999.9), "DEWP": ("°F", 9999.9), "SLP": ("hPa", 9999.9),
    "STP": ("hPa", 9999.9), "VISIB": ("mi", 999.9), "WDSP": ("kn", 999.9),
    "MXSPD": ("kn", 999.9), "GUST": ("kn", 999.9), "MAX": ("°F", 9999.9), "MIN": ("°F", 9999.9),
    "PRCP": ("inch", 99.99), "SNDP": ("inch", 999.9),
}  # fmt: skip
LOWEST = 200  # hPa: a station pressure below it has lost its leading 1, as 1013.2 does


def _recognises(head):
    is_gsod = {"STATION", "DATE", "TEMP", "DEWP", "WDSP"} <= set(head.cells())
    return "its columns are STATION, DATE, TEMP, DEWP and WDSP" if is_gsod else ""


def _read(name, text, _asked):
    text, header = plain_header(text)
    wanted = [cell for cell in ("STATION", "DATE", *PLACES, *COLUMNS) if cell in header]
    texts = dict.fromkeys(("STATION", "DATE", "NAME"), "str")
    table = cut_table(name, text, usecols=wanted, dtype=texts, skipinitialspace=True)
    stamps = parse_stamps(table.pop("DATE"), "ISO8601", utc=True)
    keys, place = split_stations(table.pop("STATION"), table, PLACES)
    reading = read_numbers(
        name,
        table,
        {column: unit for column, (unit, _) in COLUMNS.items()},
        stamps=stamps,
        zone="UTC days, as the format has it",
        keys=keys,
        series=None if keys is None else "station",
        place=place,
    )
    values = reading.values
    for column in values:
        mark = COLUMNS[column][1]
        is_mark = (values[column] == mark).to_numpy()
        drop_flagged(values, column, is_mark, f"{mark:g}", reading.missing)
    if "STP" in values and (is_cut := values["STP"] < LOWEST).any():
        values["STP"] = values["STP"] + 1000 * is_cut
        reading.notes.append(f"STP: {int(is_cut.sum()):,} values without their leading 1 mended")
    return reading


GSOD = Dialect("gsod", "NOAA GSOD", _recognises, _read, needs_commas=True)
