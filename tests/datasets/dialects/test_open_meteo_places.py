"""Open-Meteo: several places in one file are a panel, each at its own offset."""

import io
import json

import pandas as pd
import pytest

from tsnode.datasets import read_weather_csv

PLACES = (
    "location_id,latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation\n"
    "0,43.8,11.2,59.0,7200,Europe/Rome,GMT+2\n1,40.7,-74.2,NaN,-14400,America/New_York,GMT-4\n\n"
    "location_id,time,pressure_msl (hPa)\n"
    "0,2026-01-01T00:00,1000.0\n0,2026-01-01T01:00,1001.0\n"
    "1,2026-01-01T00:00,NaN\n1,2026-01-01T01:00,1011.0\n"
)


def read(text, **options):
    return read_weather_csv(io.StringIO(text), **options)


def utc(*stamps):
    return [pd.Timestamp(stamp, tz="UTC") for stamp in stamps]


def test_places_become_a_panel_each_at_its_own_offset():
    frame = read(PLACES)
    assert frame.index.names == ["location", "time"]
    assert frame.loc[0].index.tolist() == utc("2025-12-31 22:00", "2025-12-31 23:00")
    assert frame.loc[1].index.tolist() == utc("2026-01-01 04:00", "2026-01-01 05:00")
    assert frame["pressure_msl"].tolist()[:2] == [1000.0, 1001.0]
    assert frame.attrs["place"]["1"]["elevation"] is None
    assert json.loads(json.dumps(frame.attrs)) == frame.attrs


def test_one_day_of_two_places_in_seconds_is_daily():
    days = "\nlocation_id,time,rain_sum (mm)\n0,1767225600,1.0\n1,1767225600,2.0\n"
    frame, report = read(PLACES + days, return_report=True)
    assert (report.section, report.other_sections) == ("hourly", ("daily",))
    assert read(PLACES + days, section="daily")["rain_sum"].tolist() == [1.0, 2.0]
    assert frame.columns.tolist() == ["pressure_msl"]


def test_one_place_with_an_id_is_no_panel():
    frame = read(PLACES.replace("1,40.7,-74.2,NaN,-14400,America/New_York,GMT-4\n", "")
                 .split("1,2026")[0])  # fmt: skip
    assert frame.index.names == ["time"]
    assert frame.attrs["place"]["latitude"] == 43.8


def test_rows_of_a_place_that_is_not_told_are_refused():
    with pytest.raises(ValueError, match="location_id 7 have no place.*0, 1"):
        read(PLACES.replace("\n1,2026", "\n7,2026"))
