"""Meteostat: bulk files have no header, annual ones a source beside each value."""

import gzip
import io

import pandas as pd
import pytest

from tsnode.datasets import read_weather_csv
from tsnode.exceptions import TimeIndexError

HOURLY = (
    "2019-07-09,00,20.0,17.7,90,,,230,7.6,,1013.2,,\n"
    "2019-07-09,3,19.0,17.0,,0.5,,,,,,30,7\n"
    "2019-07-08,23,21.0,17.9,85,0,,220,9.0,,1013.0,,3\n"
)
DAILY = "2019-07-09,20.0,15.1,26.3,0.0,,230,7.6,,1013.2,600\n2019-07-10,21,16,27,1.2,,,,,,\n"
ANNUAL = (
    "year,month,day,hour,temp,temp_source,rhum,rhum_source,prcp,prcp_source\n"
    "2023,1,1,0,10.9,dwd,76,dwd,0.0,model\n"
    "2023,1,1,1,10.5,dwd,78,metno_forecast,,\n"
    "2023,1,1,2,10.1,dwd_mosmix,79,dwd,0.2,dwd\n"
)


def read(text, **options):
    return read_weather_csv(io.StringIO(text), return_report=True, **options)


def test_hourly_bulk_files_are_known_without_a_header():
    frame, report = read(HOURLY)
    stamps = ["2019-07-08 23:00", "2019-07-09 00:00", "2019-07-09 03:00"]
    assert frame.index.tolist() == [pd.Timestamp(stamp, tz="UTC") for stamp in stamps]
    assert frame["temp"].tolist() == [21.0, 20.0, 19.0]
    assert frame["pres"].isna().tolist() == [False, False, True]
    assert frame["coco"].tolist()[::2] == [3.0, 7.0]
    assert report.dialect == "Meteostat bulk"
    assert report.zone == "UTC, as the format has it"
    assert set(report.left_out) == {"snow", "wpgt"}
    assert frame.attrs["units"]["wspd"] == "km/h"
    assert frame.attrs["units"]["tsun"] == "min"


def test_a_copy_with_the_header_added_and_a_packed_one_read_alike(tmp_path):
    header = "date,hour,temp,dwpt,rhum,prcp,snow,wdir,wspd,wpgt,pres,tsun,coco\n"
    expected, _ = read(HOURLY)
    pd.testing.assert_frame_equal(read(header + HOURLY)[0], expected)
    path = tmp_path / "10637.csv.gz"
    path.write_bytes(gzip.compress(HOURLY.encode()))
    frame = read_weather_csv(path)
    assert frame.attrs.pop("source") == "10637.csv.gz"
    expected.attrs.pop("source")
    pd.testing.assert_frame_equal(frame, expected)


@pytest.mark.parametrize("header", ["", "date,tavg,tmin,tmax,prcp,snow,wdir,wspd,wpgt,pres,tsun\n"])
def test_daily_bulk_files_are_known_by_eleven_columns(header):
    frame, report = read(header + DAILY)
    assert frame["tmax"].tolist() == [26.3, 27.0]
    assert frame["pres"].iloc[0] == 1013.2
    assert (report.dialect, report.step) == ("Meteostat bulk", "24 h")


@pytest.mark.parametrize(
    "change",
    [("1013.2", "29.92"), ("20.0,17.7", "68.0,63.9"), (",90,", ",190,"), (",,30,7", ",,30,clear")],
)
def test_other_numbers_without_a_header_are_not_taken_for_meteostat(change):
    with pytest.raises(ValueError, match="starts with data"):
        read(HOURLY.replace(*change))


def test_values_filled_by_a_model_are_no_observations():
    frame, report = read(ANNUAL)
    assert frame["temp"].isna().tolist() == [False, False, True]
    assert frame["rhum"].isna().tolist() == [False, True, False]
    assert frame["prcp"].isna().tolist() == [True, True, False]
    assert report.missing == {name: {"filled by a model": 1} for name in ("temp", "rhum", "prcp")}
    assert report.dialect == "Meteostat annual"
    kept, report = read(ANNUAL, keep_doubtful=True)
    assert kept["temp"].tolist() == [10.9, 10.5, 10.1]
    assert report.missing == {}


def test_annual_stamps_are_utc_and_sources_no_columns():
    frame, _ = read(ANNUAL)
    assert frame.columns.tolist() == ["temp", "rhum", "prcp"]
    assert frame.index[2] == pd.Timestamp("2023-01-01 02:00", tz="UTC")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (HOURLY + 20 * HOURLY + "2019-07-09,24,20,,,,,,,,,,\n", "'hour' does not.*row 64, '24'"),
        (HOURLY + 20 * HOURLY + "2019-07-32,00,20,,,,,,,,,,\n", "row 64, '2019-07-32'"),
        (ANNUAL + "2023,13,1,2,10.1,dwd,79,dwd,0.2,dwd\n", "year/month/day/hour"),
    ],
)
def test_rows_without_a_time_are_named(text, word):
    with pytest.raises(TimeIndexError, match=word):
        read(text)
