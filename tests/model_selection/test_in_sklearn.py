"""The splitters inside scikit-learn's own tools, on the kinds of data that forecasters take."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import (
    GridSearchCV,
    cross_validate,
    learning_curve,
    validation_curve,
)

from tsnode import PersistenceRegressor, RidgeLagRegressor
from tsnode.model_selection import SeriesSplit, TimeSplit


def waves(n=120, phase=0.0):
    index = pd.date_range("2024-01-01", periods=n, freq="h", name="time")
    angle = 2 * np.pi * np.arange(n) / 24 + phase
    frame = pd.DataFrame({"a": np.sin(angle), "b": 3 + np.cos(angle)}, index=index)
    return frame.mask(np.random.default_rng(0).random(frame.shape) < 0.1)


PANEL = pd.concat({key: waves(phase=k) for k, key in enumerate("abc")}, names=["station"])
SPLITS = {"time": TimeSplit(2, test_size="1D", gap="3h"), "series": SeriesSplit(3)}
splits = pytest.mark.parametrize("cv", SPLITS.values(), ids=SPLITS.keys())
ridge = RidgeLagRegressor(lookback=6, max_lead=3, alpha=1.0)


@splits
def test_cross_validate_on_a_panel_scores_every_fold(cv):
    found = cross_validate(ridge, PANEL.index, PANEL, cv=cv, error_score="raise")
    assert len(found["test_score"]) == cv.get_n_splits()
    assert np.all(found["test_score"] > 0.8)


def test_cross_validate_takes_rows_in_any_order():
    mixed = PANEL.sample(frac=1, random_state=0)
    settings = {"cv": SPLITS["time"], "error_score": "raise"}
    found = cross_validate(ridge, mixed.index, mixed, **settings)
    expected = cross_validate(ridge, PANEL.index, PANEL, **settings)
    np.testing.assert_allclose(found["test_score"], expected["test_score"], rtol=1e-9)


@pytest.mark.slow
@splits
def test_a_grid_search_with_two_workers_equals_that_with_one(cv):
    grid = {"alpha": [1e-3, 1.0, 1e3]}
    one, two = (
        GridSearchCV(ridge, grid, cv=cv, n_jobs=n_jobs, error_score="raise")
        .fit(PANEL.index, PANEL)
        .cv_results_["mean_test_score"]
        for n_jobs in (1, 2)
    )
    np.testing.assert_array_equal(one, two)
    assert len(set(one)) == 3


@splits
def test_learning_curves_grow_with_the_training_part(cv):
    sizes, _, scores = learning_curve(
        ridge, PANEL.index, PANEL, cv=cv, train_sizes=[0.5, 1.0], error_score="raise"
    )
    assert sizes[0] < sizes[1]
    assert np.isfinite(scores).all()


def test_a_learning_curve_on_a_panel_begins_with_the_oldest_rows_of_all_series():
    train, _ = next(TimeSplit(1, test_size="1D").split(PANEL.index))
    oldest = PANEL.index[train[:30]]
    assert set(oldest.get_level_values("station")) == {"a", "b", "c"}
    assert oldest.get_level_values("time").is_monotonic_increasing


@splits
def test_validation_curves_tell_the_settings_apart(cv):
    _, scores = validation_curve(
        ridge, PANEL.index, PANEL, param_name="alpha", param_range=[1.0, 1e6], cv=cv,
        error_score="raise",
    )  # fmt: skip
    assert scores[0].mean() > scores[1].mean()


def test_arrays_whose_column_0_is_the_time_are_cut_in_time():
    rows = np.arange(60.0)[::-1, None]
    found = cross_validate(
        PersistenceRegressor(time=0), rows, np.sin(rows[:, 0] / 3), cv=TimeSplit(2, test_size=10),
        return_indices=True, error_score="raise",
    )  # fmt: skip
    assert found["indices"]["test"][1].tolist() == list(range(10))[::-1]
    assert np.isfinite(found["test_score"]).all()
