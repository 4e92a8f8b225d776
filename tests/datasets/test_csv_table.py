"""What the columns and rows of a CSV become: a sorted frame or panel of floats."""

import gzip
import io
import json
import time as clock

import numpy as np
import pandas as pd
import pytest

from tsnode.datasets import make_spiral, read_series_csv

STATIONS = "time,station,x\n2013-01-02,B,4\n2013-01-01,A,1\n2013-01-02,A,2\n2013-01-01,B,3\n"
LATIN = "Zeit;Temp °C\n2013-01-01;1,5\n2013-01-02;2,5\n"


def read(text, **options):
    return read_series_csv(io.StringIO(text), **options)


@pytest.mark.parametrize("sep", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(sep):
    frame = read(f"time{sep}x{sep}y\n2013-01-01{sep}1.5{sep}2\n2013-01-02{sep}3.5{sep}\n")
    assert frame["x"].tolist() == [1.5, 3.5]
    assert np.isnan(frame["y"].iloc[1])


@pytest.mark.parametrize("sep", [";", "\t", "|"])
def test_a_decimal_comma_is_found(sep):
    frame = read(f"time{sep}x\n2013-01-01{sep}-1,5\n2013-01-02{sep}2\n")
    assert frame["x"].tolist() == [-1.5, 2.0]


def test_a_generated_frame_survives_the_round_trip():
    frame = make_spiral(50, irregular=True, missing=0.1, random_state=0)
    pd.testing.assert_frame_equal(frame, read(frame.to_csv()))


@pytest.mark.parametrize("cell", ["", "M", "NA", "-", "NaN", "null", "-9999", " M "])
def test_marks_of_nothing_measured_become_nan(cell):
    frame = read(f"time,x,y\n2013-01-01,{cell},1\n2013-01-02,2.5,3\n")
    assert np.isnan(frame["x"].iloc[0])
    assert frame["x"].iloc[1] == 2.5
    assert frame.attrs["unreadable_cells"] == {}


def test_a_text_among_numbers_is_counted():
    frame = read("time,rain\n2013-01-01,0.5\n2013-01-02,T\n2013-01-03,0.1\n")
    assert frame["rain"].isna().tolist() == [False, True, False]
    assert frame.attrs["unreadable_cells"] == {"rain": 1}


def test_columns_without_numbers_are_dropped_by_name():
    frame = read("time,sky,x,nothing\n2013-01-01,clear,1,\n2013-01-02,clear,2,\n")
    assert frame.columns.tolist() == ["x"]
    assert frame.attrs["dropped_columns"] == ["sky", "nothing"]
    assert json.loads(json.dumps(frame.attrs)) == frame.attrs


def test_padded_names_and_comments_above_the_header_are_read():
    frame = read("# from the archive\n\nstation,valid, tmpc ,\nBKG,2010-10-23 00:53, 18.0,\n")
    assert frame.columns.tolist() == ["tmpc"]
    assert frame.index.name == "valid"


def test_names_that_only_blanks_tell_apart_are_numbered():
    frame = read("time,x, x,x \n2013-01-01,1,2,3\n2013-01-02,1,2,3\n")
    assert frame.columns.tolist() == ["x", "x.1", "x.2"]


def test_a_series_column_makes_a_sorted_panel():
    frame = read(STATIONS, series="station")
    assert frame.index.names == ["station", "time"]
    assert frame["x"].tolist() == [1, 2, 3, 4]
    pd.testing.assert_frame_equal(read(STATIONS, series="auto"), frame)


@pytest.mark.parametrize(("keys", "expected"), [(["007", "010"], "007"), (["7", "10"], 7)])
def test_leading_zeros_of_a_key_are_part_of_it(keys, expected):
    rows = "".join(f"2013-01-01,{key},1\n" for key in keys)
    frame = read("time,id,x\n" + rows, series="id")
    assert frame.index[0][0] == expected


def test_stations_that_never_share_a_stamp_are_still_several_series():
    rows = "time,station,x\n2013-01-01 00:51,A,1\n2013-01-01 00:53,B,2\n2013-01-01 01:51,A,3\n"
    assert read(rows, series="auto").index.names == ["station", "time"]


def test_doubled_stamps_of_one_series_are_kept():
    frame = read("time,x\n2013-01-01,1\n2013-01-01,2\n2013-01-02,3\n", series="auto")
    assert frame["x"].tolist() == [1, 2, 3]


def test_named_columns_are_kept_in_their_order():
    frame = read("time,a,b,c\n2013-01-01,1,2,3\n2013-01-02,1,2,3\n", columns=["c", "a"])
    assert frame.columns.tolist() == ["c", "a"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_bytes_and_paths_packed_or_not_read_alike(pack, tmp_path):
    data = pack(LATIN.encode("latin-1"))
    path = tmp_path / "weather.csv"
    path.write_bytes(data)
    expected = read(LATIN)
    pd.testing.assert_frame_equal(read_series_csv(io.BytesIO(data)), expected)
    pd.testing.assert_frame_equal(read_series_csv(str(path)), expected)
    assert expected.columns.tolist() == ["Temp °C"]


@pytest.mark.slow
def test_half_a_million_rows_cost_a_few_times_what_pandas_needs(tmp_path):
    index = pd.date_range("2000-01-01", periods=500_000, freq="10min", name="time")
    values = np.random.default_rng(0).normal(size=(len(index), 4)).round(2)
    path = tmp_path / "long.csv"
    pd.DataFrame(values, index=index, columns=list("abcd")).to_csv(path)
    begin = clock.process_time()
    pd.read_csv(path)
    middle = clock.process_time()
    frame = read_series_csv(path)
    assert clock.process_time() - middle < 20 * (middle - begin)
    np.testing.assert_array_equal(frame.to_numpy(), values)


@pytest.mark.parametrize("columns", [("x",), ("x", "y")])
def test_whole_numbers_at_doubled_stamps_are_measurements_not_series(columns):
    rows = "".join(
        f"2013-01-{1 + k // 2:02d},{','.join(str((k * n) % 7) for n in (3, 5)[: len(columns)])}\n"
        for k in range(60)
    )
    frame = read(f"time,{','.join(columns)}\n{rows}", series="auto")
    assert frame.shape == (60, len(columns))
    assert frame.index.nlevels == 1


def test_the_last_column_of_numbers_is_no_key():
    rows = "".join(f"2013-01-{1 + k // 2:02d},{k % 2}\n" for k in range(60))
    assert read(f"time,x\n{rows}", series="auto")["x"].tolist() == 30 * [0.0, 1.0]
