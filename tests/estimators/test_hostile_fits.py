"""A hundred hostile fits: every one ends with finite forecasts or says what to change."""

import re
import signal
import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

from tsnode import NeuralODERegressor, NNStepRegressor, ResNetStepRegressor
from tsnode.exceptions import FitError, FitWarning, ForecastWarning

N_ROWS = 60
# CPU seconds after which a fit with its forecasts counts as hanging; most take one or two.
MOST_SECONDS = 60
# What a message may begin its remedy with.
REMEDIES = "Pass|Set|Lower|Raise|Leave|Use|Fit|Ask|Shorten|Drop|Choose|Rescale|Check|Convert"


def wave(n_rows=N_ROWS):
    phase = 0.3 * np.arange(n_rows)
    noise = np.random.default_rng(0).normal(scale=0.02, size=(n_rows, 2))
    return np.column_stack([np.sin(phase), np.cos(phase)]) + noise


def on(stamps, values=None):
    return pd.DataFrame(wave(len(stamps)) if values is None else values, index=stamps)


def hourly(values):
    return on(pd.date_range("2024-01-01", periods=len(values), freq="h"), values)


def one_changed(value, row=30):
    values = wave()
    values[row, 0] = value
    return hourly(values)


def one_channel(values):
    return hourly(np.column_stack([wave()[:, 0], np.broadcast_to(values, N_ROWS)]))


def holed(share, n_seen=2):
    generator = np.random.default_rng(1)
    values = np.where(generator.random((N_ROWS, 2)) < share, np.nan, wave())
    values[:n_seen] = wave()[:n_seen]
    return hourly(values)


def nanoseconds_beside_years():
    years = pd.date_range("1990-01-01", periods=6, freq="YS").as_unit("ns")
    return on(pd.DatetimeIndex([s + pd.Timedelta(k, "ns") for s in years for k in range(10)]))


def years_with_a_twin_a_nanosecond_later():
    years = pd.date_range("1990-01-01", periods=30, freq="YS").as_unit("ns")
    return on(pd.DatetimeIndex([s + pd.Timedelta(k, "ns") for s in years for k in range(2)]))


def with_a_gap_of_thirty_years():
    old = pd.date_range("1990-01-01", periods=30, freq="h")
    return on(old.append(old + pd.Timedelta("11000D")))


def floats(times):
    return on(pd.Index(np.asarray(times, dtype=float)))


def noise(scale=1.0):
    return hourly(np.random.default_rng(2).normal(scale=scale, size=(N_ROWS, 2)))


STEPS = np.arange(float(N_ROWS))
DATA = {
    "a wave": lambda: hourly(wave()),
    "a spike of 1e12": lambda: one_changed(1e12),
    "a last value of 1e12": lambda: one_changed(1e12, row=N_ROWS - 1),
    "a spike of 1e200": lambda: one_changed(1e200),
    "values of 1e200": lambda: hourly(1e200 * wave()),
    "values of 1e-200": lambda: hourly(1e-200 * wave()),
    "values of 1e12 that differ by 1e-4": lambda: hourly(1e12 + 1e-4 * wave()),
    "a constant channel": lambda: one_channel(3.0),
    "a channel of zeros": lambda: one_channel(0.0),
    "a channel of steps": lambda: one_channel(np.arange(N_ROWS) // 20),
    "a channel of ones and zeros": lambda: one_channel(np.arange(N_ROWS) % 2),
    "two equal channels": lambda: one_channel(wave()[:, 0]),
    "growth from 1 to 1e50": lambda: one_channel(np.logspace(0, 50, N_ROWS)),
    "a random walk": lambda: hourly(np.cumsum(noise().to_numpy(), axis=0)),
    "noise alone": noise,
    "half of the entries": lambda: holed(0.5),
    "a tenth of the entries": lambda: holed(0.9),
    "two rows of entries": lambda: holed(1.0),
    "two rows": lambda: hourly(wave(2)),
    "three rows": lambda: hourly(wave(3)),
    "nanoseconds beside years": nanoseconds_beside_years,
    "years with a twin a nanosecond later": years_with_a_twin_a_nanosecond_later,
    "nanoseconds": lambda: on(pd.date_range("2024-01-01", periods=N_ROWS, freq="ns")),
    "a gap of thirty years": with_a_gap_of_thirty_years,
    "gaps from 1e-9 to 1e9": lambda: floats(np.cumsum(np.logspace(-9, 9, N_ROWS))),
    "times of 1e300": lambda: floats(STEPS * 1e300 / N_ROWS),
    "times of 1e-300": lambda: floats(STEPS * 1e-300),
    "times at 1e15": lambda: floats(1e15 + STEPS),
    "two stamps": lambda: floats(STEPS % 2),
}


def ode(**params):
    return NeuralODERegressor(random_state=0, **params)


def shooter(**params):
    given = {"lookback": None, "training": "shooting", "max_epochs": 3} | params
    return ode(**{"hidden_layer_sizes": (8,), **given})


def looped_map(cls):
    return lambda **params: cls((8,), random_state=0, **{"max_epochs": 3, **params})


KINDS = {
    "auto": ode,
    "shooting": shooter,
    "match": lambda **params: ode(training="match", **params),
    "collocation": lambda **params: ode(training="collocation", **params),
    "linear": lambda **params: ode(training="linear", **params),
    "ResNetStep": lambda **params: ResNetStepRegressor(random_state=0, **params),
    "ResNetStep in a loop": looped_map(ResNetStepRegressor),
    "NNStep in a loop": looped_map(NNStepRegressor),
}
SETTINGS = [
    ("shooting", {"lr": 1e10}),
    ("shooting", {"lr": 1e300}),
    ("shooting", {"lr": 1e300, "early_stopping": False}),
    ("shooting", {"lr": 1e6, "optimizer": "SGD", "activation": "relu"}),
    ("shooting", {"lr": 1e200, "optimizer": "SGD", "early_stopping": False}),
    ("shooting", {"lr": 1e10, "optimizer": "LBFGS"}),
    ("shooting", {"lr": 1e300, "activation": "softplus", "max_epochs": 8}),
    ("shooting", {"training_horizon": 1000}),
    ("shooting", {"training_horizon": 1000, "lr": 1e5, "hidden_layer_sizes": ()}),
    ("shooting", {"curriculum": lambda epoch: epoch * 10**9}),
    ("shooting", {"batch_size": 10**9}),
    ("shooting", {"method": "dopri5", "rtol": 1e-13, "atol": 0.0, "max_epochs": 1}),
    ("shooting", {"method": "dopri5", "lr": 1e3, "max_epochs": 1}),
    ("shooting", {"method": "euler", "lr": 1e3}),
    ("shooting", {"rtol": 1e300, "atol": 1e300}),
    ("shooting", {"jacobian_penalty": 1e300}),
    ("shooting", {"kinetic_penalty": 1e300}),
    ("shooting", {"alpha": 1e300}),
    ("shooting", {"gradient": "adjoint", "lr": 1e100, "max_epochs": 1}),
    ("match", {"alpha": 0.0}),
    ("match", {"alpha": 1e300}),
    ("match", {"alpha": 1e-300, "activation": "relu"}),
    ("match", {"hidden_layer_sizes": ()}),
    ("match", {"method": "dopri5", "rtol": 1e-13, "atol": 0.0}),
    ("collocation", {"alpha": 0.0}),
    ("collocation", {"alpha": 1e300}),
    ("linear", {"alpha": 0.0}),
    ("linear", {"alpha": 1e300}),
    ("linear", {"lookback": 1000}),
    ("auto", {"lookback": 12, "max_epochs": 2, "lr": 1e300}),
    ("auto", {"validation_fraction": 0.9}),
    ("ResNetStep", {"freq": "1s"}),
    ("ResNetStep", {"freq": "1000D"}),
    ("ResNetStep", {"alpha": 0.0}),
    ("ResNetStep in a loop", {"lr": 1e300}),
    ("ResNetStep in a loop", {"training_horizon": 1000, "lr": 1e5}),
    ("NNStep in a loop", {"lr": 1e300, "early_stopping": False}),
]
HOSTILE = [(kind, name, {}) for name in DATA for kind in ("auto", "shooting", "NNStep in a loop")]
HOSTILE += [(kind, "a wave", params) for kind, params in SETTINGS]


@contextmanager
def ended_after(seconds):
    """Raise TimeoutError in the block after so many seconds of this process, slept ones not."""

    def end(*_):
        msg = f"hangs: over {seconds} s of computing"
        raise TimeoutError(msg)

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def outcome(kind, name, params):
    """Say that all forecasts are finite, or give the message of an error that is ours."""
    frame = DATA[name]()
    with warnings.catch_warnings(), ended_after(MOST_SECONDS):
        for category in (FitWarning, ForecastWarning):
            warnings.simplefilter("ignore", category)
        for words in ("repeat a stamp", "rows move by"):
            warnings.filterwarnings("ignore", message=f".*{words}", category=UserWarning)
        try:
            model = KINDS[kind](**params).fit(frame.index, frame)
            found = np.concatenate([model.predict(frame.index), model.forecast(5)])
        except (FitError, ValueError) as error:
            return str(error)
    return "finite" if np.isfinite(found).all() else "not finite"


def ends_well(told):
    return told == "finite" or re.search(rf"\. ({REMEDIES})\b", told) is not None


def test_there_are_a_hundred_of_them():
    assert len(HOSTILE) >= 100


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name", "params"), HOSTILE)
def test_a_hostile_fit_forecasts_or_names_the_remedy(kind, name, params):
    assert ends_well(told := outcome(kind, name, params)), told


QUICK = [
    ("match", "a spike of 1e12", {}),
    ("match", "a constant channel", {}),
    ("linear", "nanoseconds beside years", {}),
    ("match", "nanoseconds beside years", {}),
    ("collocation", "years with a twin a nanosecond later", {}),
    ("linear", "a spike of 1e200", {}),
    ("match", "values of 1e-200", {}),
    ("match", "a gap of thirty years", {}),
    ("ResNetStep", "a gap of thirty years", {}),
    ("match", "two rows", {}),
    ("linear", "times of 1e300", {}),
    ("shooting", "a wave", {"lr": 1e300}),
    ("NNStep in a loop", "a spike of 1e12", {}),
]


@pytest.mark.parametrize(("kind", "name", "params"), QUICK)
def test_a_quick_hostile_fit_forecasts_or_names_the_remedy(kind, name, params):
    assert ends_well(told := outcome(kind, name, params)), told
