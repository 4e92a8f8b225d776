"""All public forecasters, as small as claims about them allow, and frames to fit them to."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import tsnode
from tsnode.estimators._base import BaseForecaster

ESTIMATORS = [
    one
    for name, room in tsnode._NAMES.items()
    if room == "tsnode.estimators" and isinstance(one := getattr(tsnode, name), type)
]
FORECASTERS = [cls for cls in ESTIMATORS if issubclass(cls, BaseForecaster)]
NEURAL = [cls for cls in FORECASTERS if hasattr(cls, "_fit_path")]
forecasters = pytest.mark.parametrize("cls", FORECASTERS)
neural = pytest.mark.parametrize("cls", NEURAL)


# What the claims below are checked with, beside the defaults of the others: fits that share their
# machinery, or have no closed form to choose; default instances pass scikit-learn's checks in the
# slow run.
QUICK = {
    "NeuralODERegressor": {"hidden_layer_sizes": (16,)},
    "NNStepRegressor": {"hidden_layer_sizes": (8,)},
    "ResNetStepRegressor": {"hidden_layer_sizes": (8,)},
    "UniversalODERegressor": {"training": "match", "hidden_layer_sizes": (8,)},
    "LatentODERegressor": {
        "encoder": "gru", "hidden_layer_sizes": (8,), "encoder_units": 8, "lookback": 8,
        "training_horizon": 2, "max_epochs": 1,
    },
    "NeuralCDERegressor": {
        "hidden_layer_sizes": (8,), "latent_dim": 4, "lookback": 8, "training_horizon": 2,
        "method": "midpoint", "max_epochs": 1,
    },
    "NeuralSDERegressor": {"hidden_layer_sizes": (8,), "max_epochs": 1},
    "NeuralPDERegressor": {"hidden_layer_sizes": (4,), "max_epochs": 20, "random_state": 0},
}  # fmt: skip


def seeded(cls, **params):
    quick = {"random_state": 0} if cls in NEURAL else {}
    return cls(**(quick | QUICK.get(cls.__name__, {}) | params))


@cache
def fitted(cls):
    """Fitted to ``waves()``, once for all who only ask."""
    frame = waves()
    return seeded(cls).fit(frame.index, frame)


@cache
def fitted_panel(cls):
    """Fitted to ``panel()``, once for all who only ask."""
    data = panel()
    return seeded(cls).fit(data.index, data)


def waves(n=60, freq="h", tz=None, n_channels=2):
    index = pd.date_range("2013-01-01", periods=n, freq=freq, tz=tz, name="time")
    phase = 2 * np.pi * np.arange(n) / 24
    columns = {f"c{k}": 3 + (k + 1) * np.sin(phase + k) for k in range(n_channels)}
    return pd.DataFrame(columns, index=index)


def panel(n=60, keys=("a", "b")):
    return pd.concat({key: (k + 1) * waves(n) for k, key in enumerate(keys)}, names=["station"])
