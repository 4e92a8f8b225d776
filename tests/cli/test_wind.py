"""The command forecasts the flow of the wind, never its angle."""

import numpy as np
import pandas as pd
import pytest


def test_rows_that_repeat_a_time_are_merged_as_flows_not_as_angles(run, tmp_path):
    times = pd.date_range("2024-03-01", periods=60, freq="h").repeat(2)
    frame = pd.DataFrame({"time": times, "wind_dir": np.tile([359.0, 1.0], 60)})
    frame["wind_speed"] = np.repeat(np.arange(1.0, 61.0), 2)
    frame.to_csv(tmp_path / "wind.csv", index=False)
    result = run("wind.csv", "--model", "persistence", "--horizon", "1", "--output", "out.csv")
    assert result.exit_code == 0, result.output
    # The plain mean of 359 and 1 is 180: the opposite wind.
    north = pd.read_csv(tmp_path / "out.csv")["wind_v"].iloc[0]
    assert north == pytest.approx(-60.0 * np.cos(np.deg2rad(1.0)), rel=1e-5)


def test_a_direction_asked_for_is_named_with_its_components(refusal, tmp_path):
    times = pd.date_range("2024-03-01", periods=60, freq="h")
    frame = pd.DataFrame({"time": times, "wind_dir": np.arange(60) * 6.0, "wind_speed": 3.0})
    frame.to_csv(tmp_path / "wind.csv", index=False)
    line = refusal("wind.csv", "--model", "persistence", "--columns", "wind_dir")
    assert "got wind_dir (an angle; forecast as wind_u and wind_v)" in line
