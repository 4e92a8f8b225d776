"""forecast builds the stamps after the last one: counts, durations, offsets, periods, panels."""

import numpy as np
import pandas as pd
import pytest

from tsnode import PersistenceRegressor
from tsnode.exceptions import ForecastWarning, HorizonError


def model_on(index, **params):
    y = pd.Series(np.arange(float(len(index))), index)
    return PersistenceRegressor(**params).fit(index, y)


@pytest.mark.parametrize(
    "freq", ["h", "15min", "D", "MS", "ME", "QS-OCT", "YS", "B", "W-SUN", "2MS", "2D"]
)
@pytest.mark.parametrize("tz", [None, "America/New_York"])
def test_a_count_goes_on_with_the_frequency_of_the_rows(freq, tz):
    whole = pd.date_range("2012-12-31 06:00", periods=40, freq=freq, tz=tz)
    ahead = model_on(whole[:20]).forecast(20)
    assert (ahead.index == whole[20:]).all()


def test_days_go_on_at_the_same_hour_across_a_change_of_the_clocks():
    days = pd.date_range("2013-03-01", periods=9, freq="D", tz="America/New_York")
    ahead = model_on(days).forecast(3)
    assert [str(stamp) for stamp in ahead.index] == [
        "2013-03-10 00:00:00-05:00", "2013-03-11 00:00:00-04:00", "2013-03-12 00:00:00-04:00",
    ]  # fmt: skip


def test_irregular_rows_go_on_in_median_steps():
    index = pd.to_datetime(["2013-01-01 00:00", "2013-01-01 02:00", "2013-01-01 03:00",
                            "2013-01-01 05:00"])  # fmt: skip
    ahead = model_on(index).forecast(2)
    assert (ahead.index == index[-1] + pd.to_timedelta(["2h", "4h"])).all()


@pytest.mark.parametrize(
    ("steps", "freq", "hours"),
    [("4h", None, [1, 2, 3, 4]), ("1D", "6h", [6, 12, 18, 24]), ("4h", "90min", [1.5, 3]),
     (2, "D", [13, 37]), ("3D", "D", [13, 37, 61]), (2, pd.Timedelta("2h"), [2, 4])],
)  # fmt: skip
def test_a_duration_says_how_far_and_freq_says_how_dense(steps, freq, hours):
    index = pd.date_range("2013-01-01", periods=12, freq="h")
    ahead = model_on(index).forecast(steps, freq=freq)
    expected = index[-1] + pd.to_timedelta(hours, unit="h")
    found = ahead.index if freq != "D" else ahead.index.normalize()
    assert (found == expected.floor("D") if freq == "D" else found == expected).all()
    assert len(ahead) == len(hours)


@pytest.mark.parametrize("freq", ["M", "Q", "Y", "W", "D", "h", "2M"])
def test_periods_are_counted_on_however_long_each_is(freq):
    whole = pd.period_range("2001-01", periods=80, freq=freq)
    ahead = model_on(whole[:20]).forecast(60)
    assert isinstance(ahead.index, pd.PeriodIndex)
    assert (ahead.index == whole[20:]).all()


def test_every_second_period_goes_on_in_twos():
    whole = pd.period_range("2001-01", periods=80, freq="M")[::2]
    assert (model_on(whole[:10]).forecast(30).index == whole[10:]).all()


def test_periods_reach_as_far_as_a_duration():
    months = pd.period_range("2001-01", periods=12, freq="M")
    ahead = model_on(months).forecast("62D")
    assert ahead.index.astype(str).tolist() == ["2002-01", "2002-02"]


def test_timedeltas_and_floats_go_on_in_their_unit():
    lengths = pd.timedelta_range("0h", periods=5, freq="30min")
    assert (model_on(lengths).forecast("1h").index == pd.to_timedelta(["150min", "3h"])).all()
    assert model_on(pd.Index([0.0, 0.5, 1.0])).forecast(2).index.tolist() == [1.5, 2.0]
    assert model_on(pd.Index([0.0, 0.5, 1.0])).forecast(1.2).index.tolist() == [1.5, 2.0]


def test_whole_numbers_go_on_where_they_are_the_time():
    ahead = model_on(pd.RangeIndex(10, 30, 5), time="index").forecast(2)
    assert ahead.index.tolist() == [30.0, 35.0]


def test_a_time_column_goes_on_as_an_array():
    model = PersistenceRegressor().fit(np.arange(5.0)[:, None], np.arange(5.0))
    assert model.forecast(3).tolist() == [4.0] * 3


@pytest.mark.parametrize(
    "column", [pd.date_range("2013", periods=5, freq="h"), np.arange(5.0),
               pd.timedelta_range("0h", periods=5, freq="h"),
               pd.period_range("2013", periods=5, freq="M")],
    ids=["datetime", "float", "timedelta", "period"],
)  # fmt: skip
def test_a_named_time_column_goes_on_as_a_frame_without_a_warning(column):
    model = PersistenceRegressor().fit(pd.DataFrame({"when": column}), np.arange(5.0))
    assert model.forecast(3).tolist() == [4.0] * 3


def test_every_series_goes_on_after_its_own_last_row():
    index = pd.date_range("2013-01-01", periods=6, freq="h")
    rows = pd.MultiIndex.from_arrays([["a"] * 6 + ["b"] * 4, index.append(index[:4])])
    ahead = model_on(rows).forecast(1)
    assert ahead.index.tolist() == [("a", index[-1] + pd.Timedelta("1h")), ("b", index[4])]


def test_a_series_without_observation_is_skipped_with_its_name():
    index = pd.date_range("2013-01-01", periods=6, freq="h")
    rows = pd.MultiIndex.from_product([["a", "b", "c"], index], names=["place", "time"])
    y = pd.Series(np.arange(18.0), rows)
    y["b"] = np.nan
    model = PersistenceRegressor().fit(rows, y)
    with pytest.warns(ForecastWarning, match=r"no observation, .*'b'\..*history="):
        ahead = model.forecast(2)
    others = y.drop("b")
    expected = PersistenceRegressor().fit(others.index, others).forecast(2)
    pd.testing.assert_series_equal(ahead, expected)


@pytest.mark.parametrize(
    ("steps", "words"),
    [(0, "at least 1"), ("-2h", "positive duration"), (24.0, "duration such as"),
     ("soon", "'soon'")],
)  # fmt: skip
def test_what_is_no_future_is_refused(steps, words):
    with pytest.raises(HorizonError, match=words):
        model_on(pd.date_range("2013", periods=5, freq="h")).forecast(steps)


@pytest.mark.parametrize(("freq", "words"), [("xx", "such as 'MS'; got 'xx'"), (3, "got 3")])
def test_what_is_no_distance_of_stamps_is_refused(freq, words):
    with pytest.raises(HorizonError, match=words):
        model_on(pd.date_range("2013", periods=5, freq="h")).forecast(2, freq=freq)


@pytest.mark.parametrize(("steps", "freq"), [("30min", None), ("3D", "MS")])
def test_a_duration_shorter_than_a_step_is_refused(steps, freq):
    with pytest.raises(HorizonError, match="steps must reach the next stamp"):
        model_on(pd.date_range("2013-01-02", periods=5, freq="h")).forecast(steps, freq=freq)


def test_many_series_of_one_rhythm_go_on_as_each_alone():
    starts = pd.to_datetime(["2013-03-09 05:00", "2013-03-09 23:00", "2013-03-10 07:30"], utc=True)
    frames = {
        k: pd.Series(np.arange(9.0), pd.date_range(start, periods=9, freq="h"))
        for k, start in enumerate(starts.tz_convert("America/New_York"))
    }
    panel = pd.concat(frames, names=["key", "time"])
    model = PersistenceRegressor().fit(panel.index, panel)
    for how in ({"steps": 4}, {"steps": "5h"}, {"steps": "5h", "freq": "90min"}):
        alone = [PersistenceRegressor().fit(y.index, y).forecast(**how) for y in frames.values()]
        wanted = pd.concat(dict(enumerate(alone)), names=["key", "time"])
        assert (model.forecast(**how).index == wanted.index).all()
