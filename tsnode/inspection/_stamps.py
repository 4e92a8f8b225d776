"""What the stamps are like: regular or not, gaps, duplicates, zone."""

from dataclasses import dataclass

import numpy as np

from ..exceptions import GridError
from ..frames._calendar_step import LONG_GAP, Step
from ..frames._step_grid import StepGrid
from ..frames._words import roughly

# Of the rows: step maps warn beyond this share (of those that lie over a tenth of a step off).
MOST_OFF_GRID = 0.01
# In median steps: of exponential gaps one in a thousand is as long.
LONG_IRREGULAR_GAP = 10.0

NAMES = {"B": "business day"}


@dataclass(frozen=True)
class StampReport:
    """The time of the rows.

    Attributes
    ----------
    n_rows : int
        As given, before equal stamps are merged.
    n_series : int
    rows_per_series : tuple of (int, int)
        Of the shortest and the longest series, with equal stamps merged.
    first, last : Timestamp, Timedelta, Period or float
    kind : str
        "datetime", "timedelta", "period" or "float".
    zone : str or None
        Time zone of the stamps; None: they have none.
    unit : str or None
        Unit of the lengths below: "s", "min", "h" or "D"; None: that of float times.
    step : float
        Median distance of two rows.
    step_in_words : str
    offset : str or None
        Calendar offset that the rows follow, such as "MS".
    is_regular : bool
        At most 1 % of the rows lie over a tenth of a step off a grid.
    off_grid_share : float
    n_gaps : int
        Distances over 1.5 steps of regular rows, over 10 median steps of irregular ones.
    longest_gap : float
    longest_gap_from : as ``first``
        The row before it.
    longest_gap_share : float
        Of the span of its series.
    n_duplicates, n_backwards : int
        Rows that repeat a stamp of their series; steps back from row to row as given.
    """

    n_rows: int
    n_series: int
    rows_per_series: tuple
    first: object
    last: object
    kind: str
    zone: str | None
    unit: str | None
    step: float
    step_in_words: str
    offset: str | None
    is_regular: bool
    off_grid_share: float
    n_gaps: int
    longest_gap: float
    longest_gap_from: object
    longest_gap_share: float
    n_duplicates: int
    n_backwards: int


def describe_stamps(rows):
    """Return the StampReport of ``ReportRows``."""
    stamps, clock = rows.stamps, rows.clock
    counts = np.diff(stamps.starts)
    longest = stamps.rows(int(np.argmax(counts)))
    index = clock.to_index(stamps.times[longest])
    step = Step.of(index.to_timestamp() if clock.kind == "period" else index)
    offset = None if step.offset is None else step.offset.freqstr
    length = float(np.median(stamps.gaps))
    off_grid, grid = _share_off_grid(stamps, clock, offset)
    is_regular = off_grid <= MOST_OFF_GRID
    in_steps = (
        np.diff(grid.to_steps(stamps.times)) if is_regular else np.diff(stamps.times) / length
    )
    inside = np.diff(stamps.series_of_row) == 0
    long = in_steps[inside] > (LONG_GAP if is_regular else LONG_IRREGULAR_GAP)
    at = int(np.flatnonzero(inside)[np.argmax(stamps.gaps)])
    own = stamps.times[stamps.rows(stamps.series_of_row[at])]
    # A calendar's steps, and those that jitter, have their own words; a plain median is rounded.
    words = step.in_words() if offset else roughly(length, clock)
    words = NAMES.get(offset, words)
    first, last = clock.to_index([stamps.times.min(), stamps.times.max()])
    return StampReport(
        n_rows=rows.n_given,
        n_series=stamps.n_series,
        rows_per_series=(int(counts.min()), int(counts.max())),
        first=first,
        last=last,
        kind=clock.kind,
        zone=None if clock.tz is None else str(clock.tz),
        unit=clock.unit,
        step=length,
        step_in_words=words,
        offset=offset,
        is_regular=bool(is_regular),
        off_grid_share=off_grid,
        n_gaps=int(long.sum()),
        longest_gap=float(stamps.gaps.max()),
        longest_gap_from=clock.to_index(stamps.times[[at]])[0],
        longest_gap_share=float(stamps.gaps.max() / np.ptp(own)),
        n_duplicates=rows.n_duplicates,
        n_backwards=rows.n_backwards,
    )


def _share_off_grid(stamps, clock, offset):
    """Share of the rows that a step map would move by over a tenth of a step, and its grid."""
    try:
        grid = StepGrid.fit(stamps, clock, offset)
    except GridError:
        return 1.0, None
    return grid.largest_shift(grid.to_steps(stamps.times))[0], grid
