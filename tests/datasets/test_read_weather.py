"""What read_weather_csv makes of any file: UTC, sorted, one row a stamp, and a report."""

import io
import json

import numpy as np
import pandas as pd
import pytest

from tsnode.datasets import ReadReport, read_series_csv, read_weather_csv
from tsnode.datasets.dialects import Dialect, _choice
from tsnode.exceptions import TimeIndexError

NAIVE = (
    "when;temp (°C);hum [%];site (roof)\n13.01.2009 01:00;-1,5;80;1\n13.01.2009 00:00;-1,2;M;1\n"
)


def read(text, **options):
    return read_weather_csv(io.StringIO(text), **options)


def rows(*stamps):
    return "time,x\n" + "".join(f"{stamp},{number}\n" for number, stamp in enumerate(stamps))


def test_any_other_csv_is_read_by_what_its_columns_hold():
    frame, report = read(NAIVE, tz="UTC", return_report=True)
    assert frame.columns.tolist() == ["temp", "hum", "site (roof)"]
    assert frame["temp"].tolist() == [-1.2, -1.5]
    assert np.isnan(frame["hum"].iloc[0])
    assert frame.attrs["units"] == {"temp": "°C", "hum": "%"}
    assert frame.index.name == "time"
    assert isinstance(report, ReadReport)
    assert (report.dialect, report.zone, report.section) == ("plain CSV", "UTC", None)


def test_the_numbers_of_a_plain_file_are_those_of_read_series_csv():
    plain = read_series_csv(io.StringIO(NAIVE), tz="Europe/Berlin")
    weather = read(NAIVE, tz="Europe/Berlin")
    np.testing.assert_array_equal(weather.to_numpy(), plain.to_numpy())
    assert (weather.index == plain.index).all()


def test_without_a_zone_utc_is_assumed_with_one_warning():
    with pytest.warns(UserWarning, match="does not tell the zone.*read as UTC.*tz=") as caught:
        frame, report = read(NAIVE, return_report=True)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert str(frame.index.tz) == "UTC"
    assert report.zone == "assumed UTC"


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("time,x\n2013-07-01T02:00+02:00,1\n2013-07-01T03:00+02:00,2\n", "UTC, by its stamps"),
        ("time,x\n1372636800,1\n1372640400,2\n", "UTC, by its stamps"),
        ("time_utc,x\n2013-07-01 00:00,1\n2013-07-01 01:00,2\n", "as the column 'time_utc' says"),
        ("date (UTC),x\n2013-07-01 00:00,1\n2013-07-01 01:00,2\n", "'date (UTC)' says"),
    ],
)
def test_a_zone_that_the_file_tells_is_not_assumed(text, zone):
    frame, report = read(text, return_report=True)
    assert frame.index[0] == pd.Timestamp("2013-07-01", tz="UTC")
    assert zone in report.zone


def test_rows_of_one_stamp_are_merged_by_the_last_value_of_each_column():
    text = "time,wdir,rain\n2013-01-01,359,1\n2013-01-02,5,\n2013-01-02,7,4\n2013-01-02,,4\n"
    frame, report = read(text, tz="UTC", return_report=True)
    assert frame["wdir"].tolist() == [359.0, 7.0]
    assert frame["rain"].tolist() == [1.0, 4.0]
    assert (report.n_rows_read, report.n_rows, report.n_merged, report.n_conflicts) == (4, 2, 2, 1)
    assert "merged: 2 rows that repeat a stamp" in str(report)


def test_a_panel_is_sorted_and_merged_by_series():
    text = "time,station,x\n2013-01-02,B,4\n2013-01-01,A,1\n2013-01-02,A,2\n2013-01-01,B,3\n"
    frame, report = read(text + "2013-01-02,A,9\n", tz="UTC", return_report=True)
    assert frame.index.names == ["station", "time"]
    assert frame["x"].tolist() == [1, 9, 3, 4]
    assert (report.n_series, report.n_merged, report.n_gaps) == (2, 1, 0)


def test_gaps_are_counted_and_never_filled():
    hours = pd.date_range("2013-01-01", periods=50, freq="h").delete([10, 20, 21, 22])
    frame, report = read(rows(*hours), tz="UTC", return_report=True)
    assert len(frame) == 46
    assert (report.n_gaps, report.longest_gap, report.step) == (2, "4 h", "1 h")
    assert "step 1 h, 2 gaps (longest 4 h)" in str(report)


def test_what_is_lost_is_reported_and_attrs_are_plain():
    text = "time,sky,rain\n2013-01-01,clear,0.5\n2013-01-02,dull,T\n2013-01-03,dull,0.1\n"
    frame, report = read(text, tz="UTC", return_report=True)
    assert report.left_out == {"sky": "no numbers"}
    assert report.unreadable == {"rain": 1}
    assert json.loads(json.dumps(frame.attrs)) == frame.attrs
    assert frame.attrs["dropped_columns"] == ["sky"]


def test_options_of_the_plain_reader_go_to_it():
    text = "start,stop,x,y\n2013-01-01,2013-01-02,1,2\n2013-01-02,2013-01-03,3,4\n"
    frame = read(text, tz="UTC", time="stop", columns=["y"])
    assert frame.index[0] == pd.Timestamp("2013-01-02", tz="UTC")
    assert frame.columns.tolist() == ["y"]


def test_the_repeated_hour_of_autumn_needs_a_zone():
    night = ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]
    text = rows(*[f"2013-10-27 {clock}" for clock in night])
    with pytest.raises(TimeIndexError, match="repeat the hour of 2013-10-27 02:00.*Pass tz="):
        read(text)
    assert read(text, tz="Europe/Berlin")["x"].tolist() == [0, 1, 2, 3, 4, 5]
    assert read(text, tz="UTC")["x"].tolist() == [0, 3, 4, 5]


@pytest.mark.parametrize(
    "stamps",
    [
        ["2013-10-27 02:00", "2013-10-27 02:10", "2013-10-27 02:10", "2013-10-27 03:00"],
        ["2013-10-26", "2013-10-27", "2013-10-27", "2013-10-28"],
        [f"2013-10-27 0{hour}:00" for hour in (1, 1, 2, 2, 3, 3)],
        [f"2013-10-28 0{hour}:00" for hour in (1, 2, 2, 3)],
    ],
)
def test_other_repeated_rows_are_no_autumn_hour(stamps):
    with pytest.warns(UserWarning, match="read as UTC"):
        frame = read(rows(*stamps))
    assert len(frame) == len(set(stamps))


def test_a_file_that_two_formats_recognise_is_refused_by_both_names(monkeypatch):
    both = [Dialect(key, key.upper(), lambda _: "by its header", None) for key in ("one", "two")]
    monkeypatch.setattr(_choice, "DIALECTS", both)
    with pytest.raises(ValueError, match=r"ONE \(by its header\) or TWO.*dialect='one' or"):
        read(NAIVE)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"dialect": "metoffice"}, "dialect must be one of 'open-meteo'.*got 'metoffice'"),
        ({"section": "daily"}, "section='daily' needs.*plain CSV"),
        ({"time": "whn"}, "did you mean 'when'"),
        ({"dialect": "open-meteo", "time": "when"}, "time need a file of plain CSV"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, word):
    with pytest.raises(ValueError, match=word):
        read(NAIVE, tz="UTC", **options)
