"""The weather table's protocol: its errors and shares by hand, and one run of it."""

import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "benchmarks"
HOURS = pd.date_range("2013-01-01", periods=400, freq="h", tz="UTC", name="time")


@pytest.fixture
def table(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("weather_table")


@pytest.fixture
def frame():
    values = np.random.default_rng(0).normal(size=(400, 2)).cumsum(axis=0)
    frame = pd.DataFrame(values, HOURS, ["a", "b"])
    frame.iloc[330:340, 1] = np.nan
    return frame


def test_persistence_is_judged_by_its_own_formula(table, frame):
    found = table.measure(frame, ["persistence"]).loc["persistence"]
    start = HOURS[0] + 0.75 * (HOURS[-1] - HOURS[0])
    rows = np.flatnonzero(start <= HOURS)[::3]
    misses = [
        np.square(frame.iloc[row + 1 : row + 7] - frame.iloc[: row + 1].ffill().iloc[-1])
        for row in rows
    ]
    by_channel = np.sqrt(pd.concat(misses).mean()) / frame[start > HOURS].std()
    assert found["6 h"] == pytest.approx(by_channel.mean(), rel=1e-9)
    assert 0.3 < found["covered 1-6 h"] < 1


def test_rows_left_out_are_seen_by_no_forecast(table, frame, monkeypatch):
    spoiled, forecasts = frame.copy(), []
    kept = np.random.default_rng(0).random(len(frame)) < 0.3
    spoiled[~kept] = 100 + spoiled[~kept]
    monkeypatch.setattr(table, "n_rmse", lambda _, found, __: forecasts.append(found) or {})
    for one in (frame, spoiled):
        table.measure(one, ["ridge"], keep=0.3, with_intervals=False)
    assert forecasts[0] == pytest.approx(forecasts[1], abs=1e-9, nan_ok=True)
    table.measure(spoiled, ["ridge"], with_intervals=False)
    assert np.nanmax(np.abs(forecasts[2] - forecasts[0])) > 50


def test_a_table_of_the_shipped_stations_is_printed_and_kept(table, tmp_path, capsys):
    found = table.main(
        ["JFK:temp,pressure"], ["persistence", "yesterday", "ridge"], csv=tmp_path / "table.csv",
        intervals=False,
    )  # fmt: skip
    assert found.loc[("JFK", "ridge"), "24 h"] < found.loc[("JFK", "persistence"), "24 h"]
    assert "parts of ridge" in capsys.readouterr().out
    kept = pd.read_csv(tmp_path / "table.csv", index_col=[0, 1])
    assert kept["24 h"].to_numpy() == pytest.approx(found["24 h"].to_numpy())
