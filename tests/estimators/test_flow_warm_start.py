"""ContinuousNormalizingFlow: a warm fit goes on where the fit before ended."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import tsnode
from tsnode import ContinuousNormalizingFlow

CHEAP = {"hidden_layer_sizes": (8,), "n_steps": 4, "max_epochs": 12, "batch_size": 40,
         "random_state": 0}  # fmt: skip


def frame(n=60, seed=0):
    """Two clusters; rows of other seeds have the same density."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(n, 2)) * [1, 0.3] + 4.0 * random.integers(2, size=n)[:, None]
    return pd.DataFrame(np.c_[rows[:, 0], np.exp(rows[:, 1])], columns=["p", "q"])


@pytest.fixture(scope="module")
def first():
    return ContinuousNormalizingFlow(warm_start=True, **CHEAP).fit(frame())


@pytest.fixture
def again(first):
    return pickle.loads(pickle.dumps(first))


def losses(model, name):
    return [net.report_[name] for net in model.net_]


def test_a_warm_fit_begins_at_the_likelihood_that_the_first_ended_with(first, again):
    again.set_params(max_epochs=1).fit(frame())
    assert again.members_ == first.members_ == ["normal", "mixture"]
    # The first one's held-out loss, in single precision; a mixture was refitted since, on these
    # rows too, which only raises their likelihood.
    (normal, mixture), (normal_before, mixture_before) = (
        losses(again, "start_loss"), losses(first, "valid_loss"),
    )  # fmt: skip
    assert normal == pytest.approx(normal_before, abs=1e-5)
    assert mixture == pytest.approx(mixture_before, abs=0.1)
    assert normal < losses(first, "start_loss")[0] - 0.05


def test_steps_too_small_to_move_leave_the_density_as_it_was(first, again):
    fresh = frame(seed=1)
    again.set_params(max_epochs=1, lr=1e-9, base="auto").fit(frame(seed=2))
    k = again.members_.index("normal")
    before, after = (pickle.loads(pickle.dumps(model)) for model in (first, again))
    for model in (before, after):
        model.weights_ = np.eye(2)[k]
    # Other rows, and yet the same units, base and weights.
    np.testing.assert_allclose(
        after.score_samples(fresh), before.score_samples(fresh), rtol=1e-6, atol=1e-6
    )


def test_a_file_of_the_first_fit_is_gone_on_from_alike(first, again, tmp_path):
    tsnode.save(first, tmp_path / "first.tsnode")
    loaded = tsnode.load(tmp_path / "first.tsnode")
    found, expected = (
        model.set_params(max_epochs=1).fit(frame(seed=2)).score_samples(frame(20))
        for model in (loaded, again)
    )
    assert (found == expected).all()


def test_a_first_fit_is_as_a_cold_one(first):
    warm = clone(first).set_params(base="normal", max_epochs=1).fit(frame())
    cold = clone(warm).set_params(warm_start=False).fit(frame())
    assert (cold.score_samples(frame(20)) == warm.score_samples(frame(20))).all()


@pytest.mark.parametrize(
    ("params", "data", "words"),
    [
        ({"activation": "elu"}, frame(), "activation='tanh', as in the fit before.*got .*'elu'"),
        ({"hidden_layer_sizes": (4,)}, frame(), r"Expected hidden_layer_sizes=\(8,\)"),
        ({"base": "normal"}, frame(), "Expected base='auto'"),
        ({"conditional": True}, frame(), "Expected conditional=False"),
        ({}, frame().assign(r=frame(seed=1)["p"]), r"\['p', 'q'\]; got \['p', 'q', 'r'\]"),
        ({}, frame()[["q", "p"]], r"\['p', 'q'\]; got \['q', 'p'\]. Pass the same columns"),
        ({}, frame().to_numpy()[:, :1], "columns of X .* 2; got 1"),
    ],
)
def test_what_does_not_fit_the_flows_is_refused_and_changes_nothing(
    first, again, params, data, words
):
    again.set_params(**params)
    with pytest.raises(ValueError, match=words):
        again.fit(data, frame().to_numpy()[:, 0])
    again.set_params(conditional=False)
    assert (again.score_samples(frame(20)) == first.score_samples(frame(20))).all()


def test_a_conditional_density_keeps_its_targets():
    x, y = frame()[["p"]], frame()[["q"]]
    model = ContinuousNormalizingFlow(conditional=True, warm_start=True, **CHEAP).fit(x, y)
    before = losses(model, "valid_loss")
    model.set_params(max_epochs=1).fit(x, y)
    assert losses(model, "start_loss") == pytest.approx(before, abs=1e-5)
    with pytest.raises(ValueError, match=r"columns of y .* 1; got 2"):
        model.fit(x, np.c_[y, y**2])
