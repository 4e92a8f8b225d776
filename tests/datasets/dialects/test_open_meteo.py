"""Open-Meteo: sections, names and the constant offset that is not the named zone."""

import io
import json

import numpy as np
import pandas as pd
import pytest

from tsnode.datasets import read_weather_csv
from tsnode.exceptions import TimeIndexError

PLACE = "latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation\n"
NEW_YORK = PLACE + "40.7,-74.2,5.0,-14400,America/New_York,GMT-4\n\n"
HOURLY = (
    "time,temperature_2m (°C),soil_moisture_0_to_7cm (m³/m³),is_day ()\n"
    "2026-01-01T00:00,0.05,0.3,0\n2026-01-01T01:00,NaN,0.31,0\n2026-01-01T02:00,0.06,0.3,0\n"
)
QUARTERS = "time,rain (mm)\n2026-01-01T00:00,0.0\n2026-01-01T00:15,0.1\n"
DAILY = (
    "time,rain_sum (mm),sunrise (iso8601)\n"
    "2026-01-01,2.5,2026-01-01T07:20\n2026-01-02,0.0,2026-01-02T07:19\n"
)


def read(text, **options):
    return read_weather_csv(io.StringIO(text), **options)


def utc(*stamps):
    return [pd.Timestamp(stamp, tz="UTC") for stamp in stamps]


def test_the_offset_in_the_file_counts_and_not_the_named_zone():
    frame, report = read(NEW_YORK + HOURLY, return_report=True)
    # In winter the zone is five hours behind; the file was asked for in summer and says four.
    assert frame.index[0] == pd.Timestamp("2026-01-01 04:00", tz="UTC")
    assert frame.index[0] != pd.Timestamp("2026-01-01", tz="America/New_York")
    assert report.zone == "UTC-04:00 in all rows, as the file says"


@pytest.mark.parametrize("tz", ["America/New_York", "Etc/GMT+4"])
def test_a_zone_that_agrees_with_the_file_changes_nothing(tz):
    pd.testing.assert_frame_equal(read(NEW_YORK + HOURLY, tz=tz), read(NEW_YORK + HOURLY))


@pytest.mark.parametrize(("offset", "hour"), [(0, 0), (19800, -5.5)])
def test_any_constant_offset_is_subtracted(offset, hour):
    frame = read(NEW_YORK.replace("-14400", str(offset)) + HOURLY)
    assert frame.index[0] == pd.Timestamp("2026-01-01", tz="UTC") + pd.Timedelta(hours=hour)


def test_columns_are_named_without_units_which_stand_in_plain_attrs():
    frame = read(NEW_YORK + HOURLY)
    assert frame.columns.tolist() == ["temperature_2m", "soil_moisture_0_to_7cm", "is_day"]
    assert frame.attrs["units"] == {"temperature_2m": "°C", "soil_moisture_0_to_7cm": "m³/m³"}
    assert frame.attrs["place"] == {
        "latitude": 40.7, "longitude": -74.2, "elevation": 5.0, "timezone": "America/New_York"
    }  # fmt: skip
    assert json.loads(json.dumps(frame.attrs)) == frame.attrs
    assert np.isnan(frame["temperature_2m"].iloc[1])


def test_the_finest_section_is_the_default_and_the_others_are_named():
    frame, report = read(NEW_YORK + HOURLY + "\n" + DAILY, return_report=True)
    assert len(frame) == 3
    assert (report.section, report.other_sections) == ("hourly", ("daily",))
    assert "there too: daily (section=)" in str(report)
    finest, report = read(f"{NEW_YORK}{QUARTERS}\n{HOURLY}\n{DAILY}", return_report=True)
    assert finest.columns.tolist() == ["rain"]
    assert (report.section, report.other_sections) == ("minutely_15", ("hourly", "daily"))


def test_a_section_is_read_by_its_name_and_its_days_begin_at_the_constant_offset():
    frame, report = read(f"{NEW_YORK}{HOURLY}\n{DAILY}", section="daily", return_report=True)
    assert frame["rain_sum"].tolist() == [2.5, 0.0]
    assert frame.index.tolist() == utc("2026-01-01 04:00", "2026-01-02 04:00")
    assert report.left_out == {"sunrise": "a time of day"}


@pytest.mark.parametrize("step", ["7D", "31D"])
def test_weeks_and_months_are_sections_too(step):
    later = (pd.Timestamp("2026-01-01") + pd.Timedelta(step)).date()
    frame, report = read(
        NEW_YORK + f"time,rain_sum (mm)\n2026-01-01,1\n{later},2\n", return_report=True
    )
    assert report.section == {"7D": "weekly", "31D": "monthly"}[step]
    assert len(frame) == 2


@pytest.mark.parametrize("header", ["time", "current_weather_time"])
def test_the_current_row_is_read_only_if_asked_for_or_alone(header):
    current = f"{header},temperature (°C)\n2026-01-01T02:15,7.5\n"
    assert read(f"{NEW_YORK}{current}\n{HOURLY}").shape == (3, 3)
    assert read(f"{NEW_YORK}{current}\n{HOURLY}", section="current")["temperature"].item() == 7.5
    assert read(NEW_YORK + current)["temperature"].item() == 7.5


def test_unix_times_are_utc_in_any_zone():
    text = HOURLY.replace("2026-01-01T00:00", "1767225600")
    text = text.replace("2026-01-01T01:00", "1767229200").replace("2026-01-01T02:00", "1767232800")
    frame, report = read(NEW_YORK + text, return_report=True)
    assert frame.index[0] == pd.Timestamp("2026-01-01", tz="UTC")
    assert (report.zone, report.section) == ("UTC", "hourly")
    # Without rows of the place, too, nothing has to be assumed.
    assert read(text).index[0] == frame.index[0]


def test_a_file_without_the_rows_of_the_place_is_read_from_its_first_row():
    with pytest.warns(UserWarning, match="does not tell the zone.*tz=") as caught:
        frame, report = read(f"{HOURLY}\n{DAILY}", return_report=True)
    assert len(caught) == 1
    assert frame.shape == (3, 3)
    assert (report.dialect, report.zone) == ("Open-Meteo", "assumed UTC")
    assert report.other_sections == ("daily",)
    # With a zone there is nothing to warn of.
    assert read(HOURLY, tz="Etc/GMT-1").index[0] == pd.Timestamp("2025-12-31 23:00", tz="UTC")


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "name", ["windspeed_10m", "wind_speed_10m", "temperature_2m_member01_icon_seamless"]
)
def test_old_and_new_names_and_ends_of_line_read_alike(line_end, name):
    text = NEW_YORK + f"time,{name} (km/h)\n2026-01-01T00:00,1\n2026-01-01T01:00,2\n"
    frame = read(text.replace("\n", line_end))
    assert frame.columns.tolist() == [name]
    assert frame[name].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("text", "options", "word"),
    [
        (NEW_YORK + HOURLY, {"section": "daily"}, r"section\(s\) hourly; got section='daily'"),
        (NEW_YORK + HOURLY + NEW_YORK + HOURLY, {}, "header after 7 lines.*two files glued"),
        (f"{HOURLY}\n{HOURLY}", {}, "two hourly tables.*two files glued"),
        (NEW_YORK, {}, "place but no table"),
        (NEW_YORK.replace("\n\n", "\n") + HOURLY + "\n" + DAILY, {}, "row 'time,.*a blank line"),
        (NEW_YORK + "time,rain (mm)\n", {}, "header but no rows"),
        (NEW_YORK + "name,rain (mm)\nx,1\n", {}, "starts with 'name', expected time"),
        (NEW_YORK + HOURLY + "2026-01-01T03:00,1,2,3,4\n", {}, "Expected 4 fields.*saw 5"),
    ],
)
def test_what_is_no_whole_file_is_refused(text, options, word):
    with pytest.raises(ValueError, match=word):
        read(text, **options)


@pytest.mark.parametrize(
    ("text", "options", "word"),
    [
        (NEW_YORK + HOURLY, {"tz": "Europe/Berlin"}, "known zone.*got tz='Europe/Berlin'"),
        (NEW_YORK + HOURLY, {"tz": "Berlin"}, "tz must be a zone"),
        (NEW_YORK + HOURLY.replace("-01T02:00", "-0xT02:00"), {}, "data row 3, '2026-01-0xT02:00'"),
        (NEW_YORK + HOURLY.replace("2026-01-01T02:00", ""), {}, "data row 3, empty"),
    ],
)
def test_a_time_that_cannot_be_right_is_refused(text, options, word):
    with pytest.raises(TimeIndexError, match=word):
        read(text, **options)
