"""A command line to call and small files to call it with."""

import functools

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from tsnode.cli import main


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Return a function that calls ``tsnode`` in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments, stdin=None):
        return CliRunner().invoke(main, [*map(str, arguments)], input=stdin)

    return call


@pytest.fixture
def run(command):
    """Return a function that calls ``tsnode forecast``."""
    return functools.partial(command, "forecast")


@pytest.fixture
def refused(command):
    """Return a function that calls ``tsnode`` and gives the one line it is refused with."""

    def call(*arguments, stdin=None):
        result = command(*arguments, stdin=stdin)
        assert result.exit_code == 2, result.output
        (line,) = result.stderr.splitlines()
        assert line.startswith("Error: ")
        return line

    return call


@pytest.fixture
def refusal(refused):
    """Return a function that gives the one line that ``tsnode forecast`` is refused with."""
    return functools.partial(refused, "forecast")


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
