"""From the FILE of a command to what stands in it, and what its reader has to say."""

import difflib
import filecmp
import io
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from ..datasets import load_nyc_weather, read_series_csv, read_weather_csv
from ..datasets._csv_file import ADDRESS, read_text
from ..datasets._csv_zone import refuse_autumn_hour
from ..datasets._files import data_file
from ..datasets.dialects import Head, choose_dialect

SHIPPED = "nyc-weather"
STDIN = "-"
# Arguments that readers speak of, and that are options here.
ARGUMENT = re.compile(r"\b(tz|section|dialect|time)=(?:'([^']*)')?")
SUBJECT = re.compile(r"^(tz|section|dialect)(?= must )")


class NamedText(io.StringIO):
    """A text that was read already, with the name of its file for the reader's messages."""

    def __init__(self, text, name):
        super().__init__(text)
        self.name = name


class NamedBytes(io.BytesIO):
    """Bytes of no file, with a name for the reader's messages."""

    def __init__(self, data, name):
        super().__init__(data)
        self.name = name


def read_file(file, *, time=None, tz=None, section=None, dialect=None):
    """Read a file by the reader that knows its format.

    Known formats of weather are read by ``read_weather_csv``, any other CSV, and whatever has its
    time column named, by ``read_series_csv``: numeric times and stamps without a zone stay so.

    Parameters
    ----------
    file : str
        Path or address of a CSV, "-" for standard input, or "nyc-weather".
    time, tz, section, dialect : str, default=None
        As those readers take them.

    Returns
    -------
    data : DataFrame, perhaps a panel
    notes : list of str
        What the reader left out, merged or turned into something else.
    """
    asked = {"time": time, "tz": tz, "section": section, "dialect": dialect}
    if is_shipped(file) and not any(asked.values()):
        return load_nyc_weather(), []
    source = _opened(file)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = _read(source, **asked)
        except ValueError as error:
            raise ValueError(_in_options(error)) from error
    for warning in caught:
        warnings.warn(_in_options(warning.message), warning.category, stacklevel=2)
    return found


def _read(source, time, tz, section, dialect):
    if time is not None and dialect not in (None, "csv"):
        msg = f"--time {time} is for plain CSV, but --dialect {dialect} finds the time by itself. "
        raise ValueError(msg + "Leave one of them out.")
    name, text = read_text(source)
    known, _ = choose_dialect(Head.of(text), name, "csv" if time is not None else dialect)
    text = NamedText(text, name)
    if known.key != "csv":
        data, report = read_weather_csv(text, tz, section, return_report=True, dialect=dialect)
        # The rows that are left are told with the series that is picked.
        lines = [f"read as {report.dialect} ({report.why})", *report.lines()[2:]]
        return data, [_in_options(line) for line in lines]
    if section is not None:
        msg = f"--section {section} needs a file of several tables, as Open-Meteo writes them; "
        raise ValueError(msg + f"{name} is read as plain CSV. Leave --section out.")
    data = read_series_csv(text, series="auto", time=time, tz=tz)
    _refuse_autumn_hour(data.index)
    notes = _notes_of(data.attrs)
    for name in data.columns[np.isinf(data).any()]:
        is_infinite = np.isinf(data[name])
        notes.append(f"{name}: {is_infinite.sum()} cell(s) are infinite, read as missing")
        data[name] = data[name].mask(is_infinite)
    return data, notes


def _refuse_autumn_hour(index):
    """Refuse stamps of no zone that repeat the hour after summer time: a mean would hide it."""
    stamps = index.get_level_values(-1)
    if isinstance(stamps, pd.DatetimeIndex) and stamps.tz is None:
        keys = None if index.nlevels == 1 else pd.Series(index.get_level_values(0))
        refuse_autumn_hour(stamps, keys)


def _notes_of(attrs):
    dropped = [f"left out: {name} (no numbers)" for name in attrs.get("dropped_columns", ())]
    lost = attrs.get("unreadable_cells", {})
    return dropped + [
        f"{name}: {n} cell(s) are no numbers, read as missing" for name, n in lost.items()
    ]


def _in_options(message):
    """Write the arguments of a reader as the options of the command."""
    message = SUBJECT.sub(r"--\1", str(message))
    return ARGUMENT.sub(lambda m: f"--{m[1]} {m[2]}" if m[2] else f"--{m[1]}", message)


def is_shipped(file):
    """Whether a file is the weather that comes with tsnode, by its name or by what it holds."""
    path = Path(file)
    if not path.exists():
        return file.replace("_", "-").lower() == SHIPPED
    # The shipped file under any path brings its units, which a CSV cannot hold.
    return path.is_file() and filecmp.cmp(path, str(data_file("nyc_weather.csv")), shallow=False)


def words_of(file):
    """Name a file as people call it."""
    return "standard input" if file == STDIN else file


def _opened(file):
    """Return what a reader takes for a file."""
    if file == STDIN:
        data = sys.stdin.buffer.read()
        if data.strip():
            return NamedBytes(data, words_of(file))
        msg = "Expected a CSV on standard input, since FILE is -; got nothing. Pipe one into the "
        raise ValueError(msg + "command, or name a file.")
    if ADDRESS.match(file):
        return file
    path = Path(file)
    if path.is_dir():
        msg = f"FILE must be a CSV; got the folder {file}. Pass a file in it."
        raise ValueError(msg)
    if not path.exists():
        raise ValueError(_missing_file_message(path))
    return path


def _missing_file_message(path):
    msg = f"FILE must be a CSV that exists; got {path}."
    folder = path.parent
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=1)
    if near:
        return f"{msg} Did you mean {folder / near[0]}?"
    return f"{msg} Pass its path, or {SHIPPED} for the data that come with tsnode."
