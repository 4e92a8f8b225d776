"""The rows of place and zone that Open-Meteo writes above its tables."""

import csv
from datetime import timedelta, timezone

STARTS = ("latitude,longitude,", "location_id,latitude,")


def split_preamble(text, name):
    """Return the one table of the text, and the zone of its stamps (None: not told).

    Above the first blank line stand the place and ``utc_offset_seconds``, one constant offset for
    all rows, also where the named zone has summer time. Below it stands one table per resolution.
    """
    if not text.startswith(STARTS):
        return text, None
    preamble, *tables = [
        block for block in text.replace("\r\n", "\n").split("\n\n") if block.strip()
    ]
    places = list(csv.DictReader(preamble.splitlines()))
    if not tables or "utc_offset_seconds" not in (places or [{}])[0]:
        # A table of its own whose first column happens to be a latitude.
        return text, None
    if len(tables) > 1:
        headers = "; ".join(table.strip().splitlines()[0][:40] for table in tables)
        msg = f"{name} holds {len(tables)} tables ({headers}), expected one. Download one "
        msg += "resolution at a time, or cut the file."
        raise ValueError(msg)
    offsets = {int(place["utc_offset_seconds"]) for place in places}
    if len(offsets) > 1:
        listed = ", ".join(map(str, sorted(offsets)))
        msg = f"{name} holds places of {len(offsets)} UTC offsets ({listed} s), expected one. "
        msg += "Download it in GMT."
        raise ValueError(msg)
    return tables[0].lstrip("\n"), timezone(timedelta(seconds=offsets.pop()))
