"""Orbits that several metrics are tested on."""

import numpy as np
import pandas as pd
import pytest


def lorenz_slope(state):
    x, y, z = state
    return np.stack([10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z])


def runge_kutta(state, step):
    first = lorenz_slope(state)
    second = lorenz_slope(state + step / 2 * first)
    third = lorenz_slope(state + step / 2 * second)
    fourth = lorenz_slope(state + step * third)
    return state + step / 6 * (first + 2 * second + 2 * third + fourth)


@pytest.fixture(scope="session")
def orbits():
    """Two orbits of the Lorenz system, 20,000 rows each at a step of 0.01."""
    state = np.array([[1.0, 1.1], [1.0, -1.0], [20.0, 25.0]])
    rows = [state := runge_kutta(state, 0.01) for _ in range(22_000)][2000:]
    stacked = np.stack(rows)
    times = pd.Index(0.01 * np.arange(20_000), name="time")
    return tuple(pd.DataFrame(stacked[:, :, k], times, columns=list("xyz")) for k in (0, 1))
