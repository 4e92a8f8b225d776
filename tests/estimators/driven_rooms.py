"""A room whose heating is set at stamps of its own, and forecasters of it."""

import numpy as np
import pandas as pd

from tsnode import NeuralODERegressor

STAMPS = pd.date_range("2024-01-01", periods=48, freq="h", tz="UTC", name="time")
LATER = pd.date_range(STAMPS[-1], periods=13, freq="h", name="time")[1:]
HOURS = pd.date_range(STAMPS[0] - pd.Timedelta("10min"), periods=40, freq="99min")
DRIVE = pd.DataFrame({"heat": np.random.default_rng(1).normal(size=40)}, index=HOURS)


def room(heat, start=0.0):
    """Rows of dy/dt = heat - 0.3 y, per hour, heat held from stamp to stamp."""
    at = np.arange(0, 61, 0.01)
    when = STAMPS[0] + pd.to_timedelta(np.round(3600 * at), unit="s")
    u = heat.to_numpy()[np.searchsorted(heat.index, when, side="right") - 1]
    y = np.full(len(at), start)
    for k in range(1, len(at)):
        y[k] = y[k - 1] + 0.01 * (u[k - 1] - 0.3 * y[k - 1])
    return pd.DataFrame({"y": np.interp(np.arange(60.0), at, y)}, STAMPS.append(LATER))


def model(features, **params):
    settings = {"lookback": 6, "training": "linear", "random_state": 0, "features": features}
    return NeuralODERegressor(**settings | params)


def on_states(features):
    return model(features, lookback=None, training="auto", hidden_layer_sizes=(8,))


def panel(**series):
    return pd.concat(series, names=["room"])


TRUTH = room(DRIVE["heat"])
Y = TRUTH.loc[STAMPS]
TWO = panel(a=DRIVE, b=-DRIVE)
ROOMS = panel(a=TRUTH, b=room(-DRIVE["heat"]))
KNOWN, FUTURE = (ROOMS.loc[(slice(None), part), :] for part in (STAMPS, LATER))


def error(forecast, truth):
    return float(np.sqrt(np.mean(np.square(np.asarray(forecast) - np.asarray(truth)))))
