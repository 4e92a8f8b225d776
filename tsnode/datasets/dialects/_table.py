"""Cut a text into the columns of a dialect, and refuse rows that do not fit."""

import csv
import io
import warnings

import numpy as np
import pandas as pd

from tsnode.datasets._csv_text import strip_names
from tsnode.datasets._read_csv import to_numbers
from tsnode.exceptions import TimeIndexError

from ._dialect import Reading


def cut_table(name, text, **options):
    """Let pandas cut a text; refuse rows that are too long, no rows, and a second header."""
    if options.get("header", "infer") == "infer":
        refuse_glued(name, text, text[: text.find("\n")].strip())
    try:
        with warnings.catch_warnings():
            # The warning says that fields beyond the header were thrown away.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            # As bytes: a text stream takes four bytes a character and is encoded again.
            stream = io.BytesIO(text.encode())
            table = pd.read_csv(stream, index_col=False, low_memory=False, **options)
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        reason = str(error).strip().removeprefix("Error tokenizing data. C error: ")
        msg = f"{name} does not read as a table ({reason}); expected rows as long as the header. "
        msg += "Repair these rows, or cut the file if two were glued together."
        raise ValueError(msg) from error
    table.columns = strip_names(table.columns)
    if table.empty:
        msg = f"{name} holds a header but no rows, expected at least one. Download it again."
        raise ValueError(msg)
    return table


def read_numbers(name, table, units, **told):
    """Return the Reading of a table of numbers; columns without any are left out.

    Parameters
    ----------
    name : str – of the file, for messages.
    table : DataFrame
    units : dict of str to str – of columns that may be there.
    **told : the other attributes of the Reading.
    """
    values, dropped, unreadable = to_numbers(table, None, name)
    return Reading(
        values=values,
        units={column: units[column] for column in values if column in units},
        left_out=dict.fromkeys(dropped, "no numbers"),
        unreadable=unreadable,
        **told,
    )


def plain_header(text, sep=","):
    """Return the text with the blanks around its names cut, and the names."""
    end = text.find("\n") if "\n" in text else len(text)
    cells = next(csv.reader([text[:end].strip()], delimiter=sep))
    names = [cell.strip() for cell in cells]
    if names != cells:
        text = sep.join(f'"{name}"' for name in names) + text[end:]
    return text, names


def refuse_glued(name, text, header):
    """Refuse a text in which its first line stands once more."""
    place = text.find(header, len(header)) if len(header) > 5 else -1
    if place >= 0:
        n_lines = text.count("\n", 0, place)
        msg = f"{name} repeats its header after {n_lines} lines, as two files glued together do; "
        msg += "expected one. Cut it there, and join what is read by pandas.concat."
        raise ValueError(msg)


def parse_stamps(cells, form, *, utc):
    """Turn texts of one known form into stamps; name the first that is none."""
    texts = cells.astype("str") if pd.api.types.is_numeric_dtype(cells) else cells
    stamps = pd.DatetimeIndex(pd.to_datetime(texts, format=form, errors="coerce", utc=utc))
    refuse_unread(stamps, cells)
    return stamps


def refuse_unread(stamps, cells):
    is_unread = stamps.isna()
    if is_unread.any():
        row = int(np.argmax(is_unread))
        shown = "empty" if pd.isna(cells.iloc[row]) else repr(str(cells.iloc[row]))
        msg = f"the time column {cells.name!r} does not read as stamps in {int(is_unread.sum())} "
        msg += f"of {len(cells)} rows (first: data row {row + 1}, {shown}). Repair these rows, or "
        msg += "cut the file there."
        raise TimeIndexError(msg)
