"""The forecast as bytes of a file: CSV, JSON or Parquet."""

import io
import json
import math
from pathlib import Path

from .. import __version__
from .._optional import import_optional

STDOUT = "-"
ENDINGS = {".json": "json", ".parquet": "parquet"}


def pick_format(asked, output):
    """Return the format of ``--output``, after its ending if none was asked for.

    Raises
    ------
    ValueError
        For a format without an output, and for parquet where pyarrow is missing.
    """
    if output is None:
        if asked is None:
            return None
        msg = f"--format {asked} needs --output; got none. Add --output FILE, or --output -."
        raise ValueError(msg)
    picked = asked or ENDINGS.get(Path(output).suffix.lower(), "csv")
    if picked == "parquet":
        try:
            import_optional("pyarrow", extra="parquet")
        except ImportError as error:
            msg = f"{error} Or choose --format csv or json."
            raise ValueError(msg) from error
    return picked


def to_bytes(table, picked, about):
    """Write a forecast in a format.

    Parameters
    ----------
    table : DataFrame of shape (n_stamps, n_columns)
    picked : {"csv", "json", "parquet"}
    about : dict, what JSON says beside the numbers; ``table`` there is the key of the rows
    """
    return WRITERS[picked](table, about)


def _as_csv(table, _about):
    text = _with_text_index(table)
    written = text.to_csv(float_format="%.6g", lineterminator="\n")
    return written.encode()


def _as_json(table, about):
    rows = _with_text_index(table).reset_index().to_dict("records")
    about = dict(about)
    key = about.pop("table", "rows")
    document = {"tsnode": __version__, **about, "series": table.attrs.get("series")}
    document["units"] = table.attrs.get("units", {})
    document[key] = [{k: _plain(v) for k, v in row.items()} for row in rows]
    return (json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n").encode()


def _plain(value):
    # JSON has no NaN.
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def _as_parquet(table, _about):
    stream = io.BytesIO()
    _named(table).to_parquet(stream, engine="pyarrow")
    return stream.getvalue()


def _named(table):
    return table.rename_axis(index=table.index.name or "time")


def _with_text_index(table):
    """Write stamps as ISO 8601."""
    named = _named(table)
    if named.index.dtype.kind == "M" or hasattr(named.index, "tz"):
        texts = [stamp.isoformat() for stamp in named.index]
        named = named.set_axis(texts).rename_axis(index=named.index.name)
    return named


WRITERS = {"csv": _as_csv, "json": _as_json, "parquet": _as_parquet}
