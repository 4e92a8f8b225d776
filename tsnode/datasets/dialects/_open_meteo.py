"""Open-Meteo: places above, then one table per resolution, its time at one constant offset."""

import re
from datetime import timedelta, timezone

import pandas as pd

from tsnode.datasets._header_units import strip_units
from tsnode.datasets._open_meteo import STARTS, cut_at_blank_lines, cut_blocks, offset_of
from tsnode.datasets._read_csv import to_numbers

from ._dialect import Dialect, Reading
from ._table import cut_table, refuse_glued, refuse_unread

# From fine to coarse; "current" is one row and never the default beside a table.
SECTIONS = ("minutely_15", "hourly", "daily", "weekly", "monthly", "current")
TIME_NAMES = ("time", "current_weather_time")
NAMED = re.compile(r"\w+ \(.*\)")  # temperature_2m (°C), is_day ()
STAMP = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d)?|\d{9,10}")
# In a single row of seconds since 1970 only the names tell a day from an hour.
OF_A_DAY = re.compile(r"_(?:max|min|sum|dominant)\b|_(?:max|min|sum|dominant)_|sunrise|sunset")
TIMES = ("iso8601", "unixtime")  # units of sunrise and sunset


def _recognises(head):
    if head.lines[0].startswith(STARTS) and "utc_offset_seconds" in head.cells():
        return "its first row names latitude, longitude and utc_offset_seconds"
    cells = head.cells()
    if cells[0] == "location_id":
        cells = cells[1:]
    is_named = cells and cells[0] in TIME_NAMES and all(map(NAMED.fullmatch, cells[1:]))
    if not is_named or len(cells) < 2:
        return ""
    row = head.cells(1)
    # A header alone is recognised too, to be refused by its name.
    is_stamped = not row or any(map(STAMP.fullmatch, row[:2]))
    return "its columns are time and name (unit)" if is_stamped else ""


def _read(name, text, asked):
    refuse_glued(name, text, text[: text.find("\n")].strip() if text.startswith(STARTS) else "")
    places, tables = cut_blocks(text)
    tables = tables if places else cut_at_blank_lines(text)
    if not tables:
        msg = f"{name} holds the place but no table, expected rows below it. Download it again."
        raise ValueError(msg)
    sections = _name_sections(name, tables)
    chosen = _choose(name, list(sections), asked.section)
    reading = _read_table(name, sections[chosen], places)
    reading.section = chosen
    reading.other_sections = tuple(other for other in sections if other != chosen)
    return reading


def _name_sections(name, tables):
    """Return the tables by resolution: the format does not name them."""
    named = {}
    for table in tables:
        section = _resolution(name, table, is_first=not named)
        if section in named:
            msg = f"{name} holds two {section} tables, as two files glued together do; expected "
            msg += "one of each. Cut it, and join what is read by pandas.concat."
            raise ValueError(msg)
        named[section] = table
    return named


def _resolution(name, table, *, is_first):
    header, *rows = [line.split(",") for line in table.split("\n", 3)[:3] if line]
    at = 1 if header[0] == "location_id" else 0
    if header[at : at + 1] not in [[time] for time in TIME_NAMES]:
        msg = f"{name} holds a table that starts with {header[0][:40]!r}, expected time. "
        msg += "Cut the file there."
        raise ValueError(msg)
    if not rows:
        return "current" if is_first else header[at]
    is_day = "-" in rows[0][at] and "T" not in rows[0][at]
    is_day = is_day or OF_A_DAY.search(table[: table.find("\n")]) is not None
    if len(rows) < 2 or rows[0][:at] != rows[1][:at]:
        return "current" if is_first and not is_day else ("daily" if is_day else "hourly")
    first, second = _parse(pd.Series([row[at] for row in rows], name="time"))
    days = (second - first) / timedelta(days=1)
    steps = {"monthly": 28, "weekly": 7, "daily": 1, "hourly": 1 / 24}
    return next((section for section, least in steps.items() if days >= least), "minutely_15")


def _choose(name, there, asked):
    """Return the section asked for, or the finest."""
    if asked is None:
        return min(there, key=SECTIONS.index)
    if asked in there:
        return asked
    msg = f"{name} holds the section(s) {', '.join(there)}; got section={asked!r}. "
    msg += "Name one of these, or leave section out for the finest."
    raise ValueError(msg)


def _read_table(name, text, places):
    table = cut_table(name, text)
    keys = table.pop("location_id").to_numpy() if "location_id" in table else None
    cells = table.pop(table.columns[0])
    stamps = _parse(cells)
    zone = "UTC" if stamps.tz is not None else ""
    if places and not zone:
        stamps, zone = _from_offsets(name, stamps, keys, places)
    names, units = strip_units(table.columns, is_sure=True)
    table.columns = names
    times = {column: "a time of day" for column in names if units.get(column) in TIMES}
    values, dropped, unreadable = to_numbers(table.drop(columns=list(times)), None, name)
    several = keys is not None and len(set(keys)) > 1
    return Reading(
        values=values,
        stamps=stamps,
        zone=zone,
        keys=keys if several else None,
        series="location" if several else None,
        units={column: units[column] for column in values if column in units},
        place=_place(places, several=several),
        left_out=times | dict.fromkeys(dropped, "no numbers"),
        unreadable=unreadable,
    )


def _parse(cells):
    """Read ISO stamps as naive ones, and seconds since 1970, which are UTC in any zone."""
    if is_text := not pd.api.types.is_numeric_dtype(cells):
        cells = cells.str.strip()
    if not is_text or cells.str.fullmatch(r"\d{9,10}").all():
        stamps = pd.to_datetime(pd.Index(pd.to_numeric(cells)), unit="s", utc=True, errors="coerce")
    else:
        stamps = pd.to_datetime(cells, format="ISO8601", errors="coerce")
    stamps = pd.DatetimeIndex(stamps)
    refuse_unread(stamps, cells)
    return stamps


def _from_offsets(name, stamps, keys, places):
    """Turn stamps into UTC by the one offset of each place.

    The offset is that of the day of the request, for all rows: to localise by the named zone would
    be an hour off in half of the year.
    """
    offsets = {place.get("location_id", "0"): offset_of(place, name) for place in places}
    ids = pd.Series("0" if keys is None else keys, index=range(len(stamps))).astype("str")
    seconds = ids.map(offsets)
    if seconds.isna().any():
        row = int(seconds.isna().argmax())
        msg = f"the rows of location_id {ids[row]} have no place above the tables; expected one "
        msg += f"of {', '.join(offsets)}. Download the file again."
        raise ValueError(msg)
    utc = (stamps - pd.TimedeltaIndex(pd.to_timedelta(seconds, unit="s"))).tz_localize("UTC")
    if len(set(offsets.values())) > 1:
        return utc, "each place's constant UTC offset, as the file says"
    offset = next(iter(offsets.values()))
    if offset == 0:
        return utc, "UTC"
    utc = utc.tz_convert(timezone(timedelta(seconds=offset)))
    sign, minutes = "-" if offset < 0 else "+", abs(offset) // 60
    return utc, f"UTC{sign}{minutes // 60:02d}:{minutes % 60:02d} in all rows, as the file says"


def _place(places, *, several):
    plain = {place.get("location_id", "0"): _plain(place) for place in places}
    return plain if several or not plain else next(iter(plain.values()))


def _plain(place):
    """Numbers as numbers, NaN (no elevation known) as None: plain JSON."""
    found = {}
    for name in ("latitude", "longitude", "elevation"):
        number = pd.to_numeric(place.get(name), errors="coerce")
        found[name] = None if pd.isna(number) else float(number)
    return found | {"timezone": place.get("timezone")}


OPEN_METEO = Dialect("open-meteo", "Open-Meteo", _recognises, _read)
