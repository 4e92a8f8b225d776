"""NOAA's LCD of several stations: each has its own local standard time."""

import io

import pandas as pd
import pytest

from tsnode.datasets import read_weather_csv
from tsnode.exceptions import TimeIndexError

HEADER = "STATION,DATE,REPORT_TYPE,HourlyDryBulbTemperature,HourlyStationPressure,REM\n"
UTC = pd.date_range("2024-01-05 00:51", periods=30, freq="h")


def station(name, hours, report="METAR {:%d%H%M}Z AUTO"):
    """Rows of a station whose clock is so many hours ahead of UTC."""
    return "".join(
        f"{name},{utc + pd.Timedelta(hours=hours):%Y-%m-%dT%H:%M:%S},FM-15,{k},29.9,"
        f"{report.format(utc)}\n"
        for k, utc in enumerate(UTC)
    )


def read(*stations, **options):
    text = HEADER + "".join(stations)
    return read_weather_csv(io.StringIO(text), return_report=True, **options)


@pytest.mark.parametrize("west", [-8, -5])
def test_each_station_is_read_by_the_offset_of_its_own_texts(west):
    frame, report = read(station("A1", -5), station("B2", west))
    for name in ("A1", "B2"):
        assert (frame.loc[name].index == UTC.tz_localize("UTC")).all()
        assert frame.loc[name, "HourlyDryBulbTemperature"].tolist() == list(range(30))
    words = "UTC-05:00, local standard time by" if west == -5 else "local standard time of each"
    assert report.zone.startswith(words)


def test_a_station_whose_texts_tell_no_offset_is_not_read_by_that_of_another():
    rows = station("A1", -5), station("B2", -8, report="no report")
    with pytest.raises(TimeIndexError, match="offset of station B2, but those of others.*tz="):
        read(*rows)
    assert read(*rows, tz="Etc/GMT+5")[0].loc["A1"].index[0] == UTC.tz_localize("UTC")[0]
