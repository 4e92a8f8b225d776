"""A command line to call and small files to call it with."""

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from tsnode.cli import main


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that calls ``tsnode forecast`` in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        return CliRunner().invoke(main, ["forecast", *map(str, arguments)])

    return call


@pytest.fixture
def refusal(run):
    """Return a function that calls the command and gives the one line it is refused with."""

    def call(*arguments):
        result = run(*arguments)
        assert result.exit_code == 2, result.output
        (line,) = result.stderr.splitlines()
        assert line.startswith("Error: ")
        return line

    return call


@pytest.fixture
def weather_csv(tmp_path):
    """Write ten days of hourly temperature and pressure, a third of the pressure missing."""
    return write_weather(tmp_path / "weather.csv")


@pytest.fixture
def stations_csv(tmp_path):
    """Write the same for two stations, in one file."""
    return write_weather(tmp_path / "stations.csv", stations=("North", "South"))


def write_weather(path, stations=(None,)):
    rng = np.random.default_rng(0)
    hours = np.arange(240)
    parts = []
    for station in stations:
        data = pd.DataFrame({"time": pd.date_range("2024-03-01", periods=240, freq="h", tz="UTC")})
        data["temp"] = 10 + 5 * np.sin(2 * np.pi * hours / 24) + rng.normal(size=240)
        data["pressure"] = 1013 + np.cumsum(rng.normal(size=240))
        data.loc[rng.random(240) < 0.3, "pressure"] = np.nan
        data["gust"] = np.where(rng.random(240) < 0.8, np.nan, 9.0 + rng.random(240))
        parts.append(data if station is None else data.assign(station=station))
    pd.concat(parts).to_csv(path, index=False)
    return path
