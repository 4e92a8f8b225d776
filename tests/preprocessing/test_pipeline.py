"""tsnode's pipelines hand the time index on to the forecaster at their end."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

import tsnode


def covariates():
    index = pd.date_range("2024-01-01", periods=30, freq="h")
    return pd.DataFrame({"rain": np.arange(30.0) % 5}, index=index)


def test_transformers_keep_the_index():
    X = covariates()
    answer = tsnode.make_pipeline(StandardScaler(), PolynomialFeatures(2)).fit_transform(X)
    assert answer.index.equals(X.index)
    assert answer.shape == (30, 3)


def test_a_forecaster_at_the_end_finds_the_stamps():
    X = covariates()
    y = pd.DataFrame({"flow": np.sin(np.arange(30.0))}, index=X.index)
    pipeline = tsnode.make_pipeline(StandardScaler(), tsnode.PersistenceRegressor()).fit(X, y)
    forecast = pipeline.predict(X)
    assert forecast.index.equals(X.index)
    assert forecast["flow"].iloc[10] == pytest.approx(y["flow"].iloc[9])
