"""NeuralODEClassifier: what it reads, learns, tells and refuses."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from tsnode import NeuralODEClassifier
from tsnode.exceptions import FitError

SMALL = {"hidden_layer_sizes": (8,), "latent_dim": 8, "n_blocks": 1, "random_state": 0}


def rings(n=150):
    X = np.random.default_rng(0).normal(size=(n, 2))
    return X, np.where(np.hypot(*X.T) < 1.1, "inner", "outer")


def stripes(n=40, flat=False):
    """Grey images of 6 x 6 with rows or columns of light."""
    random = np.random.default_rng(0)
    upright = random.integers(2, size=n).astype(bool)
    images = random.normal(scale=0.3, size=(n, 1, 6, 6))
    for image, is_upright, place in zip(images, upright, random.integers(6, size=n), strict=True):
        image[0][(slice(None), place) if is_upright else place] += 2
    return (images.reshape(n, -1) if flat else images), upright


@pytest.fixture(scope="module")
def model():
    return NeuralODEClassifier(**SMALL, max_epochs=40, lr=0.03).fit(*rings())


@pytest.fixture(scope="module")
def of_images():
    return NeuralODEClassifier(**SMALL, max_epochs=15, lr=0.03).fit(*stripes())


def test_a_ring_that_no_line_cuts_off_is_learned(model):
    X, y = rings()
    assert model.score(X, y) > 0.95
    assert model.classes_.tolist() == ["inner", "outer"]
    proba = model.predict_proba(X)
    assert np.allclose(proba.sum(axis=1), 1)
    assert (model.classes_[proba.argmax(axis=1)] == model.predict(X)).all()


def test_stripes_are_told_apart_whatever_the_container(of_images):
    X, y = stripes()
    assert of_images.score(X, y) == 1
    assert of_images.sample_shape_ == (1, 6, 6)
    flat = NeuralODEClassifier(**SMALL, max_epochs=15, lr=0.03, sample_shape=(1, 6, 6))
    flat.fit(pd.DataFrame(stripes(flat=True)[0]), y)
    assert np.array_equal(
        flat.predict_proba(pd.DataFrame(stripes(flat=True)[0])), of_images.predict_proba(X)
    )


def test_images_predicted_alone_are_those_among_others(of_images):
    X, _ = stripes()
    alone = np.concatenate([of_images.predict_proba(X[[k]]) for k in range(5)])
    assert np.allclose(alone, of_images.predict_proba(X)[:5], atol=1e-5)


def test_three_axes_are_signals_and_square_ones_are_asked_about():
    random = np.random.default_rng(0)
    X, y = random.normal(size=(30, 2, 12)), np.arange(30) % 2
    model = NeuralODEClassifier(**SMALL, max_epochs=1).fit(X, y)
    assert model.fit_report_["read_as"] == "signals of 2 channel(s), 12"
    with pytest.warns(UserWarning, match=r"Grey images need sample_shape=\(1, 6, 6\)"):
        model.fit(random.normal(size=(30, 6, 6)), y)


def test_neither_the_order_of_rows_nor_repeating_instead_of_weighing_matters():
    X, y = rings()
    order = np.random.default_rng(1).permutation(len(X))
    weights = np.where(np.arange(len(X)) < 10, 3, 1)
    weights[-5:] = 0
    made = {**SMALL, "max_epochs": 3}
    weighed = NeuralODEClassifier(**made).fit(X[order], y[order], sample_weight=weights[order])
    repeated = NeuralODEClassifier(**made).fit(np.repeat(X, weights, 0), np.repeat(y, weights))
    assert np.array_equal(weighed.predict_proba(X), repeated.predict_proba(X))
    assert not np.array_equal(
        weighed.predict_proba(X), NeuralODEClassifier(**made).fit(X, y).predict_proba(X)
    )


def test_balanced_weights_lift_the_rare_class():
    X = np.random.default_rng(0).normal(size=(120, 1))
    y = (X[:, 0] + np.random.default_rng(1).normal(size=120) > 1.6).astype(int)
    made = {**SMALL, "max_epochs": 10, "lr": 0.03}
    plain = NeuralODEClassifier(**made).fit(X, y).predict_proba(X)[:, 1].mean()
    assert plain == pytest.approx(y.mean(), abs=0.06)
    balanced = NeuralODEClassifier(**made, class_weight="balanced").fit(X, y)
    assert balanced.predict_proba(X)[:, 1].mean() > plain + 0.15


@pytest.mark.parametrize("method", ["dopri5", "rk4"])
def test_the_solve_may_be_changed_between_fit_and_predict(model, method):
    X, _ = rings(4)
    fine = clone(model, safe=False)
    vars(fine).update(vars(model))
    fine.set_params(method=method, rtol=1e-8, atol=1e-8, n_blocks=64)
    loose = {"rtol": 1e-2, "atol": 1e-2, "n_blocks": 2}
    exact, calls = fine.predict_proba(X), fine.field_evaluations(X)
    fine.set_params(**loose)
    error = np.abs(fine.predict_proba(X) - exact).max()
    assert 1e-9 < error < 0.05
    assert fine.field_evaluations(X) < calls / 2


def test_adjoint_and_backprop_find_the_same_gradient():
    X, y = rings(60)
    made = {**SMALL, "n_blocks": 8, "max_epochs": 2, "early_stopping": False}
    one, other = (
        NeuralODEClassifier(**made, gradient=gradient).fit(X, y).predict_proba(X)
        for gradient in ("backprop", "adjoint")
    )
    assert np.allclose(one, other, atol=1e-4)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("blocks", ["ode", "residual", "plain"])
def test_the_gradient_vanishes_in_a_deep_plain_stack_only(blocks):
    made = {**SMALL, "blocks": blocks, "n_blocks": 20, "max_epochs": 1, "method": "euler"}
    model = NeuralODEClassifier(**made).fit(*rings(40))
    first, last = model.gradient_norms_[[0, -1]]
    assert model.gradient_norms_.shape == (21,)
    assert (first / last < 1e-6) == (blocks == "plain")
    assert np.isfinite(model.gradient_norms(*rings(30))).all()


def test_warm_start_goes_on_and_a_copy_is_equal(model):
    X, y = rings()
    other = pickle.loads(pickle.dumps(model))
    assert np.array_equal(other.predict_proba(X), model.predict_proba(X))
    other.set_params(warm_start=True, max_epochs=1, lr=1e-5).fit(X, y)
    assert np.allclose(other.predict_proba(X), model.predict_proba(X), atol=0.02)
    with pytest.raises(ValueError, match="classes of the first fit"):
        other.fit(X, y == "inner")


REFUSED = [
    ({"blocks": "dense"}, "blocks must be one of"),
    ({"n_blocks": 0}, "n_blocks must be a whole number"),
    ({"latent_dim": 2.5}, "latent_dim must be"),
    ({"sample_shape": (0, 3)}, "sample_shape must be 'auto'"),
    ({"sample_shape": (1, 3, 3)}, r"Expected samples of 9 values.*X of shape \(20, 2\)"),
    ({"method": "LSODA"}, "differentiable method"),
    ({"method": "rk5"}, "method must be one of"),
    ({"rtol": 0}, "rtol must be a number over 0"),
    ({"gradient": "adjoint", "blocks": "plain"}, "solves an ODE backwards"),
    ({"gradient": "forward"}, "gradient must be one of"),
    ({"class_weight": "even"}, "class_weight must be None, 'balanced'"),
    ({"class_weight": {"mid": 2}}, r"labels \['inner', 'outer'\]; got \['mid'\]"),
    ({"early_stopping": 3}, "early_stopping must be True or False"),
    ({"optimizer": "Adan"}, "optimizer must be the name"),
]


@pytest.mark.parametrize(("params", "words"), REFUSED)
def test_a_parameter_out_of_range_is_one_sentence(params, words):
    X, y = rings(20)
    with pytest.raises(ValueError, match=words):
        NeuralODEClassifier(**{**SMALL, **params}).fit(X, y)


def test_labels_of_one_class_are_refused_and_the_state_stays(model):
    X, y = rings()
    before = model.predict_proba(X)
    with pytest.raises(ValueError, match=r"at least two classes; got one class \(.*'inner'"):
        model.fit(X[y == "inner"], y[y == "inner"])
    assert np.array_equal(model.predict_proba(X), before)


def test_samples_of_another_shape_are_refused(of_images):
    with pytest.raises(ValueError, match=r"images of 1 channel\(s\), 6 x 6, as in fit"):
        of_images.predict(np.zeros((3, 1, 5, 5)))
    with pytest.raises(ValueError, match=r"label a sample out of .*unknown \['7'\]"):
        of_images.gradient_norms(stripes(3)[0], [0, 1, 7])


def test_a_loss_that_is_never_finite_says_what_to_do():
    X, y = rings(30)
    with pytest.raises(FitError, match="Lower lr, raise alpha"):
        NeuralODEClassifier(**SMALL, max_epochs=3, criterion__label_smoothing=np.nan).fit(X, y)
