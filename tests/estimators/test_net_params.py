"""skorch's prefixed parameters live in get_params, set_params and clone."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from skorch.callbacks import Callback, EpochTimer

from tsnode import (
    ContinuousNormalizingFlow,
    LatentODERegressor,
    NeuralCDEClassifier,
    NeuralCDERegressor,
    NeuralODEClassifier,
    NeuralODERegressor,
    NeuralSDERegressor,
)
from tsnode.estimators._net_params import PREFIXES, NetParamsMixin, check_callbacks


class Toy(NetParamsMixin, BaseEstimator):
    def __init__(self, size=1, **net_params):
        self.size = size
        self._net_params = net_params


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_prefix_survives_clone_and_set_params(prefix):
    name = f"{prefix}__thing"
    model = clone(Toy(**{name: 1})).set_params(**{name: 2, "size": 5})
    assert model.get_params() == {"size": 5, name: 2}
    assert clone(model).get_params() == model.get_params()


def test_setting_a_parameter_of_a_copy_leaves_the_original():
    model = Toy(optimizer__momentum=0.5)
    clone(model).set_params(optimizer__momentum=0.9)
    model.set_params(module__x=1)
    assert model.get_params() == {"size": 1, "optimizer__momentum": 0.5, "module__x": 1}


@pytest.mark.parametrize("name", ["sise", "optimizer", "optimizer__", "opt__momentum"])
def test_a_name_without_a_prefix_of_skorch_is_refused_with_all_that_there_are(name):
    with pytest.raises(TypeError, match=f"(?s)size.*module__.*got \\['{name}'\\]"):
        Toy(**{name: 1})._check_net_params()


def test_known_prefixes_pass():
    Toy(**{f"{prefix}__x": 1 for prefix in PREFIXES})._check_net_params()


def test_an_unknown_plain_parameter_is_refused_by_set_params():
    with pytest.raises(ValueError, match="sise"):
        Toy().set_params(sise=2)


class Progress:
    """A callback of scikit-learn's kind."""

    def on_fit_task_end(self, estimator, context):
        pass


def test_callbacks_of_skorch_pass_alone_named_or_as_classes():
    for callbacks in (None, "disable", [], [Callback()], (("clock", EpochTimer()), EpochTimer)):
        assert check_callbacks(callbacks) is callbacks


@pytest.mark.parametrize("made", [3, "all", [print], [Progress()], Callback(), [("clock", None)]])
def test_what_is_no_list_of_callbacks_is_refused(made):
    with pytest.raises(ValueError, match="list of skorch's callbacks.*got .*to set_callbacks"):
        check_callbacks(made)


@pytest.mark.parametrize(
    "cls", [ContinuousNormalizingFlow, NeuralODEClassifier, NeuralODERegressor]
)
def test_every_kind_of_net_asks_for_callbacks_of_skorch(cls):
    times = [[float(k)] for k in range(20)]
    with pytest.raises(ValueError, match="callbacks must be None or a list"):
        cls(callbacks=[Progress()]).fit(times, [k % 2 for k in range(20)])


@pytest.mark.parametrize(
    "cls",
    [LatentODERegressor, NeuralCDERegressor, NeuralSDERegressor, NeuralODEClassifier,
     NeuralCDEClassifier],
)  # fmt: skip
def test_parameters_of_a_module_that_others_make_are_refused(cls):
    model = cls(module__width=3)
    with pytest.raises(TypeError, match="module__width.*Leave them out"):
        model.fit(np.arange(20.0)[:, None], np.arange(20) % 2)
