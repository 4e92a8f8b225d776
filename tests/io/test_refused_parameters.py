"""What cannot be written as data is refused by name, and nothing is written."""

import numpy as np
import pytest
import torch
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from skorch.callbacks import EpochScoring

import tsnode

from .conftest import fit, fitted, waves

FRAME = waves()


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"curriculum": lambda epoch: epoch}, r"curriculum \(function\)"),
        ({"callbacks": [EpochScoring("r2")]}, r"callbacks\[0\] \(EpochScoring\)"),
        ({"module": torch.nn.Linear(2, 2)}, r"module \(Linear\)"),
        ({"features": FunctionTransformer(np.sin)}, r"features \(FunctionTransformer\)"),
        ({"target_transformer": make_pipeline(StandardScaler())}, r"target_\w+ \(Pipeline\)"),
        ({"optimizer": torch.nn.Linear}, r"optimizer \(type\)"),
        ({"criterion__weight": torch.ones(2)}, r"criterion__weight \(Tensor\)"),
    ],
)
def test_a_parameter_that_is_no_data_is_refused_by_name(params, named, place):
    model = fitted("NeuralODERegressor").set_params(**params)
    with pytest.raises(TypeError, match=f"written as data; got {named}.*joblib"):
        tsnode.save(model, place)
    assert not place.exists()


def test_all_of_them_are_named_at_once(place):
    model = fitted("ResNetStepRegressor").set_params(forcing=print, callbacks=[print])
    with pytest.raises(TypeError, match=r"callbacks\[0\] .*, forcing "):
        tsnode.save(model, place)


def test_callbacks_of_scikit_learn_are_refused_by_name(place):
    monitor = pytest.importorskip("sklearn.callback").ScoringMonitor(scoring="r2")
    model = fitted("ResNetStepRegressor").set_callbacks(monitor)
    with pytest.raises(TypeError, match=r"got set_callbacks\[0\] \(ScoringMonitor\)"):
        tsnode.save(model, place)


def test_a_fitted_module_is_refused_though_the_parameter_is_gone(place):
    module = torch.nn.Linear(2, 2, dtype=torch.float64)
    params = {"module": module, "hidden_layer_sizes": (64, 64)}
    model = fit("ResNetStepRegressor", FRAME.index, FRAME.ffill().bfill(), **params)
    with pytest.raises(TypeError, match=r"the fitted _path\.module \(UserModule\)"):
        tsnode.save(model.set_params(module=None), place)


@pytest.mark.parametrize(
    "other", [StandardScaler(), make_pipeline(tsnode.PersistenceRegressor()), 3, None]
)
def test_other_estimators_are_refused(other, place):
    with pytest.raises(TypeError, match=r"one of tsnode's forecasters .*; got \w+\."):
        tsnode.save(other, place)


def test_a_subclass_is_refused_since_its_code_is_not_in_the_file(place):
    class Mine(tsnode.PersistenceRegressor):
        pass

    with pytest.raises(TypeError, match="got Mine"):
        tsnode.save(Mine().fit(FRAME.index, FRAME), place)
