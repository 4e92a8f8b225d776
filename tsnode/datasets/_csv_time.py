"""Which column of a table is its time, and what its cells mean."""

import re
import warnings

import numpy as np
import pandas as pd

from tsnode.datasets._digit_stamps import parse_digits
from tsnode.exceptions import TimeIndexError

# Names a time column goes by, the plainest first: of several columns that read as time the first
# in this list is taken.
TIME_NAMES = (
    "time", "datetime", "timestamp", "date time", "date and time", "valid", "valid time", "ds",
    "date", "stamp", "time utc", "utc time", "date utc", "utc", "local time", "time local",
    "time hour", "observation time", "measurement time", "zeit", "datum", "zeitpunkt",
    "zeitstempel", "messzeitpunkt", "mess datum", "unix", "unixtime", "unix time", "epoch", "dt",
    "ts", "t", "decimal date", "decimal year", "day", "month", "year",
)  # fmt: skip
N_SAMPLED = 500
HOUR_NAMES = ("hour", "hr", "stunde")

# Magnitudes of stamps between 1973 and 2286, per unit since 1970.
UNIX_SPANS = {"s": (1e8, 1e10), "ms": (1e11, 1e13), "us": (1e14, 1e16), "ns": (1e17, 1e19)}
CALENDAR_NUMBERS = {4: "%Y", 6: "%Y%m", 8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M",
                    14: "%Y%m%d%H%M%S"}  # fmt: skip
CALENDAR_NAMES = {"year": 4, "month": 6, "day": 8}

CLOCK = r"(?:[T ]+(?P<clock>\d{1,2}[:.]\d\d(?:[:.]\d\d(?:[.,]\d+)?)?)(?P<half> ?[AaPp][Mm])?)?"
ZONE = r"(?P<zone> ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d))?"
DAY = r"(?:0?[1-9]|[12]\d|3[01])"  # 18.00.00 is a clock time, no date
ISO = re.compile(rf"\d{{4}}(?P<mark>[-/.])\d{{1,2}}(?P=mark)\d{{1,2}}{CLOCK}{ZONE}|\d{{4}}-\d\d")
PARTS = re.compile(
    rf"(?P<first>{DAY})(?P<mark>[-/.])(?P<second>{DAY})(?P=mark)"
    rf"(?P<year>\d{{4}}|\d\d){CLOCK}{ZONE}"
)
ZONED = re.compile(r"\d ?(?:Z|UTC|GMT)$|:\d\d(?:\.\d+)? ?[+-]\d\d(?::?\d\d)?$")
DAY_MONTH = re.compile(r"(?P<first>\d{1,2})[-./](?P<second>\d{1,2})[-./]")
CLOCK_ALONE = re.compile(r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: ?[AaPp][Mm])?")
WORDY = re.compile(r"(?=.*\d)(?=.*\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))", re.I)


def find_time_column(table):
    """Return the name of the one column that reads as time; refuse none and a tie.

    Text counts if it reads as stamps, numbers only under a name of ``TIME_NAMES``.
    """
    by_cells = [name for name in table.columns if _reads_as_stamps(table[name], _plain(name))]
    numeric = [
        name
        for name in table.columns
        if _plain(name) in TIME_NAMES and pd.api.types.is_numeric_dtype(table[name])
    ]
    found = by_cells + [name for name in numeric if table[name].notna().any()]
    named = [name for name in found if _plain(name) in TIME_NAMES]
    if named:
        best = min(named, key=lambda name: TIME_NAMES.index(_plain(name)))
        _refuse_spread(best, numeric)
        return best
    if len(found) == 1:
        return found[0]
    listed = ", ".join(map(repr, found or table.columns))
    if found:
        msg = f"{len(found)} columns read as time ({listed}), expected one. "
    else:
        msg = f"no column reads as time; the columns are {listed}. "
    msg += "Pass time= with the name of the column that holds the time."
    raise TimeIndexError(msg)


def _refuse_spread(best, numeric):
    """Refuse a year, month or day number that has another of them beside it."""
    spread = [name for name in numeric if _plain(name) in CALENDAR_NAMES]
    if best in spread and len(spread) > 1:
        listed = ", ".join(map(repr, spread))
        msg = f"the time is spread over the columns {listed}, expected one column of stamps. "
        msg += "Join them, say as 2013-01-31, or pass time= if one of them is the time."
        raise TimeIndexError(msg)


def join_clock(table, time_column):
    """Return the cells of the time, and the names of the columns they stand in.

    Loggers write dates and clock times, or dates and hours, into columns of their own: a date
    alone is joined with such a neighbour.
    """
    cells = table[time_column]
    names = list(table.columns)
    place = names.index(time_column)
    if pd.api.types.is_numeric_dtype(cells) or ":" in str(cells.iloc[0]):
        return cells, [time_column]
    for neighbour in (names[place + 1 : place + 2], names[max(place - 1, 0) : place]):
        for name in neighbour:
            clock = _read_clock(table[name], name)
            if clock is not None:
                joined = cells.astype("str").str.strip() + " " + clock
                return joined.where(cells.notna() & clock.notna()), [time_column, name]
    return cells, [time_column]


def _read_clock(cells, name):
    """Return texts like 06:00 if all cells are clock times or hours of a day, else None."""
    known = cells.dropna()
    if known.empty:
        return None
    if pd.api.types.is_numeric_dtype(cells):
        is_hour = _plain(name) in HOUR_NAMES and known.isin(range(24)).all()
        return cells.map("{:02.0f}:00".format, na_action="ignore") if is_hour else None
    texts = cells.str.strip()
    if not texts.dropna().str.fullmatch(CLOCK_ALONE).all():
        return None
    return texts.str.replace(".", ":", regex=False)


def parse_time(cells, *, dayfirst=None, unit=None):
    """Turn the cells of a time column into a DatetimeIndex or a float Index.

    Parameters
    ----------
    cells : Series of str or numbers
    dayfirst : bool or None – None: found from the cells.
    unit : {"s", "ms", "us", "ns"} or None – numbers count this since 1970; None: by magnitude.

    Returns
    -------
    DatetimeIndex (UTC for unix stamps and for text with an offset, else naive), or an Index of
    float64 if the numbers are no calendar.
    """
    _refuse_missing(cells, cells.isna())
    if pd.api.types.is_numeric_dtype(cells):
        return _parse_numbers(cells, unit)
    if unit is not None:
        msg = f"unit={unit!r} needs a time column of numbers, but {cells.name!r} holds text "
        msg += f"({cells.iloc[0]!r}). Leave unit out."
        raise TimeIndexError(msg)
    return _parse_text(cells, dayfirst)


def _plain(name):
    """Strip a name of unit, case and marks: ``"Date_Time (UTC)"`` -> ``"date time"``."""
    return re.sub(r"[\s_\-]+", " ", re.sub(r"[(\[].*", "", str(name))).strip().lower()


def _reads_as_stamps(cells, name):
    if pd.api.types.is_numeric_dtype(cells):
        return False
    sample = cells.dropna()
    sample = sample.iloc[:: max(1, len(sample) // N_SAMPLED)]
    n_read = sum(_stamp_form(cell) is not None for cell in sample)
    # A column with the name of a time may hold faulty rows; the parser then names the first.
    return n_read > (0.5 if name in TIME_NAMES else 0.9) * len(sample)


def _stamp_form(cell):
    cell = str(cell).strip()
    return ISO.fullmatch(cell) or PARTS.fullmatch(cell) or WORDY.match(cell)


def _refuse_missing(cells, is_missing):
    if is_missing.any():
        row = int(np.argmax(is_missing.to_numpy())) + 1
        msg = f"the time column {cells.name!r} is empty in {int(is_missing.sum())} of {len(cells)} "
        msg += f"rows (first: data row {row}), expected a stamp in every row. Remove or fill them."
        raise TimeIndexError(msg)


def _parse_numbers(cells, unit):
    values = cells.to_numpy()
    if unit is not None:
        return pd.to_datetime(pd.Index(values), unit=unit, utc=True)
    calendar = _parse_calendar_numbers(values, _plain(cells.name))
    if calendar is not None:
        return calendar
    low, high = np.min(values), np.max(values)
    for name, (first, last) in UNIX_SPANS.items():
        if first <= low and high < last:
            return pd.to_datetime(pd.Index(values), unit=name, utc=True)
    return pd.Index(values.astype(float), dtype="float64")


def _parse_calendar_numbers(values, name):
    """Read 20130131, 2013013106 and the like; None if one of them is no date of 1800 to 2100."""
    if not np.all(np.equal(np.mod(values, 1), 0)) or np.min(values) <= 0:
        return None
    n_digits = len(str(int(values[0])))
    # Four or six digits are a plain number unless the name says that they are a year or a month.
    is_plain = n_digits < 8 and CALENDAR_NAMES.get(name) != n_digits
    if n_digits not in CALENDAR_NUMBERS or is_plain:
        return None
    texts = pd.Index(values.astype("int64").astype(str))
    stamps = pd.to_datetime(texts, format=CALENDAR_NUMBERS[n_digits], errors="coerce")
    is_date = stamps.year.notna() & (stamps.year >= 1800) & (stamps.year <= 2100)
    return stamps if is_date.all() else None


def _parse_text(cells, dayfirst):
    texts = [str(cell).strip() for cell in cells.tolist()]
    is_aware = _check_zones(texts)
    if ISO.fullmatch(texts[0]):
        first, second = {"format": "ISO8601"}, {"format": "mixed", "yearfirst": True}
    elif match := PARTS.fullmatch(texts[0]):
        dayfirst = _find_order(texts, dayfirst)
        first = {"format": _build_format(match, dayfirst)}
        second = {"format": "mixed", "dayfirst": dayfirst}
    else:
        first = second = {"format": "mixed", "dayfirst": bool(dayfirst)}
    stamps = _to_datetime(texts, is_aware, first)
    if stamps.isna().any():
        stamps = _to_datetime(texts, is_aware, second)
    is_unread = stamps.isna()
    if is_unread.any():
        row = int(np.argmax(is_unread))
        msg = f"the time column {cells.name!r} does not read as stamps in {int(is_unread.sum())} "
        msg += f"of {len(cells)} rows (first: data row {row + 1}, {texts[row]!r}). "
        msg += "Repair these rows, or pass time= with another column."
        raise TimeIndexError(msg)
    return stamps


def _to_datetime(texts, is_aware, options):
    fast = None if is_aware else parse_digits(texts, options["format"])
    if fast is not None:
        return pd.DatetimeIndex(fast).as_unit("us")
    with warnings.catch_warnings():
        # pandas says that a mixed parse may be slow; here it is only the second resort.
        warnings.simplefilter("ignore", UserWarning)
        return pd.DatetimeIndex(pd.to_datetime(texts, errors="coerce", utc=is_aware, **options))


def _check_zones(texts):
    """Tell whether all stamps carry a zone; refuse a mix."""
    has_zone = [_has_zone(text) for text in texts]
    if all(has_zone) or not any(has_zone):
        return has_zone[0]
    aware, naive = texts[has_zone.index(True)], texts[has_zone.index(False)]
    msg = f"the time column mixes stamps with a zone ({aware!r}) and without ({naive!r}), "
    msg += "expected one kind. Write all of them with their offset, or none."
    raise TimeIndexError(msg)


def _has_zone(text):
    # The cheap looks first: files have many rows, and most of them carry no zone.
    may_have = text[-1:] in "ZCT" or "+" in text or "-" in text[8:]
    return may_have and ZONED.search(text) is not None


def _find_order(texts, dayfirst):
    """Tell 31.01.2009 from 01/31/2009; a first or second part over 12 proves it."""
    if dayfirst is not None:
        return dayfirst
    # A year of hourly rows holds 365 dates: each is looked at once.
    dates = {text[:10]: text for text in reversed(texts)}
    first_over, second_over = [], []
    for start, text in dates.items():
        match = DAY_MONTH.match(start)
        if match and int(match["first"]) > 12:
            first_over.append(text)
        if match and int(match["second"]) > 12:
            second_over.append(text)
    if first_over and second_over:
        msg = f"the time column mixes day-first and month-first dates ({first_over[-1]!r} and "
        msg += f"{second_over[-1]!r}), expected one order. Write the dates as 2013-01-31."
        raise TimeIndexError(msg)
    if first_over or second_over:
        return bool(first_over)
    # Dots are written where the day comes first; slashes where it may be either.
    guess = "." in texts[0][:3]
    order = "day" if guess else "month"
    msg = f"dates like {texts[0]!r} are read {order} first, but no row proves it. "
    msg += f"Pass dayfirst={guess} to confirm it, or dayfirst={not guess}."
    warnings.warn(msg, UserWarning, stacklevel=5)
    return guess


def _build_format(match, dayfirst):
    day_month = ("%d", "%m") if dayfirst else ("%m", "%d")
    year = "%Y" if len(match["year"]) == 4 else "%y"
    form = match["mark"].join([*day_month, year])
    if match["clock"] is None:
        return form
    marks = re.findall(r"[:.,]", match["clock"])
    hour = "%I" if match["half"] else "%H"
    clock = "".join(
        part for pair in zip(("", *marks), (hour, "%M", "%S", "%f"), strict=False) for part in pair
    )
    gap = "T" if "T" in match.group(0) else " "
    half = (" %p" if match["half"].startswith(" ") else "%p") if match["half"] else ""
    return f"{form}{gap}{clock}{half}" + ("%z" if match["zone"] else "")
