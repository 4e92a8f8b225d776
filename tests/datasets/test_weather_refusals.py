"""Files that hold no weather, not all of it, or twice: one sentence each."""

import gzip
import http.server
import io
import threading

import pytest

from tsnode.datasets import _csv_file, read_series_csv, read_weather_csv
from tsnode.datasets.dialects import DIALECTS
from tsnode.exceptions import TimeIndexError

ROWS = "2013-01-01 00:00,1.5,2\n2013-01-01 01:00,1.6,3\n"
TABLE = f"time,temp,hum\n{ROWS}"
DELHI = "date,meantemp,humidity,wind_speed,meanpressure\n"


def read(text, **options):
    return read_weather_csv(io.StringIO(text), tz="UTC", **options)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "is empty"),
        ("<html><head><title>404\nNot Found</title></head></html>", "HTML.*'404 Not Found'"),
        ('{"error":true,"reason":"No data for 2031"}', "JSON.*it says: No data for 2031"),
        ('{"message": "API limit exceeded"}', "JSON.*it says: API limit exceeded"),
        ('[{"error":true,"reason":"No such model"}]', "JSON.*it says: No such model"),
        ('[{"a": 1}]', r"JSON \('\[{"),
        ("# comments\n# alone\n", "0 line"),
        ("time,temp,hum\n", "1 line"),
        ("time,temp,hum\n\n\n", "1 line"),
        ("time;temp;hum\n" + ROWS, "no delimiter"),
        (TABLE + "time,temp,hum\n" + ROWS, "header after 3 lines.*two files glued"),
        (TABLE.rstrip("\n") + TABLE, "two files glued"),
        (TABLE + "2013-01-01 02:00,1,2,3\n", "rows as long as the header"),
    ],
)
def test_what_is_no_whole_table_is_refused(text, word):
    with pytest.raises(ValueError, match=word) as caught:
        read(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (TABLE + 10 * ROWS + "2013-01-01 02:00;1.5;2\n", "data row 23, '2013-01-01 02:00;1.5;2'"),
        (TABLE + "date,p,q\n2013-01-01,5,6\n", "data row 3, 'date'"),
        (DELHI + "2017-01-01,1,9,1,1010\n-9999,1,9,1,1010\n", "the year -9999"),
        ("t,x\n0.5,1\n0.6,2\n", "plain numbers, expected stamps"),
    ],
)
def test_rows_that_do_not_belong_are_named(text, word):
    with pytest.raises(TimeIndexError, match=word):
        read(text)


@pytest.mark.parametrize("dialect", sorted({one.key for one in DIALECTS}))
def test_a_dialect_that_the_file_does_not_fit_is_refused(dialect):
    with pytest.raises(ValueError, match=f"no .*, by its first lines, but dialect='{dialect}'"):
        read(TABLE, dialect=dialect)


@pytest.mark.parametrize("tz", [5, -3600, ("UTC",)])
@pytest.mark.parametrize("reader", [read_weather_csv, read_series_csv])
def test_a_number_is_no_zone(reader, tz):
    with pytest.raises(TimeIndexError, match="tz must be the name of a zone.*Etc/GMT"):
        reader(io.StringIO(TABLE), tz=tz)


HEADERS = [
    "time,temperature_2m (°C)", '"Date Time","p (mbar)","T (degC)"', '"STATION","DATE","TMP"',
    "STATION,DATE,REPORT_TYPE,HourlyDryBulbTemperature,REM", "station,valid,tmpc",
    "STATION|Station_name|DATE|temperature", "date,hour,temp,dwpt,rhum", "date,tavg,tmin,tmax",
    "year,month,day,hour,temp,temp_source", "date,meantemp,humidity,wind_speed,meanpressure",
    "STATION,DATE,TEMP,DEWP,WDSP",
]  # fmt: skip


@pytest.mark.parametrize("header", HEADERS)
def test_a_known_header_alone_is_refused(header):
    with pytest.raises(ValueError, match="a header but no rows"):
        read_weather_csv(io.StringIO(header + "\n"))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_that_is_too_long_is_refused_before_it_is_unpacked(pack, tmp_path, monkeypatch):
    monkeypatch.setattr(_csv_file, "MAX_BYTES", 2000)
    path = tmp_path / "long.csv"
    path.write_bytes(pack(b"time,x\n" + b"2013-01-01,1\n" * 1000))
    with pytest.raises(ValueError, match="GiB, since it is read into memory.*by years"):
        read_weather_csv(path)
    path.write_bytes(pack(TABLE.encode()))
    assert len(read_weather_csv(path, tz="UTC")) == 2


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path.startswith("/weather.csv") else 429)
        self.end_headers()
        self.wfile.write(TABLE.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def address(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_address_is_read_as_a_file_and_its_refusal_is_one_sentence(address):
    frame = read_weather_csv(f"{address}/weather.csv?year=2013", tz="UTC")
    assert frame.attrs["source"] == "weather.csv"
    assert frame["temp"].tolist() == [1.5, 1.6]
    with pytest.raises(ValueError, match=r"cannot be read \(429 .*Download it by a browser"):
        read_weather_csv(f"{address}/other.csv")


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/a b.csv", "http://[::1/x.csv"])
def test_an_address_that_is_none_is_one_sentence(address):
    with pytest.raises(ValueError, match="cannot be read .* expected the address of a CSV"):
        read_weather_csv(address)


def test_an_address_that_does_not_answer_is_one_sentence(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(ValueError, match=r"127.0.0.1:9/x.csv cannot be read \(.*refused"):
        read_weather_csv("http://127.0.0.1:9/x.csv")
