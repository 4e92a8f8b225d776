"""Parameters are checked at the door of fit, with the value that came and the remedy."""

import numpy as np
import pandas as pd
import pytest

from tsnode import NeuralODERegressor, PersistenceRegressor, ResNetStepRegressor

STAMPS = pd.date_range("2013-01-01", periods=6, freq="h")
VALUES = pd.Series(np.arange(6.0), STAMPS)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"hidden_layer_sizes": 64}, r"such as \(64, 64\); got 64"),
        ({"hidden_layer_sizes": (0,)}, r"at least 1, .*got \(0,\)"),
        ({"hidden_layer_sizes": "big"}, "got 'big'"),
        ({"early_stopping": "no"}, "early_stopping must be True or False; got 'no'"),
        ({"warm_start": 1}, "warm_start must be True or False; got 1"),
        ({"series_scaling": None}, "series_scaling must be True or False; got None"),
        ({"features": "day"}, "features must be None or a transformer .*got 'day'"),
        ({"target_transformer": 3}, "target_transformer must be None or a transformer .*got 3"),
        ({"callbacks": "LRScheduler"}, "callbacks must be None or a list .*got 'LRScheduler'"),
        ({"score_horizon": "soon"}, "score_horizon must be a duration .*got 'soon'"),
        ({"score_horizon": 0}, "score_horizon must be at least 1 row; got 0"),
    ],
)
@pytest.mark.parametrize("cls", [NeuralODERegressor, ResNetStepRegressor])
def test_a_value_no_fit_could_use_is_refused(cls, params, words):
    with pytest.raises(ValueError, match=words):
        cls(**params).fit(STAMPS, VALUES)


def test_a_class_is_no_transformer():
    with pytest.raises(ValueError, match="Pass an instance"):
        NeuralODERegressor(features=type(NeuralODERegressor())).fit(STAMPS, VALUES)


def test_an_unreadable_autonomous_is_refused():
    with pytest.raises(ValueError, match="autonomous must be True or False; got 'yes'"):
        NeuralODERegressor(autonomous="yes").fit(STAMPS, VALUES)


def test_a_score_horizon_of_the_baselines_is_checked_too():
    with pytest.raises(ValueError, match="score_horizon must be a duration"):
        PersistenceRegressor(score_horizon="soon").fit(STAMPS, VALUES)


def test_numbers_and_flags_of_numpy_pass_the_door():
    params = {"hidden_layer_sizes": np.array([4]), "early_stopping": np.True_}
    model = ResNetStepRegressor(**params, random_state=0).fit(STAMPS, VALUES)
    assert np.isfinite(model.forecast(2)).all()
