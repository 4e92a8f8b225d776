"""CSVs of no known format: what the command leaves out, and what it refuses."""

import numpy as np
import pandas as pd
import pytest

FAST = ("--model", "persistence", "--horizon", "6h", "--output", "out.csv")


def write(path, index, values, **columns):
    table = pd.DataFrame({"time": index, "x": values} | columns)
    table.to_csv(path, index=False)
    return path


@pytest.fixture
def autumn(tmp_path):
    """Hours of a clock that goes back on 27 October 2024."""
    index = pd.date_range("2024-10-26", periods=60, freq="h", tz="Europe/Berlin")
    return write(tmp_path / "autumn.csv", index.tz_localize(None), np.arange(60) % 7 + 0.5)


def test_an_hour_repeated_in_autumn_is_refused_not_averaged(run, refusal, autumn):
    line = refusal(autumn, *FAST)
    assert "repeat the hour of 2024-10-27 02:00" in line
    assert "Pass --tz with their zone" in line
    result = run(autumn, *FAST, "--tz", "Europe/Berlin")
    assert result.exit_code == 0
    assert "repeat a time" not in result.stdout


def test_an_infinite_number_is_read_as_missing_and_counted(run, tmp_path):
    index = pd.date_range("2024-03-01", periods=60, freq="h")
    values = np.where(np.arange(60) == 30, np.inf, np.arange(60) % 7)
    result = run(write(tmp_path / "inf.csv", index, values), *FAST)
    assert result.exit_code == 0, result.output
    assert "x: 1 cell(s) are infinite, read as missing" in result.stdout
    assert "missing: x 1.7%" in result.stdout


def test_whole_numbers_at_repeated_times_are_averaged(run, tmp_path):
    index = pd.date_range("2024-03-01", periods=40, freq="h").repeat(2)
    result = run(write(tmp_path / "twice.csv", index, np.arange(80) % 7), *FAST)
    assert result.exit_code == 0, result.output
    assert "40 row(s) repeat a time: merged by their mean" in result.stdout
    # The last two are 78 % 7 and 79 % 7.
    assert pd.read_csv(tmp_path / "out.csv")["x"].tolist() == 6 * [1.5]
