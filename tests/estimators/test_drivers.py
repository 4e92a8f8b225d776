"""Forecasters with drivers of a table: per series, constants, at the door, in searches."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_union
from sklearn.preprocessing import FunctionTransformer

from tsnode import NeuralODERegressor
from tsnode.exceptions import HorizonError, TimeIndexError
from tsnode.model_selection import TimeSplit
from tsnode.preprocessing import CalendarFeatures, ExogenousFeatures

STAMPS = pd.date_range("2024-01-01", periods=48, freq="h", tz="UTC", name="time")
LATER = pd.date_range(STAMPS[-1], periods=13, freq="h", name="time")[1:]
HOURS = pd.date_range(STAMPS[0] - pd.Timedelta("10min"), periods=40, freq="99min")
DRIVE = pd.DataFrame({"heat": np.random.default_rng(1).normal(size=40)}, index=HOURS)


def room(heat, start=0.0):
    """Rows of dy/dt = heat - 0.3 y, per hour, heat held from stamp to stamp."""
    at = np.arange(0, 61, 0.01)
    when = STAMPS[0] + pd.to_timedelta(np.round(3600 * at), unit="s")
    u = heat.to_numpy()[np.searchsorted(heat.index, when, side="right") - 1]
    y = np.full(len(at), start)
    for k in range(1, len(at)):
        y[k] = y[k - 1] + 0.01 * (u[k - 1] - 0.3 * y[k - 1])
    return pd.DataFrame({"y": np.interp(np.arange(60.0), at, y)}, STAMPS.append(LATER))


def model(features, **params):
    settings = {"lookback": 6, "training": "linear", "random_state": 0, "features": features}
    return NeuralODERegressor(**settings | params)


def on_states(features):
    return model(features, lookback=None, training="auto", hidden_layer_sizes=(8,))


def panel(**series):
    return pd.concat(series, names=["room"])


TRUTH = room(DRIVE["heat"])
Y = TRUTH.loc[STAMPS]
TWO = panel(a=DRIVE, b=-DRIVE)
ROOMS = panel(a=TRUTH, b=room(-DRIVE["heat"]))
KNOWN, FUTURE = (ROOMS.loc[(slice(None), part), :] for part in (STAMPS, LATER))


def error(forecast, truth):
    return float(np.sqrt(np.mean(np.square(np.asarray(forecast) - np.asarray(truth)))))


@pytest.mark.parametrize("make", [model, on_states])
def test_a_driver_explains_what_the_past_cannot(make):
    with_driver = make(ExogenousFeatures(DRIVE)).fit(STAMPS, Y).predict(LATER)
    without = make(None).fit(STAMPS, Y).predict(LATER)
    assert error(with_driver, TRUTH.loc[LATER]) < 0.5 * error(without, TRUTH.loc[LATER])


def test_every_series_is_driven_by_its_own_rows():
    own = on_states(ExogenousFeatures(TWO)).fit(KNOWN.index, KNOWN)
    forecast = own.predict(FUTURE.index)
    assert error(forecast, FUTURE) < 0.3
    # Exchanged, the drivers push the other way.
    own.features_.set_params(table=panel(a=-DRIVE, b=DRIVE))
    assert error(own.predict(FUTURE.index), FUTURE) > 2 * error(forecast, FUTURE)


def test_the_order_of_series_and_rows_changes_nothing():
    shuffled = KNOWN.sample(frac=1, random_state=0)
    one = model(ExogenousFeatures(TWO)).fit(KNOWN.index, KNOWN)
    two = model(ExogenousFeatures(TWO.sample(frac=1, random_state=1)))
    two.fit(shuffled.index, shuffled)
    pd.testing.assert_frame_equal(one.predict(FUTURE.index), two.predict(FUTURE.index))


LEVELS = pd.Series({"low": 1.0, "mid": 2.0, "high": 4.0, "new": 3.0}, name="level")
SITES = panel(
    **{
        key: pd.DataFrame({"y": level * (1 - np.exp(-np.arange(60) / 8))}, TRUTH.index)
        for key, level in LEVELS.items()
    }
)


def asked_of(key, stamps):
    return pd.MultiIndex.from_product([[key], stamps], names=["room", "time"])


def test_a_constant_of_a_table_tells_an_unseen_series_where_it_goes():
    train = SITES.drop("new").loc[(slice(None), STAMPS), :]
    history = SITES.loc[(["new"], STAMPS[:3]), :]
    ahead = asked_of("new", STAMPS[4::4])
    with_level = on_states(ExogenousFeatures(LEVELS)).fit(train.index, train)
    found = with_level.predict(ahead, history=history)
    assert error(found, SITES.loc[ahead]) < 0.2
    words = r"rows of every series; it has none of 'new' \(1 missing"
    with_level.features_.set_params(table=LEVELS.drop("new"))
    with pytest.raises(HorizonError, match=words):
        with_level.predict(ahead, history=history)


def test_a_constant_column_of_x_serves_as_well():
    train = SITES.drop("new").loc[(slice(None), STAMPS), :]
    keys = SITES.index.get_level_values(0)
    X = pd.DataFrame({"level": LEVELS[keys].to_numpy()}, SITES.index)
    ahead = asked_of("new", STAMPS[4::4])
    history = SITES.loc[(["new"], STAMPS[:3]), :]
    by_column = on_states(None).fit(X.loc[train.index], train)
    found = by_column.predict(X.loc[ahead], history=history)
    by_table = on_states(ExogenousFeatures(LEVELS)).fit(train.index, train)
    np.testing.assert_allclose(found, by_table.predict(ahead, history=history), atol=1e-4)


def test_it_stands_beside_calendar_features_on_panels():
    both = make_union(CalendarFeatures(("day",)), ExogenousFeatures(TWO), ExogenousFeatures(DRIVE))
    fitted = model(both).fit(KNOWN.index, KNOWN)
    assert fitted._covariates.n_controls == 4
    assert np.isfinite(fitted.forecast("12h")).all(axis=None)


def test_what_needs_stamps_alone_is_evaluated_between_the_rows_beside_columns_of_x():
    X = pd.DataFrame({"w": np.arange(48.0)}, STAMPS)
    union = make_union(
        ExogenousFeatures(DRIVE), FunctionTransformer(), CalendarFeatures(("day",))
    ).set_params(transformer_weights={"calendarfeatures": 3.0})
    mixed = model(union).fit(X, Y)._covariates.controls()
    alone = model(make_union(ExogenousFeatures(DRIVE), CalendarFeatures(("day",)))).fit(STAMPS, Y)
    times = np.array([0.3, 7.9, 20.0])
    found = mixed.at(0, times)
    np.testing.assert_allclose(found[:, [0, 2, 3]], alone._covariates.controls().at(0, times))
    np.testing.assert_allclose(found[:, 1], (times - 23.5) / X["w"].std(ddof=0))


def test_new_rows_that_a_table_does_not_reach_change_nothing():
    short = DRIVE.loc[: STAMPS[-1]]
    fitted = model(ExogenousFeatures(short, hold="2h")).fit(STAMPS, Y)
    expected = fitted.predict(LATER[:1])
    for call in (fitted.update, fitted.partial_fit):
        with pytest.raises(HorizonError, match="reaches the asked stamps"):
            call(LATER, TRUTH.loc[LATER])
        pd.testing.assert_frame_equal(fitted.predict(LATER[:1]), expected)
    fitted.features_.set_params(table=DRIVE)
    fitted.update(LATER[:6], TRUTH.loc[LATER[:6]])
    assert not fitted.predict(LATER[6:]).equals(expected)


def test_intervals_are_narrower_by_what_the_drivers_of_each_series_explain():
    widths = []
    for features in (ExogenousFeatures(TWO), None):
        fitted = model(features).fit(KNOWN.index, KNOWN)
        lower, upper = fitted.predict_interval(FUTURE.index, coverage=0.8)
        widths.append(np.asarray(upper - lower).mean())
    assert 0 < widths[0] < 0.8 * widths[1]


def test_a_join_is_searched_like_any_parameter():
    search = GridSearchCV(
        model(ExogenousFeatures(DRIVE)), {"features__join": ["previous", "linear", "hermite"]},
        cv=TimeSplit(2, test_size="6h"),
    )  # fmt: skip
    search.fit(STAMPS.to_frame()[[]], Y)
    scores = search.cv_results_["mean_test_score"]
    assert len(set(scores)) == 3
    assert search.best_estimator_.features.table.equals(DRIVE)


# ---------------------------------------------------------------- at the door of predict


def test_a_table_that_ends_before_the_horizon_is_refused_until_it_is_longer():
    short = DRIVE.loc[: STAMPS[-1] + pd.Timedelta("5h")]
    fitted = model(ExogenousFeatures(short)).fit(STAMPS, Y)
    expected = fitted.predict(LATER[:3])
    words = r"its last row is at 2024-01-03 02:59 UTC, 9 stamp\(s\) lie behind it, the latest"
    for asked in (lambda: fitted.predict(LATER), lambda: fitted.forecast("12h")):
        with pytest.raises(HorizonError, match=words):
            asked()
    pd.testing.assert_frame_equal(fitted.predict(LATER[:3]), expected)
    fitted.features_.set_params(table=DRIVE)
    assert fitted.predict(LATER).shape == (12, 1)
    pd.testing.assert_frame_equal(fitted.predict(LATER[:3]), expected)


def test_a_fit_on_rows_behind_the_table_is_refused():
    words = r"its last row is at 2024-01-01 06:26 UTC, 41 stamp\(s\)"
    with pytest.raises(HorizonError, match=words):
        model(ExogenousFeatures(DRIVE.iloc[:5])).fit(STAMPS, Y)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (DRIVE.tz_localize(None), "stamps in UTC, as the rows have; got stamps without a time"),
        (TWO, r"since the rows are of one series; got one with series \('a', 'b'\)"),
    ],
)
def test_a_table_of_other_stamps_than_the_rows_is_refused(table, words):
    with pytest.raises(TimeIndexError, match=words):
        model(ExogenousFeatures(table)).fit(STAMPS, Y)


def test_a_table_in_another_zone_is_the_same_table():
    fitted = model(ExogenousFeatures(DRIVE.tz_convert("Asia/Kathmandu"))).fit(STAMPS, Y)
    expected = model(ExogenousFeatures(DRIVE)).fit(STAMPS, Y).predict(LATER)
    pd.testing.assert_frame_equal(fitted.predict(LATER), expected)
