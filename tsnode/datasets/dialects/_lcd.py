"""NOAA's Local Climatological Data: local standard time, US units unless asked otherwise."""

import re
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from tsnode.exceptions import TimeIndexError

from ._dialect import Dialect, Reading
from ._noaa import PLACES, drop_summaries, split_stations
from ._table import cut_table, parse_stamps, plain_header

# Column -> its unit in US and in metric files. Tendencies, skies and weather types are codes.
UNITS = {
    "HourlyAltimeterSetting": ("inHg", "hPa"),
    "HourlyDewPointTemperature": ("°F", "°C"),
    "HourlyDryBulbTemperature": ("°F", "°C"),
    "HourlyPrecipitation": ("inch", "mm"),
    "HourlyPressureChange": ("inHg", "hPa"),
    "HourlyRelativeHumidity": ("%", "%"),
    "HourlySeaLevelPressure": ("inHg", "hPa"),
    "HourlyStationPressure": ("inHg", "hPa"),
    "HourlyVisibility": ("mi", "km"),
    "HourlyWetBulbTemperature": ("°F", "°C"),
    "HourlyWindDirection": ("°", "°"),
    "HourlyWindGustSpeed": ("mph", "m/s"),
    "HourlyWindSpeed": ("mph", "m/s"),
}
PRESSURES = ("HourlyStationPressure", "HourlySeaLevelPressure", "HourlyAltimeterSetting")
BETWEEN = 100  # inHg are about 30 and hPa about 1000, on any mountain
ZULU = re.compile(r"\b(\d\d)(\d\d)(\d\d)Z\b")  # day, hour and minute of a METAR, in UTC
N_REMARKS = 2000
STANDARD = "local standard time"


def _recognises(head):
    cells = head.cells()
    is_lcd = {"STATION", "DATE"} <= set(cells) and any(cell.startswith("Hourly") for cell in cells)
    return "its columns are STATION, DATE, and names that start with Hourly" if is_lcd else ""


def _read(name, text, asked):
    text, header = plain_header(text)
    wanted = {"STATION", "DATE", "REPORT_TYPE", *PLACES, *UNITS}
    # By position: two orders of the columns hold REPORT_TYPE and SOURCE twice.
    places = [at for at, cell in enumerate(header) if cell in wanted and header.index(cell) == at]
    texts = {
        cell: "category" for cell in wanted if cell not in ("STATION", "DATE", *list(PLACES)[:3])
    }
    table = cut_table(
        name, text, usecols=places, dtype=texts | dict.fromkeys(("STATION", "DATE"), "str")
    )
    left_out = {}
    if "REPORT_TYPE" in table:
        table, left_out = drop_summaries(table)
    keys, place = split_stations(table.pop("STATION"), table, PLACES)
    stamps = parse_stamps(table.pop("DATE"), "ISO8601", utc=False)
    stamps, zone = _settle_offsets(stamps, keys, name, text, header, asked.tz)
    reading = Reading(
        values=pd.DataFrame(index=table.index),
        stamps=stamps,
        zone=zone,
        zone_hint="LCD is in local standard time. ",
        uses_tz=asked.tz is not None,
        keys=keys,
        series=None if keys is None else "station",
        place=place,
        rows_left_out=left_out,
    )
    for column in UNITS:
        if column in table:
            _take(column, table[column], reading, asked)
    _settle_units(reading)
    return reading


def _take(column, cells, reading, asked):
    """Read the distinct cells of a column once each: 27.2s is suspect, T a trace."""
    read = [_decode(str(cell).strip(), column, asked) for cell in cells.cat.categories]
    codes = cells.cat.codes.to_numpy()
    counts = np.bincount(codes + 1, minlength=len(read) + 1)[1:]
    numbers = np.array([number for number, _ in read] + [np.nan])[codes]
    if np.isnan(numbers).all():
        reading.left_out[column] = "no numbers"
        return
    reading.values[column] = numbers
    for (_, reason), n in zip(read, counts, strict=True):
        if reason == "trace" and n:
            reading.notes.append(f"{column}: {n:,} traces (T) read as 0")
        elif reason == "unreadable" and n:
            reading.unreadable[column] = reading.unreadable.get(column, 0) + int(n)
        elif reason and n:
            marks = reading.missing.setdefault(column, {})
            marks[reason] = marks.get(reason, 0) + int(n)


def _decode(cell, column, asked):
    if cell == "T" and column == "HourlyPrecipitation":
        return 0.0, "trace"
    if cell in ("VRB", "*", "M", ""):
        return np.nan, "variable" if cell == "VRB" else ""
    if cell.endswith("s") and not asked.keeps_doubtful:
        return np.nan, "suspect"
    try:
        # V marks a variable visibility whose number is its mean.
        return float(cell.rstrip("sV")), ""
    except ValueError:
        return np.nan, "unreadable"


def _settle_units(reading):
    """Tell US from metric units by a pressure, or by the farthest visibility."""
    values = reading.values
    pressures = [column for column in PRESSURES if column in values]
    if pressures:
        is_metric = float(values[pressures[0]].median()) > BETWEEN
        why = f"by {pressures[0]}"
    elif "HourlyVisibility" in values and values["HourlyVisibility"].max() >= 10:
        # Reported up to 10 miles, which are 16.09 km.
        is_metric = bool((values["HourlyVisibility"].round(1) == 16.1).any())
        why = "by HourlyVisibility"
    else:
        is_metric, why = False, "assumed, since no pressure tells"
    reading.units = {column: UNITS[column][is_metric] for column in values}
    reading.notes.append(f"units: {'metric' if is_metric else 'US'} ({why})")


def _settle_offsets(stamps, keys, name, text, header, tz):
    """Give stamps the constant offset of their station; the zone in words, "" if unknown."""
    if tz is not None:
        offset = _standard_offset(tz)
        return stamps.tz_localize(timezone(offset)), f"{_words(offset)}, the standard time of {tz}"
    offsets = _offsets_of_remarks(name, text, header, keys)
    known = set(offsets.values()) - {None}
    if not known:
        return stamps, ""
    if len(known) == 1 and None not in offsets.values():
        (offset,) = known
        zone = f"{_words(offset)}, {STANDARD} by the METAR texts"
        return stamps.tz_localize(timezone(offset)), zone
    if untold := [station for station, offset in offsets.items() if offset is None]:
        msg = f"{name} holds no METAR texts that tell the offset of station {untold[0]}, but those "
        msg += "of others. Read the stations one by one, each with its tz=."
        raise TimeIndexError(msg)
    ahead = pd.TimedeltaIndex([offsets[key] for key in keys])
    return (stamps - ahead).tz_localize("UTC"), f"{STANDARD} of each station by the METAR texts"


def _standard_offset(tz):
    """Return the offset of a zone without summer time."""
    try:
        zone = ZoneInfo(tz) if isinstance(tz, str) else tz
    except (ZoneInfoNotFoundError, ValueError) as error:
        msg = f"tz must be a zone such as 'America/New_York' or 'Etc/GMT+5'; got {tz!r} ({error}). "
        msg += "Pass one of these."
        raise TimeIndexError(msg) from error
    winter = datetime(2020, 1, 15)
    return zone.utcoffset(winter) - (zone.dst(winter) or timedelta(0))


def _offsets_of_remarks(name, text, header, keys):
    """Return the offset of each station, None where it is not told; of one station by None."""
    stations = [None] if keys is None else list(dict.fromkeys(keys))
    if "REM" not in header:
        return dict.fromkeys(stations)
    n_rows = N_REMARKS if keys is None else None
    columns = ["STATION", "DATE", "REM"]
    told = cut_table(name, text, usecols=columns, dtype="str", nrows=n_rows).dropna()
    parts = {None: told} if keys is None else dict(list(told.groupby("STATION")))
    return {
        station: _offset_of(parts[station].head(N_REMARKS)) if station in parts else None
        for station in stations
    }


def _offset_of(head):
    """Compare the time of the METAR that a remark quotes with the stamp of its row."""
    found = head["REM"].str.extract(ZULU).dropna().astype(int)
    if found.empty:
        return None
    local = pd.to_datetime(head["DATE"][found.index], format="ISO8601", errors="coerce")
    day, hour, minute = (found[column] for column in found)
    offsets = []
    for ahead in (-1, 0, 1):
        utc = local.dt.normalize() + pd.to_timedelta(ahead, unit="D")
        is_day = utc.dt.day == day
        utc = utc + pd.to_timedelta(60 * hour + minute, unit="min")
        offsets.append((local - utc)[is_day])
    # A quarter of an hour is the finest offset that zones have; reports are a few minutes late.
    rounded = pd.concat(offsets).dt.round("15min")
    if rounded.empty or (rounded == rounded.mode()[0]).mean() < 0.8:
        return None
    return rounded.mode()[0].to_pytimedelta()


def _words(offset):
    minutes = round(offset.total_seconds() / 60)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


LCD = Dialect("lcd", "NOAA LCD", _recognises, _read, needs_commas=True)
