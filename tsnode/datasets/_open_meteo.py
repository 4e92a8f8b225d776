"""The blocks of an Open-Meteo file: rows of place and zone, then one table per resolution."""

import csv
from datetime import timedelta, timezone

STARTS = ("latitude,longitude,", "location_id,latitude,")


def cut_blocks(text):
    """Return the rows above the first blank line as dicts, and the tables below it as texts.

    ``([], [])`` if the text does not start with places and their ``utc_offset_seconds``.
    """
    if not text.startswith(STARTS):
        return [], []
    preamble, *tables = cut_at_blank_lines(text)
    places = list(csv.DictReader(preamble.splitlines()))
    if "utc_offset_seconds" not in (places or [{}])[0]:
        # A table of its own whose first column happens to be a latitude.
        return [], []
    return places, tables


def cut_at_blank_lines(text):
    blocks = text.replace("\r\n", "\n").split("\n\n")
    return [block.strip("\n") + "\n" for block in blocks if block.strip()]


def offset_of(place, name):
    """Return the UTC offset of a place in seconds; refuse a row that holds none."""
    try:
        return int(place["utc_offset_seconds"])
    except (TypeError, ValueError):
        shown = ",".join(str(cell) for cell in place.values() if cell is not None)[:60]
        msg = f"{name} holds the row {shown!r} above its tables, expected places with their "
        msg += "utc_offset_seconds and a blank line below them. Download it again."
        raise ValueError(msg) from None


def split_preamble(text, name):
    """Return the one table of the text, and the zone of its stamps (None: not told).

    Above the table stands ``utc_offset_seconds``, one constant offset for all rows, also where the
    named zone has summer time.
    """
    places, tables = cut_blocks(text)
    if not tables:
        return text, None
    if len(tables) > 1:
        headers = "; ".join(table.splitlines()[0][:40] for table in tables)
        msg = f"{name} holds {len(tables)} tables ({headers}), expected one. Download one "
        msg += "resolution at a time, or read the file by read_weather_csv."
        raise ValueError(msg)
    offsets = {offset_of(place, name) for place in places}
    if len(offsets) > 1:
        listed = ", ".join(map(str, sorted(offsets)))
        msg = f"{name} holds places of {len(offsets)} UTC offsets ({listed} s), expected one. "
        msg += "Download it in GMT, or read the file by read_weather_csv."
        raise ValueError(msg)
    return tables[0], timezone(timedelta(seconds=offsets.pop()))
