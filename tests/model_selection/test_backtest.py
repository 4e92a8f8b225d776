"""A backtest holds what the forecaster would have said from every origin, and what came true."""

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.base import clone

from tsnode import NeuralODERegressor, PersistenceRegressor, RidgeLagRegressor
from tsnode.metrics import RollingOrigins, n_step_error
from tsnode.model_selection import SeriesSplit, TimeSplit, backtest

ridge = RidgeLagRegressor(lookback=6, max_lead=6, alpha=1.0)
ode = NeuralODERegressor(training="match", lookback=None, hidden_layer_sizes=(8,), random_state=0)
COLUMNS = ["series", "origin", "lead", "stamp", "channel", "truth", "forecast"]


def asked_one_by_one(model, rows, known):
    """Second route: each forecast alone, from a history that ends with its origin."""
    found = []
    for row in rows.itertuples():
        past = known[known.index <= row.origin]
        answer = model.predict(
            pd.DatetimeIndex([row.stamp]), history=past, horizon=row.stamp - row.origin
        )
        found.append(answer[row.channel].iloc[0])
    return found


@pytest.mark.parametrize("model", [ridge, ode, PersistenceRegressor()], ids=lambda m: str(m)[:5])
def test_every_forecast_equals_the_one_asked_alone_from_rows_up_to_its_origin(model, waves):
    train, test = waves[:60], waves[60:]
    fitted = clone(model).fit(train.index, train)
    found = backtest(fitted, test.index, test, horizon=6, stride=5)
    some = found.sample(40, random_state=0)
    expected = asked_one_by_one(fitted, some, test)
    np.testing.assert_allclose(some["forecast"], expected, rtol=1e-9, atol=1e-9)
    assert found["forecast"].std() > 0.1


def test_the_frame_holds_one_row_for_every_origin_lead_and_channel(waves):
    fitted = clone(ridge).fit(waves.index[:60], waves[:60])
    found = backtest(fitted, waves.index[60:], waves[60:], horizon=6)
    assert list(found.columns) == COLUMNS
    assert not found.duplicated(["series", "origin", "lead", "channel"]).any()
    pd.testing.assert_frame_equal(found, found.sort_values(COLUMNS[:3], kind="stable"))
    assert (found["stamp"] == found["origin"] + found["lead"]).all()
    truth = waves.stack(future_stack=True)
    expected = truth.loc[pd.MultiIndex.from_arrays([found["stamp"], found["channel"]])]
    np.testing.assert_array_equal(found["truth"], expected)


def test_it_equals_rolling_origins_of_the_metrics(waves):
    leads = pd.timedelta_range("1h", periods=6, freq="h")
    start = waves.index[60]
    fitted = clone(ridge).fit(waves.index[:60], waves[:60])
    origins = RollingOrigins.from_frame(waves, start=start, leads=leads, stride=3)
    found = backtest(fitted, waves.index[60:], waves[60:], horizon="6h", stride=3)
    cells = found.pivot(index=["origin", "lead"], columns="channel", values=["truth", "forecast"])
    grid = pd.MultiIndex.from_product([origins.origins, leads])
    cells = cells.reindex(grid).to_numpy().reshape(-1, 6, 2, 2)
    np.testing.assert_array_equal(cells[:, :, 0], origins.truth)
    np.testing.assert_allclose(cells[:, :, 1], origins.forecast(fitted, waves), rtol=1e-12)


def test_what_comes_after_an_origin_does_not_change_its_forecasts(waves):
    fitted = clone(ridge).fit(waves.index[:60], waves[:60])
    later = waves.copy()
    later.iloc[80:] += 100.0
    cut = waves.index[79]
    one, two = (backtest(fitted, y.index[60:], y[60:], horizon=6) for y in (waves, later))
    early = one["origin"] <= cut
    np.testing.assert_array_equal(one["forecast"][early], two["forecast"][early])
    assert (one["forecast"][~early] != two["forecast"][~early]).all()


def test_the_order_of_the_rows_is_irrelevant(ragged):
    mixed = ragged.sample(frac=1, random_state=0)
    settings = {"horizon": "4h", "stride": "3h", "refit": "1D"}
    one, two = (backtest(ridge, y.index, y, **settings) for y in (ragged, mixed))
    pd.testing.assert_frame_equal(one, two)


class Counting(PersistenceRegressor):
    """Persistence that writes down how often it is asked and how long the answers are."""

    calls = []

    def predict(self, X, history=None, horizon=1):
        self.calls.append(len(X))
        return super().predict(X, history=history, horizon=horizon)


def test_all_origins_of_a_fit_are_one_call(ragged):
    Counting.calls.clear()
    found = backtest(Counting(), ragged.index, ragged, horizon=4, cv=TimeSplit(3))
    assert len(Counting.calls) == 3
    assert sum(Counting.calls) == len(found) / 2


def test_forecasts_of_a_fold_come_from_the_rows_that_it_trained_on(waves):
    cv = TimeSplit(2, test_size="1D", gap="6h")
    found = backtest(ridge, waves.index, waves, horizon=3, cv=cv)
    parts = [
        backtest(clone(ridge).fit(waves.index[a], waves.iloc[a]), waves.index, waves, horizon=3)
        for a, _ in cv.split(waves.index)
    ]
    tests = [waves.index[b] for _, b in cv.split(waves.index)]
    expected = pd.concat(
        [part[part["origin"].isin(test)] for part, test in zip(parts, tests, strict=True)]
    )
    np.testing.assert_allclose(found["forecast"], expected["forecast"], rtol=1e-12)


def test_no_target_was_trained_on():
    index = pd.RangeIndex(40)
    rows, y = np.arange(40.0)[:, None], np.sin(np.arange(40.0))
    first_half = [(index[20:], index[:20])]
    found = backtest(PersistenceRegressor(time=0), rows, y, horizon=5, cv=first_half)
    assert found["stamp"].max() == 19.0
    assert found["origin"].nunique() == 19


def test_refit_is_a_time_split_over_the_newer_half(waves):
    found = backtest(ridge, waves.index, waves, horizon=3, refit="12h")
    expected = backtest(ridge, waves.index, waves, horizon=3, cv=TimeSplit(4, test_size="12h"))
    pd.testing.assert_frame_equal(found, expected)
    counted = backtest(ridge, waves.index, waves, horizon=3, refit=12)
    pd.testing.assert_frame_equal(found, counted)


def test_a_number_of_folds_is_a_time_split(waves):
    found = backtest(ridge, waves.index, waves, horizon=3, cv=2)
    expected = backtest(ridge, waves.index, waves, horizon=3, cv=TimeSplit(2))
    pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize("kind", ["threading", pytest.param("loky", marks=pytest.mark.slow)])
def test_two_workers_find_what_one_finds(ragged, kind):
    settings = {"horizon": "4h", "refit": "1D"}
    with parallel_config(kind):
        one, two = (backtest(ridge, ragged.index, ragged, n_jobs=n, **settings) for n in (None, 2))
    pd.testing.assert_frame_equal(one, two)


def test_series_left_out_are_forecast_from_their_own_past(ragged):
    found = backtest(PersistenceRegressor(), ragged.index, ragged, horizon=2, cv=SeriesSplit(3))
    assert set(found["series"]) == {"JFK", "EWR", "LGA"}
    last = ragged.groupby("station").ffill()
    seen = last.stack(future_stack=True)
    at = pd.MultiIndex.from_arrays([found["series"], found["origin"], found["channel"]])
    expected = seen.loc[at].to_numpy()
    known = np.isfinite(expected)
    assert known.mean() > 0.9
    np.testing.assert_array_equal(found["forecast"][known], expected[known])


def test_the_metrics_read_the_frame(waves):
    leads = pd.timedelta_range("1h", periods=6, freq="h")
    train = waves.index[:60], waves[:60]
    settings = {"X": waves.index[60:], "y": waves[60:], "horizon": 6}
    found = backtest(clone(ridge).fit(*train), **settings)
    naive = PersistenceRegressor().fit(*train)
    found["persistence"] = backtest(naive, **settings)["forecast"]
    origins = RollingOrigins.from_frame(waves, start=waves.index[60], leads=leads)
    expected = n_step_error(origins.truth, origins.forecast(clone(ridge).fit(*train), waves))
    np.testing.assert_allclose(n_step_error(found), expected, rtol=1e-12)
    assert n_step_error(found, n="3h") == pytest.approx(expected[2])
    plain = n_step_error(origins.truth, origins.forecast(naive, waves))
    np.testing.assert_allclose(n_step_error(found, "persistence"), plain, rtol=1e-12)
    assert expected[5] < 0.5 * plain[5]
