"""Ten thousand origins, 24 leads and five channels are a matter of seconds."""

import time

import numpy as np
import pandas as pd
import pytest

from tsnode import NeuralODERegressor, RidgeLagRegressor
from tsnode.model_selection import backtest

MODELS = {
    "ridge": RidgeLagRegressor(),
    "match": NeuralODERegressor(training="match", lookback=None, random_state=0),
}


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
def test_ten_thousand_origins_take_under_twenty_seconds(model):
    hours, n_train = np.arange(14_000), 3_976
    index = pd.date_range("2020-01-01", periods=len(hours), freq="h")
    angle = 2 * np.pi * hours[:, None] / (24 * np.array([1, 1, 7, 9, 11])) + np.arange(5)
    noise = np.random.default_rng(0).normal(0, 0.1, angle.shape)
    y = pd.DataFrame(np.sin(angle) + noise, index=index)
    fitted = model.fit(index[:n_train], y[:n_train])
    start = time.process_time()
    found = backtest(fitted, index[n_train:], y[n_train:], horizon=24)
    assert time.process_time() - start < 20
    assert found["origin"].nunique() > 10_000
    assert len(found) > 1_190_000
    assert found["forecast"].notna().all()
