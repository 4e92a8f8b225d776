"""Any CSV with a time column becomes a frame, or a panel, sorted by time."""

import difflib
import io
import warnings
from dataclasses import dataclass

import pandas as pd

from tsnode.datasets._csv_file import REMEDY, read_text
from tsnode.datasets._csv_series import read_keys, settle_series
from tsnode.datasets._csv_text import CsvText, cut_text, strip_names
from tsnode.datasets._csv_time import find_time_column, join_clock, parse_time
from tsnode.datasets._csv_zone import check_zone, to_utc

# What loggers and archives write for "nothing measured", beside what pandas knows already.
MISSING = ("M", "-", "--", "---", "?", "missing", "-9999", "-9999.0", "-9999.00", "-9999.99")
MIN_READABLE = 0.5  # a text column with fewer numbers than this is text, not a measurement


@dataclass
class CsvColumns:
    """A table whose columns have been told apart: times, series keys, numbers."""

    source: CsvText
    stamps: pd.Index  # as in the file: naive where no zone stands there, in the order of the rows
    keys: pd.Series | None
    series: str | None
    time_column: str
    values: pd.DataFrame
    dropped: list
    unreadable: dict


def read_series_csv(
    path_or_buffer,
    *,
    time=None,
    series=None,
    columns=None,
    sep=None,
    dayfirst=None,
    unit=None,
    tz=None,
):
    r"""Read a CSV with a time column into a frame sorted by time.

    Delimiter (``,``, ``;``, tab, ``|``), decimal comma, encoding, compression (gzip, bz2, xz, zip)
    and the time column are found; what cannot be found without a guess is asked for.

    Parameters
    ----------
    path_or_buffer : str, path or open file
    time : str, default=None
        Name of the time column. None: the one column that reads as time; of several the one with
        the plainest name ("time", "datetime", "timestamp", ..., "date"). A column of dates is
        joined with the column of clock times, or the column "hour", that lies right beside it.
    series : str, "auto" or None, default=None
        Name of the column that tells several series apart (a station): the result is a panel.
        "auto": such a column if the stamps need one, else a single series. None: a single series.
    columns : list of str, default=None
        The value columns to keep, in this order. None: all numeric ones.
    sep : str, default=None
        The delimiter. None: found.
    dayfirst : bool, default=None
        Whether 01/02/2013 is the first of February. None: proved by a day over 12; if no row
        proves it, dots are read day first and slashes month first, with a warning.
    unit : {"s", "ms", "us", "ns"}, default=None
        Numbers in the time column count this unit since 1970. None: by their magnitude; numbers
        that are no unix stamps and no dates like 20130131 stay floats.
    tz : str or tzinfo, default=None
        The zone of stamps that carry none; they are turned into UTC. None: the offset that
        Open-Meteo writes above its tables, else they stay as they are: a zone is never guessed.

    Returns
    -------
    DataFrame of float64
        Index: stamps (UTC where the file or ``tz`` tells the zone) or floats, named as in the
        file; for a panel a MultiIndex (series, time). NaN: not observed. Stamps that occur twice
        are kept. ``frame.attrs`` holds ``source``, ``time_column``, ``dropped_columns`` (names of
        the columns without numbers) and ``unreadable_cells`` (how many texts became NaN, by
        column).

    Raises
    ------
    ValueError
        The file is no CSV, a named column is not in it, or a series key is needed; TimeIndexError,
        a ValueError, if no column or several read as time, or a stamp is missing or unreadable.

    Examples
    --------
    >>> import io
    >>> from tsnode.datasets import read_series_csv
    >>> text = "when;degC\n13.01.2009 01:00;-1,5\n13.01.2009 00:00;-1,2\n"
    >>> frame = read_series_csv(io.StringIO(text))
    >>> frame["degC"].tolist(), str(frame.index[0])
    ([-1.2, -1.5], '2009-01-13 00:00:00')
    >>> read_series_csv(io.StringIO("a,b\n1,2\n3,4\n"))
    Traceback (most recent call last):
        ...
    tsnode.exceptions.TimeIndexError: no column reads as time; the columns are 'a', 'b'. ...
    """
    check_zone(tz)
    source = cut_text(*read_text(path_or_buffer), sep)
    read = read_columns(source, time, series, columns, dayfirst, unit)
    if tz is None and isinstance(read.stamps, pd.DatetimeIndex):
        tz = source.zone
    stamps = to_utc(read.stamps, tz, read.keys)
    frame = index_and_sort(read.values, stamps, read.keys, read.series)
    frame.attrs = {
        "source": source.name,
        "time_column": read.time_column,
        "dropped_columns": read.dropped,
        "unreadable_cells": read.unreadable,
    }
    return frame


def read_columns(source, time=None, series=None, columns=None, dayfirst=None, unit=None):
    """Find the time and the series of a text cut into columns, and read the rest as numbers."""
    if unit not in (None, "s", "ms", "us", "ns"):
        msg = f"unit must be 's', 'ms', 'us', 'ns' or None; got {unit!r}. Pass one of these."
        raise ValueError(msg)
    is_auto = series == "auto"
    table = _read_table(source, None if is_auto else series)
    _refuse_unknown(table, time, None if is_auto else series, columns)
    time_column = find_time_column(table) if time is None else time
    cells, used = join_clock(table, time_column)
    stamps = parse_time(cells, dayfirst=dayfirst, unit=unit)
    values = table.drop(columns=used)
    if series is None or is_auto:
        series = settle_series(values, stamps, series, columns)
    keys = None if series is None else read_keys(values.pop(series))
    stamps.name = "time" if time_column.startswith("Unnamed: ") else time_column
    numbers, dropped, unreadable = to_numbers(values, columns, source.name)
    return CsvColumns(source, stamps, keys, series, time_column, numbers, dropped, unreadable)


def _read_table(source, series):
    """Let pandas cut the text; the series key stays text, its leading zeros are part of it."""
    options = {
        "sep": source.sep,
        "decimal": source.decimal,
        "na_values": list(MISSING),
        "skipinitialspace": True,
        # Without it a file whose rows end in the delimiter would lose its first column.
        "index_col": False,
        "low_memory": False,
    }
    try:
        with warnings.catch_warnings():
            # The warning says that fields beyond the header were thrown away.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            header = pd.read_csv(io.StringIO(source.text), nrows=0, **options).columns
            key = {name: "str" for name in header if str(name).strip() == series}
            table = pd.read_csv(io.StringIO(source.text), dtype=key, **options)
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        reason = str(error).strip().removeprefix("Error tokenizing data. C error: ")
        msg = f"{source.name} does not read as a table ({reason}); expected rows as long as the "
        msg += "header. Repair these rows, or pass sep=."
        raise ValueError(msg) from error
    table.columns = strip_names(table.columns)
    table = table.dropna(how="all")
    if table.empty:
        msg = f"{source.name} holds a header but no rows, expected at least one. {REMEDY}"
        raise ValueError(msg)
    return table


def _refuse_unknown(table, time, series, columns):
    asked = {"time": [time], "series": [series], "columns": columns or []}
    faults = [
        f"{parameter}={name!r}"
        + "".join(f" (did you mean {near!r}?)" for near in _near_misses(name, table.columns))
        for parameter, names in asked.items()
        for name in names
        if name is not None and name not in table.columns
    ]
    if faults:
        listed = ", ".join(map(repr, table.columns))
        msg = f"the file has no column for {'; '.join(faults)}; its columns are {listed}. "
        msg += "Pass names of columns."
        raise ValueError(msg)


def _near_misses(name, columns):
    by_lower = {column.lower(): column for column in columns}
    return [by_lower[near] for near in difflib.get_close_matches(str(name).lower(), by_lower, n=1)]


def to_numbers(values, columns, name):
    """Return the columns as floats, the names without numbers, and the counts of texts lost."""
    numbers, dropped, unreadable = {}, [], {}
    for column in columns or values.columns:
        read, n_lost = _read_numbers(values[column])
        n_read = int(read.notna().sum())
        if n_read == 0 or n_read < MIN_READABLE * (n_read + n_lost):
            dropped.append(column)
            continue
        numbers[column] = read.to_numpy(dtype=float)
        if n_lost:
            unreadable[column] = n_lost
    if columns and dropped:
        shown = ", ".join(f"{column!r} ({_first_cell(values[column])})" for column in dropped)
        msg = f"columns= names columns that do not hold numbers: {shown}. Leave them out."
        raise ValueError(msg)
    if not numbers:
        msg = f"{name} has no column of numbers beside the time; its other columns are "
        msg += f"{', '.join(map(repr, dropped)) or 'none'}. {REMEDY}"
        raise ValueError(msg)
    # An unnamed column without a cell is what a delimiter at the end of the rows makes.
    dropped = [
        column
        for column in dropped
        if not (column.startswith("Unnamed: ") and values[column].isna().all())
    ]
    return pd.DataFrame(numbers), dropped, unreadable


def _read_numbers(cells):
    if pd.api.types.is_numeric_dtype(cells):
        return cells, 0
    texts = cells.astype("str").str.strip()
    read = pd.to_numeric(texts, errors="coerce")
    # pandas knows the marks of a missing value only without blanks behind them.
    is_lost = read.isna() & cells.notna() & ~texts.isin(["", "NA", "NaN", "nan", *MISSING])
    return read, int(is_lost.sum())


def _first_cell(cells):
    known = cells.dropna()
    return "empty" if known.empty else repr(known.iloc[0])


def index_and_sort(frame, stamps, keys, series):
    """Give a frame its index, series before time, and sort it; equal stamps keep their order."""
    if keys is None:
        frame.index = stamps
        return frame.sort_index(kind="stable")
    index = pd.MultiIndex.from_arrays([keys.to_numpy(), stamps], names=[series, stamps.name])
    frame.index = index
    return frame.sort_index(kind="stable")
