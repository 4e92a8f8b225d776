"""Values that no weather has: marks, faults of a sensor, or another unit than the header's."""

import io

import pytest

from tsnode.datasets import read_weather_csv


def read(text):
    return read_weather_csv(io.StringIO(text), tz="UTC", return_report=True)


@pytest.mark.parametrize(
    ("header", "value", "mark"),
    [
        ("wind_dir (deg)", "999", "999"),
        ("temp (°C)", "-999.9", "-999.9"),
        ("precipitation (inch)", "99.99", "99.99"),
        ("pressure_msl (hPa)", "9999.9", "9999.9"),
    ],
)
def test_nines_that_cannot_be_are_marks_however_many(header, value, mark):
    usual = "1010" if "hPa" in header else "10"
    rows = [usual, value, value, value, usual]
    text = "".join(f"2026-01-01 0{hour}:00,{cell}\n" for hour, cell in enumerate(rows))
    frame, report = read(f"time,{header}\n{text}")
    assert frame.iloc[:, 0].isna().tolist() == [False, True, True, True, False]
    assert list(report.missing.values()) == [{mark: 3}]


def test_nines_that_can_be_are_values():
    frame, report = read("time,temp (°F)\n2026-01-01 00:00,99\n2026-01-01 01:00,99.9\n")
    assert frame["temp"].tolist() == [99.0, 99.9]
    assert report.missing == {}


def test_single_values_that_no_weather_has_are_missing_and_counted():
    rows = "".join(f"2017-01-{day:02d},15,80,3,{1010 + day}\n" for day in range(2, 22))
    text = "date,meantemp,humidity,wind_speed,meanpressure\n2017-01-01,15,80,3,59\n" + rows
    frame, report = read(text)
    assert frame["meanpressure"].isna().sum() == 1
    assert report.missing == {"meanpressure": {"impossible": 1}}
    assert "read as missing: meanpressure: 1 impossible" in str(report)


def test_infinite_numbers_are_missing_and_counted():
    frame, report = read("time,x\n2026-01-01 00:00,inf\n2026-01-01 01:00,1\n")
    assert frame["x"].isna().tolist() == [True, False]
    assert report.missing == {"x": {"infinite": 1}}


@pytest.mark.parametrize(
    ("header", "values", "word"),
    [
        ("temp (°C)", ("285.1", "290.2"), "'temp' of the buffer contradicts its unit °C: 2 of 2"),
        ("pressure_msl (hPa)", ("101325", "101200"), "outside 850 to 1100"),
        ("humidity (%)", ("0.81", "0.43"), "none of 2 values reaches 5"),
        ("tmpf (°F)", ("-140", "-150"), "outside -139 to"),
    ],
)
def test_numbers_that_contradict_the_header_are_refused(header, values, word):
    rows = "".join(f"2026-01-01 0{hour}:00,{value}\n" for hour, value in enumerate(values))
    with pytest.raises(ValueError, match=word):
        read(f"time,{header}\n{rows}")
