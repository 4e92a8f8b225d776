"""Which column of a CSV is the time, and which instants its cells are."""

import io

import pandas as pd
import pytest

from tsnode.datasets import read_series_csv
from tsnode.exceptions import TimeIndexError

OPEN_METEO = (
    "latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation\n"
    "40.7,-74.2,5.0,-14400,America/New_York,GMT-4\n\n"
    "time,temperature_2m (°C),rain (mm)\n"
    "2026-01-01T00:00,0.05,NaN\n2026-01-01T01:00,0.06,0.00\n"
)


def read(text, **options):
    return read_series_csv(io.StringIO(text), **options)


@pytest.mark.parametrize(
    "name",
    ["time", "Date Time", "valid", "ds", "timestamp", "Datum", "time (UTC)", "whenever", '""'],
)
def test_the_time_column_is_found_by_name_or_by_its_cells(name):
    frame = read(f"x,{name},y\n1,2013-01-02 03:00,2\n0,2013-01-01 03:00,3\n")
    assert frame.columns.tolist() == ["x", "y"]
    assert frame.index.tolist() == list(pd.to_datetime(["2013-01-01 03:00", "2013-01-02 03:00"]))
    assert frame["x"].tolist() == [0.0, 1.0]


def test_of_several_stamps_the_plainest_name_is_the_time():
    frame = read("sunrise,date,timestamp,x\n2013-01-01 08:00,2013-01-01,2013-01-01 05:00,1\n")
    assert frame.attrs["time_column"] == "timestamp"
    assert frame.attrs["dropped_columns"] == ["sunrise", "date"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2013-02-01 00:30", "2013-02-13 12:30"),
        ("2013/02/01 00:30", "2013/02/13 12:30"),
        ("2013-02-01T00:30:00", "2013-02-13T12:30:00"),
        ("01.02.2013 00:30", "13.02.2013 12:30"),
        ("1.2.2013 00:30:00", "13.2.2013 12:30:00"),
        ("01/02/2013 00:30", "13/02/2013 12:30"),
        ("02/01/2013 12:30 AM", "02/13/2013 12:30 PM"),
        ("2/1/13 0:30", "2/13/13 12:30"),
        ("Feb 1, 2013 00:30", "Feb 13, 2013 12:30"),
        ("201302010030", "201302131230"),
    ],
)
def test_stamps_are_read_in_the_order_that_a_day_over_12_proves(first, second):
    frame = read(f"time;x\n{first};1\n{second};2\n")
    assert frame.index.tolist() == [
        pd.Timestamp("2013-02-01 00:30"),
        pd.Timestamp("2013-02-13 12:30"),
    ]


@pytest.mark.parametrize(("mark", "guess"), [(".", "day"), ("/", "month"), ("-", "month")])
def test_an_order_that_nothing_proves_is_one_warning(mark, guess):
    text = f"time;x\n01{mark}02{mark}2013;1\n03{mark}02{mark}2013;2\n"
    with pytest.warns(UserWarning, match=f"{guess} first.*dayfirst=") as caught:
        read(text)
    assert len(caught) == 1
    assert read(text, dayfirst=True).index[0] == pd.Timestamp("2013-02-01")
    assert read(text, dayfirst=False).index[0] == pd.Timestamp("2013-01-02")


def test_two_orders_in_one_file_are_refused():
    with pytest.raises(TimeIndexError, match=r"13/02/2013.*02/13/2013.*one order"):
        read("time,x\n13/02/2013,1\n02/13/2013,2\n")


@pytest.mark.parametrize(
    "rows",
    [
        "Date;Time;x\n10/03/2004;18.00.00;1\n13/03/2004;19.00.00;2\n",
        "date;time;x\n2004-03-10;18:00;1\n2004-03-13;19:00;2\n",
        "date;hour;x\n2004-03-10;18;1\n2004-03-13;19;2\n",
        "time;date;x\n6:00 PM;03/10/2004;1\n7:00 PM;03/13/2004;2\n",
    ],
)
def test_a_date_is_joined_with_the_clock_beside_it(rows):
    frame = read(rows)
    assert frame.index.tolist() == [
        pd.Timestamp("2004-03-10 18:00"),
        pd.Timestamp("2004-03-13 19:00"),
    ]
    assert frame.columns.tolist() == ["x"]


@pytest.mark.parametrize("factor", [1, 10**3, 10**6, 10**9])
def test_unix_stamps_are_known_by_their_magnitude(factor):
    frame = read(f"dt,x\n{1356998400 * factor},1\n{1357002000 * factor},2\n")
    assert frame.index[0] == pd.Timestamp("2013-01-01", tz="UTC")
    assert frame.index[1] == pd.Timestamp("2013-01-01 01:00", tz="UTC")


def test_numbers_count_the_unit_that_is_given():
    frame = read("t,x\n3600,1\n7200,2\n", unit="s")
    assert frame.index[0] == pd.Timestamp("1970-01-01 01:00", tz="UTC")


def test_other_numbers_stay_floats():
    frame = read("t,x\n0.5,1\n0.25,2\n")
    assert frame.index.dtype == "float64"
    assert frame.index.tolist() == [0.25, 0.5]


def test_offsets_become_utc():
    frame = read("time,x\n2013-07-01T00:00:00+02:00,1\n2013-12-01T00:00:00+01:00,2\n")
    assert frame.index.tolist() == [
        pd.Timestamp("2013-06-30 22:00", tz="UTC"),
        pd.Timestamp("2013-11-30 23:00", tz="UTC"),
    ]


def test_naive_stamps_stay_naive_until_a_zone_is_given():
    text = "time,x\n2013-07-01,1\n2013-12-01,2\n"
    assert read(text).index.tz is None
    assert read(text, tz="Europe/Berlin").index[0] == pd.Timestamp("2013-06-30 22:00", tz="UTC")


def test_the_doubled_hour_of_autumn_is_told_apart_by_its_order():
    hours = ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]
    rows = "".join(f"2013-10-27 {hour},1\n" for hour in hours)
    frame = read("time,x\n" + rows, tz="Europe/Berlin")
    assert frame.index.is_unique
    assert frame.index[-1] == pd.Timestamp("2013-10-27 02:00", tz="UTC")


def test_the_constant_offset_above_an_open_meteo_table_makes_utc():
    frame = read(OPEN_METEO)
    # Winter in New York is GMT-5; the file says -14400 for all its rows.
    assert frame.index[0] == pd.Timestamp("2026-01-01 04:00", tz="UTC")
    assert frame.columns.tolist() == ["temperature_2m (°C)", "rain (mm)"]


def test_unix_stamps_of_open_meteo_are_utc_already():
    text = OPEN_METEO.replace("2026-01-01T00:00", "1767225600")
    frame = read(text.replace("2026-01-01T01:00", "1767229200"))
    assert frame.index[0] == pd.Timestamp("2026-01-01", tz="UTC")


def test_two_tables_in_one_file_are_refused():
    with pytest.raises(ValueError, match=r"2 tables.*time,rain_sum.*one resolution"):
        read(OPEN_METEO + "\ntime,rain_sum (mm)\n2026-01-01,0.0\n")
