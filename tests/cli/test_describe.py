"""``tsnode describe`` reads as ``forecast`` does, and says what the report says."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from tsnode.cli import main
from tsnode.datasets import read_series_csv
from tsnode.inspection import data_report


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that calls ``tsnode describe`` in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        return CliRunner().invoke(main, ["describe", *map(str, arguments)])

    return call


def code_of(output):
    """Python at the end of a report."""
    lines = output.split("\n" + " " * 12 + "import tsnode\n")[1].split("\n\nOr by")[0].splitlines()
    return "\n".join(["import tsnode", *(line[12:] for line in lines)])


def test_the_report_is_that_of_the_columns_that_forecast_takes(run, weather_csv):
    result = run(weather_csv.name)
    assert result.exit_code == 0, result.output
    frame = read_series_csv(weather_csv)[["temp", "pressure"]]
    body, _, _ = str(data_report(frame)).partition("            import tsnode")
    assert body in result.stdout
    assert "left out: gust (80% missing)" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_the_command_it_names_is_understood(run, stations_csv):
    result = run(stations_csv.name, "--station", "South", "--columns", "temp")
    line = result.stdout.splitlines()[-1]
    assert line.startswith("Or by the command: tsnode forecast stations.csv --station South")
    words = line.split("tsnode forecast ")[1].split()
    params = main.commands["forecast"].make_context("forecast", words).params
    assert (params["series"], params["columns"]) == ("South", "temp")


@pytest.mark.parametrize("station", [None, "South"])
def test_the_code_reads_the_file_and_fits(run, weather_csv, stations_csv, station, monkeypatch):
    options = () if station is None else ("--station", station)
    result = run((weather_csv if station is None else stations_csv).name, *options)
    from tsnode import NeuralODERegressor, RidgeLagRegressor

    fitted = []
    for known in (NeuralODERegressor, RidgeLagRegressor):
        monkeypatch.setattr(known, "fit", lambda _self, _X, y: fitted.append(y))
    exec(code_of(result.stdout), {})
    assert list(fitted[0].columns) == ["temp", "pressure"]
    assert len(fitted[0]) == 240


def test_components_of_the_wind_are_named_as_what_the_command_makes(run, tmp_path):
    index = pd.date_range("2024", periods=100, freq="h", name="time")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"wind_speed": rng.random(100), "wind_dir": 360 * rng.random(100)}, index)
    frame.to_csv(tmp_path / "wind.csv")
    output = run("wind.csv").stdout
    assert "left out: wind_dir (an angle; forecast as wind_u and wind_v)" in output
    assert "# frame: the columns above; the command below makes them of the file" in output
    assert output.splitlines()[-1].endswith("tsnode forecast wind.csv --model ridge")


def test_numeric_times_have_no_unit(run, tmp_path):
    times = np.arange(200) / 4
    pd.DataFrame({"time": times, "x": np.sin(times)}).to_csv(tmp_path / "sine.csv", index=False)
    assert "Regular, a row every 0.25; no gaps." in run("sine.csv").stdout


def test_the_shipped_weather_needs_no_file(run):
    result = run("nyc-weather", "--station", "EWR", "--columns", "temp,wind_u")
    assert result.exit_code == 0, result.output
    assert 'tsnode.datasets.load_nyc_weather("EWR")' in result.stdout
    assert "24 h (a day): temp 19%" in result.stdout


def test_the_figures_are_written_whole(run, weather_csv, tmp_path):
    result = run(weather_csv.name, "--output", "report.json")
    assert "figures written to report.json" in result.stdout
    figures = json.loads((tmp_path / "report.json").read_text())
    assert figures["file"] == "weather.csv"
    assert figures["stamps"]["n_rows"] == 240
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_figures_on_standard_output_leave_the_text_to_standard_error(run, weather_csv):
    result = run(weather_csv.name, "--output", "-")
    assert json.loads(result.stdout)["series"] is None
    assert "Start with" in result.stderr


def test_quiet_writes_the_figures_and_says_nothing(run, weather_csv, tmp_path):
    result = run(weather_csv.name, "--output", "report.json", "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    assert json.loads((tmp_path / "report.json").read_text())["stamps"]["n_rows"] == 240


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("weather.csv", "--quiet"), "--quiet needs --output"),
        (("other.csv",), "FILE must be a CSV that exists"),
        (("weather.csv", "--columns", "tmp"), "did you mean temp?"),
        (("weather.csv", "--station", "EWR"), "holds one"),
        (("weather.csv", "--output", "nowhere/report.json"), "--output must lie in a folder"),
        (("weather.csv", "--output", "weather.csv"), "another file than FILE"),
        (("weather.csv", "--horizon", "24h"), "tsnode describe --help"),
        (("picture.csv",), "picture.csv"),
        (("one.csv",), "1 row(s)"),
    ],
)
@pytest.mark.usefixtures("weather_csv")
def test_a_mistake_is_told_in_one_line(run, tmp_path, arguments, words):
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01")
    (tmp_path / "one.csv").write_text("time,temp\n2024-01-01,3.5\n")
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert words in line


def test_several_stations_need_a_name(run, stations_csv):
    result = run(stations_csv.name)
    assert result.exit_code == 2
    assert "--series North" in result.stderr


def test_the_time_column_can_be_named(run, tmp_path):
    path = tmp_path / "two_times.csv"
    stamps = pd.date_range("2024-01-01", periods=40, freq="h")
    frame = pd.DataFrame({"sent": stamps, "received": stamps + pd.Timedelta("7D"), "v": range(40)})
    frame.to_csv(path, index=False)
    for name, first in (("sent", "2024-01-01"), ("received", "2024-01-08")):
        result = run(str(path), "--time", name)
        assert result.exit_code == 0, result.output
        assert f"from {first}" in result.output
        assert f'time="{name}"' in result.output
        assert f"--time {name}" in result.output
    result = run(str(path), "--time", "made")
    assert result.exit_code == 2
    assert "made" in result.output


@pytest.mark.parametrize(
    ("names", "model"), [(("temp", "pressure"), "weather"), (("a", "b"), "neural-ode")]
)
def test_weather_that_wants_a_history_gets_the_preset_for_weather(run, weather_csv, names, model):
    frame = pd.read_csv(weather_csv)
    frame = frame.rename(columns=dict(zip(("temp", "pressure"), names, strict=True)))
    frame.to_csv("other.csv", index=False)
    result = run("other.csv", "--columns", ",".join(names))
    assert result.stdout.splitlines()[-1].endswith(f"--model {model}")
