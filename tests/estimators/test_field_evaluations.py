"""A fit says how often it evaluated its field, and ends after as many as it is given."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from tsnode.estimators import NeuralODERegressor, ResNetStepRegressor

LOOP = {"training": "shooting", "max_epochs": 4, "training_horizon": 2}


def wave(n_rows=120, start="2024-01-01"):
    index = pd.date_range(start, periods=n_rows, freq="h")
    phase = np.arange(n_rows) / 5
    noise = np.random.default_rng(0).normal(scale=0.05, size=(n_rows, 2))
    return pd.DataFrame({"temp": np.sin(phase), "wind": np.cos(phase)}, index=index) + noise


def fitted(n_rows=120, **params):
    data = wave(n_rows)
    params = {"lookback": None, "hidden_layer_sizes": (4,), "random_state": 0} | params
    return NeuralODERegressor(**params).fit(data.index, data)


@pytest.mark.parametrize(
    ("params", "stages"),
    [
        ({"training": "match"}, ["match"]),
        ({"training": "collocation"}, ["match", "collocation"]),
        (LOOP, ["match", "shooting"]),
    ],
)
def test_a_report_counts_the_stages_that_ran(params, stages):
    report = fitted(**params).fit_report_
    assert list(report["field_evaluations"]) == stages
    assert min(report["field_evaluations"].values()) > 100
    assert "field_evaluations" in repr(report)


@pytest.mark.parametrize("params", [{"training": "match"}, {"training": "collocation"}, LOOP])
def test_a_fit_is_the_same_where_the_budget_is_not_reached(params):
    free, bound = fitted(**params), fitted(**params, n_field_evaluations_max=10**9)
    data = wave()
    pd.testing.assert_frame_equal(free.predict(data.index), bound.predict(data.index))
    assert free.fit_report_["field_evaluations"] == bound.fit_report_["field_evaluations"]
    assert "stopped" not in bound.fit_report_


@pytest.mark.parametrize("params", [{"training": "match"}, {"training": "collocation"}, LOOP])
def test_a_fit_ends_where_the_budget_is_spent(params):
    spent = sum(fitted(**params).fit_report_["field_evaluations"].values())
    model = fitted(**params, n_field_evaluations_max=int(0.9 * spent))
    report = model.fit_report_
    assert report["stopped"] == "budget"
    assert 0.9 * spent - 1 <= sum(report["field_evaluations"].values()) < spent
    assert np.isfinite(model.predict(wave().index).to_numpy()).all()


@pytest.mark.parametrize("early_stopping", [True, False])
def test_a_loop_that_is_cut_says_so(early_stopping):
    n = fitted(training="match").fit_report_["field_evaluations"]["match"]
    params = {**LOOP, "early_stopping": early_stopping, "n_field_evaluations_max": n + 300}
    report = fitted(**params).fit_report_
    assert report["stopped"] == "budget"
    assert report["shooting"]["stopped"] == "budget"
    assert report["tool"].endswith("then shooting")


def test_a_budget_asks_for_no_loop():
    model = fitted(n_field_evaluations_max=10**9)
    assert "shooting" not in model.fit_report_


def test_a_history_is_counted_and_bound_in_its_loop():
    params = {"n_rows": 400, "lookback": 4, "training_horizon": 8, "max_epochs": 3, "latent_dim": 2}
    free = fitted(**params).fit_report_
    bound = fitted(**params, n_field_evaluations_max=1).fit_report_
    assert list(free["field_evaluations"]) == ["shooting"]
    assert bound["stopped"] == "budget"
    assert 1 <= bound["field_evaluations"]["shooting"] < free["field_evaluations"]["shooting"]


def test_a_closed_form_of_the_history_takes_a_budget_too():
    report = fitted(lookback=4, training="linear", n_field_evaluations_max=1).fit_report_
    assert "stopped" not in report


def test_the_budget_is_that_of_each_fit():
    n = sum(fitted(training="match").fit_report_["field_evaluations"].values())
    model = fitted(training="match", n_field_evaluations_max=10 * n)
    later, last = wave(start="2024-01-06"), wave(start="2024-01-11")
    model.set_params(n_field_evaluations_max=1).partial_fit(later.index, later)
    assert model.fit_report_["stopped"] == "budget"
    model.set_params(n_field_evaluations_max=None).partial_fit(last.index, last)
    assert "stopped" not in model.fit_report_


def test_no_counter_is_left_in_a_pickled_model():
    model = pickle.loads(pickle.dumps(fitted(**LOOP, n_field_evaluations_max=10**9)))
    assert not any(part._forward_hooks for part in model.net_.module_.modules())
    assert model.net_.count is None


def test_a_step_map_counts_its_match():
    data = wave()
    model = ResNetStepRegressor(hidden_layer_sizes=(4,), random_state=0).fit(data.index, data)
    assert model.fit_report_["field_evaluations"]["match"] > 100


def test_a_clone_keeps_the_budget():
    model = clone(NeuralODERegressor(n_field_evaluations_max=1_000))
    assert model.get_params()["n_field_evaluations_max"] == 1_000


@pytest.mark.parametrize("wrong", [0, -1, 2.5, True, "many"])
def test_a_budget_is_a_whole_number(wrong):
    with pytest.raises(ValueError, match="n_field_evaluations_max must be .*whole number"):
        fitted(n_field_evaluations_max=wrong)
