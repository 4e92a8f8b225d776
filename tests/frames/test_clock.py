"""The clock: stamps to model time, its unit, durations, and back."""

import numpy as np
import pandas as pd
import pytest

from tsnode.exceptions import HorizonError, TimeIndexError
from tsnode.frames._clock import Clock, index_kind, infer_freq

STAMPS = pd.DatetimeIndex(["2013-03-01 06:00", "2013-03-01 07:30", "2013-03-02 12:00"])
HOURS = np.array([0.0, 1.5, 30.0])


@pytest.mark.parametrize("resolution", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("tz", [None, "UTC", "Asia/Tokyo"])
def test_model_time_counts_units_since_the_first_stamp_at_every_resolution(resolution, tz):
    index = STAMPS.as_unit(resolution).tz_localize(tz)
    assert Clock.fit(index, "h").to_model(index) == pytest.approx(HOURS, abs=1e-12)


def test_model_time_of_timedeltas_counts_from_the_first_one():
    lengths = pd.to_timedelta(["2h", "90min", "1D"])
    clock = Clock.fit(lengths)
    expected = (lengths.total_seconds() - 5400) / clock.seconds
    assert clock.to_model(lengths) == pytest.approx(expected)


def test_periods_count_from_their_beginnings():
    months = pd.period_range("2013-01", periods=3, freq="M")
    assert Clock.fit(months, "D").to_model(months) == pytest.approx([0.0, 31.0, 59.0])


def test_floats_are_model_time_as_they_are():
    index = pd.Index([3.5, -1.0, 7.0])
    clock = Clock.fit(index)
    assert (clock.unit, clock.to_model(index).tolist()) == (None, [3.5, -1.0, 7.0])


@pytest.mark.parametrize(
    ("step", "unit"),
    [("5ms", "s"), ("1s", "s"), ("59s", "s"), ("1min", "min"), ("59min", "min"), ("1h", "h"),
     ("23h", "h"), ("1D", "D"), ("30D", "D")],
)  # fmt: skip
def test_the_unit_is_the_nearest_one_below_the_median_step(step, unit):
    index = pd.timedelta_range("0s", periods=9, freq=step)
    assert Clock.fit(index).unit == unit
    assert Clock.fit(index[::-1].append(index)).unit == unit


def test_series_that_interleave_do_not_shorten_the_step():
    hourly = pd.date_range("2013", periods=30, freq="h")
    both = hourly.append(hourly + pd.Timedelta("7min"))
    assert Clock.fit(both, keys=["a"] * 30 + ["b"] * 30).unit == "h"
    assert Clock.fit(both).unit == "min"


def test_one_distinct_stamp_is_counted_in_seconds():
    assert Clock.fit(STAMPS[[0, 0]]).unit == "s"


@pytest.mark.parametrize(
    "index",
    [STAMPS, STAMPS.tz_localize("Europe/Berlin"), STAMPS - STAMPS[0], STAMPS.to_period("h"),
     pd.Index([0.5, 2.0])],
    ids=["naive", "aware", "timedelta", "period", "float"],
)  # fmt: skip
def test_stamps_come_back_from_model_time(index):
    clock = Clock.fit(index)
    back = clock.to_index(clock.to_model(index), name="when")
    assert back.name == "when"
    assert (back == index).all()
    assert index_kind(back) == index_kind(index)
    assert getattr(back, "tz", None) == getattr(index, "tz", None)


def test_a_year_of_model_time_in_days_comes_back_to_the_microsecond():
    index = pd.date_range("2013", periods=5, freq="73D") + pd.Timedelta("1us")
    clock = Clock.fit(index, "D")
    assert (clock.to_index(clock.to_model(index)) == index).all()


@pytest.mark.parametrize(
    ("value", "hours"),
    [("6h", 6), ("90min", 1.5), ("h", 1), ("D", 24), ("2D", 48), (pd.Timedelta("3h"), 3),
     (np.timedelta64(30, "m"), 0.5), (pd.offsets.Hour(6), 6)],
)  # fmt: skip
def test_durations_are_read_in_the_unit_of_the_clock(value, hours):
    assert Clock.fit(STAMPS, "h").duration(value) == pytest.approx(hours)


def test_an_array_of_durations_gives_an_array():
    found = Clock.fit(STAMPS, "min").duration(pd.to_timedelta(["1h", "30min"]))
    assert found.tolist() == [60.0, 30.0]
    assert Clock.fit(STAMPS, "min").duration(["1h", "30min"]).tolist() == [60.0, 30.0]


@pytest.mark.parametrize("value", [6, 6.0, "6", [1, 2], "2MS", "soon", True])
def test_a_duration_without_a_fixed_unit_is_refused(value):
    with pytest.raises(HorizonError, match="duration such as '6h'"):
        Clock.fit(STAMPS).duration(value)


def test_a_duration_of_a_float_clock_is_a_number():
    clock = Clock.fit(pd.Index([0.0, 1.0]))
    assert clock.duration(2) == 2.0
    assert clock.duration([1, 2.5]).tolist() == [1.0, 2.5]
    with pytest.raises(HorizonError, match="in the unit of that time"):
        clock.duration("6h")


def test_another_kind_of_index_is_refused():
    with pytest.raises(TimeIndexError, match="kind datetime, as in fit; got float"):
        Clock.fit(STAMPS).to_model(pd.Index([1.0]))


@pytest.mark.parametrize("tz", [None, "UTC"])
def test_a_naive_and_aware_mix_names_both(tz):
    other = {None: "UTC", "UTC": None}[tz]
    with pytest.raises(TimeIndexError, match=r"(?s)no time zone.*a time zone|a time zone.*no time"):
        Clock.fit(STAMPS.tz_localize(tz)).to_model(STAMPS.tz_localize(other))


def test_a_frequency_is_inferred_only_without_gaps():
    hourly = pd.date_range("2013", periods=6, freq="h")
    assert infer_freq(hourly) == "h"
    assert infer_freq(hourly[[0, 1, 3, 4]]) is None
    assert infer_freq(hourly[:2]) is None
