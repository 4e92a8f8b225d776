"""Forecasters with drivers of a table: per series, constants, beside others, in searches."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_union
from sklearn.preprocessing import FunctionTransformer

from tsnode.exceptions import HorizonError
from tsnode.model_selection import TimeSplit
from tsnode.preprocessing import CalendarFeatures, ExogenousFeatures

from .driven_rooms import (
    DRIVE,
    FUTURE,
    KNOWN,
    LATER,
    STAMPS,
    TRUTH,
    TWO,
    Y,
    error,
    model,
    on_states,
    panel,
)


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


@pytest.mark.parametrize("method", ["dopri5", "LSODA"])
def test_other_solvers_end_their_steps_at_the_jumps_as_well(method):
    fitted = on_states(ExogenousFeatures(DRIVE)).fit(STAMPS, Y)
    expected = fitted.predict(LATER[:4])
    found = fitted.set_params(method=method, rtol=1e-6).predict(LATER[:4])
    np.testing.assert_allclose(found, expected, atol=2e-3)
