"""A forecast that the command wrote before: CSV, JSON or Parquet, and its intervals."""

import io
import json
import re
import sys
from pathlib import Path

import pandas as pd

from .._optional import import_optional
from ..datasets import read_series_csv

BOUND = re.compile(r"(?P<column>.+)_(?P<side>lower|upper)_(?P<percent>\d+(?:\.\d+)?)")
PARQUET = b"PAR1"


def read_forecast(path):
    """Read a forecast file.

    Parameters
    ----------
    path : str
        "-" is standard input. What it holds is told by its first bytes, not by its name.

    Returns
    -------
    ahead : DataFrame, the forecast
    bounds : dict of coverage to (lower, upper), frames of its shape

    Raises
    ------
    ValueError
        The file is none.
    """
    if path != "-" and not Path(path).is_file():
        msg = f"--forecast must be a file that tsnode forecast wrote; {path} is not there. "
        raise ValueError(msg + "Make it by: tsnode forecast FILE --output ...")
    data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    try:
        table = _read_table(data)
    except (ValueError, KeyError, TypeError) as error:
        msg = f"--forecast must be a file that tsnode forecast wrote; {path} is none ({error}). "
        raise ValueError(msg + "Make it by: tsnode forecast FILE --output ...") from error
    return _split(table)


def _read_table(data):
    if data.startswith(PARQUET):
        import_optional("pyarrow", extra="parquet")
        return pd.read_parquet(io.BytesIO(data))
    if not data.lstrip().startswith(b"{"):
        return read_series_csv(io.BytesIO(data))
    rows = pd.DataFrame(json.loads(data)["forecast"])
    table = rows.set_index(rows.columns[0]).astype(float)
    if not pd.api.types.is_numeric_dtype(table.index):
        # A zone with a summer time writes two offsets.
        has_zone = re.search(r"([+-]\d\d:\d\d|Z)$", str(table.index[0])) is not None
        table.index = pd.to_datetime(table.index, format="ISO8601", utc=has_zone)
    return table


def _split(table):
    """Take the columns of bounds apart from those that they belong to."""
    found, own = {}, []
    for name in table:
        match = BOUND.fullmatch(str(name))
        if match is None or match["column"] not in table:
            own.append(name)
            continue
        sides = found.setdefault(float(match["percent"]) / 100, {"lower": {}, "upper": {}})
        sides[match["side"]][match["column"]] = table[name]
    bounds = {
        coverage: [pd.DataFrame(side)[own] for side in sides.values()]
        for coverage, sides in found.items()
        if all(set(side) == set(own) for side in sides.values())
    }
    return table[own], bounds
