"""Delhi's daily climate: four columns whose units only its page tells."""

import io

import pandas as pd
import pytest

from tsnode.datasets import read_weather_csv

TEXT = (
    "date,meantemp,humidity,wind_speed,meanpressure\n"
    "2017-01-02,18.5,77.2,2.9,1018.3\n2017-01-01,15.9,85.9,2.7,1017.0\n"
)


def test_days_are_sorted_and_have_units():
    frame, report = read_weather_csv(io.StringIO(TEXT), tz="Asia/Kolkata", return_report=True)
    assert report.dialect == "Delhi daily climate"
    assert frame.index[0] == pd.Timestamp("2016-12-31 18:30", tz="UTC")
    assert frame["meantemp"].tolist() == [15.9, 18.5]
    assert frame.attrs["units"] == {
        "meantemp": "°C", "humidity": "%", "wind_speed": "km/h", "meanpressure": "hPa"
    }  # fmt: skip


def test_another_table_of_days_is_plain():
    with pytest.warns(UserWarning, match="read as UTC"):
        frame = read_weather_csv(io.StringIO(TEXT.replace("meantemp", "temp")))
    assert frame.attrs["dialect"] == "csv"
