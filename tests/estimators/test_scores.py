"""score is R2 of rolling forecasts over the observed entries; what diverges scores nan."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score

from tsnode import PersistenceRegressor
from tsnode.exceptions import ForecastWarning

STAMPS = pd.date_range("2013-01-01", periods=12, freq="h", name="time")
COUNT = pd.Series(np.arange(12.0), STAMPS, name="n")


def rolling_by_hand(frame, n):
    """Take the value n rows back, the mean of fit where there is none."""
    filled = frame.ffill()
    return filled.shift(n).fillna(frame.mean())


@pytest.mark.parametrize("n", [1, 3])
def test_score_is_r2_of_rolling_forecasts_over_the_observed_entries(n):
    rng = np.random.default_rng(0)
    stamps = pd.date_range("2013", periods=50, freq="h")
    frame = pd.DataFrame(rng.normal(size=(50, 2)).cumsum(axis=0), stamps, columns=["a", "b"])
    frame["b"] = frame["b"].where(rng.random(50) > 0.2)
    model = PersistenceRegressor(score_horizon=n).fit(stamps, frame)
    ahead = rolling_by_hand(frame, n)
    expected = [
        r2_score(frame[name][seen], ahead[name][seen])
        for name, seen in frame.notna().items()
    ]  # fmt: skip
    assert model.score(stamps, frame) == pytest.approx(np.mean(expected))
    assert abs(np.mean(expected)) > 0.05


def test_a_free_score_is_that_of_predict():
    model = PersistenceRegressor(score_horizon="free").fit(STAMPS[:8], COUNT[:8])
    expected = r2_score(COUNT[8:], np.full(4, 7.0))
    assert model.score(STAMPS[8:], COUNT[8:]) == pytest.approx(expected)


def test_score_takes_columns_by_name():
    frame = pd.DataFrame({"a": np.arange(12.0), "b": np.sin(np.arange(12.0))}, index=STAMPS)
    model = PersistenceRegressor().fit(STAMPS, frame)
    assert model.score(STAMPS, frame[["b", "a"]]) == pytest.approx(model.score(STAMPS, frame))


def test_a_channel_without_truth_does_not_count():
    frame = pd.DataFrame({"a": np.arange(12.0), "b": np.sin(np.arange(12.0))}, index=STAMPS)
    model = PersistenceRegressor().fit(STAMPS, frame)
    alone = PersistenceRegressor().fit(STAMPS, frame["a"]).score(STAMPS, frame["a"])
    assert model.score(STAMPS, frame.assign(b=np.nan)) == pytest.approx(alone)


def test_score_weights_entries():
    weights = np.arange(12.0)
    model = PersistenceRegressor().fit(STAMPS, COUNT)
    expected = r2_score(COUNT, [5.5, *range(11)], sample_weight=weights)
    assert model.score(STAMPS, COUNT, sample_weight=weights) == pytest.approx(expected)


class Diverging(PersistenceRegressor):
    def _forecast_requests(self, known, requests, controls):  # noqa: ARG002
        with np.errstate(over="ignore"):
            return np.exp(200.0 * requests.times)[:, None]


def test_diverged_rows_are_nan_with_one_warning_that_names_the_first():
    model = Diverging().fit(STAMPS, COUNT)
    with pytest.warns(ForecastWarning, match="8 forecast row.*first at 2013-01-01 04:00") as found:
        ahead = model.predict(STAMPS[::-1])
    assert len(found) == 1
    assert ahead.isna().tolist() == [True] * 8 + [False] * 4


def test_a_forecast_that_is_not_finite_scores_nan():
    model = Diverging().fit(STAMPS, COUNT)
    with pytest.warns(ForecastWarning, match="diverged"):
        assert np.isnan(model.score(STAMPS, COUNT))
