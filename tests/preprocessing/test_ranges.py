"""Physical ranges: what names tell, cuts, and directions that go round."""

import numpy as np
import pandas as pd
import pytest

from tsnode.preprocessing import PhysicalRanges

FRAME = pd.DataFrame(
    {
        "temperature_2m": [-3.0, 4.0, 1.0],
        "relativehumidity_2m": [80.0, 100.0, 55.0],
        "wind_direction_10m": [350.0, 10.0, np.nan],
        "precipitation": [0.0, 1.5, 0.0],
    }
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("cloudcover", (0, 100)), ("rhum", (0, 100)), ("rh (%)", (0, 100)), ("humid", (0, 100)),
        ("windspeed_10m", (0, None)), ("wind_gust", (0, None)), ("wspd", (0, None)),
        ("prcp", (0, None)), ("shortwave_radiation", (0, None)), ("p01m", (0, None)),
        ("visib", (0, None)), ("wdir", "direction"), ("drct", "direction"),
        ("wind_from_direction", "direction"), ("winddirection_100m", "direction"),
        ("temp", None), ("dew_point", None), ("pressure", None), ("wind_u", None),
        ("train_count", None), ("rain_sum", (0, None)),
    ],
)  # fmt: skip
def test_names_of_the_archives_tell_the_range(name, found):
    ranges = PhysicalRanges().fit(pd.DataFrame({name: [1.0, 2.0]}))
    assert ranges.ranges_ == ({} if found is None else {name: found})


def test_a_bound_that_the_data_lie_beyond_is_none():
    frame = pd.DataFrame({"humid": [101.0, 3.0], "precip": [-1.0, 2.0], "wind_dir": [400.0, 1.0]})
    assert PhysicalRanges().fit(frame).ranges_ == {"humid": (0, None)}


def test_what_goes_in_comes_back():
    ranges = PhysicalRanges().fit(FRAME)
    there = ranges.transform(FRAME)
    assert there.shape == (3, 5)
    assert ranges.inverse_transform(there) == pytest.approx(FRAME.to_numpy(), nan_ok=True)
    assert np.isnan(there[2]).sum() == 2


def test_forecasts_are_cut_to_the_range():
    ranges = PhysicalRanges().fit(FRAME)
    back = ranges.inverse_transform([[-3.0, 104.0, -0.2, 0.0, -1.0]])
    assert back.tolist() == [[-3.0, 100.0, 180.0, 0.0]]


def test_the_mean_of_two_directions_lies_between_them_across_north():
    ranges = PhysicalRanges().fit(FRAME)
    mean = ranges.transform(FRAME)[:2].mean(axis=0, keepdims=True)
    assert ranges.inverse_transform(mean)[0, 2] % 360 == pytest.approx(0, abs=1e-9)
    assert ranges.difference([[0, 0, 350.0, 0]], [[0, 0, 10.0, 0]])[0, 2] == -20
    assert ranges.difference([[5.0, 0, 10.0, 0]], [[1.0, 0, 350.0, 0]])[0].tolist() == [4, 0, 20, 0]


def test_limits_reach_along_further_axes():
    ranges = PhysicalRanges({"b": (None, 1)}).fit(pd.DataFrame({"a": [0.0], "b": [0.0]}))
    found = ranges.limit(np.full((2, 2, 3), 7.0))
    assert (found[:, 0] == 7).all()
    assert (found[:, 1] == 1).all()


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        ("all", "'auto' or a dict.*got 'all'"),
        ({"rain": (0, None)}, r"must name columns of y .*got \['rain'\]"),
        ({"precipitation": (3, 1)}, r"low < high.*got \(3, 1\) for 'precipitation'"),
        ({"precipitation": "up"}, "low < high.*got 'up'"),
        ({"precipitation": ("0", "9")}, r"low < high.*got \('0', '9'\)"),
        ({"temperature_2m": (0, 50)}, "1 value.* of 'temperature_2m' lie outside of .0, 50.*Widen"),
    ],
)
def test_ranges_that_cannot_be_kept_are_refused(ranges, words):
    with pytest.raises(ValueError, match=words):
        PhysicalRanges(ranges).fit(FRAME)


def test_other_columns_than_those_of_fit_are_refused():
    with pytest.raises(ValueError, match="X must have 4 column"):
        PhysicalRanges().fit(FRAME).transform(FRAME.iloc[:, :2])


@pytest.mark.parametrize("name", ["wind_direction_std", "wind_dir_quality", "WindDirectionVar"])
def test_what_stands_beside_a_direction_does_not_go_round(name):
    frame = pd.DataFrame({name: [3.0, 40.0], "wind_direction": [350.0, 10.0]})
    assert PhysicalRanges().fit(frame).ranges_ == {"wind_direction": "direction"}
