"""A warm fit begins at the weights of the fit before, where the shapes agree."""

import pickle

import numpy as np
import pandas as pd
import pytest
from torch import nn

from tsnode import NeuralODERegressor, PersistenceRegressor, ResNetStepRegressor
from tsnode.estimators.paths._state_path import StatePath

from .conftest import MAKERS, fit, fitted, waves

FRAME = waves(60)
UNNAMED = FRAME[["c0"]].set_axis([0], axis=1)


def weights_of(module):
    return {name: w.clone() for name, w in module.state_dict().items()}


@pytest.mark.parametrize("name", ["NeuralODERegressor", "ResNetStepRegressor"])
def test_training_begins_at_the_weights_of_the_fit_before(name, monkeypatch):
    model = fitted(name).set_params(warm_start=True)
    before, started, train = weights_of(model._path.field), [], StatePath._train

    def watched(path, field, *data, **how):
        started.append((weights_of(field), how["is_new"]))
        train(path, field, *data, **how)

    monkeypatch.setattr(StatePath, "_train", watched)
    model.fit(FRAME.index, FRAME + 1)
    (found, is_new), *_ = started
    assert not is_new
    assert all(found[key].equal(before[key]) for key in before)
    # Scales and clock are those of the new rows.
    np.testing.assert_allclose(model._center, (FRAME + 1).mean(), rtol=1e-12)


def test_the_neural_part_of_a_history_goes_on_and_its_closed_form_is_found_anew():
    frame = waves(200)
    params = {"warm_start": True, "module__n_latent": 3}
    model = fit("trained", frame.index, frame, **params)
    before = model._path.net.module_
    before.readout.weight.data += 0.1
    rows = model._standardised(model._observed)
    module = model._latent_path(rows).fit(rows, None, model._path).net.module_
    assert module.closed_form == pytest.approx(before.closed_form, rel=1e-6, abs=1e-9)
    assert float(module.readout.weight.detach().abs().min()) > 0.01


def test_a_first_fit_is_as_a_cold_one():
    warm = fit("ResNetStepRegressor", FRAME.index, FRAME, warm_start=True)
    pd.testing.assert_frame_equal(warm.forecast(3), fitted("ResNetStepRegressor").forecast(3))


@pytest.mark.parametrize(
    ("name", "data", "params", "words"),
    [
        ("ResNetStepRegressor", UNNAMED, {}, "2 states, 0 covariates .* got 1 states, 0"),
        ("ResNetStepRegressor", FRAME, {"hidden_layer_sizes": (5,)}, "22 weights; got .* 27 "),
        ("NeuralODERegressor", waves(60, n_channels=3), {}, "'c2'.. Pass .*warm_start=False"),
        ("trained", FRAME, {"latent_dim": 3}, "a history of .* got one of .*Keep channels"),
        ("NeuralODERegressor", FRAME[["c1", "c0"]], {}, "columns of y .*; got .'c1', 'c0'"),
        ("history", FRAME, {"training": "match", "lookback": "auto"}, "the history.*match"),
        ("NeuralODERegressor", FRAME, {"training": "auto", "lookback": 6}, "observed states.*=6"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Expected enough rows")
def test_what_the_weights_do_not_fit_is_refused_and_changes_nothing(name, data, params, words):
    model = fitted(name).set_params(warm_start=True, **params)
    before = pickle.dumps(vars(model))
    with pytest.raises(ValueError, match=words):
        model.fit(data.index, data)
    assert pickle.dumps(vars(model)) == before
    assert np.isfinite(model.set_params(warm_start=False).fit(data.index, data).forecast(2)).all(
        axis=None
    )


def test_a_module_of_the_users_own_goes_on_in_units_of_the_new_rows():
    law = {"lookback": None, "training": "match", "module_units": "physical", "random_state": 0}
    model = NeuralODERegressor(module=nn.Linear(2, 2), warm_start=True, **law)
    model.fit(FRAME.index, FRAME)
    rate = weights_of(model._path.field.module)["weight"]
    model.fit(FRAME.index, 10 * FRAME)
    # The slopes of tenfold states are tenfold: the law is the same.
    np.testing.assert_allclose(weights_of(model._path.field.module)["weight"], rate, atol=0.02)
    np.testing.assert_allclose(model._path.field.center, 10 * FRAME.mean(), rtol=1e-12)


def test_judges_of_intervals_do_not_begin_at_weights_that_have_seen_their_rows():
    model = fitted("ResNetStepRegressor").set_params(warm_start=True)
    assert model._settings_of_twin()["warm_start"] is False


@pytest.mark.parametrize("name", ["PersistenceRegressor", "ResNetStepRegressor"])
def test_a_fit_that_fails_leaves_the_forecaster_as_it_was(name, monkeypatch):
    model = fitted(name)
    before = pickle.dumps(vars(model))
    fit_series = MAKERS[name]()._fit_series

    def fail(estimator, series, controls):
        type(fit_series.__self__)._old(estimator, series, controls)
        raise RuntimeError

    cls = {"PersistenceRegressor": PersistenceRegressor}.get(name, ResNetStepRegressor)
    monkeypatch.setattr(cls, "_old", cls._fit_series, raising=False)
    monkeypatch.setattr(cls, "_fit_series", fail)
    with pytest.raises(RuntimeError):
        model.fit(FRAME.index[:30], FRAME[["c0"]][:30])
    assert pickle.dumps(vars(model)) == before
