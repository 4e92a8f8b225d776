"""Rows become sorted series: keys, order, duplicates, and histories laid over training rows."""

import numpy as np
import pytest

from tsnode.frames._rows import build_series, count_duplicates, first_times, overlay, series_numbers

NAN = np.nan


def one(times, values, weights=None):
    values = np.asarray(values, dtype=float).reshape(len(times), -1)
    zeros = np.zeros(len(times), dtype=int)
    return build_series((None,), zeros, np.asarray(times, dtype=float), values, weights)


def test_new_keys_stand_sorted_behind_the_known_ones():
    number, keys = series_numbers(["d", "b", "z", "b"], ("z", "a"), 4)
    assert keys == ("z", "a", "b", "d")
    assert number.tolist() == [3, 2, 0, 2]


def test_keys_without_an_order_of_their_own_get_one():
    number, keys = series_numbers(["b", 3, ("a", 1)], (), 3)
    assert sorted(number) == [0, 1, 2]
    assert [keys[k] for k in number] == ["b", 3, ("a", 1)]


def test_without_keys_all_rows_are_one_series():
    number, keys = series_numbers(None, (), 2)
    assert (number.tolist(), keys) == ([0, 0], (None,))


def test_rows_are_sorted_by_series_and_time():
    number = np.array([1, 0, 1, 0])
    found = build_series(
        ("a", "b"), number, np.array([2.0, 5.0, 1.0, 4.0]), np.array([[20.0], [5], [10], [4]])
    )
    assert found.starts.tolist() == [0, 2, 4]
    assert found.times.tolist() == [4.0, 5.0, 1.0, 2.0]
    assert found.values.ravel().tolist() == [4.0, 5.0, 10.0, 20.0]


def test_rows_without_observation_or_weight_are_dropped():
    found = one([0, 1, 2], [1.0, NAN, 3.0], np.array([1.0, 1.0, 0.0]))
    assert found.times.tolist() == [0.0]


def test_duplicates_become_their_weighted_mean_over_the_observed_entries():
    values = np.array([[1.0, NAN], [4.0, 6.0], [2.0, 2.0]])
    found = one([3, 3, 1], values, np.array([1.0, 2.0, 1.0]))
    merged = [np.average([1.0, 4.0], weights=[1, 2]), 6.0]
    assert found.times.tolist() == [1.0, 3.0]
    assert found.values.tolist() == [[2.0, 2.0], merged]
    assert found.weights.tolist() == [1.0, 3.0]


def test_a_row_of_weight_two_equals_the_row_twice():
    heavy = one([0, 1, 1], [1.0, 3.0, 6.0], np.array([1.0, 2.0, 1.0]))
    twice = one([0, 1, 1, 1], [1.0, 3.0, 3.0, 6.0])
    assert heavy.values.ravel() == pytest.approx(twice.values.ravel())
    assert heavy.weights.tolist() == twice.weights.tolist()


def test_only_repeats_within_a_series_count_as_duplicates():
    series, times = np.array([0, 1, 0, 0, 1]), np.array([2.0, 2.0, 2.0, 2.0, 3.0])
    assert count_duplicates(series, times) == 2


def test_the_first_time_of_a_series_without_rows_is_infinite():
    found = first_times(np.array([0, 0, 2]), np.array([4.0, 3.0, 7.0]), 3)
    assert found.tolist() == [3.0, np.inf, 7.0]


def test_the_observed_entries_of_the_upper_rows_win():
    base = one([0, 1, 2], [[1.0, 10.0], [2.0, NAN], [3.0, 30.0]])
    top = one([1, 2, 3], [[NAN, 21.0], [9.0, NAN], [4.0, 40.0]])
    found = overlay(base, top)
    assert found.times.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert found.values.tolist() == [[1.0, 10.0], [2.0, 21.0], [9.0, 30.0], [4.0, 40.0]]


def test_an_overlay_may_bring_new_series_and_leave_others_alone():
    base = build_series(("a", "b"), np.array([0, 1]), np.zeros(2), np.array([[1.0], [2.0]]))
    top = build_series(("a", "b", "c"), np.array([2, 1]), np.zeros(2), np.array([[3.0], [9.0]]))
    found = overlay(base, top)
    assert found.keys == ("a", "b", "c")
    assert found.values.ravel().tolist() == [1.0, 9.0, 3.0]
    assert found.starts.tolist() == [0, 1, 2, 3]
    assert base.values.ravel().tolist() == [1.0, 2.0]
