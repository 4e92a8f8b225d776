"""Origins, their future rows, and the arrangement of requests."""

import numpy as np
import pytest

from tsnode.frames._series import Requests, SeriesSet
from tsnode.frames._windows import (
    future_windows,
    request_origins,
    request_rows,
    row_origins,
    split_newest,
)


@pytest.fixture
def panel():
    """Two series of 5 and 4 rows."""
    times = np.array([0.0, 1.0, 2.5, 3.0, 9.0, 0.0, 1.0, 2.0, 3.0])
    values = np.arange(9.0)[:, None]
    values[2] = np.nan
    return SeriesSet(("a", "b"), np.array([0, 5, 9]), times, values, np.arange(1.0, 10.0))


def test_every_row_but_the_last_of_a_series_is_an_origin(panel):
    origins = row_origins(panel)
    np.testing.assert_array_equal(origins.ends - 1, [0, 1, 2, 3, 5, 6, 7])
    np.testing.assert_array_equal(origins.series, [0, 0, 0, 0, 1, 1, 1])


def test_windows_hold_the_later_rows_of_the_same_series_up_to_the_longest_lead(panel):
    windows = future_windows(panel, row_origins(panel), max_lead=2.0)
    np.testing.assert_array_equal((windows.leads > 0).sum(axis=1), [1, 2, 1, 0, 2, 2, 1])
    np.testing.assert_array_equal(windows.leads[1], [1.5, 2.0])


def test_weights_multiply_both_rows_and_vanish_where_nothing_was_observed(panel):
    windows = future_windows(panel, row_origins(panel), max_lead=2.0)
    np.testing.assert_array_equal(windows.weights[1, :, 0], [0.0, 2.0 * 4.0])


def test_thinned_windows_keep_the_first_and_the_last_row():
    times = np.arange(50.0)
    series = SeriesSet((None,), np.array([0, 50]), times, times[:, None], np.ones(50))
    windows = future_windows(series, row_origins(series).take(slice(0, 1)), 40.0, n_max=5)
    np.testing.assert_array_equal(windows.leads[0], [1, 11, 21, 30, 40])


def test_older_windows_hold_no_target_of_the_newest_part(panel):
    origins = row_origins(panel)
    windows = future_windows(panel, origins, 10.0)
    is_new, older = split_newest(panel, origins, windows, fraction=0.4)
    np.testing.assert_array_equal(is_new, [0, 0, 0, 1, 0, 0, 1])
    reached = np.where(older.any(axis=2), windows.rows, 0)
    assert reached[:4].max() == 1
    assert reached[4:].max() == 6


def test_requests_of_one_cutoff_share_an_origin(panel):
    asked = Requests(
        np.array([0, 1, 0, 0]), np.array([4.0, 9.0, 5.0, 7.0]), np.array([3, 7, 3, -1])
    )
    origins, where = request_origins(panel, asked)
    assert len(origins) == 3
    np.testing.assert_array_equal(origins.times[where], [3.0, 2.0, 3.0, 6.0])
    np.testing.assert_array_equal(origins.ends[where], [4, 8, 4, 0])


def test_rows_hold_every_request_once_and_one_origin_each():
    rng = np.random.default_rng(0)
    where, leads = rng.integers(0, 7, 300), rng.exponential(size=300)
    origin, asked = request_rows(where, leads, n_max=16)
    assert asked.shape[1] <= 16
    np.testing.assert_array_equal(np.sort(asked[asked >= 0]), np.arange(300))
    owner = np.where(asked >= 0, where[asked], origin[:, None])
    assert (owner == origin[:, None]).all()


def test_no_requests_make_no_rows(panel):
    nothing = np.zeros(0, int)
    origins, where = request_origins(panel, Requests(nothing, np.zeros(0), nothing))
    assert len(origins) == len(where) == len(request_rows(where, np.zeros(0))[0]) == 0
