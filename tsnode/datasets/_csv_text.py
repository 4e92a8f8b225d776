"""How a text is cut into a table: preamble, delimiter, decimal mark."""

import csv
import re
from dataclasses import dataclass
from datetime import tzinfo

from tsnode.datasets._csv_file import REMEDY
from tsnode.datasets._open_meteo import split_preamble

DELIMITERS = ",;\t|"
N_SNIFFED_LINES = 100
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


def cut_text(name, text, sep=None):
    """Find what stands above a table and what its delimiter is; refuse what is no table."""
    text, zone = split_preamble(drop_comments(text), name)
    lines = _first_lines(text)
    if len(lines) < 2:
        msg = f"{name} holds {len(lines)} line(s), expected a header and rows. {REMEDY}"
        raise ValueError(msg)
    sep = _find_delimiter(lines, name) if sep is None else sep
    rows = [next(csv.reader([line], delimiter=sep)) for line in lines]
    _refuse_missing_header(rows[0], name)
    decimal = "," if sep != "," and _has_decimal_comma(rows[1:]) else "."
    return CsvText(name, text, sep, decimal, zone)


def drop_comments(text):
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


def strip_names(columns):
    """Return names without blanks around them; those that are alike then get a number."""
    names = []
    for column in columns:
        name = plain = str(column).strip()
        n_before = 0
        while name in names:
            n_before += 1
            name = f"{plain}.{n_before}"
        names.append(name)
    return names


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
