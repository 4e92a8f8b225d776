"""Covariates known ahead, and transformed targets, as the models receive them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from tsnode import PersistenceRegressor
from tsnode.estimators._base import BaseForecaster

STAMPS = pd.date_range("2013-01-01", periods=12, freq="h", name="time")
COUNT = pd.Series(np.arange(12.0), STAMPS, name="n")


class Recorder(BaseForecaster):
    """Forecasts the last value plus the lead, and keeps what it was given."""

    def __init__(
        self, *, time=None, score_horizon=None, features=None, target_transformer=None,
        time_unit=None,
    ):  # fmt: skip
        self.time = time
        self.score_horizon = score_horizon
        self.features = features
        self.target_transformer = target_transformer
        self.time_unit = time_unit

    def _fit_series(self, series, controls):
        self.series_, self.controls_ = series, controls

    def _forecast_requests(self, known, requests, controls):
        self.known_, self.requests_, self.asked_controls_ = known, requests, controls
        return known.values[requests.cutoff]


def test_covariates_of_the_asked_rows_join_those_of_training_as_knots():
    known = pd.DataFrame({"sun": np.arange(12.0) ** 2}, index=STAMPS)
    model = Recorder().fit(known[:8], COUNT[:8])
    asked = known.iloc[[11, 9]]
    model.predict(asked)
    times = np.array([3.5, 8.0, 9.0, 10.0, 11.0, 20.0])
    found = model.asked_controls_.at(0, times)[:, 0]
    rows = [*range(8), 9, 11]
    expected = np.interp(times, rows, known["sun"].iloc[rows])
    spread = known["sun"][:8].std(ddof=0)
    assert found == pytest.approx((expected - known["sun"][:8].mean()) / spread)


def test_an_asked_covariate_wins_over_that_of_training():
    known = pd.DataFrame({"sun": np.arange(12.0)}, index=STAMPS)
    model = Recorder().fit(known, COUNT)
    model.predict(known.iloc[[5]] * 100)
    spread = known["sun"].std(ddof=0)
    assert model.asked_controls_.at(0, [5.0])[0, 0] == pytest.approx((500 - 5.5) / spread)
    assert model.controls_.at(0, [5.0])[0, 0] == pytest.approx(-0.5 / spread)


def test_a_transformer_of_covariates_changes_no_standardised_control():
    known = pd.DataFrame({"sun": np.arange(12.0) ** 2, "rain": np.cos(np.arange(12.0))}, STAMPS)
    plain = Recorder().fit(known, COUNT).controls_
    scaled = Recorder(features=StandardScaler()).fit(known, COUNT)
    times = np.linspace(-1, 13, 30)
    assert scaled.controls_.at(0, times) == pytest.approx(plain.at(0, times))
    assert scaled.features_.mean_ == pytest.approx(known.mean().to_numpy())
    assert not hasattr(scaled.features, "mean_")


def test_features_of_a_bare_index_are_evaluated_at_any_time_and_never_interpolated():
    hour = FunctionTransformer(lambda frame: frame.assign(h=frame.index.hour)[["h"]])
    model = Recorder(features=hour).fit(STAMPS, COUNT)
    found = model.controls_.at(0, np.array([3.0, 3.9, 25.0]))[:, 0]
    hours = np.arange(12.0)
    assert found == pytest.approx((np.array([3, 3, 1]) - hours.mean()) / hours.std())


def test_a_covariate_that_is_not_known_is_refused():
    known = pd.DataFrame({"sun": [*np.arange(11.0), np.nan]}, index=STAMPS)
    with pytest.raises(ValueError, match="NaN"):
        Recorder().fit(known, COUNT)
    with pytest.raises(ValueError, match="finite covariates; got NaN or inf after features="):
        Recorder(features=StandardScaler()).fit(known, COUNT)


def test_forecast_refuses_covariates_that_it_cannot_know():
    known = pd.DataFrame({"sun": np.arange(12.0)}, index=STAMPS)
    with pytest.raises(ValueError, match="predict\\(X\\) with their future values"):
        Recorder().fit(known, COUNT).forecast(2)


def test_a_target_transformer_keeps_missing_entries_and_comes_back():
    frame = pd.DataFrame({"a": np.exp(np.arange(12.0)), "b": 2.0 ** np.arange(12)}, STAMPS)
    frame.iloc[11, 1] = np.nan
    log = FunctionTransformer(np.log, np.exp, check_inverse=False)
    model = Recorder(target_transformer=log).fit(STAMPS, frame)
    np.testing.assert_allclose(model.series_.values, np.log(frame))
    found = model.predict(STAMPS[[5, 11]])
    np.testing.assert_allclose(found, frame.iloc[[4, 10]])
    assert list(found.columns) == ["a", "b"]
    assert model.score(STAMPS[1:], frame[1:]) == pytest.approx(
        PersistenceRegressor().fit(STAMPS, frame).score(STAMPS[1:], frame[1:])
    )


def test_a_history_is_transformed_like_the_targets():
    scaler = StandardScaler()
    model = Recorder(target_transformer=scaler).fit(STAMPS, COUNT)
    model.predict(STAMPS[[11]], history=COUNT[10:11] + 9)
    newest = model.known_.values[model.requests_.cutoff]
    assert newest == pytest.approx((19.0 - COUNT.mean()) / COUNT.std(ddof=0))
