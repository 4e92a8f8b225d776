"""``tsnode forecast`` says what it found, judges on the newest part and writes the forecast."""

import numpy as np
import pandas as pd
import pytest

import tsnode
from tsnode.cli._judging import Trial
from tsnode.cli._reading import read_one_series


def read_forecast(path):
    return pd.read_csv(path, index_col=0, parse_dates=True)


def test_the_report_says_rows_span_step_and_what_is_missing(run, weather_csv):
    result = run(weather_csv, "--model", "persistence")
    assert result.exit_code == 0, result.output
    assert "240 rows from 2024-03-01 00:00 UTC to 2024-03-10 23:00 UTC" in result.stdout
    assert "step 1 h, no gaps" in result.stdout
    assert "missing: pressure 3" in result.stdout
    assert "left out: gust (8" in result.stdout


def test_gaps_are_counted_with_the_longest(run, weather_csv):
    rows = pd.read_csv(weather_csv)
    rows.drop(index=[20, 21, 22, 100]).to_csv(weather_csv, index=False)
    assert "2 gaps (longest 4 h)" in run(weather_csv, "--model", "persistence").stdout


def test_the_forecast_follows_the_last_row_at_the_median_step(run, weather_csv):
    run(weather_csv, "--model", "persistence", "--horizon", "6h", "--output", "out.csv")
    forecast = read_forecast("out.csv")
    assert forecast.index[0] == pd.Timestamp("2024-03-11 00:00", tz="UTC")
    assert forecast.index[-1] == pd.Timestamp("2024-03-11 05:00", tz="UTC")
    assert list(forecast.columns) == ["temp", "pressure"]


def test_the_forecast_is_that_of_a_model_of_all_rows(run, weather_csv):
    run(weather_csv, "--model", "ridge", "--output", "out.csv")
    frame, _ = read_one_series(str(weather_csv))
    model = tsnode.RidgeLagRegressor().set_params(**calendar(frame)).fit(frame.index, frame)
    ahead = frame.index[-1] + pd.timedelta_range("1h", periods=24, freq="h")
    np.testing.assert_allclose(read_forecast("out.csv"), model.predict(ahead), rtol=1e-4)


def calendar(frame):
    accepted = tsnode.RidgeLagRegressor().get_params()
    settings = {"features": Trial.plan(frame, "24h", "0.25").calendar()}
    return {name: value for name, value in settings.items() if name in accepted}


def test_the_table_holds_the_error_of_persistence_by_hand(run, weather_csv):
    result = run(weather_csv, "--model", "persistence", "--columns", "temp", "--holdout", "0.5")
    temp = pd.read_csv(weather_csv, index_col="time", parse_dates=True)["temp"].to_numpy()
    half = int(np.ceil(0.5 * 239))
    origins = np.arange(half, 240, 3)
    origins = origins[origins + 3 < 240]
    error = np.mean((temp[origins + 3] - temp[origins]) ** 2) / temp[:half].var()
    line = next(line for line in result.stdout.splitlines() if line.startswith("3 h"))
    assert line.split()[2] == f"{error:.3f}"


def test_every_model_stands_beside_the_baselines(run, weather_csv):
    result = run(weather_csv, "--model", "ridge")
    header = next(line for line in result.stdout.splitlines() if line.startswith("lead "))
    assert header.split() == ["lead", "ridge", "persistence", "same", "hour", "yesterday"]


@pytest.mark.parametrize(
    ("holdout", "start"),
    [("2024-03-08", "2024-03-08 00:00"), ("0.5", "2024-03-05 23:30"), ("50%", "2024-03-05 23:30")],
)
def test_the_holdout_is_a_date_or_a_share_of_the_time(run, weather_csv, holdout, start):
    result = run(weather_csv, "--model", "persistence", "--holdout", holdout)
    assert f"before {start} UTC" in result.stdout


def test_a_horizon_may_count_steps(run, weather_csv):
    run(weather_csv, "--model", "persistence", "--horizon", "5", "--output", "out.csv")
    assert len(read_forecast("out.csv")) == 5


def test_one_of_several_stations_is_picked(run, stations_csv):
    result = run(stations_csv, "--station", "South", "--model", "persistence")
    assert "series South: 240 rows" in result.stdout


def test_a_dash_writes_the_forecast_alone_to_standard_output(run, weather_csv):
    result = run(weather_csv, "--model", "persistence", "--output", "-", "--horizon", "2")
    lines = result.stdout.splitlines()
    assert lines[0] == "time,temp,pressure"
    assert len(lines) == 3
    assert "Mean squared error" in result.stderr


def test_quiet_prints_nothing(run, weather_csv):
    result = run(weather_csv, "--model", "persistence", "--quiet", "--output", "out.csv")
    assert result.output == ""
    assert len(read_forecast("out.csv")) == 24


def test_without_an_output_the_forecast_is_printed(run, weather_csv):
    assert "2024-03-11 23:00:00+00:00" in run(weather_csv, "--model", "persistence").stdout


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_the_picture_is_drawn(run, weather_csv, tmp_path, ending):
    options = ("--columns", "temp", "--plot", f"picture.{ending}")
    result = run(weather_csv, "--model", "persistence", *options)
    assert result.exit_code == 0, result.output
    assert (tmp_path / f"picture.{ending}").stat().st_size > 5000


def test_rows_that_repeat_a_time_are_merged_and_counted(run, weather_csv):
    rows = pd.read_csv(weather_csv)
    pd.concat([rows, rows.iloc[[5]]]).to_csv(weather_csv, index=False)
    result = run(weather_csv, "--model", "persistence")
    assert "1 row(s) repeat a time: merged by their mean" in result.stdout


def test_a_doubt_about_the_dates_is_told_as_a_note(run, tmp_path):
    days = [f"{day:02d}/{month:02d}/2024" for month in range(1, 4) for day in range(1, 13)]
    pd.DataFrame({"date": days, "x": range(36)}).to_csv(tmp_path / "days.csv", index=False)
    (note,) = run("days.csv", "--model", "persistence", "--horizon", "1").stderr.splitlines()
    assert note.startswith("Note: dates like '01/01/2024' are read month first")


def test_a_wind_direction_is_forecast_as_components(run, tmp_path):
    hours = pd.date_range("2024-03-01", periods=60, freq="h")
    direction = np.arange(60) * 6.0
    wind = pd.DataFrame({"time": hours, "wind_speed": 2.0, "wind_dir": direction})
    wind.loc[0, "wind_speed"] = 3.0
    wind.to_csv(tmp_path / "wind.csv", index=False)
    run("wind.csv", "--model", "persistence", "--horizon", "1", "--output", "out.csv")
    last = read_forecast("out.csv").iloc[0]
    assert list(last.index) == ["wind_speed", "wind_u", "wind_v"]
    assert last["wind_u"] == pytest.approx(-2.0 * np.sin(np.deg2rad(354.0)), abs=1e-4)
    assert last["wind_v"] == pytest.approx(-2.0 * np.cos(np.deg2rad(354.0)), abs=1e-4)


def test_irregular_numeric_times_work_as_well(run, tmp_path):
    times = np.cumsum(np.random.default_rng(0).uniform(0.05, 0.15, size=200))
    pd.DataFrame({"t": times, "x": np.sin(times)}).to_csv(tmp_path / "x.csv", index=False)
    result = run("x.csv", "--model", "persistence", "--horizon", "1.0", "--output", "out.csv")
    assert result.exit_code == 0, result.output
    forecast = pd.read_csv("out.csv", index_col="t")
    assert forecast.index[0] > times[-1]
    assert forecast.index[-1] <= times[-1] + 1.0


def test_the_shipped_weather_has_a_name(run):
    options = ("--station", "EWR", "--columns", "temp", "--since", "2013-12-24")
    result = run("nyc-weather", *options, "--model", "persistence", "--horizon", "3h")
    assert "series EWR: 168 rows from 2013-12-24 00:00 UTC" in result.stdout
