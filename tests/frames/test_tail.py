"""The newest rows of every series, and the covariates from them on."""

import numpy as np
import pytest

from tsnode.frames._rows import build_series
from tsnode.frames._tail import newest_rows, rows_since

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
