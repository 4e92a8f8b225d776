"""Scorers inside scikit-learn's searches: they find the planted best where named ones find nan."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.preprocessing import StandardScaler

from tsnode import PersistenceRegressor, SeasonalNaiveRegressor, make_pipeline
from tsnode.metrics import (
    kl_scorer,
    mae_scorer,
    n_step_scorer,
    r2_scorer,
    rmse_scorer,
    spectrum_scorer,
)
from tsnode.model_selection import SeriesSplit, TimeSplit

# Part of a day repeated has neither its phase, nor its states, nor its rhythm.
PERIODS = ["7h", "11h", "24h", "16h", "5h"]
PLANTED = 2
SCORERS = {
    "steps": n_step_scorer(4),
    "hours": n_step_scorer("6h", scale="spread"),
    "r2": r2_scorer("6h"),
    "rmse": rmse_scorer("6h"),
    "mae": mae_scorer("6h"),
    "free": r2_scorer("free"),
    "kl": kl_scorer(n_bins=8),
    "spectrum": spectrum_scorer(smoothing=2.0),
}


def make_panel():
    """Three ragged series with a rhythm of a day and its harmonic, 30 % of the entries missing."""
    rng, series = np.random.default_rng(0), {}
    for k, key in enumerate(["JFK", "EWR", "LGA"]):
        hours = np.cumsum(rng.exponential(0.7, size=700))
        index = pd.Timestamp("2024-01-01") + pd.to_timedelta(hours, unit="h").round("s")
        angle = 2 * np.pi * hours / 24
        waves = [np.sin(angle + k) + 0.5 * np.sin(2 * angle), 3 * np.cos(angle + k)]
        values = np.stack(waves, axis=1) + rng.normal(0, 0.1, (700, 2))
        series[key] = pd.DataFrame(values, index.rename("time"), columns=["a", "b"])
    panel = pd.concat(series, names=["station"])
    return panel.mask(rng.random(panel.shape) < 0.3)


PANEL = make_panel()
SPLIT = TimeSplit(2, test_size="4D")


def search(scoring, model=None, grid=None, **params):
    model = SeasonalNaiveRegressor() if model is None else model
    grid = {"period": PERIODS} if grid is None else grid
    return GridSearchCV(model, grid, scoring=scoring, cv=SPLIT, error_score="raise", **params)


@pytest.mark.slow
@pytest.mark.parametrize("scorer", SCORERS.values(), ids=SCORERS.keys())
def test_each_scorer_finds_the_planted_best_of_five_with_two_workers(scorer):
    found = search(scorer, n_jobs=2).fit(PANEL.index, PANEL)
    assert found.best_index_ == PLANTED
    scores = found.cv_results_["mean_test_score"]
    assert len(set(scores)) == 5
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("name", ["r2", "neg_mean_squared_error"])
def test_a_named_scorer_of_scikit_learn_is_nan_there_and_takes_the_first(name):
    broken = GridSearchCV(SeasonalNaiveRegressor(), {"period": PERIODS}, scoring=name, cv=SPLIT)
    with pytest.warns(UserWarning, match="Scoring failed|non-finite"):
        broken.fit(PANEL.index, PANEL)
    assert np.isnan(broken.cv_results_["mean_test_score"]).all()
    assert broken.best_index_ == 0


@pytest.mark.slow
def test_many_scorers_at_once_give_what_each_gives_alone():
    found = search(SCORERS, refit="hours").fit(PANEL.index, PANEL)
    alone = [search(scorer).fit(PANEL.index, PANEL) for scorer in SCORERS.values()]
    together = [found.cv_results_[f"mean_test_{name}"] for name in SCORERS]
    expected = [one.cv_results_["mean_test_score"] for one in alone]
    np.testing.assert_allclose(together, expected, rtol=1e-12)
    assert found.best_params_ == {"period": "24h"}


def test_series_left_out_are_scored_from_their_own_past():
    found = cross_validate(
        SeasonalNaiveRegressor("24h"), PANEL.index, PANEL, cv=SeriesSplit(3), scoring=SCORERS,
        error_score="raise",
    )  # fmt: skip
    assert found["test_hours"].shape == (3,)
    assert np.all(found["test_r2"] > 0.75)


def weights_of(panel):
    return np.where(panel.index.get_level_values("station") == "JFK", 2.0, 1.0)


@pytest.mark.parametrize("is_routed", [False, True])
def test_sample_weights_reach_fit_and_scorers_with_and_without_routing(is_routed):
    weights = weights_of(PANEL)
    with sklearn.config_context(enable_metadata_routing=is_routed):
        model = SeasonalNaiveRegressor()
        scorers = {"mae": mae_scorer("6h"), "r2": r2_scorer("6h")}
        if is_routed:
            model.set_fit_request(sample_weight=True)
            for scorer in scorers.values():
                scorer.set_score_request(sample_weight=True)
        found = search(scorers, model, refit="mae").fit(PANEL.index, PANEL, sample_weight=weights)
    expected = []
    for train, test in SPLIT.split(PANEL.index):
        fitted = SeasonalNaiveRegressor("24h").fit(
            PANEL.index[train], PANEL.iloc[train], weights[train]
        )
        asked = PANEL.index[test], PANEL.iloc[test], weights[test]
        expected.append(mae_scorer("6h")(fitted, *asked))
    assert found.cv_results_["mean_test_mae"][PLANTED] == pytest.approx(np.mean(expected))
    plain = search(mae_scorer("6h")).fit(PANEL.index, PANEL).cv_results_["mean_test_score"]
    assert found.cv_results_["mean_test_mae"][PLANTED] != plain[PLANTED]


@pytest.mark.parametrize("is_routed", [False, True])
def test_pipelines_are_scored_with_and_without_routing(is_routed):
    X = pd.DataFrame({"u": np.arange(float(len(PANEL)))}, index=PANEL.index)
    steps = make_pipeline(StandardScaler(), PersistenceRegressor())
    with sklearn.config_context(enable_metadata_routing=is_routed):
        found = cross_validate(steps, X, PANEL, cv=SPLIT, scoring=SCORERS, error_score="raise")
    expected = cross_validate(
        PersistenceRegressor(), PANEL.index, PANEL, cv=SPLIT, scoring=SCORERS, error_score="raise"
    )
    names = [f"test_{name}" for name in SCORERS]
    np.testing.assert_allclose([found[k] for k in names], [expected[k] for k in names], rtol=1e-9)


def test_weights_that_nobody_requested_are_refused_by_routing():
    with (
        sklearn.config_context(enable_metadata_routing=True),
        pytest.raises(ValueError, match="sample_weight.*not explicitly set"),
    ):
        cross_validate(
            PersistenceRegressor().set_fit_request(sample_weight=False), PANEL.index, PANEL,
            cv=SPLIT, scoring=mae_scorer(), params={"sample_weight": weights_of(PANEL)},
        )  # fmt: skip
