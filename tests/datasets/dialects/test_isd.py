"""NOAA's ISD: tenths, quality codes and marks inside one cell; summaries among the reports."""

import csv
import io

import numpy as np
import pandas as pd
import pytest

from tsnode.datasets import read_weather_csv

NAMES = ["STATION", "DATE", "SOURCE", "LATITUDE", "LONGITUDE", "ELEVATION", "NAME", "REPORT_TYPE",
         "WND", "CIG", "VIS", "TMP", "DEW", "SLP", "MA1", "AA1", "AA2", "REM"]  # fmt: skip
PLACE = ["4", "28.584511", "77.205783", "214.88", "SAFDARJUNG, IN"]


def row(date, kind="FM-15", station="02182099999", **cells):
    usual = {"WND": "200,1,N,0021,1", "CIG": "99999,9,9,N", "VIS": "000500,1,9,9",
             "TMP": "+0108,1", "DEW": "-0010,1", "SLP": "10189,1"} | cells  # fmt: skip
    return [station, date, *PLACE, kind, *[usual.get(name, "") for name in NAMES[8:]]]


def read(*rows, **options):
    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([NAMES, *rows])
    stream.seek(0)
    return read_weather_csv(stream, return_report=True, **options)


def test_tenths_and_places_are_decoded_in_utc():
    frame, report = read(row("2024-01-01T00:00:00"), row("2024-01-01T00:30:00"))
    assert frame.index[0] == pd.Timestamp("2024-01-01", tz="UTC")
    assert frame.iloc[0].to_dict() == {
        "temperature": 10.8, "dew_point": -1.0, "sea_level_pressure": 1018.9,
        "wind_direction": 200.0, "wind_speed": 2.1, "visibility": 500.0,
    }  # fmt: skip
    assert frame.attrs["units"]["sea_level_pressure"] == "hPa"
    assert frame.attrs["place"] == {
        "station": "02182099999", "latitude": 28.584511, "longitude": 77.205783,
        "elevation": 214.88, "name": "SAFDARJUNG, IN",
    }  # fmt: skip
    assert (report.dialect, report.zone) == ("NOAA ISD global-hourly", "UTC, as the format has it")


@pytest.mark.parametrize(
    ("column", "name", "cell"),
    [
        ("TMP", "temperature", "+9999,9"),
        ("SLP", "sea_level_pressure", "99999,9"),
        ("WND", "wind_direction", "999,9,C,0000,1"),
        ("VIS", "visibility", "999999,9,9,9"),
        ("DEW", "dew_point", ""),
    ],
)
def test_marks_of_nothing_measured_are_no_numbers(column, name, cell):
    frame, report = read(row("2024-01-01T00:00:00"), row("2024-01-01T01:00:00", **{column: cell}))
    assert frame[name].isna().tolist() == [False, True]
    assert report.missing == {}


def test_suspect_and_erroneous_values_are_left_out_and_counted():
    rows = [row(f"2024-01-01T0{code}:00:00", TMP=f"+0108,{code}") for code in (1, 2, 3, 5, 6, 7, 9)]
    frame, report = read(*rows)
    assert frame["temperature"].isna().tolist() == [False, True, True, False, True, True, False]
    assert report.missing == {"temperature": {"suspect": 2, "erroneous": 2}}
    kept, report = read(*rows, keep_doubtful=True)
    assert kept["temperature"].isna().sum() == 2
    assert report.missing == {"temperature": {"erroneous": 2}}


def test_summaries_with_blanks_behind_their_name_are_dropped():
    frame, report = read(
        row("2024-01-01T00:00:00"), row("2024-01-01T23:59:00", "SOD  ", TMP="", SLP="")
    )
    assert len(frame) == 1
    assert report.rows_left_out == {"summaries of a day or month": 1}
    assert (report.n_rows_read, report.n_rows) == (2, 1)


@pytest.mark.parametrize("swap", [False, True])
def test_reports_at_one_stamp_are_one_row_metar_first(swap):
    rows = [
        row("2024-01-01T00:00:00", "FM-15", TMP="+0110,1", SLP="99999,9"),
        row("2024-01-01T00:00:00", "FM-12", TMP="+0108,1", SLP="10189,1"),
    ]
    frame, report = read(*(rows[::-1] if swap else rows))
    assert frame["temperature"].tolist() == [11.0]
    assert frame["sea_level_pressure"].tolist() == [1018.9]
    assert (report.n_merged, report.n_conflicts) == (1, 1)


def test_rain_of_different_hours_stays_apart():
    frame, _ = read(
        row("2024-01-01T00:00:00", AA1="01,0005,9,1", AA2="06,0120,9,1"),
        row("2024-01-01T01:00:00", AA1="06,9999,9,9", AA2="01,0000,2,5"),
    )
    assert frame["precipitation_1h"].tolist() == [0.5, 0.0]
    assert frame["precipitation_6h"].iloc[0] == 12.0
    assert np.isnan(frame["precipitation_6h"].iloc[1])
    assert frame.attrs["units"]["precipitation_1h"] == "mm"


def test_the_station_pressure_stands_in_the_third_place():
    frame, _ = read(row("2024-01-01T00:00:00", MA1="10195,1,09932,1"))
    assert frame["station_pressure"].item() == 993.2
    assert frame["altimeter"].item() == 1019.5


def test_stations_keep_their_leading_zeros_in_a_panel():
    frame, report = read(row("2024-01-01T00:00:00"), row("2024-01-01T00:00:00", station="0724A"))
    assert frame.index.unique(level="station").tolist() == ["02182099999", "0724A"]
    assert report.n_series == 2


def test_a_file_with_columns_of_isd_and_lcd_is_refused_by_both_names():
    text = 'STATION,DATE,TMP,HourlyDryBulbTemperature\n1,2024-01-01T00:00:00,"+0108,1",51\n'
    with pytest.raises(ValueError, match=r"NOAA ISD.*or NOAA LCD.*dialect='isd'.*'lcd'"):
        read_weather_csv(io.StringIO(text))
    frame = read_weather_csv(io.StringIO(text), dialect="isd")
    assert frame["temperature"].item() == 10.8


def test_a_file_in_which_nothing_was_measured_is_refused():
    text = 'STATION,DATE,TMP\n1,2024-01-01T00:00:00,"+9999,9"\n'
    with pytest.raises(ValueError, match="no column of numbers that NOAA ISD"):
        read_weather_csv(io.StringIO(text))


@pytest.mark.parametrize("sep", [";", "\t"])
def test_a_copy_cut_by_another_mark_is_refused_not_misread(sep):
    text = f"STATION{sep}DATE{sep}TMP\n1{sep}2024-01-01T00:00:00{sep}+0108,1\n"
    with pytest.raises(ValueError, match="NOAA ISD global-hourly cut by .*codes would be misread"):
        read_weather_csv(io.StringIO(text))


def test_two_files_glued_together_are_refused():
    rows = row("2024-01-01T00:00:00"), NAMES, row("2025-01-01T00:00:00")
    with pytest.raises(ValueError, match="repeats its header after 2 lines"):
        read(*rows)
