"""NOAA's GHCNh: cut by |, quality codes beside the values, two headers."""

import io

import pandas as pd
import pytest

from tsnode.datasets import read_weather_csv
from tsnode.exceptions import TimeIndexError

NEW = (
    "STATION|Station_name|DATE|Year|Month|Day|Hour|Minute|LATITUDE|LONGITUDE|ELEVATION|"
    "temperature|temperature_Measurement_Code|temperature_Quality_Code|temperature_Report_Type|"
    "wind_direction|wind_direction_Quality_Code|remarks\n"
)
OLD = NEW.replace("STATION|", "Station_ID|").replace("DATE|", "").replace(
    "LATITUDE|LONGITUDE|ELEVATION", "Latitude|Longitude|Elevation"
)  # fmt: skip
CELLS = [
    ("0", "10.6", "5", "999", "1"),
    ("1", "10.1", "C", "180", "1"),
    ("2", "9.4", "3", "190", ""),
    ("3", "", "", "200", "2"),
]


def rows(*, has_date=True, station="USW00093037"):
    date = "2023-01-01T0{0}:53:00|" if has_date else ""
    form = station + "|COLORADO SPRINGS|" + date + "2023|1|1|{0}|53|38.81|-104.69|1884.3|"
    form += "{1}||{2}|FM-15|{3}|{4}|MET 010653Z\n"
    return "".join(form.format(*cells) for cells in CELLS)


def read(text, **options):
    return read_weather_csv(io.StringIO(text), return_report=True, **options)


def test_stamps_are_utc_and_blanks_missing():
    frame, report = read(NEW + rows())
    assert frame.index[0] == pd.Timestamp("2023-01-01 00:53", tz="UTC")
    assert frame.columns.tolist() == ["temperature", "wind_direction"]
    assert frame["temperature"].iloc[0] == 10.6
    assert frame.attrs["units"] == {"temperature": "°C", "wind_direction": "°"}
    assert frame.attrs["place"]["latitude"] == 38.81
    assert (report.dialect, report.n_rows) == ("NOAA GHCNh", 4)


def test_early_files_without_a_date_read_alike():
    frame, _ = read(OLD + rows(has_date=False))
    expected, _ = read(NEW + rows())
    pd.testing.assert_frame_equal(frame, expected)


def test_letters_and_bad_digits_are_failed_checks():
    frame, report = read(NEW + rows())
    assert frame["temperature"].isna().tolist() == [False, True, True, True]
    assert frame["wind_direction"].isna().tolist() == [True, False, False, True]
    assert report.missing == {
        "temperature": {"failed a check": 1, "erroneous": 1},
        "wind_direction": {"suspect": 1, "999 (calm or variable)": 1},
    }
    kept, _ = read(NEW + rows(), keep_doubtful=True)
    assert kept["temperature"].isna().tolist() == [False, False, True, True]


def test_two_stations_are_a_panel():
    frame, _ = read(NEW + rows() + rows(station="USW00000001"))
    assert frame.index.names == ["station", "time"]
    assert len(frame) == 8


def test_a_time_that_is_none_is_named():
    with pytest.raises(TimeIndexError, match="'DATE' does not read.*data row 2"):
        read(NEW + rows().replace("2023-01-01T01", "2023-01-41T01"))
    with pytest.raises(TimeIndexError, match="Year/Month/Day/Hour/Minute"):
        read(OLD + rows(has_date=False).replace("|1|1|2|53", "|1|32|2|53"))


def test_another_table_cut_by_bars_is_plain():
    with pytest.warns(UserWarning, match="read as UTC"):
        _, report = read("time|temperature\n2023-01-01|1\n2023-01-02|2\n")
    assert report.dialect == "plain CSV"
