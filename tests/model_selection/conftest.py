"""Data that the tests of backtests share."""

import numpy as np
import pandas as pd
import pytest


def make_waves(n=96, phase=0.0, seed=0, missing=0.2):
    """Two noisy waves of a day, hourly, a part of the entries missing."""
    index = pd.date_range("2024-01-01", periods=n, freq="h", name="time")
    rng = np.random.default_rng(seed)
    angle = 2 * np.pi * np.arange(n) / 24 + phase
    values = np.stack([np.sin(angle), 3 + np.cos(angle)], axis=1) + rng.normal(0, 0.1, (n, 2))
    frame = pd.DataFrame(values, index=index, columns=["a", "b"])
    return frame.mask(rng.random(frame.shape) < missing)


@pytest.fixture
def waves():
    return make_waves()


@pytest.fixture
def ragged():
    """Three series, each with stamps of its own, irregular, some entries missing."""
    series = {}
    for k, key in enumerate(["JFK", "EWR", "LGA"]):
        frame = make_waves(140, phase=k, seed=k)
        shift = np.random.default_rng(k).integers(-20, 21, size=len(frame))
        frame.index = (frame.index + pd.to_timedelta(shift, unit="min")).rename("time")
        series[key] = frame.sample(110, random_state=k).sort_index()
    return pd.concat(series, names=["station"])
