"""What a file is before it is a table: bytes, encoding, preamble, delimiter, decimal mark."""

import bz2
import csv
import gzip
import io
import lzma
import re
import zipfile
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from tsnode.datasets._open_meteo import split_preamble

DELIMITERS = ",;\t|"
N_SNIFFED_LINES = 100
REMEDY = "Pass a text file whose first row names the columns, one of them the time."

# First bytes of files people pass by mistake.
FOREIGN = {
    b"PAR1": "a Parquet file",
    b"\x89HDF": "an HDF5 file",
    b"CDF": "a NetCDF file",
    b"GRIB": "a GRIB file",
    b"\x89PNG": "a PNG picture",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
}
DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+([eE][-+]?\d+)?")
PLAIN_NUMBER = re.compile(r"[-+]?\d*\.?\d+([eE][-+]?\d+)?|")
DATE_START = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}")


@dataclass(frozen=True)
class CsvText:
    """A table's text from its header on, and how to cut it."""

    name: str
    text: str
    sep: str
    decimal: str
    zone: tzinfo | None  # of the stamps, where lines above the table tell it


def read_csv_text(path_or_buffer, sep=None):
    """Read, unpack and decode a file, and find its delimiter; refuse what is no CSV."""
    name, data = _read_bytes(path_or_buffer)
    text = data if isinstance(data, str) else _decode(_unpack(data, name), name)
    _refuse_other_text(text, name)
    text, zone = split_preamble(_drop_comments(text), name)
    lines = _first_lines(text)
    if len(lines) < 2:
        msg = f"{name} holds {len(lines)} line(s), expected a header and rows. {REMEDY}"
        raise ValueError(msg)
    sep = _find_delimiter(lines, name) if sep is None else sep
    rows = [next(csv.reader([line], delimiter=sep)) for line in lines]
    _refuse_missing_header(rows[0], name)
    decimal = "," if sep != "," and _has_decimal_comma(rows[1:]) else "."
    return CsvText(name, text, sep, decimal, zone)


def _read_bytes(path_or_buffer):
    if hasattr(path_or_buffer, "read"):
        name = getattr(path_or_buffer, "name", None)
        name = Path(name).name if isinstance(name, str) else "the buffer"
        return name, path_or_buffer.read()
    if not isinstance(path_or_buffer, str | Path) and not hasattr(path_or_buffer, "__fspath__"):
        kind = type(path_or_buffer).__name__
        msg = f"expected a path or an open file of a CSV, got {kind}. "
        msg += "A DataFrame needs no reading: pass it to fit."
        raise TypeError(msg)
    path = Path(path_or_buffer).expanduser()
    return path.name, path.read_bytes()


def _unpack(data, name):
    if data.startswith(b"PK\x03\x04"):
        return _unzip(data, name)
    unpackers = {b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\xfd7zXZ": lzma.decompress}
    for magic, unpack in unpackers.items():
        if data.startswith(magic):
            return _unpack_with(unpack, data, name)
    return data


def _unpack_with(unpack, data, name):
    try:
        return unpack(data)
    except (OSError, EOFError, ValueError, lzma.LZMAError) as error:
        msg = f"{name} is compressed but damaged ({error}), expected a whole file. "
        msg += "Copy or download it again."
        raise ValueError(msg) from error


def _unzip(data, name):
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.namelist() if not member.endswith("/")]
            if len(members) == 1:
                return archive.read(members[0])
    except zipfile.BadZipFile as error:
        msg = f"{name} is a damaged zip archive, expected a CSV. Copy or download it again."
        raise ValueError(msg) from error
    if "[Content_Types].xml" in members:
        msg = f"{name} is an Excel workbook, expected a CSV. Save the sheet as CSV."
    else:
        msg = f"{name} is a zip archive of {len(members)} files, expected one CSV. Unpack it."
    raise ValueError(msg)


def _decode(data, name):
    for magic, kind in FOREIGN.items():
        if data.startswith(magic):
            msg = f"{name} is {kind}, expected a CSV. {REMEDY}"
            raise ValueError(msg)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\x00" in data[:65536]:
        msg = f"{name} is a binary file, expected a CSV. {REMEDY}"
        raise ValueError(msg)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Loggers on Windows write degree signs and umlauts so; every byte has a meaning there.
        return data.decode("latin-1")


def _refuse_other_text(text, name):
    start = text[:4096].lstrip()
    kinds = {"{": "JSON", "[": "JSON", "<": "HTML or XML"}
    if not start:
        msg = f"{name} is empty, expected a CSV. {REMEDY}"
        raise ValueError(msg)
    if start[0] in kinds:
        shown = " ".join(start[:60].split())
        msg = f"{name} is {kinds[start[0]]} ({shown!r}), expected a CSV. {REMEDY}"
        raise ValueError(msg)


def _drop_comments(text):
    """Cut blank lines and lines that start with # above the header."""
    position = 0
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end + 1
        line = text[position:end].strip()
        if line and not line.startswith("#"):
            break
        position = end
    return text[position:]


def _first_lines(text):
    head = text[: 1024 * N_SNIFFED_LINES]
    lines = [line for line in head.splitlines() if line.strip()]
    # The last line of a cut head may be half a row.
    whole = lines if len(head) == len(text) else lines[:-1]
    return whole[:N_SNIFFED_LINES]


def _find_delimiter(lines, name):
    """Return the delimiter that cuts the lines into as many fields as the header.

    Of several, the one with the most fields: a decimal comma also cuts every row, but never the
    header beside it.
    """
    exact, loose = {}, {}
    for sep in DELIMITERS:
        n_header, *counts = (len(row) for row in csv.reader(lines, delimiter=sep))
        if n_header > 1 and counts.count(n_header) >= 0.9 * len(counts):
            exact[sep] = n_header
        elif n_header > 1 and min(counts) > 1:
            # A table with faulty rows: pandas will say which.
            loose[sep] = n_header
    if n_fields := exact or loose:
        return max(n_fields, key=n_fields.get)
    header = lines[0][:60]
    msg = f"{name} does not read as a table: no delimiter of ',', ';', tab or '|' cuts its rows "
    msg += f"as it cuts the header {header!r}. Pass sep= if it is another one; else: {REMEDY}"
    raise ValueError(msg)


def _refuse_missing_header(header, name):
    cells = [cell.strip() for cell in header]
    if all(PLAIN_NUMBER.fullmatch(cell) or DATE_START.match(cell) for cell in cells):
        msg = f"{name} starts with data ({', '.join(cells[:4])}), expected a row of column names. "
        msg += "Add such a row at the top."
        raise ValueError(msg)


def _has_decimal_comma(rows):
    cells = [cell.strip() for row in rows for cell in row]
    n_commas = sum(DECIMAL_COMMA.fullmatch(cell) is not None for cell in cells)
    n_points = sum("." in cell and PLAIN_NUMBER.fullmatch(cell) is not None for cell in cells)
    return n_commas > n_points
