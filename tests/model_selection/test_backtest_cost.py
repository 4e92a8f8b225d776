"""Ten thousand origins ask little more of a model than their own forecasts."""

import numpy as np
import pandas as pd
import pytest

from tsnode import NeuralODERegressor, RidgeLagRegressor
from tsnode.estimators.paths._state_path import StatePath
from tsnode.model_selection import backtest

N_CHANNELS = 5
MODELS = {
    "ridge": RidgeLagRegressor(),
    "match": NeuralODERegressor(training="match", lookback=None, random_state=0),
}


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
def test_ten_thousand_origins_share_the_states_they_start_from(model, monkeypatch):
    hours, n_train = np.arange(14_000), 3_976
    index = pd.date_range("2020-01-01", periods=len(hours), freq="h")
    angle = 2 * np.pi * hours[:, None] / (24 * np.array([1, 1, 7, 9, 11])) + np.arange(N_CHANNELS)
    noise = np.random.default_rng(0).normal(0, 0.1, angle.shape)
    y = pd.DataFrame(np.sin(angle) + noise, index=index)
    fitted = model.fit(index[:n_train], y[:n_train])
    starts, solve = [], StatePath._solve

    def count(path, z0, *args, **kwargs):
        starts.append(len(z0))
        return solve(path, z0, *args, **kwargs)

    monkeypatch.setattr(StatePath, "_solve", count)
    found = backtest(fitted, index[n_train:], y[n_train:], horizon=24)
    n_origins = found["origin"].nunique()
    assert n_origins > 10_000
    assert len(found) > 1_190_000
    assert found["forecast"].notna().all()
    # One for the forecast; from a row to the next the state and its derivatives, at most thrice.
    if starts:
        assert sum(starts) <= (1 + 3 * (1 + N_CHANNELS)) * n_origins + 1000
    assert bool(starts) == isinstance(model, NeuralODERegressor)
