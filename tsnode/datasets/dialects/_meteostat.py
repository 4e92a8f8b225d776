"""Meteostat: bulk files without a header, annual files with a source beside each value. UTC."""

import re

import pandas as pd

from ._dialect import Dialect
from ._marks import drop_flagged
from ._table import cut_table, parse_stamps, read_numbers, refuse_unread

HOURLY = ("date", "hour", "temp", "dwpt", "rhum", "prcp", "snow", "wdir", "wspd", "wpgt", "pres",
          "tsun", "coco")  # fmt: skip
DAILY = ("date", "tavg", "tmin", "tmax", "prcp", "snow", "wdir", "wspd", "wpgt", "pres", "tsun")
UNITS = {
    "temp": "°C", "dwpt": "°C", "tavg": "°C", "tmin": "°C", "tmax": "°C", "rhum": "%",
    "prcp": "mm", "snow": "mm", "snwd": "mm", "wdir": "°", "wspd": "km/h", "wpgt": "km/h",
    "pres": "hPa", "tsun": "min", "cldc": "okta",
}  # fmt: skip
# What a column without a name must hold, to be taken for Meteostat's.
RANGES = {"hour": (0, 23), "temp": (-90, 60), "tavg": (-90, 60), "tmin": (-90, 60),
          "tmax": (-90, 60), "rhum": (0, 100), "wdir": (0, 360), "pres": (850, 1100),
          "coco": (1, 27)}  # fmt: skip
ZONE = "UTC, as the format has it"
DATE = re.compile(r"\d{4}-\d\d-\d\d")
# Sources of the annual files that observed nothing.
MODELS = ("model", "dwd_mosmix", "metno_forecast")


def _recognises_bulk(head):
    if _has_header(head.cells()):
        return "its first columns are date and hour, or date and tavg, as in bulk files"
    for names in (HOURLY, DAILY):
        rows = [head.cells(number) for number in range(len(head.lines))]
        if all(_fits(row, names) for row in rows):
            return f"it has no header and {len(names)} columns in the ranges of bulk files"
    return ""


def _has_header(cells):
    return cells[:3] == ["date", "hour", "temp"] or cells[:3] == ["date", "tavg", "tmin"]


def _fits(row, names):
    if len(row) != len(names) or not DATE.fullmatch(row[0]):
        return False
    if names is HOURLY and not row[1]:
        return False
    numbers = pd.to_numeric(pd.Series(row[1:], index=names[1:]).replace("", None), errors="coerce")
    is_text = numbers.isna() & pd.Series([cell != "" for cell in row[1:]], index=names[1:])
    known = numbers.dropna()
    fits = all(low <= known[name] <= high for name, (low, high) in RANGES.items() if name in known)
    return fits and not is_text.any()


def _read_bulk(name, text, _asked):
    header = text[: text.find("\n")].strip().split(",")
    if _has_header(header):
        table = cut_table(name, text)
    else:
        names = HOURLY if len(header) == len(HOURLY) else DAILY
        table = cut_table(name, text, header=None, names=list(names))
    stamps = parse_stamps(table.pop("date"), "%Y-%m-%d", utc=True)
    if "hour" in table:
        hours = pd.to_numeric(table.pop("hour"), errors="coerce")
        cells = hours.where(hours.between(0, 23))
        stamps = stamps + pd.TimedeltaIndex(pd.to_timedelta(cells, unit="h"))
        refuse_unread(stamps, hours)
    return read_numbers(name, table, UNITS, stamps=stamps, zone=ZONE)


def _recognises_annual(head):
    cells = head.cells()
    is_annual = cells[:3] == ["year", "month", "day"] and any(
        cell.endswith("_source") and cell.removesuffix("_source") in UNITS for cell in cells
    )
    return "its columns are year, month, day, and a source beside each value" if is_annual else ""


def _read_annual(name, text, asked):
    header = text[: text.find("\n")].strip().split(",")
    sources = {column: "category" for column in header if column.endswith("_source")}
    table = cut_table(name, text, dtype=sources)
    when = [part for part in ("year", "month", "day", "hour") if part in table]
    stamps = pd.DatetimeIndex(pd.to_datetime(table[when], errors="coerce", utc=True))
    refuse_unread(stamps, table["day"].rename("/".join(when)))
    flags = table[list(sources)]
    numbers = table.drop(columns=[*when, *sources])
    reading = read_numbers(name, numbers, UNITS, stamps=stamps, zone=ZONE)
    for column in () if asked.keeps_doubtful else reading.values:
        if f"{column}_source" in flags:
            source = flags[f"{column}_source"]
            is_model = source.isin(MODELS).to_numpy()
            drop_flagged(reading.values, column, is_model, "filled by a model", reading.missing)
    return reading


METEOSTAT_BULK = Dialect("meteostat", "Meteostat bulk", _recognises_bulk, _read_bulk)
METEOSTAT_ANNUAL = Dialect("meteostat-annual", "Meteostat annual", _recognises_annual, _read_annual)
