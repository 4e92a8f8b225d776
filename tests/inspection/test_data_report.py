"""The report as an object and as text, and what it refuses."""

import json

import numpy as np
import pandas as pd
import pytest

from tsnode.datasets import load_nyc_weather, make_van_der_pol
from tsnode.exceptions import TimeIndexError
from tsnode.inspection import data_report

from .conftest import MADE, white


@pytest.mark.parametrize("name", MADE)
def test_the_text_fits_on_a_screen_and_ends_with_the_code(made, name):
    lines = str(made(name)).splitlines()
    assert max(map(len, lines)) <= 100
    assert len(lines) < 60
    code = [line.strip() for line in made(name).recommendation.code.splitlines()]
    assert [line.strip() for line in lines[-len(code) :]] == code
    assert not any(word in str(made(name)) for word in ("nan", "inf ", "None of", "np."))


def test_the_text_says_what_the_figures_say(made):
    text = str(made("holey weather"))
    assert "8,703 rows from 2013-01-01 06:00 UTC to 2013-12-30 23:00 UTC" in text
    assert "Regular, a row every 1 h; 17 gaps; the longest is 6 h" in text
    assert "24 h (a day): temp" in text
    assert "temp [degF]" in text
    assert repr(made("holey weather")) == text


@pytest.mark.parametrize("name", MADE)
def test_the_figures_are_json(made, name):
    figures = json.loads(made(name).to_json())
    assert set(figures) == {
        "time_unit", "stamps", "channels", "units", "periods", "phase_space", "recommendation",
        "notes",
    }  # fmt: skip
    assert figures["stamps"]["n_rows"] == made(name).stamps.n_rows
    assert len(figures["channels"]) == len(made(name).channels)


def test_a_frame_with_a_column_of_times_is_read_as_one_with_an_index():
    frame = make_van_der_pol(200, random_state=0)
    one, other = data_report(frame), data_report(frame.reset_index(), time="time")
    assert one.channels.equals(other.channels)
    assert one.phase_space == other.phase_space
    array = data_report(frame.reset_index().to_numpy())
    assert array.channels.to_numpy().tolist() == one.channels.to_numpy().tolist()


def test_a_panel_is_read_by_its_series():
    report = data_report(load_nyc_weather()[["temp", "dewp"]])
    assert report.stamps.n_series == 3
    assert report.recommendation.code.endswith("model.fit(frame.index, frame)")


def test_the_data_are_left_as_they_are():
    frame = white(100)
    before = frame.copy()
    data_report(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_many_channels_are_cut_in_the_text_only():
    rng = np.random.default_rng(0)
    report = data_report(pd.DataFrame(rng.normal(size=(60, 40)), np.arange(60.0)))
    assert len(report.channels) == 40
    assert "... and 20 more" in str(report)


def times(n):
    return pd.date_range("2020", periods=n, freq="h")


REFUSED = {
    "no time": (pd.DataFrame(np.random.default_rng(0).normal(size=(50, 2)), columns=["a", "b"]),
                "column 'a' goes back in .*time='column'"),
    "row numbers": (pd.Series([1.0, 2.0, 3.0]), "row numbers. Pass time='index'"),
    "words": (pd.Series([1.0, 2.0], ["x", "y"]), "Expected an index of timestamps.*to_datetime"),
    "one row": (pd.Series([1.0], times(1)), "two rows of a series.*got 1 row.*longer series"),
    "no row": (pd.Series([], times(0), dtype=float), "two rows of a series.*got 0 row"),
    "one time": (pd.Series([1.0, 2.0], times(1).repeat(2)), "different times; got 2 row"),
    "all NaN": (pd.DataFrame({"a": np.nan, "b": np.nan}, times(9)), "all 18 .* of a, b are NaN"),
    "inf": (pd.DataFrame({"a": [1.0, np.inf]}, times(2)), "got inf in a. Replace it by NaN"),
    "no number": (pd.DataFrame({"who": list("ab")}, times(2)), "a numeric column.*got who"),
    "only times": (pd.DataFrame({"t": np.arange(9.0)}), "numeric column beside the time; got no"),
    "no stamp": (pd.Series([1.0, 2.0], pd.DatetimeIndex(["2020", None])), "without one .NaT"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_read_is_told_with_a_remedy(data, words):
    with pytest.raises(ValueError, match=words):
        data_report(data)


def test_the_missing_time_is_a_time_index_error():
    with pytest.raises(TimeIndexError, match="rising times in the first column"):
        data_report(REFUSED["no time"][0])


@pytest.mark.parametrize("data", ["weather.csv", [1.0, 2.0], None])
def test_what_is_no_table_is_refused(data):
    with pytest.raises(TypeError, match="Expected a Series or DataFrame.*read_series_csv"):
        data_report(data)


def test_a_constant_channel_is_no_error(made):
    assert made("constant").phase_space is None
    assert "Never changes: a (always 3), b (always 3)" in " ".join(made("constant").notes)
