"""Windows of shooting: what they hold, how they end, and what they never span."""

import numpy as np
import pytest

from tsnode.training._shooting_windows import cut_windows


def rows(n_rows, t0=0.0):
    """Make times, states, values and weights of a random walk without controls."""
    rng = np.random.default_rng(n_rows)
    values = rng.normal(size=(n_rows, 2)).cumsum(axis=0)
    return (
        t0 + np.cumsum(rng.uniform(0.1, 0.5, n_rows)),
        values,
        values + 0.1,
        np.ones(n_rows),
        None,
    )


def test_windows_hold_the_rows_after_their_start():
    times, states, values, weights, _ = rows(10)
    windows = cut_windows([(times, states, values, weights, None)], 3)
    assert len(windows) == 9
    np.testing.assert_array_equal(windows.times[2], times[2:6])
    np.testing.assert_array_equal(windows.targets[2], values[3:6])
    np.testing.assert_array_equal(windows.z0, states[:9])


def test_the_last_windows_are_padded_with_a_standing_clock_and_unknown_targets():
    series = rows(10)
    windows = cut_windows([series], 3)
    np.testing.assert_array_equal(windows.times[-1], series[0][[8, 9, 9, 9]])
    np.testing.assert_array_equal(windows.targets[-1, 0], series[2][9])
    assert np.isnan(windows.targets[-1, 1:]).all()


def test_no_window_spans_a_long_gap_or_two_series():
    times, *rest = rows(40)
    times = times + np.where(np.arange(40) >= 15, 100.0, 0.0)
    windows = cut_windows([(times, *rest), rows(20, t0=1_000.0)], 6, max_gap=5.0)
    assert np.diff(windows.times, axis=1).max() < 5.0
    assert len(windows) == (15 - 1) + (25 - 1) + (20 - 1)


@pytest.mark.parametrize("n_rows", [0, 1])
def test_a_series_of_less_than_two_rows_gives_no_window(n_rows):
    windows = cut_windows([rows(30), rows(n_rows)], 4)
    assert set(windows.series) == {0}
