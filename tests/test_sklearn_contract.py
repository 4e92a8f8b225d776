"""Every public forecaster keeps scikit-learn's contract, and its tools drive it."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    TimeSeriesSplit,
    cross_validate,
)
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import tsnode
from tsnode.preprocessing import CalendarFeatures

from .forecasters import FORECASTERS, NEURAL, QUICK, fitted, forecasters, neural, seeded, waves

# The default instance passes with all that it takes its time for; the others' checks with it.
LATER = {*QUICK} - {"NeuralODERegressor"}
CHECKED = [
    pytest.param(
        cls, params, id=f"{name}-{cls.__name__}",
        marks=[pytest.mark.slow] if cls in NEURAL and not params or cls.__name__ in LATER else [],
    )
    for cls in FORECASTERS
    for name, params in (("time=0", {"time": 0}), ("default", {}))
]  # fmt: skip


@pytest.mark.parametrize(("cls", "params"), CHECKED)
def test_every_check_of_scikit_learn_passes(cls, params):
    if "max_epochs" in QUICK.get(cls.__name__, {}):  # thousands of steps for every check
        params = params | QUICK[cls.__name__]
    elif params and cls in NEURAL:
        is_ode = "latent_dim" in cls().get_params()
        cheap = {"lookback": 4, "training": "linear"} if is_ode else {"training": "match"}
        params = params | cheap | {"hidden_layer_sizes": (16,)}
    with warnings.catch_warnings():
        if "time" not in params:
            warnings.filterwarnings("ignore", message="Time is read from column 0")
        results = check_estimator(cls(**params), on_skip=None, on_fail=None)
    failed = [result["check_name"] for result in results if result["status"] != "passed"]
    # This one check asks for an environment variable before SciPy's import.
    assert [name for name in failed if name != "check_array_api_input"] == []
    assert len(results) >= 59


@forecasters
def test_clone_keeps_every_parameter(cls):
    params = {"module__x": 1} if cls in NEURAL else {"score_horizon": 3}
    copy = clone(cls(**params))
    assert copy.get_params() == cls(**params).get_params()
    assert set(params) <= set(copy.get_params())


@neural
def test_set_params_reaches_the_net(cls):
    model = cls().set_params(optimizer__weight_decay=0.1)
    assert clone(model).get_params()["optimizer__weight_decay"] == 0.1


@neural
def test_a_misspelt_parameter_is_refused_in_fit(cls):
    with pytest.raises(TypeError, match="hidden_layers"):
        cls(hidden_layers=3).fit(waves())


@forecasters
def test_a_pickled_model_forecasts_the_same(cls):
    model = fitted(cls)
    copy = pickle.loads(pickle.dumps(model))
    pd.testing.assert_frame_equal(copy.forecast(5), model.forecast(5))


@forecasters
def test_refit_forgets_the_first_fit(cls):
    first, second = waves(70), 5 * waves(50, n_channels=1)
    again = seeded(cls).fit(first.index, first).fit(second.index, second).forecast(3)
    pd.testing.assert_frame_equal(again, seeded(cls).fit(second.index, second).forecast(3))


@neural
def test_the_same_seed_gives_the_same_forecast(cls):
    frame = waves()
    again = seeded(cls).fit(frame.index, frame).forecast(5)
    pd.testing.assert_frame_equal(again, fitted(cls).forecast(5))


# ---------------------------------------------------------------- scikit-learn's tools


@forecasters
def test_cross_validate_on_a_bare_index_gives_finite_scores(cls):
    frame = waves(90)
    found = cross_validate(seeded(cls), frame.index, frame, cv=TimeSeriesSplit(2))
    assert np.isfinite(found["test_score"]).all()


def test_grid_search_with_calendar_features_on_a_bare_index():
    frame = waves(90)
    model = tsnode.NeuralODERegressor(
        (8,), features=CalendarFeatures(), lookback=None, training="match", random_state=0
    )
    grid = {"features__n_harmonics": [1, 2]}
    search = GridSearchCV(model, grid, cv=TimeSeriesSplit(2), error_score="raise")
    search.fit(frame.index, frame)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("n_jobs", [None, pytest.param(2, marks=pytest.mark.slow)])
def test_grid_search_over_a_pipeline_with_a_transformer_of_covariates(n_jobs):
    frame = waves(90)
    known = pd.DataFrame({"sun": np.sin(np.arange(90.0))}, index=frame.index)
    steps = tsnode.make_pipeline(StandardScaler(), tsnode.ResNetStepRegressor(random_state=0))
    grid = {"standardscaler__with_mean": [True, False]}
    search = GridSearchCV(steps, grid, cv=TimeSeriesSplit(2), n_jobs=n_jobs, error_score="raise")
    assert np.isfinite(search.fit(known, frame).cv_results_["mean_test_score"]).all()


def test_randomized_search_runs():
    frame = waves(90)
    grid = {"alpha": [0.01, 1.0, 100.0]}
    search = RandomizedSearchCV(
        tsnode.NNStepRegressor(random_state=0), grid, n_iter=2, cv=TimeSeriesSplit(2),
        random_state=0, error_score="raise",
    )  # fmt: skip
    assert np.isfinite(search.fit(frame.index, frame).best_score_)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*n_candidates")
def test_halving_over_epochs_runs_and_trains_longer():
    frame = waves(90)
    model = tsnode.NeuralODERegressor(lookback=None, random_state=0)
    search = HalvingGridSearchCV(
        model, {"lr": [1e-4, 1e-2]}, resource="max_epochs", min_resources=1, max_resources=2,
        factor=2, cv=TimeSeriesSplit(2), error_score="raise", random_state=0,
    )  # fmt: skip
    search.fit(frame.index, frame)
    assert search.best_params_["max_epochs"] == 2
    assert search.best_estimator_.fit_report_["shooting"]["n_epochs"] <= 2
