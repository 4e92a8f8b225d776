"""Jena's climate: day first, latin-1, -9999 for nothing measured, no zone."""

import io

import numpy as np
import pandas as pd
import pytest

from tsnode.datasets import read_weather_csv
from tsnode.exceptions import TimeIndexError

HEADER = '"Date Time","p (mbar)","T (degC)","rho (g/m**3)","wv (m/s)","SWDR (W/m²)","wd (deg)"\n'
ROWS = (
    "01.02.2009 00:10:00,996.52,-8.02,1307.75,1.03,0.00,152.30\n"
    "01.02.2009 00:20:00,996.57,-8.41,1309.80,-9999.00,-9999.99,136.10\n"
    "13.02.2009 00:30:00,996.53,-8.51,1310.24,0.19,12.50,171.60\n"
)


def read(text, **options):
    return read_weather_csv(io.BytesIO(text.encode("latin-1")), **options)


def test_the_second_of_two_small_numbers_is_the_month():
    frame, report = read(HEADER + ROWS, tz="UTC", return_report=True)
    assert frame.index[0] == pd.Timestamp("2009-02-01 00:10", tz="UTC")
    assert frame.index[2] == pd.Timestamp("2009-02-13 00:30", tz="UTC")
    assert report.dialect == "Jena climate"


def test_latin_1_units_leave_the_names():
    frame = read(HEADER + ROWS, tz="UTC")
    assert frame.columns.tolist() == ["p", "T", "rho", "wv", "SWDR", "wd"]
    assert frame.attrs["units"] == {
        "p": "mbar", "T": "degC", "rho": "g/m**3", "wv": "m/s", "SWDR": "W/m²", "wd": "deg"
    }  # fmt: skip


def test_minus_9999_is_nothing_measured_and_counted():
    frame, report = read(HEADER + ROWS, tz="UTC", return_report=True)
    assert frame["wv"].isna().tolist() == [False, True, False]
    assert frame["SWDR"].tolist()[::2] == [0.0, 12.5]
    assert report.missing == {"wv": {"-9999": 1}, "SWDR": {"-9999.99": 1}}
    assert "read as missing: wv: 1 -9999" in str(report)


def test_the_zone_is_assumed_with_a_warning():
    with pytest.warns(UserWarning, match="does not tell the zone"):
        read(HEADER + ROWS)


def test_the_benchmarks_copy_with_iso_dates_is_read_alike():
    header = HEADER.replace('"Date Time"', "date").replace('"', "")
    rows = ROWS.replace("01.02.2009", "2009-02-01").replace("13.02.2009", "2009-02-13")
    pd.testing.assert_frame_equal(read(header + rows, tz="UTC"), read(HEADER + ROWS, tz="UTC"))


@pytest.mark.parametrize("cell", ["2009-02-13 00:30:00", "32.02.2009 00:30:00", "", "13.02.2009"])
def test_a_row_whose_time_is_of_another_form_is_named(cell):
    with pytest.raises(TimeIndexError, match="'Date Time' does not read.*data row 3"):
        read(HEADER + ROWS.replace("13.02.2009 00:30:00", cell), tz="UTC")


@pytest.mark.slow
def test_half_a_million_rows_cost_a_few_times_what_pandas_needs(tmp_path):
    import time as clock

    index = pd.date_range("2009-01-01", periods=500_000, freq="10min", unit="s")
    values = np.random.default_rng(0).uniform(0, 9, size=(len(index), 14)).round(2)
    values[:, 0] = (990 + values[:, 0]).round(2)
    names = [f"v{number} (m/s)" for number in range(12)]
    table = pd.DataFrame(values, columns=["p (mbar)", "T (degC)", *names])
    table.insert(0, "Date Time", index.strftime("%d.%m.%Y %H:%M:%S"))
    table.to_csv(tmp_path / "jena.csv", index=False)
    begin = clock.process_time()
    pd.read_csv(tmp_path / "jena.csv")
    middle = clock.process_time()
    frame = read_weather_csv(tmp_path / "jena.csv", tz="UTC")
    assert clock.process_time() - middle < 10 * (middle - begin)
    np.testing.assert_array_equal(frame.to_numpy(), values)
