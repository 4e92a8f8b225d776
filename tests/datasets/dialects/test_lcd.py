"""NOAA's LCD: local standard time, repeated columns, marks in numbers, units it does not tell."""

import io

import pandas as pd
import pytest

from tsnode.datasets import read_weather_csv
from tsnode.exceptions import TimeIndexError

HEADER = (
    '"STATION","DATE","REPORT_TYPE","SOURCE","HourlyDewPointTemperature",'
    '"HourlyDryBulbTemperature","HourlyPrecipitation","HourlySkyConditions",'
    '"HourlyStationPressure","HourlyVisibility","HourlyWindDirection","HourlyWindSpeed","REM",'
    '"REPORT_TYPE","SOURCE"\n'
)
ROWS = (
    '"72503014732","2024-07-01T00:51:00","FM-15","7","60","71s","T","FEW:02 250","29.92",'
    '"10.00","VRB","6","MET099 METAR KLGA 010551Z VRB05KT","FM-15","7"\n'
    '"72503014732","2024-07-01T01:51:00","FM-15","7","61","70","0.02","","29.90","9.94V","010",'
    '"7","MET099 METAR KLGA 010651Z 01006KT","FM-15","7"\n'
    '"72503014732","2024-07-01T23:59:00","SOD  ","6","","","","","","","","","","SOD  ","6"\n'
)
COOL = {'"60"': '"15"', '"61"': '"16"', '"70"': '"21"'}


def read(text, **options):
    return read_weather_csv(io.StringIO(text), return_report=True, **options)


def no_remarks(text):
    return text.replace("010551Z", "").replace("010651Z", "")


def test_summer_time_of_the_zone_is_left_aside():
    frame, report = read(no_remarks(HEADER + ROWS), tz="America/New_York")
    # In July the clocks of New York are at -4; LCD stays at -5.
    assert frame.index[0] == pd.Timestamp("2024-07-01 05:51", tz="UTC")
    assert report.zone == "UTC-05:00, the standard time of America/New_York"


def test_the_offset_is_read_from_the_metar_texts():
    frame, report = read(HEADER + ROWS)
    assert frame.index[0] == pd.Timestamp("2024-07-01 05:51", tz="UTC")
    assert report.zone == "UTC-05:00, local standard time by the METAR texts"


@pytest.mark.parametrize(
    ("local", "zulu", "utc"),
    [
        ("2018-01-01T01:00:00", "010000Z", "2018-01-01 00:00"),
        ("2018-01-01T00:00:00", "312300Z", "2017-12-31 23:00"),
        ("2018-01-31T20:53:00", "010153Z", "2018-02-01 01:53"),
        ("2018-01-01T05:30:00", "010000Z", "2018-01-01 00:00"),
    ],
)
def test_offsets_over_the_end_of_a_day_or_month_are_found(local, zulu, utc):
    text = ROWS.splitlines(keepends=True)[0]
    text = text.replace("2024-07-01T00:51:00", local).replace("010551Z", zulu)
    assert read(HEADER + text)[0].index[0] == pd.Timestamp(utc, tz="UTC")


def test_without_texts_and_zone_the_warning_says_local_standard_time():
    with pytest.warns(UserWarning, match=r"read as UTC\. LCD is in local standard time"):
        _, report = read(no_remarks(HEADER + ROWS))
    assert report.zone == "assumed UTC"


def test_marks_in_numbers_are_obeyed_and_counted():
    frame, report = read(HEADER + ROWS)
    assert frame["HourlyDryBulbTemperature"].isna().tolist() == [True, False]
    assert frame["HourlyWindDirection"].isna().tolist() == [True, False]
    assert frame["HourlyVisibility"].tolist() == [10.0, 9.94]
    assert frame["HourlyPrecipitation"].tolist() == [0.0, 0.02]
    assert report.missing == {
        "HourlyDryBulbTemperature": {"suspect": 1},
        "HourlyWindDirection": {"variable": 1},
    }
    assert "HourlyPrecipitation: 1 traces (T) read as 0" in report.notes
    assert read(HEADER + ROWS, keep_doubtful=True)[0]["HourlyDryBulbTemperature"].iloc[0] == 71.0


def test_the_second_report_type_and_the_summary_rows_are_left_out():
    frame, report = read(HEADER + ROWS)
    assert all(column.startswith("Hourly") for column in frame)
    assert "HourlySkyConditions" not in frame
    assert report.rows_left_out == {"summaries of a day or month": 1}
    assert frame.attrs["place"] == {"station": "72503014732"}


@pytest.mark.parametrize(
    ("change", "units", "word"),
    [
        ({}, ("°F", "mph", "inHg"), "US (by HourlyStationPressure)"),
        (
            {"29.92": "1013.2", "29.90": "1012.5"} | COOL,
            ("°C", "m/s", "hPa"),
            "metric (by HourlyStat",
        ),
    ],
)
def test_us_and_metric_units_are_told_apart_by_a_pressure(change, units, word):
    text = HEADER + ROWS
    for old, new in change.items():
        text = text.replace(old, new)
    frame, report = read(text)
    told = frame.attrs["units"]
    names = ("HourlyDryBulbTemperature", "HourlyWindSpeed", "HourlyStationPressure")
    assert tuple(told[name] for name in names) == units
    assert any(word in note for note in report.notes)


@pytest.mark.parametrize(("visibility", "unit"), [("10.00", "°F"), ("16.093", "°C")])
def test_without_a_pressure_the_farthest_visibility_tells(visibility, unit):
    text = (HEADER + ROWS).replace('"29.92"', "").replace('"29.90"', "")
    for old, new in COOL.items():
        text = text.replace(old, new)
    frame, _ = read(text.replace('"10.00"', f'"{visibility}"'))
    assert frame.attrs["units"]["HourlyDewPointTemperature"] == unit


def test_per_station_files_bring_their_place():
    text = (
        "STATION,DATE,LATITUDE,LONGITUDE,ELEVATION,NAME,REPORT_TYPE,SOURCE,"
        "HourlyDryBulbTemperature\n"
        '72503014732,2024-07-01T00:51:00,40.7,-73.9,3.4,"LA GUARDIA, NY",FM-15,7,70\n'
    )
    frame, report = read(text, tz="Etc/GMT+5")
    assert frame.attrs["place"]["name"] == "LA GUARDIA, NY"
    assert frame.attrs["place"]["latitude"] == 40.7
    assert "units: US (assumed, since no pressure tells)" in report.notes


def test_a_row_without_its_station_is_refused():
    text = HEADER + ROWS.replace('"72503014732"', "", 1)
    with pytest.raises(ValueError, match="'STATION' is empty in 1 rows"):
        read(text)


def test_a_file_without_hourly_numbers_and_a_wrong_zone_are_refused():
    text = "STATION,DATE,HourlySkyConditions\n1,2024-07-01T00:51:00,CLR\n"
    with pytest.raises(ValueError, match="no column of numbers that NOAA LCD"):
        read(text, tz="UTC")
    with pytest.raises(TimeIndexError, match="tz must be a zone"):
        read(HEADER + ROWS, tz="New York")
