"""What may be known at a cutoff row: newest values, and interpolation that looks no further."""

import numpy as np
import pytest

from tsnode.frames._causal import interpolate_before, last_observed_row, last_values
from tsnode.frames._rows import build_series

NAN = np.nan
# Two series; rows 0-3 and 4-6.
KNOWN = build_series(
    ("a", "b"),
    np.array([0, 0, 0, 0, 1, 1, 1]),
    np.array([0.0, 1.0, 3.0, 4.0, 0.0, 2.0, 3.0]),
    np.array([[1.0, NAN], [NAN, 5.0], [7.0, NAN], [9.0, 6.0], [NAN, 2.0], [4.0, 2.5], [8.0, NAN]]),
)


def test_the_newest_observation_of_each_channel_is_found_within_the_series():
    expected = [[0, -1], [0, 1], [2, 1], [3, 3], [-1, 4], [5, 5], [6, 5]]
    assert last_observed_row(KNOWN).tolist() == expected


def test_last_values_are_nan_before_the_first_observation_and_without_a_cutoff():
    found = last_values(KNOWN, np.array([2, 4, -1]))
    np.testing.assert_array_equal(found, [[7.0, 5.0], [NAN, 2.0], [NAN, NAN]])


@pytest.mark.parametrize(
    ("cutoff", "expected"),
    [(3, [1.0, 1.0, 3.0, 8.0, 9.0]), (2, [1.0, 1.0, 3.0, 7.0, 7.0]), (1, [1.0] * 5)],
)
def test_interpolation_uses_no_row_after_the_cutoff(cutoff, expected):
    asked = np.array([[-2.0, 0.0, 1.0, 3.5, 9.0]])
    found = interpolate_before(KNOWN, 0, np.array([cutoff]), asked)
    assert found[0] == pytest.approx(expected)


def test_interpolation_equals_numpy_on_the_rows_up_to_the_cutoff():
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, 10, 40))
    values = rng.normal(size=(40, 1))
    values[rng.random(40) < 0.3] = NAN
    known = build_series((None,), np.zeros(40, dtype=int), times, values)
    asked = rng.uniform(-1, 11, (1, 50))
    cutoff = 20
    expected = np.interp(asked[0], known.times[:21], known.values[:21, 0])
    found = interpolate_before(known, 0, np.array([cutoff]), asked)
    assert found[0] == pytest.approx(expected)
    assert np.std(expected) > 0.1


def test_one_cutoff_does_not_depend_on_the_others():
    asked = np.array([[0.5, 2.5], [0.5, 2.5], [0.5, 2.5]])
    together = interpolate_before(KNOWN, 0, np.array([3, 6, 1]), asked)
    alone = np.concatenate(
        [interpolate_before(KNOWN, 0, np.array([row]), asked[:1]) for row in (3, 6, 1)]
    )
    np.testing.assert_array_equal(together, alone)


def test_nothing_known_gives_nan():
    found = interpolate_before(KNOWN, 0, np.array([-1, 4]), np.zeros((2, 3)))
    assert np.isnan(found).all()
