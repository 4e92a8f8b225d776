"""Intervals stand beside the forecast, and the report says how often they held."""

import numpy as np
import pandas as pd
import pytest

import tsnode
from tsnode.cli._judging import Trial
from tsnode.cli._options import parse_intervals
from tsnode.cli._reading import read_one_series

FAST = ("--model", "persistence", "--horizon", "4h")


def test_the_columns_are_the_bounds_of_the_python_interface(run, weather_csv):
    result = run(weather_csv, *FAST, "--interval", "0.9,0.5", "--output", "out.csv")
    assert result.exit_code == 0, result.output
    found = pd.read_csv("out.csv", index_col=0, parse_dates=True)
    bounds = ["_lower_90", "_upper_90", "_lower_50", "_upper_50"]
    assert list(found.columns) == [
        name + end for name in ("temp", "pressure") for end in ("", *bounds)
    ]
    frame, _ = read_one_series(str(weather_csv))
    model = tsnode.PersistenceRegressor().fit(frame.index, frame)
    stamps = frame.index[-1] + pd.timedelta_range("1h", periods=4, freq="h")
    interval = model.predict_interval(stamps, coverage=0.9)
    np.testing.assert_allclose(found["temp_lower_90"], interval.lower["temp"], rtol=1e-5)
    np.testing.assert_allclose(found["pressure_upper_90"], interval.upper["pressure"], rtol=1e-5)
    assert (found["temp_lower_90"] < found["temp_lower_50"]).all()


def test_the_coverage_is_the_share_of_held_out_values_inside_by_hand(run, weather_csv):
    result = run(weather_csv, *FAST, "--columns", "temp", "--interval", "80%")
    frame, _ = read_one_series(str(weather_csv), columns="temp")
    trial = Trial.plan(frame, "4h", "0.25")
    model = tsnode.PersistenceRegressor().fit(trial.train.index, trial.train)
    inside = []
    for origin in trial.origins.origins:
        stamp = origin + pd.Timedelta("3h")
        if stamp in frame.index:
            asked = pd.DatetimeIndex([stamp])
            lower, upper = model.predict_interval(asked, frame, "3h", coverage=0.8)
            truth = frame.at[stamp, "temp"]
            inside.append(lower.iat[0, 0] <= truth <= upper.iat[0, 0])
    assert 0 < np.mean(inside) < 1
    table = result.stdout.split("inside the interval of:")[1]
    line = next(line for line in table.splitlines() if line.startswith("3 h"))
    assert line.split()[-1] == f"{np.mean(inside):.3f}"
    assert "80 % by column: temp 0." in table


def test_without_an_interval_nothing_is_calibrated(run, weather_csv, monkeypatch):
    monkeypatch.setattr(tsnode.PersistenceRegressor, "lead_errors_", property(lambda _: 1 / 0))
    result = run(weather_csv, *FAST)
    assert result.exit_code == 0, result.output
    assert "inside the interval" not in result.stdout


def test_the_widest_interval_is_a_band_of_the_picture(run, weather_csv, monkeypatch):
    drawn = {}
    from tsnode.plots import ForecastDisplay

    original = ForecastDisplay.from_predictions

    def note(forecast, **settings):
        drawn.update(settings)
        return original(forecast, **settings)

    monkeypatch.setattr(ForecastDisplay, "from_predictions", note)
    result = run(weather_csv, *FAST, "--interval", "0.5,0.9", "--plot", "picture.svg")
    assert result.exit_code == 0, result.output
    assert drawn["coverage"] == 0.9
    assert (drawn["upper"] > drawn["lower"]).all(axis=None)


@pytest.mark.parametrize("text", ["0", "1", "-0.5", "90", "120%", "wide", "0.9;0.5", "", "nan"])
def test_shares_outside_0_and_1_are_refused(refusal, weather_csv, text):
    line = refusal(weather_csv, *FAST, f"--interval={text}")
    assert "--interval must hold shares between 0 and 1" in line
    assert f"got {text!r}" in line
    assert "Pass 0.9" in line


def test_shares_are_repeated_or_listed_and_count_once():
    assert parse_intervals(["0.9", "0.5, 90%", "0.995"]) == [0.9, 0.5, 0.995]
    assert parse_intervals([]) == []


def test_a_column_with_the_name_of_a_bound_is_no_output(refusal, weather_csv):
    rows = pd.read_csv(weather_csv)
    rows.assign(temp_lower_90=rows["temp"] - 1).to_csv(weather_csv, index=False)
    line = refusal(weather_csv, *FAST, "--interval", "0.9", "--output", "out.csv")
    assert "adds the column temp_lower_90" in line
