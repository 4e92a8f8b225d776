"""Backtests on every kind of time and container, and what they refuse."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

from tsnode import PersistenceRegressor, RidgeLagRegressor, make_pipeline
from tsnode.exceptions import HorizonError, TimeIndexError
from tsnode.model_selection import TimeSplit, backtest

HOURS = pd.date_range("2024-01-01", periods=60, freq="h")
VALUES = np.sin(np.arange(60.0) / 4)
KINDS = {
    "aware": (HOURS.tz_localize("UTC").tz_convert("Europe/Berlin"), "3h"),
    "timedelta": (HOURS - HOURS[0], "3h"),
    "period": (HOURS.to_period("h"), "3h"),
    "float": (pd.Index(np.arange(60.0)), 3.0),
    "array": (np.arange(60.0)[:, None], 3.0),
    "stamp column": (pd.DataFrame({"when": HOURS}), "3h"),
}
ridge = RidgeLagRegressor(lookback=4, max_lead=4, alpha=1.0)


def on_hours(horizon="3h", **params):
    return backtest(ridge, HOURS, VALUES, horizon=horizon, stride=4, refit=12, **params)


@pytest.mark.parametrize(("X", "horizon"), KINDS.values(), ids=KINDS.keys())
def test_every_kind_of_time_gives_the_same_forecasts(X, horizon):
    found = backtest(ridge, X, VALUES, horizon=horizon, stride=4, refit=12)
    expected = on_hours()
    np.testing.assert_allclose(found["forecast"], expected["forecast"], rtol=1e-9)
    np.testing.assert_array_equal(found["truth"], expected["truth"])
    assert np.unique(np.asarray(found["lead"] / found["lead"].iloc[0])).tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "y",
    [
        VALUES[:, None],
        pd.Series(VALUES, index=HOURS),
        pd.Series(VALUES, index=HOURS, name="load"),
        pd.DataFrame({"load": VALUES}, index=HOURS),
    ],
    ids=["2D", "series", "named series", "frame"],
)
def test_every_container_of_y_gives_the_same_forecasts(y):
    found = backtest(ridge, HOURS, y, horizon="3h", stride=4, refit=12)
    np.testing.assert_allclose(found["forecast"], on_hours()["forecast"], rtol=1e-12)


def test_a_frame_of_states_needs_no_y():
    frame = pd.DataFrame({"load": VALUES, "note": "x"}, index=HOURS)
    found = backtest(ridge, frame, horizon="3h", stride=4, refit=12)
    np.testing.assert_allclose(found["forecast"], on_hours()["forecast"], rtol=1e-12)
    assert set(found["channel"]) == {"load"}


def test_leads_may_be_listed():
    found = on_hours(horizon=["1h", "3h"])
    expected = on_hours()
    expected = expected[expected["lead"] != pd.Timedelta("2h")].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected)


def test_months_keep_to_the_calendar():
    months = pd.date_range("2000-01-01", periods=120, freq="MS")
    fitted = PersistenceRegressor().fit(months[:2], np.arange(2.0))
    found = backtest(fitted, months, np.arange(120.0), horizon=48, stride=12)
    months_ahead = found["truth"] - found["forecast"]
    assert months_ahead.tolist() == found["lead"].rank(method="dense").tolist()
    assert months_ahead.max() == 48


def test_an_irregular_horizon_is_a_lead_itself():
    hours = np.cumsum(np.random.default_rng(0).exponential(size=200))
    stamps = HOURS[0] + pd.to_timedelta(hours, unit="h").round("s")
    found = backtest(PersistenceRegressor(), stamps, np.sin(hours), horizon="6h", refit="2D")
    leads = np.unique(found["lead"])
    gaps = np.diff(leads) / pd.Timedelta("1h")
    assert leads[-1] == pd.Timedelta("6h")
    np.testing.assert_allclose(gaps, gaps[0], rtol=1e-9)
    assert gaps[0] == pytest.approx(np.median(np.diff(hours)), rel=0.1)


def test_a_lead_stands_for_the_nearest_row_at_most_half_a_step_away():
    times = pd.Index([0.0, 1.0, 2.0, 3.0, 4.4, 4.8, 6.0, 7.0, 8.5, 9.5])  # median step 1
    fitted = PersistenceRegressor().fit(times, np.arange(10.0))
    found = backtest(fitted, times, np.arange(10.0), horizon=3, stride=2)
    first = found[found["origin"] == 2.0]
    assert first[["lead", "stamp"]].to_numpy().tolist() == [[1.0, 3.0], [2.0, 4.4], [3.0, 4.8]]
    assert found.loc[found["origin"] == 4.4, "lead"].tolist() == [2.0, 3.0]


def test_a_stride_of_time_takes_the_first_row_of_every_stretch():
    times = pd.Index([0.0, 1.0, 1.9, 2.2, 3.0, 5.0, 6.1, 7.0])
    fitted = PersistenceRegressor().fit(times, np.arange(8.0))
    found = backtest(fitted, times, np.arange(8.0), horizon=2, stride=2.0)
    assert found["origin"].unique().tolist() == [0.0, 2.2, 5.0, 6.1]


def test_repeated_stamps_count_once_with_their_mean():
    times = pd.Index([0.0, 1.0, 2.0, 2.0, 3.0])
    fitted = PersistenceRegressor().fit(times[:2], [0.0, 1.0])
    found = backtest(fitted, times, np.array([0.0, 1.0, 2.0, 4.0, 5.0]), horizon=1)
    assert found["truth"].tolist() == [1.0, 3.0, 5.0]
    assert found["forecast"].tolist() == [0.0, 1.0, 3.0]


class Driven(PersistenceRegressor):
    """Answers with the covariate at each asked stamp, however far from the rows asked."""

    def _forecast_requests(self, known, requests, controls):
        return controls.at(requests.series, requests.times) * np.ones((1, known.n_channels))


@pytest.mark.parametrize("model", [Driven(), make_pipeline(StandardScaler(), Driven())])
def test_covariates_at_the_targets_reach_the_forecaster(model):
    X = pd.DataFrame({"u": np.cos(np.arange(60.0))}, index=HOURS)
    y = pd.Series(VALUES, index=HOURS)
    found = backtest(model.fit(X, y), X, y, horizon=3)
    expected = (X["u"] - X["u"].mean()) / X["u"].std(ddof=0)
    np.testing.assert_allclose(found["forecast"], expected.loc[found["stamp"]], atol=1e-9)


def test_a_search_is_backtested_with_its_best_settings():
    search = GridSearchCV(ridge, {"alpha": [1e-3, 1e6]}, cv=TimeSplit(2))
    found = backtest(search, HOURS, VALUES, horizon=3, stride=4, refit=12)
    best = RidgeLagRegressor(lookback=4, max_lead=4, alpha=1e-3)
    expected = backtest(best, HOURS, VALUES, horizon=3, stride=4, refit=12)
    pd.testing.assert_frame_equal(found, expected)


FITTED = PersistenceRegressor().fit(HOURS, VALUES)


@pytest.mark.parametrize(
    ("change", "error", "word"),
    [
        ({"estimator": PersistenceRegressor()}, NotFittedError, "Pass cv=|pass cv= or refit="),
        ({"estimator": Ridge()}, TypeError, "takes history= and horizon=; got a Ridge"),
        ({"cv": 2, "refit": "1D"}, ValueError, "cv or refit; got both"),
        ({"cv": "time"}, ValueError, "cv must be a splitter"),
        ({"horizon": 0}, HorizonError, "horizon must be a number of rows or a duration"),
        ({"horizon": "soon"}, HorizonError, "horizon must be a duration"),
        ({"horizon": "10min"}, HorizonError, "at least the median step, 0 days 01:00:00"),
        ({"horizon": ["3h", "1h"]}, HorizonError, "horizon must list durations over 0"),
        (
            {"horizon": "90D"},
            HorizonError,
            "longest series, which spans 2 days 11:00:00; got '90D'",
        ),
        ({"cv": [([0, 1], [59])]}, HorizonError, "observed rows within 3 after an origin .* none"),
        ({"cv": [([0, 1], [60])]}, ValueError, "row numbers from 0 to 59; got"),
        ({"cv": [[0, 1], [2, 3]]}, ValueError, "pairs .train, test. of row numbers"),
        ({"refit": "2D"}, HorizonError, "refit must fit into the newer half"),
        ({"stride": 0}, HorizonError, "stride must be a number of rows or a duration, over 0"),
        ({"refit": "-1D"}, HorizonError, "refit must be"),
        ({"y": VALUES[:5]}, ValueError, "same number of rows; got 60 and 5"),
        ({"y": np.full(60, np.nan)}, HorizonError, "at least one observed value in y"),
        ({"y": None}, ValueError, "Expected y, or a frame X"),
        ({"y": pd.Series(VALUES, index=HOURS[::-1])}, TimeIndexError, "same stamps row by row"),
        ({"X": np.arange(60.0)}, TimeIndexError, "2D array"),
    ],
)
def test_bad_input_is_refused(change, error, word):
    asked = {"estimator": FITTED, "X": HOURS, "y": VALUES, "horizon": 3} | change
    with pytest.raises(error, match=word):
        backtest(asked.pop("estimator"), asked.pop("X"), asked.pop("y"), **asked)


def test_channels_that_fit_has_not_seen_are_refused():
    y = pd.DataFrame({"load": VALUES}, index=HOURS)
    fitted = PersistenceRegressor().fit(HOURS, y)
    with pytest.raises(ValueError, match=r"columns of fit, \['load'\]; got \['wind'\]"):
        backtest(fitted, HOURS, y.assign(wind=1.0), horizon=3)
