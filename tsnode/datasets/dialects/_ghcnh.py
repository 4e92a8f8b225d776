"""NOAA's GHCNh: cut by |, a quality code beside each value, UTC without a mark."""

import pandas as pd

from ._dialect import Dialect
from ._marks import drop_flagged
from ._noaa import doubt, split_stations
from ._table import cut_table, parse_stamps, plain_header, read_numbers, refuse_unread

UNITS = {
    "temperature": "°C", "dew_point_temperature": "°C", "wet_bulb_temperature": "°C",
    "station_level_pressure": "hPa", "sea_level_pressure": "hPa", "altimeter": "hPa",
    "wind_direction": "°", "wind_speed": "m/s", "wind_gust": "m/s", "relative_humidity": "%",
    "precipitation": "mm", "precipitation_3_hour": "mm", "precipitation_6_hour": "mm",
    "precipitation_9_hour": "mm", "precipitation_12_hour": "mm", "precipitation_15_hour": "mm",
    "precipitation_18_hour": "mm", "precipitation_21_hour": "mm", "precipitation_24_hour": "mm",
    "snow_depth": "mm", "visibility": "km", "pressure_3hr_change": "hPa",
}  # fmt: skip
STATION_NAMES = ("STATION", "Station_ID")
PLACES = {"LATITUDE": "latitude", "LONGITUDE": "longitude", "ELEVATION": "elevation",
          "Latitude": "latitude", "Longitude": "longitude", "Elevation": "elevation",
          "Station_name": "name"}  # fmt: skip
CLOCK = ("Year", "Month", "Day", "Hour", "Minute")


def _recognises(head):
    cells = head.cells(sep="|")
    is_ghcnh = cells[0] in STATION_NAMES and "Station_name" in cells and "temperature" in cells
    return "its columns are cut by | and start with the station" if is_ghcnh else ""


def _read(name, text, asked):
    text, header = plain_header(text, "|")
    values = [column for column in UNITS if column in header]
    qualities = {f"{column}_Quality_Code" for column in values} & set(header)
    station = header[0]
    texts = dict.fromkeys([*qualities, "Station_name"], "category")
    when = ["DATE"] if "DATE" in header else [part for part in CLOCK if part in header]
    wanted = {station, *texts, *when, *values, *PLACES} & set(header)
    table = cut_table(
        name,
        text,
        sep="|",
        usecols=list(wanted),
        dtype=texts | dict.fromkeys(("DATE", station), "str"),
    )
    stamps = _stamps(table, when)
    keys, place = split_stations(table.pop(station), table, PLACES)
    reading = read_numbers(
        name,
        table[values],
        UNITS,
        stamps=stamps,
        zone="UTC, as the format has it",
        keys=keys,
        series=None if keys is None else "station",
        place=place,
    )
    numbers = reading.values
    for column in numbers:
        if f"{column}_Quality_Code" in table:
            _obey(table[f"{column}_Quality_Code"], column, reading, asked)
    if "wind_direction" in numbers:
        is_mark = (numbers["wind_direction"] == 999).to_numpy()
        drop_flagged(numbers, "wind_direction", is_mark, "999 (calm or variable)", reading.missing)
    return reading


def _stamps(table, when):
    if when == ["DATE"]:
        return parse_stamps(table["DATE"], "ISO8601", utc=True)
    stamps = pd.DatetimeIndex(pd.to_datetime(table[when], errors="coerce", utc=True))
    refuse_unread(stamps, table[when[-1]].rename("/".join(when)))
    return stamps


def _obey(codes, column, reading, asked):
    """Put NaN where a quality code tells of a failed check; letters are GHCNh's own checks."""
    reasons = {}
    for code in codes.cat.categories:
        text = str(code).strip()
        is_letter = text.isalpha() and not asked.keeps_doubtful
        reason = "failed a check" if is_letter else doubt(text, keeps_doubtful=asked.keeps_doubtful)
        reasons.setdefault(reason, []).append(code)
    for reason, found in reasons.items():
        if reason:
            is_flagged = codes.isin(found).to_numpy()
            drop_flagged(reading.values, column, is_flagged, reason, reading.missing)


GHCNH = Dialect("ghcnh", "NOAA GHCNh", _recognises, _read)
