"""The held-out part judges every lead, or the table says in words why not."""

import numpy as np
import pandas as pd
import pytest

import tsnode

FAST = ("--model", "persistence")
HOURS = pd.date_range("2024-03-01", periods=240, freq="h")


@pytest.fixture
def write():
    """Return a function that writes hourly columns of noise, changed by the caller."""

    def write(change):
        noise = np.random.default_rng(0).normal(size=(240, 2))
        rows = pd.DataFrame(noise, columns=["a", "b"])
        change(rows)
        rows.assign(time=HOURS).to_csv("noise.csv", index=False)
        return "noise.csv"

    return write


@pytest.fixture
def diverging(monkeypatch):
    """Let the last row of every forecast by persistence diverge."""

    def diverge(_self, _known, requests, _controls):
        forecast = np.zeros((len(requests.times), 2))
        forecast[-1] = np.nan
        return forecast

    monkeypatch.setattr(tsnode.PersistenceRegressor, "_forecast_requests", diverge)


def nothing_missing(_rows):
    pass


def every_second_missing(rows):
    rows.loc[1::2, ["a", "b"]] = np.nan


def row_of(result, label):
    return next(line for line in result.stdout.splitlines() if line.startswith(label)).split()


@pytest.mark.parametrize("horizon", ["60", "60h", "1000000000000"])
def test_a_horizon_beyond_the_held_out_part_is_refused_before_training(
    refusal, weather_csv, monkeypatch, horizon
):
    monkeypatch.setattr(tsnode.PersistenceRegressor, "fit", None)
    line = refusal(weather_csv, *FAST, "--horizon", horizon)
    # 60 held-out rows: from the first of them the last is 59 h ahead.
    assert f"got {horizon}" in line
    assert "--horizon 59 or less" in line
    assert "earlier --holdout" in line


@pytest.mark.parametrize("horizon", ["-inf", "inf", "nan"])
def test_an_infinite_horizon_of_numeric_times_is_refused(refusal, horizon):
    pd.DataFrame({"t": np.arange(40) / 10, "x": np.arange(40.0)}).to_csv("x.csv", index=False)
    assert "finite" in refusal("x.csv", *FAST, f"--horizon={horizon}")


def test_the_longest_horizon_has_one_origin(run, weather_csv):
    result = run(weather_csv, *FAST, "--horizon", "59")
    assert result.exit_code == 0
    assert "59 h" in result.stdout
    assert "nan" not in result.stdout


def test_a_held_out_part_without_observations_is_refused(refusal, write):
    def stop_early(rows):
        rows.loc[180:, ["a", "b"]] = np.nan

    line = refusal(write(stop_early), *FAST, "--horizon", "3h")
    assert "nothing is observed from 2024-03-08" in line
    assert "earlier --holdout" in line


def test_a_lead_without_observations_is_told_in_words(run, write):
    result = run(write(every_second_missing), *FAST, "--horizon", "4h")
    assert row_of(result, "3 h")[2:] == ["-", "-", "-"]
    assert "-: nothing observed at that lead in the held-out part" in result.stdout
    assert "nan" not in result.stdout


def test_the_mean_leaves_out_leads_without_observations(run, write):
    result = run(write(every_second_missing), *FAST, "--horizon", "2h")
    # Of the leads 1 h and 2 h only the second can be observed.
    assert row_of(result, "mean")[-3:] == row_of(result, "2 h")[2:]


@pytest.mark.usefixtures("diverging")
def test_a_diverged_forecast_is_told_in_words(run, write):
    result = run(write(nothing_missing), *FAST, "--horizon", "2h")
    assert result.exit_code == 0, result.output
    assert row_of(result, "2 h")[2] == "diverged"
    assert row_of(result, "mean")[6] == "diverged"
    assert "nan" not in result.stdout.lower()
    assert "none" in row_of(result, "2024-03-11 01:00:00")


@pytest.mark.parametrize("options", [(), ("--quiet",)])
@pytest.mark.usefixtures("diverging")
def test_a_forecast_with_holes_says_so(run, write, options):
    file = write(nothing_missing)
    result = run(file, *FAST, "--horizon", "2h", "--output", "out.csv", *options)
    assert "1 of 2 forecast rows diverged and are empty, the first at 2024-03-11 01:00" in (
        result.stderr
    )
    assert "shorter --horizon" in result.stderr


def test_a_column_not_observed_in_the_held_out_part_is_named(run, write):
    def stop_early(rows):
        rows.loc[170:, "b"] = np.nan

    result = run(write(stop_early), *FAST, "--horizon", "3h", "--plot", "p.png")
    assert "mean over 1 column;" in result.stdout
    assert "b: not observed in the held-out part, not judged" in result.stdout
    assert result.stderr == ""


def test_only_constant_columns_are_told_instead_of_a_table(run, write):
    def stand_still(rows):
        rows.loc[:199, "b"] = 1.0

    result = run(write(stand_still), *FAST, "--columns", "b", "--horizon", "3h")
    assert "b: constant in training, not judged" in result.stdout
    assert "No error can be told" in result.stdout
    assert "nan" not in result.stdout
