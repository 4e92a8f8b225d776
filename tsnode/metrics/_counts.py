"""What a metric counted: used, not observed, outside."""

from typing import NamedTuple


class Counts(NamedTuple):
    """What went into a metric; returned beside it with ``return_counts=True``.

    Attributes
    ----------
    used : int
        Entries (of forecasts) or rows (of states) that the number stands on.
    dropped : int
        Entries or rows without an observed truth.
    outside : int
        Generated rows outside the true range or not finite; 0 where that means nothing.
    """

    used: int
    dropped: int
    outside: int = 0
