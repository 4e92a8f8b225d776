"""Forecasts for irregular, partly missing time series in the scikit-learn style.

Names are loaded when first used: importing the package takes neither torch nor pandas.
"""

import importlib

__version__ = "0.1.0"

# Every public name and the room it stands in.
_NAMES = {
    "NeuralODERegressor": "tsnode.estimators",
    "UniversalODERegressor": "tsnode.estimators",
    "ResNetStepRegressor": "tsnode.estimators",
    "NNStepRegressor": "tsnode.estimators",
    "LatentODERegressor": "tsnode.estimators",
    "NeuralCDERegressor": "tsnode.estimators",
    "NeuralSDERegressor": "tsnode.estimators",
    "NeuralPDERegressor": "tsnode.estimators",
    "PersistenceRegressor": "tsnode.estimators",
    "SeasonalNaiveRegressor": "tsnode.estimators",
    "RidgeLagRegressor": "tsnode.estimators",
    "NeuralODEClassifier": "tsnode.estimators",
    "ContinuousNormalizingFlow": "tsnode.estimators",
    "NeuralCDEClassifier": "tsnode.estimators",
    "make_weather_forecaster": "tsnode.estimators",
    "make_pipeline": "tsnode.preprocessing",
    "optimise_control": "tsnode.estimators",
    "from_long": "tsnode.frames",
    "from_panel": "tsnode.frames",
    "Event": "tsnode.solvers",
    "load": "tsnode.io",
    "save": "tsnode.io",
}
_ROOMS = (
    "datasets",
    "estimators",
    "exceptions",
    "frames",
    "inspection",
    "io",
    "metrics",
    "model_selection",
    "plots",
    "preprocessing",
)

__all__ = [*_NAMES, *_ROOMS]


def __getattr__(name):
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    if name in _ROOMS:
        return importlib.import_module(f"tsnode.{name}")
    msg = f"module 'tsnode' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__():
    return sorted([*globals(), *__all__])
