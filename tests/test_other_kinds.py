"""Public estimators that are no forecasters keep scikit-learn's contract for their kind."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

import tsnode
from tsnode.estimators._base import BaseForecaster

OTHERS = [
    one
    for name, room in tsnode._NAMES.items()
    if room == "tsnode.estimators"
    and isinstance(one := getattr(tsnode, name), type)
    and not issubclass(one, BaseForecaster)
]
# Small and short: what an estimator is checked with beside its defaults, which take their time.
CHEAP = {
    "ContinuousNormalizingFlow": {
        "hidden_layer_sizes": (8,), "base": "normal", "n_steps": 2, "max_epochs": 2,
    },
    "NeuralODEClassifier": {
        "hidden_layer_sizes": (8,), "latent_dim": 8, "n_blocks": 1, "method": "euler",
        "max_epochs": 2, "optimizer": "LBFGS",
    },
    "NeuralCDEClassifier": {
        "hidden_layer_sizes": (8,), "latent_dim": 4, "n_steps": 3, "method": "euler",
        "max_epochs": 2, "optimizer": "LBFGS",
    },
}  # fmt: skip


def checked(cls):
    return pytest.param(cls, CHEAP.get(cls.__name__, {}), id=cls.__name__)


# Epochs for the defaults of those whose checks would take a quarter of an hour.
FEWER = {"NeuralCDEClassifier": {"max_epochs": 10}}


def default(cls):
    return pytest.param(
        cls, FEWER.get(cls.__name__, {}), id=f"{cls.__name__}-default", marks=pytest.mark.slow
    )


@pytest.mark.parametrize(
    ("cls", "params"), [make(cls) for cls in OTHERS for make in (checked, default)]
)
def test_every_check_of_scikit_learn_passes(cls, params):
    results = check_estimator(cls(**params), on_skip=None, on_fail=None)
    failed = [result["check_name"] for result in results if result["status"] != "passed"]
    # This one check asks for an environment variable before SciPy's import.
    assert [name for name in failed if name != "check_array_api_input"] == []
    assert len(results) >= 40


@pytest.mark.parametrize("cls", OTHERS)
def test_clone_keeps_the_parameters_for_the_net(cls):
    model = clone(cls(optimizer__weight_decay=0.1))
    assert model.get_params()["optimizer__weight_decay"] == 0.1


@pytest.mark.parametrize("cls", OTHERS)
def test_complex_numbers_and_text_are_refused_in_a_sentence_without_the_data(cls):
    rows, labels = np.arange(12.0).reshape(6, 2) ** 0.5, np.arange(6) % 2
    with pytest.raises(ValueError, match="not supported: expected real numbers[^\n]*$"):
        cls().fit(rows + 1j, labels)
    rows = rows.astype(object)
    rows[0, 0] = "calm"
    with pytest.raises(ValueError, match="'calm': expected numbers[^\n]*$"):
        cls().fit(rows, labels)
