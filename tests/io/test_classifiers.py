"""A loaded classifier answers as the saved one, to the last bit."""

import numpy as np
import pytest

import tsnode
from tsnode.io import _saving

from .test_hostile import refuse

X = np.random.default_rng(0).normal(size=(40, 2, 6, 5))
Y = np.where(X.mean(axis=(1, 2, 3)) > 0, "high", "low")


def fitted(**params):
    made = {"hidden_layer_sizes": (4,), "latent_dim": 4, "max_epochs": 2, "random_state": 0}
    return tsnode.NeuralODEClassifier(**(made | params)).fit(X, Y)


@pytest.mark.parametrize("params", [{}, {"blocks": "plain", "optimizer__weight_decay": 0.1}])
@pytest.mark.parametrize("rows", ["all", "tail"])
def test_probabilities_after_load_are_equal_to_the_last_bit(params, rows, place):
    model = fitted(**params)
    # What the fit was made with counts, not what is set now.
    tsnode.save(model.set_params(latent_dim=7), place, rows=rows)
    loaded = tsnode.load(place)
    assert repr(loaded) == repr(model)
    assert set(vars(loaded)) == set(vars(model))
    assert loaded.fit_report_ == model.fit_report_
    assert np.array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert np.array_equal(loaded.predict(X), model.predict(X))
    again = loaded.set_params(latent_dim=4).fit(X, Y)
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))


def test_sizes_that_the_weights_cannot_fill_take_no_memory(place):
    document, tensors = _saving._describe(fitted())
    items = dict((key, k) for k, (key, _) in enumerate(document["state"]["_made"]["items"]))
    document["state"]["_made"]["items"][items["latent_dim"]][1] = 10**9
    refuse(place, document, tensors, "holds what is no forecaster")


def test_a_classifier_of_series_comes_back_too(place):
    series = X[:, 0]
    series[::3, 2:4, 1] = np.nan
    made = {"hidden_layer_sizes": (4,), "latent_dim": 4, "max_epochs": 2, "random_state": 0}
    model = tsnode.NeuralCDEClassifier(**made, times=np.arange(6) ** 2.0).fit(series, Y)
    tsnode.save(model, place)
    loaded = tsnode.load(place)
    assert np.array_equal(loaded.predict_proba(series), model.predict_proba(series))
    assert np.array_equal(loaded.hidden_states(series), model.hidden_states(series))
    assert set(vars(loaded)) == set(vars(model))
