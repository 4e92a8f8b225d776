"""Jena's weather station: day first, latin-1, -9999 for nothing measured."""

import re

import numpy as np
import pandas as pd

from tsnode.datasets._header_units import strip_units
from tsnode.datasets._read_csv import to_numbers

from ._dialect import Dialect, Reading
from ._marks import drop_marks
from ._table import cut_table, parse_stamps

TIME_NAMES = ("Date Time", "date")  # the second in the benchmark's copy of 2020, with ISO stamps
COLUMNS = {"p (mbar)", "T (degC)", "rh (%)", "wv (m/s)"}
DAY_FIRST = re.compile(r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d")
MARKS = (-9999.0, -9999.9, -9999.99)
# Where the digits of 31.01.2009 00:10:00 stand.
PLACES = {"day": (0, 1), "month": (3, 4), "year": (6, 7, 8, 9), "hour": (11, 12),
          "minute": (14, 15), "second": (17, 18)}  # fmt: skip
BETWEEN = {2: ".", 5: ".", 10: " ", 13: ":", 16: ":"}


def _recognises(head):
    cells = head.cells()
    is_jena = cells[0] in TIME_NAMES and len(COLUMNS & set(cells)) >= 2
    return f"its columns are {cells[0]!r}, p (mbar), T (degC), ..." if is_jena else ""


def _read(name, text, _asked):
    table = cut_table(name, text, skipinitialspace=True)
    cells = table.pop(table.columns[0])
    if DAY_FIRST.fullmatch(str(cells.iloc[0]).strip()):
        stamps = parse_day_first(cells)
    else:
        stamps = parse_stamps(cells, "ISO8601", utc=False)
    table.columns, units = strip_units(table.columns, is_sure=True)
    values, dropped, unreadable = to_numbers(table, None, name)
    return Reading(
        values=values,
        stamps=stamps,
        units={column: units[column] for column in values if column in units},
        missing=drop_marks(values, MARKS),
        left_out=dict.fromkeys(dropped, "no numbers"),
        unreadable=unreadable,
    )


def parse_day_first(cells):
    """Read 31.01.2009 00:10:00 by arithmetic, ten times as fast as pandas reads a form.

    Where one cell is no such stamp pandas reads them all, and the error names it.
    """
    stamps = _by_arithmetic(np.asarray(cells.fillna("").to_numpy(), dtype="S20"))
    if stamps is None:
        return parse_stamps(cells.str.strip(), "%d.%m.%Y %H:%M:%S", utc=False)
    return pd.DatetimeIndex(stamps)


def _by_arithmetic(texts):
    letters = texts.view("u1").reshape(len(texts), -1)
    digits = letters - np.uint8(ord("0"))  # what lies below "0" wraps round to over 9
    are_digits = (digits[:, sum(PLACES.values(), ())] <= 9).all()
    marks = [ord(mark) for mark in BETWEEN.values()]
    if letters[:, 19].any() or not are_digits or (letters[:, list(BETWEEN)] != marks).any():
        return None
    number = {}
    for part, places in PLACES.items():
        powers = 10 ** np.arange(len(places))[::-1]
        number[part] = digits[:, places].astype("int64") @ powers
    months = 12 * (number["year"] - 1970) + number["month"] - 1
    month = months.astype("datetime64[M]")
    day = month.astype("datetime64[D]") + (number["day"] - 1)
    is_date = (number["month"] >= 1) & (number["month"] <= 12) & (day.astype(month.dtype) == month)
    is_clock = (number["hour"] < 24) & (number["minute"] < 60) & (number["second"] < 60)
    if not (is_date & is_clock).all():
        return None
    seconds = 3600 * number["hour"] + 60 * number["minute"] + number["second"]
    return day.astype("datetime64[s]") + seconds.astype("timedelta64[s]")


JENA = Dialect("jena", "Jena climate", _recognises, _read)
