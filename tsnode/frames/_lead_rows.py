"""Rolling origins on any stamps: the row that stands for each origin and lead."""

import numpy as np


def rows_at_leads(known, origins, leads, tolerance):
    """Row nearest to each origin + lead, later than the origin, in the origin's series.

    Parameters
    ----------
    known : SeriesSet
    origins : int array of shape (n_origins,), rows of ``known``
    leads : float array of shape (n_leads,), in model time, over 0
    tolerance : float
        Farthest that a row may lie from origin + lead.

    Returns
    -------
    int array of shape (n_origins, n_leads), -1 where no row is within the tolerance
    """
    number = known.series_of_row[origins][:, None]
    wanted = known.times[origins][:, None] + np.asarray(leads, dtype=float)
    # Rounding of model time must not decide: on a tie the later row stands for the lead.
    slack = 1e-6 * tolerance + 4 * np.finfo(float).eps * np.abs(wanted)
    after = known.find(number, wanted)
    before = after - 1
    last = known.starts[number + 1] - 1
    after = np.minimum(after, last)
    is_after = known.times[after] - wanted <= wanted - known.times[before] + slack
    rows = np.where(is_after & (after > before), after, before)
    near = np.abs(known.times[rows] - wanted) <= tolerance + slack
    # A lead must lead: the row nearest to a short lead on irregular stamps can be the origin.
    return np.where(near & (rows > origins[:, None]), rows, -1)


def thin_rows(known, candidates, stride, *, is_count):
    """Every ``stride``-th candidate of each series, or the first one in each stretch of time.

    Parameters
    ----------
    known : SeriesSet
    candidates : int array of shape (n_candidates,), increasing rows of ``known``
    stride : int or float
        Number of candidates, or duration in model time counted from a series' first candidate.
    is_count : bool

    Returns
    -------
    int array, a part of ``candidates``
    """
    if not len(candidates):
        return candidates
    number = known.series_of_row[candidates]
    opens = np.r_[True, np.diff(number) != 0]
    first = np.maximum.accumulate(np.where(opens, np.arange(len(candidates)), 0))
    if is_count:
        return candidates[(np.arange(len(candidates)) - first) % stride == 0]
    elapsed = known.times[candidates] - known.times[candidates[first]]
    stretch = np.floor(elapsed / stride + 1e-6)
    return candidates[opens | np.r_[True, np.diff(stretch) > 0]]
