"""Jena's weather station: day first, latin-1, -9999 for nothing measured."""

import re

import pandas as pd

from tsnode.datasets._digit_stamps import parse_digits
from tsnode.datasets._header_units import strip_units

from ._dialect import Dialect
from ._marks import drop_marks
from ._table import cut_table, parse_stamps, read_numbers

TIME_NAMES = ("Date Time", "date")  # the second in the benchmark's copy of 2020, with ISO stamps
COLUMNS = {"p (mbar)", "T (degC)", "rh (%)", "wv (m/s)"}
DAY_FIRST = re.compile(r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d")
MARKS = (-9999.0, -9999.9, -9999.99)
FORM = "%d.%m.%Y %H:%M:%S"


def _recognises(head):
    cells = head.cells()
    is_jena = cells[0] in TIME_NAMES and len(COLUMNS & set(cells)) >= 2
    return f"its columns are {cells[0]!r}, p (mbar), T (degC), ..." if is_jena else ""


def _read(name, text, _asked):
    table = cut_table(name, text, skipinitialspace=True)
    cells = table.pop(table.columns[0])
    if DAY_FIRST.fullmatch(str(cells.iloc[0]).strip()):
        stamps = _parse_day_first(cells)
    else:
        stamps = parse_stamps(cells, "ISO8601", utc=False)
    table.columns, units = strip_units(table.columns, is_sure=True)
    reading = read_numbers(name, table, units, stamps=stamps)
    reading.missing = drop_marks(reading.values, MARKS)
    return reading


def _parse_day_first(cells):
    fast = parse_digits(cells.fillna("").to_numpy(), FORM)
    if fast is None:
        return parse_stamps(cells.str.strip(), FORM, utc=False)
    return pd.DatetimeIndex(fast)


JENA = Dialect("jena", "Jena climate", _recognises, _read)
