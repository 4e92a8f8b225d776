"""Airport reports of the Iowa archive: padded names, M, T, special reports, several stations."""

import io

import numpy as np
import pandas as pd
import pytest

from tsnode.datasets import read_weather_csv

TEXT = (
    "#DEBUG: Format Typ    -> onlycomma\n"
    "station,valid, tmpc ,  dwpc ,  drct ,  sknt ,  mslp ,  p01m,skyc1\n"
    "GRB,2010-10-23 00:53,10.00,0.00,200.00,6.00,1014.90,T,CLR\n"
    "GRB,2010-10-23 01:53,8.30,0.00,M,4.00,M,M,BKN\n"
    "GRB,2010-10-23 01:53,8.40,M,M,4.00,1014.40,0.51,BKN\n"
    "GRB,2010-10-23 01:58,8.50,0.10,180.00,4.00, M ,M,M\n"
)


def read(text, **options):
    return read_weather_csv(io.StringIO(text), return_report=True, **options)


def test_padded_names_and_marks_are_read_in_utc():
    frame, report = read(TEXT)
    assert frame.columns.tolist() == ["tmpc", "dwpc", "drct", "sknt", "mslp", "p01m"]
    assert frame.index[0] == pd.Timestamp("2010-10-23 00:53", tz="UTC")
    assert frame["mslp"].isna().tolist() == [False, False, True]
    assert frame.attrs["units"] == {
        "tmpc": "°C", "dwpc": "°C", "drct": "°", "sknt": "kn", "mslp": "hPa", "p01m": "mm"
    }  # fmt: skip
    assert report.zone == "UTC, as the format has it"
    assert report.left_out == {"skyc1": "no numbers"}


def test_a_trace_of_rain_is_zero_and_said_so():
    frame, report = read(TEXT)
    assert frame["p01m"].tolist()[:2] == [0.0, 0.51]
    assert report.notes == ("p01m: 1 traces (T) read as 0",)
    assert report.unreadable == {}


def test_a_report_sent_twice_is_merged_and_a_special_one_is_kept():
    frame, report = read(TEXT)
    assert len(frame) == 3
    # Corrected where the second report has a value, kept where it has none.
    assert frame["tmpc"].iloc[1] == 8.4
    assert frame["dwpc"].iloc[1] == 0.0
    assert (report.n_merged, report.n_conflicts) == (1, 1)


def test_several_stations_are_a_panel_with_their_places():
    text = (
        "station,valid,lon,lat,tmpf,vsby\n"
        "ORD,2010-10-23 00:51,-87.9,41.98,50,10\nMSP,2010-10-23 00:53,-93.2,44.88,60,M\n"
        "MSP,2010-10-23 01:53,-93.2,44.88,61,9\n"
    )
    frame, report = read(text)
    assert frame.index.names == ["station", "time"]
    assert frame["tmpf"].tolist() == [60.0, 61.0, 50.0]
    assert np.isnan(frame["vsby"].iloc[0])
    assert frame.attrs["place"]["ORD"] == {"station": "ORD", "latitude": 41.98, "longitude": -87.9}
    assert report.n_series == 2


def test_local_times_of_the_archive_need_their_zone():
    frame, report = read(TEXT, tz="America/Chicago")
    assert frame.index[0] == pd.Timestamp("2010-10-23 05:53", tz="UTC")
    assert report.zone == "America/Chicago"


def test_the_archives_tabs_read_as_its_commas():
    expected, _ = read(TEXT)
    pd.testing.assert_frame_equal(read(TEXT.replace(",", "\t"))[0], expected)


def test_a_table_of_stations_with_other_columns_is_plain():
    text = "station,valid,flow\nA,2010-10-23 00:53,1\nA,2010-10-23 01:53,2\n"
    with pytest.warns(UserWarning, match="read as UTC"):
        _, report = read(text)
    assert report.dialect == "plain CSV"
