"""``tsnode plot`` draws the series of a file, and a forecast with what came true."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tsnode.cli import _options as options
from tsnode.cli._forecast_file import read_forecast
from tsnode.cli._series_picture import draw_series, read_to_draw

FAST = ("--model", "persistence", "--horizon", "6h", "--interval", "0.5,0.9")
READING = dict.fromkeys(options.READING)


@pytest.fixture
def forecast_of(run, weather_csv):
    """Return a function that forecasts the first nine days into a file."""

    def call(output):
        result = run(weather_csv, *FAST, "--until", "2024-03-09", "--output", output)
        assert result.exit_code == 0, result.output
        return output

    return call


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_series_are_drawn(command, weather_csv, tmp_path, ending):
    result = command("plot", weather_csv, "--output", f"p.{ending}")
    assert result.exit_code == 0, result.output
    assert (tmp_path / f"p.{ending}").stat().st_size > 5000
    assert result.stdout == f"picture written to p.{ending}\n"


def test_each_column_has_a_panel_with_its_values(weather_csv):
    frame, ahead = read_to_draw(str(weather_csv), None, "p.png", READING)
    assert ahead is None
    panels = draw_series(frame).axes
    assert [ax.get_ylabel() for ax in panels] == ["temp", "pressure"]
    np.testing.assert_array_equal(panels[1].lines[0].get_ydata(), frame["pressure"])


def test_long_names_are_written_smaller_and_others_alike(weather_csv):
    rows = pd.read_csv(weather_csv).rename(columns={"pressure": "pressure_at_mean_sea_level"})
    rows.to_csv(weather_csv, index=False)
    frame, _ = read_to_draw(str(weather_csv), None, "p.png", READING)
    short, long = [ax.yaxis.label.get_fontsize() for ax in draw_series(frame).axes]
    assert long == pytest.approx(short * 14 / 26)


@pytest.mark.parametrize("name", ["f.csv", "f.json", "f.parquet"])
def test_a_forecast_is_read_in_every_format_it_is_written_in(forecast_of, name):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    ahead, bounds = read_forecast(forecast_of(name))
    expected = pd.date_range("2024-03-10", periods=6, freq="h", tz="UTC")
    assert list(ahead.index) == list(expected)
    assert list(ahead.columns) == ["temp", "pressure"]
    assert sorted(bounds) == [0.5, 0.9]
    lower, upper = bounds[0.9]
    assert (lower["temp"] < ahead["temp"]).all()
    assert (ahead["temp"] < upper["temp"]).all()


def test_beside_a_forecast_stand_the_rows_before_and_those_that_came_true(forecast_of, weather_csv):
    forecast = forecast_of("f.csv")
    frame, ahead = read_to_draw(str(weather_csv), forecast, "p.png", READING)
    ax = draw_series(frame, ahead).axes[0]
    lines = {line.get_label(): line for line in ax.lines}
    later = frame.loc["2024-03-10 00:00":"2024-03-10 05:00", "temp"]
    np.testing.assert_array_equal(lines["observed later"].get_ydata(), later)
    assert len(lines["observed"].get_ydata()) == 17  # three and a half times five hours
    assert len(lines["forecast"].get_ydata()) == 6
    assert [one.get_label() for one in ax.collections] == ["90 % interval"]
    ax = draw_series(frame, ahead, has_start=True).axes[0]
    assert len(next(x for x in ax.lines if x.get_label() == "observed").get_ydata()) == 216


def test_columns_choose_of_the_forecast_too(command, forecast_of, weather_csv):
    options = ("--forecast", forecast_of("f.json"), "--columns", "pressure")
    result = command("plot", weather_csv, *options, "--output", "p.svg", "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    drawn = Path("p.svg").read_text(encoding="utf-8")
    assert "<!-- pressure" in drawn
    assert "<!-- temp" not in drawn


@pytest.mark.parametrize(("columns", "got"), [("pressure,humid", "humid"), (",", "none")])
def test_columns_that_the_forecast_lacks_are_refused(
    refused, forecast_of, weather_csv, columns, got
):
    options = ("--forecast", forecast_of("f.json"), "--columns", columns)
    line = refused("plot", weather_csv, *options, "--output", "p.png")
    assert f"of --forecast, which holds temp, pressure; got {got}. Choose of them" in line


@pytest.mark.usefixtures("weather_csv")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("weather.csv",), "Missing option '--output'"),
        (("weather.csv", "--output", "p.txt"), ".png, .pdf, .svg"),
        (("weather.csv", "--output", "-"), ".png, .pdf, .svg"),
        (("weather.csv", "--output", "no/p.png"), "No such file or directory"),
        (("-", "--forecast", "-", "--output", "p.png"), "Only one file can come from standard"),
        (("weather.csv", "--forecast", "f.csv", "--output", "p.png"), "f.csv is not there"),
        (("weather.csv", "--forecast", "prose.txt", "--output", "p.png"), "prose.txt is none"),
        (("weather.csv", "--forecast", "list.json", "--output", "p.png"), "list.json is none"),
        (("weather.csv", "--columns", "tmp", "--output", "p.png"), "did you mean temp?"),
    ],
)
def test_a_mistake_is_told_in_one_line(refused, tmp_path, arguments, words):
    (tmp_path / "prose.txt").write_text("just some prose\nwithout commas\n")
    (tmp_path / "list.json").write_text('{"rows": []}')
    assert words in refused("plot", *arguments)
    assert not (tmp_path / "p.png").exists()


def test_the_files_that_are_read_are_no_output(refused, forecast_of, weather_csv):
    source = weather_csv.rename(weather_csv.with_name("weather.png"))
    assert "another file than FILE" in refused("plot", source, "--output", "weather.png")
    source = source.rename(weather_csv)
    forecast_of("f.png")
    line = refused("plot", weather_csv, "--forecast", "f.png", "--output", "f.png")
    assert "--output must be another file than --forecast" in line


def test_a_forecast_of_another_file_is_refused(refused, forecast_of, weather_csv):
    forecast = forecast_of("f.csv")
    rows = pd.read_csv(weather_csv)
    rows.rename(columns={"temp": "heat"}).to_csv("other.csv", index=False)
    line = refused("plot", "other.csv", "--forecast", forecast, "--output", "p.png")
    assert "FILE must hold the columns that --forecast holds; it lacks temp" in line
    rows.assign(time=np.arange(240)).to_csv("other.csv", index=False)
    line = refused("plot", "other.csv", "--forecast", forecast, "--output", "p.png")
    assert "times like those of other.csv (numbers); got stamps with a zone" in line
