"""The grid of a step map: fixed steps or calendar offsets, in the index's own zone."""

import numpy as np
import pandas as pd
import pytest

from tsnode.exceptions import GridError
from tsnode.frames._clock import Clock
from tsnode.frames._rows import build_series
from tsnode.frames._step_grid import StepGrid, check_steps_between


def grid_of(index, freq=None):
    clock = Clock.fit(index)
    zeros = np.zeros(len(index), dtype=int)
    series = build_series((None,), zeros, clock.to_model(index), np.ones((len(index), 1)))
    return StepGrid.fit(series, clock, freq), clock


def steps_of(index, freq=None):
    grid, clock = grid_of(index, freq)
    return grid.to_steps(clock.to_model(index))


@pytest.mark.parametrize(
    ("freq", "offset"),
    [("MS", "MS"), ("ME", "ME"), ("QS", "QS-JAN"), ("YS", "YS-JAN"), ("W", "W-SUN"), ("B", "B"),
     ("D", "D"), ("2MS", "2MS"), ("2D", "2D")],
)  # fmt: skip
@pytest.mark.parametrize("hour", [0, 6])
def test_stamps_of_a_calendar_offset_lie_whole_steps_apart(freq, offset, hour):
    index = pd.date_range("2011-01-01", periods=40, freq=freq) + pd.Timedelta(hours=hour)
    grid, _ = grid_of(index)
    assert grid.offset == offset
    assert np.diff(steps_of(index)) == pytest.approx(np.ones(39), abs=1e-9)


def test_months_of_different_length_are_one_step_each():
    days = np.diff(pd.date_range("2012-01-01", periods=13, freq="MS")).astype("timedelta64[D]")
    assert len(set(days.astype(int))) == 3
    months = pd.date_range("2012-01-01", periods=13, freq="MS")
    grid, clock = grid_of(months)
    middle = clock.to_model(pd.DatetimeIndex(["2012-02-15 12:00", "2012-04-16"]))
    assert grid.to_steps(middle) == pytest.approx([1.5, 3.5])


def test_a_day_is_a_day_of_the_zone_across_a_change_of_the_clocks():
    days = pd.date_range("2013-03-07", periods=8, freq="D", tz="America/New_York")
    hours = np.diff(days.tz_convert("UTC")) / np.timedelta64(1, "h")
    assert sorted(set(hours)) == [23.0, 24.0]
    assert steps_of(days) == pytest.approx(np.arange(8), abs=1e-9)
    shares = steps_of(days.tz_convert("UTC"), "24h")
    assert np.abs(shares - np.arange(8)).max() == pytest.approx(1 / 24, abs=0.03)


def test_a_named_offset_needs_no_regular_rows():
    index = pd.DatetimeIndex(["2013-01-01", "2013-02-01", "2013-07-01", "2014-01-01"])
    assert steps_of(index, "MS") == pytest.approx([0, 1, 6, 12])
    assert steps_of(index, pd.offsets.MonthBegin()) == pytest.approx([0, 1, 6, 12])


def test_periods_step_by_their_calendar():
    months = pd.period_range("2013-01", periods=14, freq="M")
    grid, clock = grid_of(months)
    assert grid.offset == "MS"
    assert grid.to_steps(clock.to_model(months)) == pytest.approx(np.arange(14))


@pytest.mark.parametrize("freq", ["MS", "D", "B", "YS", "h", "90min"])
def test_times_come_back_from_steps_far_before_and_after_the_rows(freq):
    index = pd.date_range("2013-01-01", periods=30, freq=freq, tz="Europe/Berlin")
    grid, clock = grid_of(index)
    steps = np.array([-37.25, -1.0, 0.0, 5.5, 29.0, 400.75])
    times = grid.to_times(steps)
    assert grid.to_steps(times) == pytest.approx(steps, abs=1e-6)
    assert (np.diff(times) > 0).all()
    alone = np.concatenate([grid.to_times(steps[[k]]) for k in range(6)])
    assert alone == pytest.approx(times, abs=1e-9)


def test_a_fixed_grid_lies_where_most_rows_lie():
    index = pd.date_range("2013-01-01 00:20", periods=50, freq="h")
    shifted = index.delete(0).insert(0, index[0] - pd.Timedelta("12min"))
    steps = steps_of(shifted, "1h")
    off = np.abs(steps - np.round(steps))
    assert off[0] == pytest.approx(0.2, abs=0.01)
    assert off[1:].max() < 0.01


def test_rows_on_the_grid_stay_exactly_on_it():
    index = pd.date_range("2013-01-01", periods=1000, freq="10min")
    np.testing.assert_allclose(steps_of(index), np.arange(1000), rtol=0, atol=1e-9)


def test_without_freq_the_step_is_the_median_gap():
    index = pd.DatetimeIndex(["2013-01-01 00:00", "2013-01-01 03:00", "2013-01-01 06:00",
                              "2013-01-01 16:00"])  # fmt: skip
    grid, clock = grid_of(index)
    assert (grid.step, clock.unit, grid.offset) == (3.0, "h", None)


def test_rows_that_jitter_around_a_grid_do_not_make_it_drift():
    jitter = np.random.default_rng(0).uniform(-4, 4, 2000)
    index = pd.date_range("2013-01-01", periods=2000, freq="h")
    kept = np.random.default_rng(1).random(2000) > 0.1
    steps = steps_of((index + pd.to_timedelta(jitter, unit="min"))[kept])
    assert np.abs(steps - np.round(steps)).max() < 0.1
    assert np.diff(np.round(steps)) == pytest.approx(np.diff(np.flatnonzero(kept)))


def test_a_float_clock_takes_a_number_as_step():
    assert steps_of(pd.Index([0.0, 0.5, 2.0]), 0.25) == pytest.approx([0, 2, 8])


@pytest.mark.parametrize("freq", [0.0, -1.0])
def test_a_step_must_be_positive(freq):
    with pytest.raises(GridError, match="freq must be a positive step"):
        grid_of(pd.Index([0.0, 1.0]), freq)


def test_shift_counts_rows_over_a_tenth_of_a_step_away():
    grid, _ = grid_of(pd.Index([0.0, 1.0]))
    share, largest = grid.largest_shift(np.array([0.0, 1.05, 2.2, 2.7]))
    assert share == 0.5
    assert largest == pytest.approx(0.3)


def test_ten_thousand_steps_between_rows_are_too_many_but_series_may_lie_apart():
    steps = np.array([0.0, 10_000.0, -50_000.0, -49_999.0])
    check_steps_between(steps, np.array([0, 2, 2, 4]))
    with pytest.raises(GridError, match="at most 10,000 steps between two rows; got 10,001"):
        check_steps_between(steps + [0, 1, 0, 0], np.array([0, 2, 2, 4]))
