"""Airport reports as the Iowa archive writes them: M is missing, T a trace of rain."""

import pandas as pd

from ._dialect import Dialect
from ._noaa import split_stations
from ._table import cut_table, parse_stamps, read_numbers

UNITS = {
    "tmpc": "°C", "tmpf": "°F", "dwpc": "°C", "dwpf": "°F", "feel": "°F", "relh": "%",
    "drct": "°", "sknt": "kn", "sped": "mph", "gust": "kn", "gust_mph": "mph",
    "peak_wind_gust": "kn", "peak_wind_gust_mph": "mph", "peak_wind_drct": "°",
    "alti": "inHg", "mslp": "hPa", "p01m": "mm", "p01i": "inch", "vsby": "mi",
    "snowdepth": "inch", "ice_accretion_1hr": "inch", "ice_accretion_3hr": "inch",
    "ice_accretion_6hr": "inch", "skyl1": "ft", "skyl2": "ft", "skyl3": "ft", "skyl4": "ft",
}  # fmt: skip
AMOUNTS = {name for name, unit in UNITS.items() if unit in ("mm", "inch")}
PLACES = {"lat": "latitude", "lon": "longitude", "elevation": "elevation"}


def _recognises(head):
    cells = head.cells(sep=_delimiter(head.lines[0]))
    is_metar = cells[:2] == ["station", "valid"] and (set(cells) & set(UNITS) or "metar" in cells)
    return "its columns are station, valid, and names such as tmpc" if is_metar else ""


def _read(name, text, asked):
    table = cut_table(
        name,
        text,
        sep=_delimiter(text[: text.find("\n")]),
        skipinitialspace=True,
        na_values=["M", "M ", "null"],
        dtype={"station": "str", "valid": "str"},
    )
    # The form of the archive offers local times too, which the file does not tell.
    stamps = parse_stamps(table.pop("valid").str.strip(), "ISO8601", utc=asked.tz is None)
    keys, place = split_stations(table.pop("station").str.strip(), table, PLACES)
    notes = _read_traces(table)
    return read_numbers(
        name,
        table,
        UNITS,
        stamps=stamps,
        zone="UTC, as the format has it" if asked.tz is None else "",
        keys=keys,
        series=None if keys is None else "station",
        place=place,
        notes=notes,
    )


def _delimiter(header):
    """Return the mark that the form of the archive was asked for: comma or tab."""
    return "\t" if "\t" in header else ","


def _read_traces(table):
    """Read T, an amount too small to measure, as 0; say how many there are."""
    notes = []
    for column in AMOUNTS & set(table):
        if pd.api.types.is_numeric_dtype(table[column]):
            continue
        is_trace = table[column].str.strip() == "T"
        table[column] = table[column].mask(is_trace, "0")
        notes.append(f"{column}: {int(is_trace.sum()):,} traces (T) read as 0")
    return sorted(notes)


METAR = Dialect("metar", "METAR of the Iowa archive", _recognises, _read)
