"""The daily climate of Delhi, as the tutorials on neural ODEs use it."""

from tsnode.datasets._read_csv import to_numbers

from ._dialect import Dialect, Reading
from ._table import cut_table, parse_stamps

UNITS = {"meantemp": "°C", "humidity": "%", "wind_speed": "km/h", "meanpressure": "hPa"}


def _recognises(head):
    is_delhi = head.cells() == ["date", *UNITS]
    return f"its columns are date, {', '.join(UNITS)}" if is_delhi else ""


def _read(name, text, _asked):
    table = cut_table(name, text)
    stamps = parse_stamps(table.pop("date"), "ISO8601", utc=False)
    values, dropped, unreadable = to_numbers(table, None, name)
    return Reading(
        values=values,
        stamps=stamps,
        units={column: UNITS[column] for column in values},
        left_out=dict.fromkeys(dropped, "no numbers"),
        unreadable=unreadable,
    )


DELHI = Dialect("delhi", "Delhi daily climate", _recognises, _read)
