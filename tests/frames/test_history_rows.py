"""Histories hold the newest rows before an origin, newest first, and nothing else."""

import numpy as np
import pytest

from tsnode.frames._history_rows import history_rows
from tsnode.frames._series import SeriesSet
from tsnode.frames._windows import Origins, row_origins


@pytest.fixture
def series():
    times = np.array([0.0, 1.0, 2.5, 4.0, 10.0, 11.0])
    return SeriesSet(("a", "b"), np.array([0, 4, 6]), times, times[:, None] * 10, np.ones(6))


def test_rows_come_newest_first_and_start_at_the_oldest(series):
    found = history_rows(series, Origins(np.array([0]), np.array([4.0]), np.array([4])), 3.0)
    assert found.times.tolist() == [[4.0, 2.5, 1.0]]
    assert found.values[0, :, 0].tolist() == [40.0, 25.0, 10.0]
    assert found.begin.tolist() == [1.0]


def test_a_history_ends_at_the_beginning_of_its_series(series):
    found = history_rows(series, row_origins(series), 100.0)
    counts = np.isfinite(found.values[:, :, 0]).sum(axis=1)
    assert counts.tolist() == [1, 2, 3, 1]
    assert found.begin.tolist() == [0.0, 0.0, 0.0, 10.0]
    assert (found.times[-1] == 10.0).all()


def test_the_newest_rows_are_kept_where_they_are_too_many(series):
    found = history_rows(series, Origins(np.array([0]), np.array([4.0]), np.array([4])), 9.0, 2)
    assert found.times.tolist() == [[4.0, 2.5]]
    assert found.begin.tolist() == [2.5]


def test_an_empty_history_begins_at_its_origin(series):
    found = history_rows(series, Origins(np.array([1]), np.array([12.0]), np.array([4])), 1e6)
    assert np.isnan(found.values).all()
    assert found.begin.tolist() == [12.0]
    assert found.times.tolist() == [[12.0]]


def test_without_any_row_histories_are_empty():
    nothing = SeriesSet((None,), np.array([0, 0]), np.empty(0), np.empty((0, 2)), np.empty(0))
    found = history_rows(nothing, Origins(np.array([0]), np.array([3.0]), np.array([0])), 5.0)
    assert found.values.shape == (1, 1, 2)
    assert np.isnan(found.values).all()


def test_turned_into_the_order_of_time_the_padding_stands_behind(series):
    times, values = history_rows(series, row_origins(series), 100.0).oldest_first()
    assert times.tolist() == [[0, 0, 0], [0, 1, 1], [0, 1, 2.5], [10, 10, 10]]
    assert np.nan_to_num(values[..., 0], nan=-1).tolist() == [
        [0, -1, -1], [0, 10, -1], [0, 10, 25], [100, -1, -1],
    ]  # fmt: skip
