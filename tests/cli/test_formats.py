"""The forecast comes as CSV, JSON or Parquet, from a file or a pipe, into either."""

import io
import json
import sys

import pandas as pd
import pytest

import tsnode

FAST = ("--model", "persistence", "--horizon", "3h")


@pytest.fixture
def as_csv(run, weather_csv):
    """Forecast as CSV, the way the other formats are compared with."""
    run(weather_csv, *FAST, "--interval", "0.9", "--output", "out.csv")
    return pd.read_csv("out.csv", index_col=0, parse_dates=True)


@pytest.mark.parametrize("options", [("out.json",), ("out.dat", "--format", "json")])
def test_json_holds_the_numbers_of_the_csv(run, weather_csv, as_csv, options):
    result = run(weather_csv, *FAST, "--interval", "0.9", "--output", *options)
    assert result.exit_code == 0, result.output
    with open(options[0], encoding="utf-8") as stream:
        document = json.load(stream)
    found = pd.DataFrame(document["forecast"]).set_index("time")
    assert [pd.Timestamp(stamp) for stamp in found.index] == list(as_csv.index)
    pd.testing.assert_frame_equal(found.reset_index(drop=True), as_csv.reset_index(drop=True))
    assert document["model"] == "persistence"
    assert document["intervals"] == [0.9]
    assert document["tsnode"] == tsnode.__version__


def test_json_holds_units_and_the_series(run):
    options = ("--station", "EWR", "--columns", "temp", "--since", "2013-12-01", "--output", "-")
    result = run("nyc-weather", *FAST, *options, "--format", "json")
    document = json.loads(result.stdout)
    assert document["series"] == "EWR"
    assert document["units"]["temp"] == "degF"


def test_json_has_no_nan(run, weather_csv, monkeypatch):
    original = tsnode.PersistenceRegressor.predict

    def with_a_hole(self, X, *arguments, **keywords):
        return original(self, X, *arguments, **keywords).where(lambda frame: frame < 1000)

    monkeypatch.setattr(tsnode.PersistenceRegressor, "predict", with_a_hole)
    result = run(weather_csv, *FAST, "--output", "-", "--format", "json")
    rows = json.loads(result.stdout, parse_constant=lambda word: pytest.fail(word))["forecast"]
    assert [row["pressure"] for row in rows] == [None] * 3


@pytest.mark.parametrize("output", ["out.parquet", "-"])
def test_parquet_keeps_the_stamps(run, weather_csv, as_csv, output):
    pytest.importorskip("pyarrow")
    options = ("--interval", "0.9", "--output", output, "--format", "parquet")
    result = run(weather_csv, *FAST, *options)
    assert result.exit_code == 0, result.output
    written = io.BytesIO(result.stdout_bytes) if output == "-" else output
    found = pd.read_parquet(written)
    assert list(found.index) == list(as_csv.index)
    pd.testing.assert_frame_equal(
        found.reset_index(drop=True), as_csv.reset_index(drop=True), rtol=1e-5
    )


@pytest.mark.parametrize("options", [("out.parquet",), ("-", "--format", "parquet")])
def test_parquet_without_pyarrow_is_refused_before_reading(refusal, options, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    line = refusal("new.csv", *FAST, "--output", *options)
    assert "pip install 'tsnode[parquet]'" in line
    assert "--format csv or json" in line


def test_a_format_without_an_output_is_refused(refusal, weather_csv):
    line = refusal(weather_csv, *FAST, "--format", "json")
    assert "--format json needs --output" in line


def test_a_dash_reads_standard_input(run, weather_csv):
    result = run("-", *FAST, "--output", "-", stdin=weather_csv.read_bytes())
    assert result.exit_code == 0, result.output
    assert result.stdout == run(weather_csv, *FAST, "--output", "-").stdout
    assert "standard input: 240 rows" in result.stderr


def test_nothing_on_standard_input_is_told(refusal):
    assert "Expected a CSV on standard input, since FILE is -" in refusal("-", *FAST, stdin=b"")


def test_describe_reads_standard_input(command, weather_csv):
    result = command("describe", "-", stdin=weather_csv.read_bytes())
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("standard input\n")
    assert result.stdout.splitlines()[-1].startswith("Or by the command: tsnode forecast - --")
