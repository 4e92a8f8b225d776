"""The sorted ragged form: rows, gaps, search within a series."""

import numpy as np
import pytest

from tsnode.frames._series import Requests, SeriesSet

SERIES = SeriesSet(
    ("a", "b", "c"),
    np.array([0, 3, 3, 5]),
    np.array([0.0, 1.0, 4.0, 2.0, 7.0]),
    np.array([[1.0], [2], [np.nan], [4], [5]]),
    np.ones(5),
)


def test_counts_tell_series_rows_and_channels():
    assert (SERIES.n_series, SERIES.n_rows, SERIES.n_channels) == (3, 5, 1)
    assert SERIES.series_of_row.tolist() == [0, 0, 0, 2, 2]
    assert SERIES.is_observed.ravel().tolist() == [True, True, False, True, True]


def test_no_gap_reaches_from_one_series_to_the_next():
    assert SERIES.gaps.tolist() == [1.0, 3.0, 5.0]


@pytest.mark.parametrize(("side", "expected"), [("right", [2, 3, 3, 4]), ("left", [1, 3, 3, 3])])
def test_find_counts_rows_up_to_a_time_within_the_series(side, expected):
    found = SERIES.find([0, 0, 1, 2], [1.0, 99.0, 5.0, 2.0], side=side)
    assert found.tolist() == expected
    by_hand = [
        SERIES.starts[k] + np.searchsorted(SERIES.times[SERIES.rows(k)], t, side=side)
        for k, t in zip([0, 0, 1, 2], [1.0, 99.0, 5.0, 2.0], strict=True)
    ]
    assert found.tolist() == by_hand


def test_copies_with_other_values_and_times_leave_the_original():
    moved = SERIES.with_times(SERIES.times + 1).with_values(SERIES.values * 2)
    assert moved.times[0] == 1.0
    assert moved.values[0, 0] == 2.0
    assert (SERIES.times[0], SERIES.values[0, 0]) == (0.0, 1.0)


def test_requests_know_their_number():
    assert len(Requests(np.zeros(4, dtype=int), np.arange(4.0), np.full(4, -1))) == 4
