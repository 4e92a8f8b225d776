"""What read_series_csv refuses, and with which words."""

import gzip
import io
import zipfile

import pandas as pd
import pytest

from tsnode.datasets import read_series_csv
from tsnode.exceptions import TimeIndexError

STATIONS = "time,station,x\n2013-01-02,B,4\n2013-01-01,A,1\n2013-01-02,A,2\n2013-01-01,B,3\n"


MANY = b"time,x\n" + b"".join(b"2013-01-01,%d\n" % (k * 7919 % 10007) for k in range(900))


def zipped(data):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", data)
    return stream.getvalue()


def locked(archive):
    """Set the flags of a password in the header of the file and in the list of files."""
    flagged = bytearray(archive)
    flagged[6] |= 1
    flagged[archive.find(b"PK\x01\x02") + 8] |= 1
    return bytes(flagged)


def spoiled(data):
    middle = len(data) // 2
    return (
        data[:middle] + bytes(255 - byte for byte in data[middle : middle + 8]) + data[middle + 8 :]
    )


def read(text, **options):
    return read_series_csv(io.StringIO(text), **options)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"time,x\n", "1 line"),
        (b'{"error": true}', "JSON"),
        (b"<html><body>404</body></html>", "HTML"),
        (b"\x00\x01\x02\x03", "binary"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"PK\x03\x04nothing", "zip"),
        (gzip.compress(b"time,x\n2013-01-01,1\n" * 9, mtime=0)[:-9], "damaged"),
        (spoiled(gzip.compress(MANY, mtime=0)), "compressed but damaged"),
        (spoiled(zipped(MANY)), "damaged zip"),
        (locked(zipped(MANY)), "cannot be opened here.*encrypted.*Unpack it"),
        (b"x\n1\n2\n", "no delimiter"),
        (b"Dear all,\nthis is prose.\n", "no delimiter"),
        (b"2019-07-09,00,20.0\n2019-07-09,01,20.1\n", "row of column names"),
        (b"time,x\n2013-01-01,1\n2013-01-02,2,3\n", "line 3"),
        (b"time,x\n2013-01-01,a\n2013-01-02,b\n", "no column of numbers"),
    ],
)
def test_what_is_no_csv_is_refused_by_what_it_is(data, word):
    with pytest.raises(ValueError, match=word):
        read_series_csv(io.BytesIO(data))


@pytest.mark.parametrize(
    ("text", "options", "word"),
    [
        ("a,b\n1,2\n3,4\n", {}, r"no column reads as time.*'a', 'b'.*time="),
        ("start,stop,x\n2013-01-01,2013-01-02,1\n", {}, r"'start', 'stop'.*time="),
        ("Year,Month,x\n2013,1,5\n2013,2,6\n", {}, "spread over the columns 'Year', 'Month'"),
        ("time,x\n2013-01-01,1\nsoon,2\n2013-01-03,2\n", {}, "data row 2, 'soon'"),
        ("time,x\n2013-01-01,1\n,2\n", {}, "empty in 1 of 2"),
        ("time,x\n2013-01-01T00:00Z,1\n2013-01-01T00:00,2\n", {}, "mixes stamps with a zone"),
        ("time,x\n2013-01-01T00:00,1\n2013-01-01T00:00Z,2\n", {}, "mixes stamps with a zone"),
        ("time,x\n2013-03-31 02:30,1\n", {"tz": "Europe/Berlin"}, "fixed one"),
        ("time,x\n2013-03-31 02:30,1\n", {"tz": "Berlin"}, "zone 'Berlin'"),
        ("time,x\n0.5,1\n", {"tz": "UTC"}, "plain numbers"),
        ("time,x\n2013-01-01,1\n", {"unit": "s"}, "holds text"),
    ],
)
def test_a_time_that_cannot_be_read_is_refused(text, options, word):
    with pytest.raises(TimeIndexError, match=word):
        read(text, **options)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({}, "2 series.*'station' holds B, A.*Pass series='station'"),
        ({"series": "staton"}, "series='staton'.*did you mean 'station'"),
        ({"time": "Tme"}, "time='Tme'.*did you mean 'time'"),
        ({"columns": ["X", "qqq"], "time": "tim"}, "time='tim'.*columns='X'.*columns='qqq'"),
        ({"columns": ["station"]}, "do not hold numbers"),
        ({"unit": "h"}, "unit must be"),
    ],
)
def test_columns_that_do_not_fit_are_refused_all_at_once(options, word):
    with pytest.raises(ValueError, match=word):
        read(STATIONS, **options)


def test_an_empty_series_key_is_refused():
    with pytest.raises(ValueError, match="empty in 1 of 2 rows"):
        read("time,id,x\n2013-01-01,,1\n2013-01-01,7,1\n", series="id")


def test_a_frame_is_sent_to_fit():
    with pytest.raises(TypeError, match="pass it to fit"):
        read_series_csv(pd.DataFrame())


def test_a_missing_file_is_the_systems_own_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_series_csv(tmp_path / "none.csv")
