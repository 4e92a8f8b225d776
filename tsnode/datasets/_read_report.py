"""What was read, left out and merged on the way from a file to a frame."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ReadReport:
    """What :func:`~tsnode.datasets.read_weather_csv` found in a file; ``print`` it.

    Attributes
    ----------
    source : str
        Name of the file.
    dialect : str
        The format it was read as, such as "Open-Meteo", and ``why``.
    why : str
    zone : str
        The zone of the stamps in the file, before they became UTC; "assumed UTC" if neither the
        file nor ``tz`` tells it.
    section : str or None
        The table that was read of a file with several; ``other_sections`` are there too.
    other_sections : tuple of str
    n_series : int
        Places or stations; 1 for a frame that is no panel.
    n_rows_read : int
        Rows in the table of the file.
    n_rows : int
        Rows of the frame.
    rows_left_out : dict of str to int
        Rows of the file that are not in the frame, by reason.
    n_merged : int
        Rows that repeated a stamp of their series and were merged into the row of that stamp;
        ``n_conflicts`` of the stamps held different values.
    n_conflicts : int
    first, last, step : str
        First and last stamp and the median step of the frame, in words.
    n_gaps : int
        Steps longer than 1.5 median steps; ``longest_gap`` in words, "" without one.
    longest_gap : str
    missing : dict of str to dict
        By column: marks of a missing or doubtful value, and in how many cells they stood.
    unreadable : dict of str to int
        By column: how many cells held a text that is no number, read as missing.
    left_out : dict of str to str
        Columns that are not in the frame, and why.
    notes : tuple of str
        What else was turned into something else.
    """

    source: str
    dialect: str
    why: str
    zone: str
    n_rows_read: int
    n_rows: int
    first: str
    last: str
    step: str
    section: str | None = None
    other_sections: tuple = ()
    n_series: int = 1
    rows_left_out: dict = field(default_factory=dict)
    n_merged: int = 0
    n_conflicts: int = 0
    n_gaps: int = 0
    longest_gap: str = ""
    missing: dict = field(default_factory=dict)
    unreadable: dict = field(default_factory=dict)
    left_out: dict = field(default_factory=dict)
    notes: tuple = ()

    def __str__(self):
        return "\n".join(self.lines())

    def lines(self):
        """Return the report as lines of text, only those that have something to say."""
        series = f" of {self.n_series} series" if self.n_series > 1 else ""
        gaps = f"{self.n_gaps:,} gaps (longest {self.longest_gap})" if self.n_gaps else "no gaps"
        lines = [
            f"{self.source}: {self.dialect} ({self.why})",
            f"rows: {self.n_rows_read:,} read, {self.n_rows:,} kept{series}, from {self.first} "
            f"to {self.last}, step {self.step}, {gaps}",
            f"zone: {self.zone}",
        ]
        if self.section is not None:
            others = ", ".join(self.other_sections)
            there = f"; there too: {others} (section=)" if others else ""
            lines.append(f"section: {self.section}{there}")
        lines += [f"rows left out: {n:,} ({why})" for why, n in self.rows_left_out.items()]
        if self.n_merged:
            lines.append(
                f"merged: {self.n_merged:,} rows that repeat a stamp, by the last value of each "
                f"column ({self.n_conflicts:,} stamps held different values)"
            )
        for column, marks in self.missing.items():
            shown = ", ".join(f"{n:,} {mark}" for mark, n in marks.items())
            lines.append(f"read as missing: {column}: {shown}")
        lines += [
            f"{column}: {n:,} cell(s) are no numbers, read as missing"
            for column, n in self.unreadable.items()
        ]
        lines += [f"left out: {column} ({why})" for column, why in self.left_out.items()]
        return lines + list(self.notes)
