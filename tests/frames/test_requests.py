"""Horizons become cutoff rows: counted in observed rows, or at or before a time."""

import numpy as np
import pandas as pd
import pytest

from tsnode.exceptions import HorizonError
from tsnode.frames._clock import Clock
from tsnode.frames._requests import cut_off, read_horizon
from tsnode.frames._rows import build_series

CLOCK = Clock.fit(pd.date_range("2013", periods=9, freq="h"))
# Series 0 has rows at 0, 1, 2, 4 (that at 3 holds nothing), series 1 at 10, 11.
TIMES = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 10.0, 11.0])
VALUES = np.array([1.0, 1.0, 1.0, np.nan, 1.0, 1.0, 1.0])[:, None]
KNOWN = build_series(("a", "b"), np.array([0, 0, 0, 0, 0, 1, 1]), TIMES, VALUES)


def cutoffs(times, horizon, series=0, before_first="refuse", **params):
    times = np.atleast_1d(np.asarray(times, dtype=float))
    return cut_off(
        KNOWN, np.full(len(times), series), times, horizon, tolerance=1e-6,
        before_first=before_first, label=lambda k, t: f"{KNOWN.keys[k]} at {t:g}", **params,
    ).cutoff.tolist()  # fmt: skip


@pytest.mark.parametrize(
    ("horizon", "expected"),
    [(1, ("rows", 1)), (np.int64(3), ("rows", 3)), ("6h", ("time", 6.0)),
     (pd.Timedelta("30min"), ("time", 0.5)), ("0h", ("time", 0.0))],
)  # fmt: skip
def test_whole_numbers_are_rows_and_durations_are_time(horizon, expected):
    assert read_horizon(horizon, CLOCK, 1) == expected


@pytest.mark.parametrize("horizon", [0, -1, None, True, "-6h", "NaT", 2.5, "tomorrow"])
def test_other_horizons_are_refused(horizon):
    with pytest.raises(HorizonError, match="horizon must be"):
        read_horizon(horizon, CLOCK, 1)


def test_horizons_per_row_must_be_as_many_as_the_rows():
    lengths = pd.to_timedelta(["1h", "2h"])
    assert read_horizon(lengths, CLOCK, 2)[1].tolist() == [1.0, 2.0]
    with pytest.raises(HorizonError, match="one per asked row \\(3\\); got shape \\(2,\\)"):
        read_horizon(lengths, CLOCK, 3)


@pytest.mark.parametrize(("n", "expected"), [(1, [2, 2, 3]), (2, [1, 1, 2]), (3, [0, 0, 1])])
def test_a_row_horizon_counts_observed_rows_strictly_before_the_stamp(n, expected):
    # Strictly before 3, before 4 and before 5 lie the rows at 0, 1, 2, (and) 4.
    assert cutoffs([3.0, 4.0, 5.0], ("rows", n)) == expected


@pytest.mark.parametrize(
    ("time", "duration", "row_time"), [(8.0, 6.0, 2.0), (9.5, 6.0, 2.0), (10.0, 6.0, 4.0)]
)
def test_a_duration_reaches_at_least_that_far_back(time, duration, row_time):
    (row,) = cutoffs(time, ("time", duration))
    assert KNOWN.times[row] == row_time
    assert time - KNOWN.times[row] >= duration


def test_rounding_of_model_time_does_not_cost_a_row():
    thirds = np.arange(30) / 3
    known = build_series((None,), np.zeros(30, dtype=int), thirds, np.ones((30, 1)))
    asked = np.array([0.1 * 3 + 6.7, 7.0 - 1e-12, thirds[21] + 2e-10])
    found = cut_off(
        known, np.zeros(3, dtype=int), asked, ("time", 6.0), tolerance=1e-6,
        before_first="refuse", label=str,
    )  # fmt: skip
    assert found.cutoff.tolist() == [3, 3, 3]


def test_every_series_counts_its_own_rows():
    assert cutoffs([12.0], ("rows", 2), series=1) == [4]
    assert cutoffs([12.0], ("rows", 3), series=1) == [-1]


@pytest.mark.parametrize("horizon", [("rows", 5), ("time", 50.0)])
def test_too_long_a_horizon_is_an_empty_history_not_another_series(horizon):
    assert cutoffs([11.5], horizon, series=1) == [-1]


def test_stamps_before_the_first_row_are_refused_by_name_and_number():
    with pytest.raises(HorizonError, match="b at 8 and 1 more"):
        cutoffs([8.0, 9.0, 10.0], ("rows", 1), series=1)


def test_stamps_after_the_first_row_without_observation_are_not_refused():
    earliest = np.array([-2.0, 8.0])
    assert cutoffs([-1.0, 0.0], ("rows", 1), earliest=earliest) == [-1, -1]
    with pytest.raises(HorizonError, match="a at -3"):
        cutoffs([-3.0], ("rows", 1), earliest=earliest)


def test_going_backward_starts_from_the_first_row_after_the_stamp():
    assert cutoffs([-3.0, 0.0, 0.5], ("rows", 1), before_first="backward") == [0, 1, 0]


def test_an_empty_history_answers_stamps_before_the_first_row():
    assert cutoffs([-3.0, 0.0], ("rows", 1), before_first="empty") == [-1, -1]


def test_numpy_durations_are_no_counts():
    clock = Clock.fit(pd.date_range("2024-01-01", periods=3, freq="h"))
    assert read_horizon(np.timedelta64(6, "h"), clock, 1) == ("time", 6.0)
