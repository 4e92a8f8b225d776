"""Columns that cannot be forecast are refused by name when they are asked for."""

import pandas as pd
import pytest

import tsnode

FAST = ("--model", "persistence")


def test_a_constant_column_cannot_be_asked_for(refusal):
    times = pd.date_range("2024-01-01", periods=20, freq="h")
    pd.DataFrame({"time": times, "a": 1.0, "b": range(20)}).to_csv("c.csv", index=False)
    assert "a hold at most one value" in refusal("c.csv", *FAST, "--columns", "a,b")


@pytest.mark.parametrize("columns", ["gone", "temp,gone"])
def test_a_column_of_the_file_without_numbers_cannot_be_asked_for(refusal, weather_csv, columns):
    pd.read_csv(weather_csv).assign(gone=float("nan")).to_csv(weather_csv, index=False)
    assert "got gone (no numbers)" in refusal(weather_csv, *FAST, "--columns", columns)


def test_a_column_without_numbers_in_the_series_cannot_be_asked_for(refusal, stations_csv):
    rows = pd.read_csv(stations_csv)
    rows["pressure"] = rows["pressure"].where(rows["station"] == "North")
    rows.to_csv(stations_csv, index=False)
    arguments = (stations_csv, *FAST, "--station", "South", "--columns", "temp,pressure")
    assert "pressure hold at most one value" in refusal(*arguments)


def test_a_column_without_numbers_in_training_is_named_before_training(
    refusal, weather_csv, monkeypatch
):
    rows = pd.read_csv(weather_csv)
    rows.loc[:190, "pressure"] = float("nan")
    rows.to_csv(weather_csv, index=False)
    monkeypatch.setattr(tsnode.PersistenceRegressor, "fit", None)
    line = refusal(weather_csv, *FAST, "--columns", "temp,pressure")
    assert "pressure hold none before 2024-03-08 11:15 UTC" in line
    assert "later --holdout" in line
