"""Five days of weather in the talk's shape: 7 channels and the hour, smoothed, scaled, every 3 h.

The talk takes Heidelberg, 26 to 30 July 2021 (ERA5, hourly, from Open-Meteo). Where there is no
network and no file, the same days of the year at La Guardia in 2013 stand in, from the shipped
weather: other numbers, the same shape.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d

from tsnode.datasets import load_nyc_weather

DAYS = ("2013-07-26", "2013-07-30")
STANDING_IN = ["temp", "pressure", "humid", "precip", "visib", "dewp", "wind_speed"]
HOUR = ["hour_sin", "hour_cos"]
SEEN, SIGMA, STRIDE = 72, 2.0, 3


@dataclass
class Window:
    """Hourly rows of both parts, smoothed and scaled; the models see every third of the first."""

    source: str
    hourly_train: pd.DataFrame
    hourly_future: pd.DataFrame

    @property
    def train(self):
        """The 24 points that are learned from."""
        return self.hourly_train.iloc[::STRIDE]

    @property
    def future(self):
        """The 16 points of the last 48 h, at the same hours of the day."""
        return self.hourly_future.iloc[::STRIDE]


def load_window(data="shipped"):
    """Load five days.

    Parameters
    ----------
    data : "fetch" (the talk's query, over the network), "shipped", or the path of a CSV, of which
        the first 120 rows are taken, and the first 7 columns that vary

    Returns
    -------
    Window
    """
    if data == "fetch":
        from tsnode.datasets import fetch_heidelberg_2021

        return prepare(fetch_heidelberg_2021(), "Heidelberg, July 2021 (Open-Meteo)")
    if data == "shipped":
        return prepare(load_nyc_weather("LGA").loc[DAYS[0] : DAYS[1], STANDING_IN],
                       "La Guardia, July 2013 (shipped)")  # fmt: skip
    from tsnode.datasets import read_series_csv

    frame = read_series_csv(data).iloc[:120]
    varying = [name for name in frame if frame[name].iloc[:SEEN].nunique() > 1]
    return prepare(frame[varying[:7]], str(data))


def prepare(hourly, source):
    """Fill, add the hour, smooth and scale as the talk does; nothing of the future is used."""
    frame = hourly.interpolate(limit_direction="both")
    turns = 2 * np.pi * frame.index.hour / 24
    frame = frame.assign(hour_sin=np.sin(turns), hour_cos=np.cos(turns))
    parts = frame.iloc[:SEEN], frame.iloc[SEEN:]
    smooth = [
        pd.DataFrame(gaussian_filter1d(part, SIGMA, axis=0), part.index, part.columns)
        for part in parts
    ]
    low, high = smooth[0].min(), smooth[0].max()
    return Window(source, *((part - low) / (high - low) for part in smooth))


def joined(points):
    """Rows of every hour on the cubic spline through points 3 h apart; it adds no knowledge.

    A field is matched to slopes, and so wants to know how the path runs between the points.
    """
    hours = np.arange(len(points)) * STRIDE
    fine = np.arange(hours[-1] + 1)
    index = pd.date_range(points.index[0], points.index[-1], periods=len(fine), name="time")
    return pd.DataFrame(CubicSpline(hours, points)(fine), index, points.columns)
