"""Every forecaster in small, fitted once, and the waves it is fitted to."""

import copy
import warnings
from functools import cache, partial

import numpy as np
import pandas as pd

from tsnode import estimators
from tsnode.estimators._base import BaseForecaster
from tsnode.preprocessing import CalendarFeatures

FORECASTERS = [
    one
    for name in estimators.__all__
    if isinstance(one := getattr(estimators, name), type) and issubclass(one, BaseForecaster)
]
NEURAL = [cls.__name__ for cls in FORECASTERS if hasattr(cls, "_fit_path")]
ODE = partial(estimators.NeuralODERegressor, hidden_layer_sizes=(4,), alpha=1.0, random_state=0)
# The ODE has two kinds of path.
MAKERS = {
    cls.__name__: partial(cls, hidden_layer_sizes=(4,), alpha=1.0, random_state=0)
    if cls.__name__ in NEURAL
    else cls
    for cls in FORECASTERS
} | {
    "RidgeLagRegressor": partial(estimators.RidgeLagRegressor, lookback=6, max_lead=8),
    "NeuralODERegressor": partial(ODE, training="match"),
    "UniversalODERegressor": partial(
        estimators.UniversalODERegressor, hidden_layer_sizes=(4,), alpha=1.0, random_state=0,
        training="match",
    ),
    "LatentODERegressor": partial(
        estimators.LatentODERegressor, hidden_layer_sizes=(4,), encoder="gru", encoder_units=4,
        lookback=6, training_horizon=2, max_epochs=1, random_state=0,
    ),
    "NeuralCDERegressor": partial(
        estimators.NeuralCDERegressor, hidden_layer_sizes=(4,), latent_dim=4, lookback=6,
        training_horizon=2, method="midpoint", max_epochs=1, random_state=0,
    ),
    "NeuralSDERegressor": partial(
        estimators.NeuralSDERegressor, hidden_layer_sizes=(4,), max_epochs=1, random_state=0
    ),
    "NeuralPDERegressor": partial(
        estimators.NeuralPDERegressor, hidden_layer_sizes=(4,), max_epochs=20, random_state=0
    ),
    "history": partial(ODE, lookback=6, training="linear"),
    "trained": partial(ODE, lookback=6, max_epochs=2),
    "calendar": partial(ODE, training="match", features=CalendarFeatures(("day",))),
}  # fmt: skip


def waves(n=40, start="2013-01-01", n_channels=2):
    """Noisy waves, an hour apart, with holes."""
    index = pd.date_range(start, periods=n, freq="h", name="time")
    phase = 2 * np.pi * np.arange(n) / 24
    noise = 0.1 * np.random.default_rng(0).normal(size=(n, n_channels))
    columns = {f"c{k}": 3 + (k + 1) * np.sin(phase + k) for k in range(n_channels)}
    frame = pd.DataFrame(columns, index=index) + noise
    frame.iloc[7, 0] = np.nan
    return frame


def fit(name, X, y, **params):
    """Fit a small forecaster of that name; that the rows are few is no news here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MAKERS[name](**params).fit(X, y)


def fitted(name):
    """Forecaster of that name on the first 60 waves; fitted once, for everybody a copy."""
    return copy.deepcopy(_fitted(name))


@cache
def _fitted(name):
    frame = waves(60)
    return fit(name, frame.index, frame)
