"""What a dialect is: how it knows its files, and what it reads from them."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

N_LINES = 20


@dataclass(frozen=True)
class Head:
    """The first lines of a text that are neither blank nor comments."""

    lines: list  # of str, at most N_LINES
    sep: str = ","

    @classmethod
    def of(cls, text):
        lines = [line.strip() for line in text[:65536].splitlines()]
        return cls([line for line in lines if line and not line.startswith("#")][:N_LINES])

    def cells(self, number=0, sep=None):
        """Return the cells of a line without quotes and blanks around them."""
        rows = csv.reader(self.lines[number : number + 1], delimiter=sep or self.sep)
        return [cell.strip() for row in rows for cell in row]


@dataclass(frozen=True)
class Asked:
    """What the caller wants of a file that holds more than one reading of it."""

    section: str | None = None
    tz: object = None
    keeps_doubtful: bool = False


@dataclass
class Reading:
    """What stands in a file: numbers in the order of the rows, nothing merged or filled.

    Attributes
    ----------
    values : DataFrame of float64 of shape (n_rows, n_columns)
    stamps : DatetimeIndex of n_rows – UTC, or naive where the format does not tell the zone.
    keys : array or None – the series of each row.
    zone : str – the zone that the file tells, in words; "" if it tells none.
    zone_hint : str – what is known of stamps without a zone, for the warning.
    uses_tz : bool – whether ``tz`` has been applied to the stamps already.
    units : dict of str to str – by column, as the file or its format spells them.
    place : dict – of plain values; by key of the series if there are several.
    missing : dict – by column: marks of "nothing measured" to how many cells held them.
    left_out : dict – by name: why a column of the file is not among the values.
    rows_left_out : dict – by reason: how many rows of the file are not among the rows.
    """

    values: pd.DataFrame
    stamps: pd.DatetimeIndex
    zone: str = ""
    zone_hint: str = ""
    uses_tz: bool = False
    keys: object = None
    series: str | None = None
    units: dict = field(default_factory=dict)
    place: dict = field(default_factory=dict)
    section: str | None = None
    other_sections: tuple = ()
    missing: dict = field(default_factory=dict)
    left_out: dict = field(default_factory=dict)
    unreadable: dict = field(default_factory=dict)
    rows_left_out: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)


@dataclass(frozen=True)
class Dialect:
    """A format of weather files.

    Attributes
    ----------
    key : str – what users pass as ``dialect=``.
    title : str – what it is called in messages.
    recognises : callable of a Head – returns why a file is of this dialect, or "".
    read : callable of (name, text, Asked) – returns a Reading.
    needs_commas : bool – whether plain CSV would make wrong numbers of a copy cut by another
        mark: ``+0108,1`` is 10.8 degrees and no 108.1.
    """

    key: str
    title: str
    recognises: Callable
    read: Callable
    needs_commas: bool = False
