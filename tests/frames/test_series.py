"""The sorted ragged form: rows, gaps, search within a series."""

import time

import numpy as np
import pytest

from tsnode.frames._series import Requests, SeriesSet, positions_by_series

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


def test_find_keeps_the_shape_that_was_asked():
    assert SERIES.find(2, 2.0) == 4
    assert SERIES.find([[0], [2]], [[1.0, 4.0], [2.0, 9.0]]).tolist() == [[2, 3], [4, 5]]
    assert SERIES.find(0, np.empty(0)).shape == (0,)


def test_series_come_in_order_with_the_positions_of_their_rows():
    asked = np.array([4, 0, 4, 2, 0])
    found = {k: rows.tolist() for k, rows in positions_by_series(asked)}
    assert found == {k: np.flatnonzero(asked == k).tolist() for k in (0, 2, 4)}
    assert list(positions_by_series(np.empty(0, dtype=int))) == []


def test_many_short_series_are_searched_in_linear_time():
    def seconds(n):
        starts, times = 20 * np.arange(n + 1), np.tile(np.arange(20.0), n)
        many = SeriesSet(tuple(range(n)), starts, times, np.zeros((20 * n, 1)), np.ones(20 * n))
        begin = time.process_time()
        found = many.find(many.series_of_row, times)
        seconds = time.process_time() - begin
        np.testing.assert_array_equal(found, np.arange(1, 20 * n + 1))
        return seconds

    # A mask over all rows for every series costs 256 times as much.
    assert seconds(32_000) < 64 * seconds(2000)


def test_requests_know_their_number():
    assert len(Requests(np.zeros(4, dtype=int), np.arange(4.0), np.full(4, -1))) == 4
