"""Intervals beside the forecasts of a backtest."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsnode import PersistenceRegressor
from tsnode.metrics import interval_coverage
from tsnode.model_selection import backtest


@pytest.fixture(scope="module")
def walk():
    steps = np.random.default_rng(0).normal(size=(2000, 1))
    index = pd.date_range("2024-01-01", periods=2000, freq="h", name="time")
    return pd.DataFrame(np.cumsum(steps, axis=0), index, columns=["walk"])


def test_bounds_are_those_of_predict_interval_and_cover_what_they_promise(walk):
    train, test = walk[:1500], walk[1500:]
    model = PersistenceRegressor().fit(train.index, train)
    found = backtest(model, test.index, test, horizon=4, coverage=0.8)
    row = found[found["lead"] == "3h"].iloc[100]
    lower, upper = model.predict_interval(
        pd.DatetimeIndex([row["stamp"]]), history=test, horizon="3h", coverage=0.8
    )
    assert row["lower"] == pytest.approx(lower["walk"].iloc[0])
    assert row["upper"] == pytest.approx(upper["walk"].iloc[0])
    assert interval_coverage(found) == pytest.approx(0.8, abs=0.06)


def test_every_fold_is_calibrated_on_its_own_rows(walk):
    found = backtest(
        PersistenceRegressor(), walk.index, walk, horizon=2, refit="20D", stride=5, coverage=0.9
    )
    assert interval_coverage(found, by_lead=True).between(0.85, 0.95).all()
    width = (found["upper"] - found["lower"]).groupby(found["lead"]).mean()
    # sqrt(lead)
    assert width.iloc[1] / width.iloc[0] == pytest.approx(np.sqrt(2), rel=0.15)


def test_a_pipeline_is_refused_with_the_remedy(walk):
    pipeline = make_pipeline(StandardScaler(), PersistenceRegressor())
    with pytest.raises(TypeError, match=r"predict_interval beside coverage=.*Pipeline.*leave out"):
        backtest(pipeline, walk.index, walk, horizon=2, refit="20D", coverage=0.9)
