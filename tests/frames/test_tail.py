"""The newest rows of every series, and the covariates from them on."""

import numpy as np
import pytest

from tsnode.frames._rows import build_series
from tsnode.frames._tail import knots_read, last_times, newest_rows, rows_since

NAN = np.nan


@pytest.fixture
def series():
    """Two series with rows, one without; the second channel is seen rarely."""
    number = np.array([0, 0, 0, 0, 2, 2])
    times = np.array([0.0, 1.0, 2.0, 4.0, 0.0, 7.0])
    values = np.array([[1, 5], [2, 6], [3, NAN], [4, NAN], [5, NAN], [6, 7]])
    return build_series(("a", "b", "c"), number, times, values)


@pytest.mark.parametrize(
    ("n_rows", "span", "kept"),
    [
        (1, 0.0, [1.0, 4.0, 7.0]),  # 1.0 holds the last value of the second channel
        (2, 0.0, [1.0, 2.0, 4.0, 0.0, 7.0]),
        (1, 2.0, [1.0, 2.0, 4.0, 7.0]),
        (1, 3.9, [1.0, 2.0, 4.0, 7.0]),
        (1, 7.0, [0.0, 1.0, 2.0, 4.0, 0.0, 7.0]),
        (np.inf, np.inf, [0.0, 1.0, 2.0, 4.0, 0.0, 7.0]),
    ],
)
def test_newest_rows_by_number_and_by_age(series, n_rows, span, kept):
    tail = newest_rows(series, n_rows, span)
    assert tail.times.tolist() == kept
    assert tail.keys == series.keys


def test_every_series_keeps_its_place(series):
    tail = newest_rows(series, 1, 0.0)
    assert tail.starts.tolist() == [0, 2, 2, 3]
    np.testing.assert_array_equal(tail.values, [[2, 6], [4, NAN], [6, 7]])


def test_covariates_keep_the_row_before_and_the_last_one(series):
    assert rows_since(series, np.array([1.5, 0.0, 9.0])).times.tolist() == [1.0, 2.0, 4.0, 7.0]


def test_no_rows_are_no_rows():
    nothing = build_series((None,), np.empty(0, int), np.empty(0), np.empty((0, 2)))
    assert newest_rows(nothing, 3, 1.0).n_rows == 0


def knots_at(*times):
    times = np.array(times)
    return build_series((None,), np.zeros(len(times), int), times, times[:, None])


def test_covariates_are_kept_where_rows_are_newest_and_just_before_older_ones():
    knots = knots_at(*np.arange(0.0, 100.0))
    rows = build_series((None,), np.zeros(3, int), np.array([20.0, 89.5, 90.0]), np.ones((3, 1)))
    kept = knots_read(knots, rows, 2, 0.0, 3.0).times
    # The row at 20 is older than the two newest: three before it, and one around on each side.
    assert kept.tolist() == [16.0, 17.0, 18.0, 19.0, 20.0, 21.0, *np.arange(86.0, 100.0)]


def test_covariates_far_from_every_row_still_bracket_it():
    rows = build_series((None,), np.zeros(2, int), np.array([50.0, 200.0]), np.ones((2, 1)))
    kept = knots_read(knots_at(0.0, 10.0, 90.0, 95.0, 150.0, 190.0), rows, 1, 0.0, 3.0).times
    assert {10.0, 90.0, 190.0} <= set(kept)
    values = np.interp([47.0, 50.0, 200.0], kept, kept)
    assert values.tolist() == [47.0, 50.0, 190.0]
    assert 0.0 not in kept


def test_covariates_without_rows_are_the_newest(monkeypatch):
    monkeypatch.setattr("tsnode.frames._tail.MOST_KNOTS", 3)
    nothing = build_series((None,), np.empty(0, int), np.empty(0), np.empty((0, 2)))
    knots = knots_at(*np.arange(50.0))
    assert knots_read(knots, nothing, 1, 0.0, 3.0).n_rows <= 3


def test_last_times_of_series_without_rows_are_infinitely_old(series):
    assert last_times(series).tolist() == [4.0, -np.inf, 7.0]
