"""Covariates at any time: knots are linear, functions are evaluated."""

import time

import numpy as np
import pytest

from tsnode.frames._controls import FunctionControls, KnotControls, center_and_scale

KNOTS = KnotControls(
    np.array([0, 3, 5]),
    np.array([0.0, 1.0, 4.0, 0.0, 2.0]),
    np.array([[0.0, 1], [2, 1], [8, 4], [5, 0], [9, 0]]),
)


def test_knots_are_linear_inside_and_constant_beyond():
    found = KNOTS.at(0, np.array([-1.0, 0.5, 2.5, 9.0]))
    assert found.tolist() == [[0.0, 1.0], [1.0, 1.0], [5.0, 2.5], [8.0, 4.0]]
    assert KNOTS.n_controls == 2


def test_every_row_reads_the_knots_of_its_own_series():
    series, times = np.array([1, 0, 1, 0]), np.array([1.0, 1.0, 2.0, 4.0])
    alone = np.concatenate([KNOTS.at(k, [t]) for k, t in zip(series, times, strict=True)])
    np.testing.assert_array_equal(KNOTS.at(series, times), alone)
    assert KNOTS.at(series, times)[:, 0].tolist() == [7.0, 2.0, 9.0, 8.0]


def test_functions_are_evaluated_once_at_each_distinct_time_in_any_order():
    asked = []

    def square(series, times):  # noqa: ARG001
        asked.append(times.tolist())
        return np.column_stack([times**2, -times])

    found = FunctionControls(square, 2).at(np.zeros(4, dtype=int), [3.0, 1.0, 3.0, 2.0])
    assert found.tolist() == [[9.0, -3.0], [1.0, -1.0], [9.0, -3.0], [4.0, -2.0]]
    assert asked == [[1.0, 2.0, 3.0]]


def test_functions_are_told_the_series_and_asked_once_for_each_of_its_times():
    asked = []

    def sum_up(series, times):
        asked.append(list(zip(series.tolist(), times.tolist(), strict=True)))
        return (10 * series + times)[:, None]

    found = FunctionControls(sum_up, 1).at(np.array([1, 0, 1, 1]), [3.0, 1.0, 3.0, 2.0])
    assert found[:, 0].tolist() == [13.0, 1.0, 13.0, 12.0]
    assert asked == [[(0, 1.0), (1, 2.0), (1, 3.0)]]


def test_functions_and_their_jumps_follow_another_clock():
    base = FunctionControls(lambda _, times: times[:, None], 1, lambda k: np.array([4.0, 6.0]) + k)
    steps = base.on_clock(lambda t: (t - 2) / 4, lambda s: 2 + 4 * s, 4.0)
    assert steps.at(0, [0.5, 1.0])[:, 0].tolist() == [4.0, 6.0]
    assert steps.jumps(2).tolist() == [1.0, 1.5]


def test_pieces_of_series_have_the_covariates_of_their_series():
    numbers = [1, 1, 0]
    base = FunctionControls(lambda k, t: (10 * k + t)[:, None], 1, lambda k: np.array([k + 0.5]))
    for controls in (base, KNOTS):
        pieces = controls.of_pieces(numbers)
        for k, number in enumerate(numbers):
            np.testing.assert_array_equal(pieces.at(k, [0.5, 1.5]), controls.at(number, [0.5, 1.5]))
    assert base.of_pieces(numbers).jumps(0).tolist() == [1.5]


def test_no_times_have_no_rows_and_need_no_function():
    def refuse(series, times):  # noqa: ARG001
        raise AssertionError(times)

    assert FunctionControls(refuse, 3).at(0, np.empty(0)).shape == (0, 3)
    assert KNOTS.at(0, np.empty(0)).shape == (0, 2)


def test_knots_of_many_short_series_are_read_in_linear_time():
    def seconds(n):
        starts, series = 20 * np.arange(n + 1), np.repeat(np.arange(n), 20)
        times = np.tile(np.arange(20.0), n)
        knots = KnotControls(starts, times, (series + times)[:, None])
        asked = np.random.default_rng(0).permutation(20 * n)
        begin = time.process_time()
        found = knots.at(series[asked], times[asked])[:, 0]
        seconds = time.process_time() - begin
        np.testing.assert_array_equal(found, (series + times)[asked])
        return seconds

    # A mask over all rows for every series costs 256 times as much.
    assert seconds(16_000) < 64 * seconds(1000)


def test_scaling_counts_weights_and_leaves_constants_alone():
    values = np.array([[1.0, 0.1], [3.0, 0.1], [3.0, 0.1]])
    center, scale = center_and_scale(values, np.array([1.0, 1.0, 2.0]))
    repeated = values[[0, 1, 2, 2]]
    assert center == pytest.approx(repeated.mean(axis=0))
    assert scale == pytest.approx([repeated[:, 0].std(), 1.0])


def test_no_covariates_need_no_scale():
    center, scale = center_and_scale(np.empty((4, 0)))
    assert center.shape == scale.shape == (0,)
