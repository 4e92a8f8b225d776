"""Every forecaster in small, and the kinds of data it may be fitted to."""

import copy
import warnings
from functools import cache, partial

import numpy as np
import pandas as pd
import pytest

from tsnode import estimators
from tsnode.estimators._base import BaseForecaster
from tsnode.preprocessing import CalendarFeatures

FORECASTERS = [
    one
    for name in estimators.__all__
    if isinstance(one := getattr(estimators, name), type) and issubclass(one, BaseForecaster)
]
NEURAL = [cls for cls in FORECASTERS if hasattr(cls, "_fit_path")]
SMALL = {
    "RidgeLagRegressor": {"lookback": 6, "max_lead": 8},
    **{cls.__name__: {"hidden_layer_sizes": (4,), "random_state": 0} for cls in NEURAL},
}
ODE = {"hidden_layer_sizes": (4,), "random_state": 0}
SMALL["NeuralODERegressor"] |= {"training": "match"}
SMALL["UniversalODERegressor"] |= {"training": "match"}
SMALL["LatentODERegressor"] |= {"encoder_units": 4, "lookback": 6, "max_epochs": 1}
SMALL["NeuralCDERegressor"] |= {"latent_dim": 4, "lookback": 6, "max_epochs": 1}
SMALL["NeuralSDERegressor"] |= {"max_epochs": 1}
SMALL["NeuralPDERegressor"] = {"hidden_layer_sizes": (4,), "max_epochs": 20, "random_state": 0}
# The ODE has two kinds of path.
MAKERS = {cls.__name__: partial(cls, **SMALL.get(cls.__name__, {})) for cls in FORECASTERS}
MAKERS["history"] = partial(estimators.NeuralODERegressor, **ODE, lookback=6)
MAKERS["trained"] = partial(estimators.NeuralODERegressor, **ODE, lookback=6, max_epochs=2)
MAKERS["calendar"] = partial(
    estimators.NeuralODERegressor, **ODE, training="match", features=CalendarFeatures(("day",))
)
NEURAL_MAKERS = [name for name, make in MAKERS.items() if make.func in NEURAL]


def waves(n=40, tz=None, n_channels=2):
    index = pd.date_range("2013-01-01", periods=n, freq="h", tz=tz, name="time")
    phase = 2 * np.pi * np.arange(n) / 24
    columns = {f"c{k}": 3 + (k + 1) * np.sin(phase + k) for k in range(n_channels)}
    frame = pd.DataFrame(columns, index=index)
    frame.iloc[[7, n - 3], 0] = np.nan
    return frame


def fit(name, X, y, **params):
    """Fit a small forecaster of that name; that the rows are few is no news here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MAKERS[name](**params).fit(X, y)


def fitted(name):
    """Forecaster of that name on plain waves; fitted once, for everybody a copy."""
    return copy.deepcopy(_fitted(name))


@cache
def _fitted(name):
    frame = waves()
    return fit(name, frame.index, frame)


def equal(one, two):
    """Whether two answers are the same container with the same bits."""
    kinds = {pd.DataFrame: pd.testing.assert_frame_equal, pd.Series: pd.testing.assert_series_equal}
    if type(one) in kinds:
        kinds[type(one)](one, two, check_exact=True)
    np.testing.assert_array_equal(np.asarray(one), np.asarray(two))
    assert type(one) is type(two)


@pytest.fixture
def place(tmp_path):
    return tmp_path / "model.tsnode"
