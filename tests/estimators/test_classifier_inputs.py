"""Classifiers: labels of one kind, and what a warm fit shares with the fit before."""

import numpy as np
import pandas as pd
import pytest

from tsnode import NeuralCDEClassifier, NeuralODEClassifier

WARM = {"hidden_layer_sizes": (4,), "latent_dim": 4, "method": "euler", "max_epochs": 1,
        "warm_start": True, "random_state": 0}  # fmt: skip
FRAME = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 2)), columns=["p", "q"])
LABELS = np.where(FRAME["p"] > 0, "right", "left")


@pytest.fixture(params=[NeuralODEClassifier, NeuralCDEClassifier])
def model(request):
    return request.param(**WARM).fit(FRAME, LABELS)


@pytest.mark.parametrize(
    ("params", "columns", "words"),
    [
        ({"hidden_layer_sizes": (5,)}, "pq", r"hidden_layer_sizes=\(4,\), as in the fit before"),
        ({"activation": "tanh"}, "pq", "beside warm_start=True; got activation='tanh'. Set them"),
        ({}, "qp", r"\['p', 'q'\]; got \['q', 'p'\]. Pass the same columns"),
    ],
)
def test_a_warm_fit_refuses_what_its_weights_do_not_fit(model, params, columns, words):
    before = model.predict_proba(FRAME)
    with pytest.raises(ValueError, match=words):
        model.set_params(**params).fit(FRAME.set_axis(list(columns), axis=1), LABELS)
    assert (model.predict_proba(FRAME) == before).all()


def test_a_warm_fit_trains_the_same_weights_by_the_solver_that_is_set_now(model):
    before = [weights.detach().clone() for weights in model.net_.module_.parameters()]
    made = model.set_params(method="heun", lr=1e-9, random_state=1).fit(FRAME, LABELS).net_.module_
    assert made.method == "heun"
    # One step of 1e-9 a weight.
    for found, expected in zip(made.parameters(), before, strict=True):
        assert np.allclose(found.detach(), expected, rtol=0, atol=1e-8)


def test_blocks_of_another_kind_are_no_start():
    model = NeuralODEClassifier(**WARM).fit(FRAME, LABELS)
    assert model.set_params(n_blocks=3).fit(FRAME, LABELS).net_.module_.n_blocks == 3
    with pytest.raises(ValueError, match="Expected blocks='ode', .*got blocks='plain'"):
        model.set_params(blocks="plain").fit(FRAME, LABELS)
    with pytest.raises(ValueError, match="n_blocks must be a whole number"):
        model.set_params(n_blocks="many").predict(FRAME)


@pytest.mark.parametrize("odd", [1, None])
def test_labels_of_several_kinds_are_refused(odd):
    labels = LABELS.astype(object)
    labels[3] = odd
    with pytest.raises(ValueError, match="of the kinds .*, str. Convert them, as by y.astype"):
        NeuralODEClassifier(**WARM).fit(FRAME, labels)
