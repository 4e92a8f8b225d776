"""Small data of every kind that a report must tell apart."""

import numpy as np
import pandas as pd
import pytest

from tsnode.datasets import load_nyc_weather, make_van_der_pol


def noise(n, correlation, rng, times=None):
    """AR(1) of variance 1; on given times its continuous form."""
    gaps = np.ones(n - 1) if times is None else np.diff(times)
    kept = correlation**gaps
    values = rng.normal(size=n)
    for k in range(1, n):
        values[k] = kept[k - 1] * values[k - 1] + np.sqrt(1 - kept[k - 1] ** 2) * values[k]
    return values


def lorenz(n, step=0.02, start=(1.0, 1.0, 20.0), transient=0):
    """Rows of the Lorenz system, by Runge-Kutta of order 4 with two steps a row."""

    def slope(z):
        x, y, z = z
        return np.array([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])

    states, h = [np.array(start)], step / 2
    for _ in range(2 * (n + transient - 1)):
        z = states[-1]
        a = slope(z)
        b = slope(z + h / 2 * a)
        c = slope(z + h / 2 * b)
        states.append(z + h / 6 * (a + 2 * b + 2 * c + slope(z + h * c)))
    values = np.array(states[::2][transient:])
    return pd.DataFrame(values, np.arange(n) * step, columns=["x", "y", "z"])


def monthly(n=144):
    rng = np.random.default_rng(0)
    k = np.arange(n)
    values = 0.05 * k + 3 * np.sin(2 * np.pi * k / 12) + rng.normal(size=n)
    return pd.Series(values, pd.date_range("2010", periods=n, freq="MS"), name="sales")


def white(n=1000, seed=0):
    rng = np.random.default_rng(seed)
    index = pd.date_range("2020", periods=n, freq="h")
    return pd.DataFrame(rng.normal(size=(n, 2)), index, columns=["a", "b"])


def weather(missing=0.0):
    frame = load_nyc_weather("EWR")[["temp", "dewp", "pressure", "wind_u", "wind_v"]]
    hole = np.random.default_rng(0).random(frame.shape) < missing
    return frame.mask(hole)


def logistic(n=1000):
    values = [0.3]
    while len(values) < n:
        values.append(4 * values[-1] * (1 - values[-1]))
    return pd.Series(values, np.arange(float(n)))


MADE = {
    "van der Pol": lambda: make_van_der_pol(600, random_state=0),
    "noisy irregular": lambda: make_van_der_pol(600, irregular=True, noise=0.05, random_state=0),
    "Lorenz": lambda: lorenz(3000),
    "hidden": lambda: lorenz(3000)[["x"]],
    "weather": weather,
    "holey weather": lambda: weather(0.3),
    "white": white,
    "walk": lambda: white().cumsum(),
    "monthly": monthly,
    "logistic": logistic,
    "short": lambda: white(20)["a"],
    "tiny": lambda: white(5),
    "constant": lambda: white(100) * 0 + 3,
}


@pytest.fixture(scope="session")
def made():
    """Return a function that reports on one of these, each once."""
    from tsnode.inspection import data_report

    known = {}

    def report(name):
        if name not in known:
            known[name] = data_report(MADE[name]())
        return known[name]

    return report


@pytest.fixture(scope="session")
def fitted():
    """Return a linear law, fitted to an orbit of its own."""
    from .laws import fit_rates

    return fit_rates()


@pytest.fixture(scope="session")
def pendulum():
    """Return a damped pendulum in hours, as a fitted module."""
    from .fitted_laws import fit_pendulum

    return fit_pendulum()


@pytest.fixture(scope="session")
def focus():
    """Return a linear focus as a fitted module."""
    from .fitted_laws import fit_focus

    return fit_focus()
