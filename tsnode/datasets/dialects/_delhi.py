"""The daily climate of Delhi, as the tutorials on neural ODEs use it."""

from ._dialect import Dialect
from ._table import cut_table, parse_stamps, read_numbers

UNITS = {"meantemp": "°C", "humidity": "%", "wind_speed": "km/h", "meanpressure": "hPa"}


def _recognises(head):
    is_delhi = head.cells() == ["date", *UNITS]
    return f"its columns are date, {', '.join(UNITS)}" if is_delhi else ""


def _read(name, text, _asked):
    table = cut_table(name, text)
    stamps = parse_stamps(table.pop("date"), "ISO8601", utc=False)
    return read_numbers(name, table, UNITS, stamps=stamps)


DELHI = Dialect("delhi", "Delhi daily climate", _recognises, _read)
