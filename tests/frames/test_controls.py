"""Covariates at any time: knots are linear, functions are evaluated."""

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

    def square(times):
        asked.append(times.tolist())
        return np.column_stack([times**2, -times])

    found = FunctionControls(square, 2).at(np.zeros(4, dtype=int), [3.0, 1.0, 3.0, 2.0])
    assert found.tolist() == [[9.0, -3.0], [1.0, -1.0], [9.0, -3.0], [4.0, -2.0]]
    assert asked == [[1.0, 2.0, 3.0]]


def test_scaling_counts_weights_and_leaves_constants_alone():
    values = np.array([[1.0, 0.1], [3.0, 0.1], [3.0, 0.1]])
    center, scale = center_and_scale(values, np.array([1.0, 1.0, 2.0]))
    repeated = values[[0, 1, 2, 2]]
    assert center == pytest.approx(repeated.mean(axis=0))
    assert scale == pytest.approx([repeated[:, 0].std(), 1.0])


def test_no_covariates_need_no_scale():
    center, scale = center_and_scale(np.empty((4, 0)))
    assert center.shape == scale.shape == (0,)
