"""What fit and predict accept at the door, and what they refuse with a cure."""

import numpy as np
import pandas as pd
import pytest

from tsnode import PersistenceRegressor, ResNetStepRegressor
from tsnode.exceptions import TimeIndexError

STAMPS = pd.date_range("2013-01-01", periods=6, freq="h", name="time")
VALUES = np.arange(6.0)
COLUMN = np.arange(6.0)[:, None]
FLOATS = pd.Index(np.arange(6.0))


def fitted(X, y=VALUES, **params):
    return PersistenceRegressor(**params).fit(X, y)


# ---------------------------------------------------------------- one-dimensional X


@pytest.mark.parametrize(
    "X", [STAMPS, STAMPS.to_numpy(), STAMPS.array, FLOATS, STAMPS - STAMPS[0],
          STAMPS.to_period("h"), pd.MultiIndex.from_product([["a", "b"], STAMPS[:3]])],
    ids=["index", "array", "extension", "float", "timedelta", "period", "panel"],
)  # fmt: skip
def test_a_bare_index_of_times_is_all_of_x(X):
    assert fitted(X).predict(X).shape == (6,)


@pytest.mark.parametrize("X", [VALUES, VALUES.tolist(), np.arange(6)])
def test_other_one_dimensional_input_gets_the_message_of_scikit_learn(X):
    with pytest.raises(ValueError, match=r"(?s)Expected 2D array.*Reshape your data"):
        fitted(X)


@pytest.mark.parametrize("index", [pd.RangeIndex(6), pd.Index([1, 2, 4, 5, 6, 7])])
def test_whole_numbers_are_times_with_time_index(index):
    y = pd.Series(VALUES, index, name="y")
    model = fitted(index, y, time="index")
    ahead = model.predict(index[-2:], history=y[:5])
    assert ahead.tolist() == [3.0, 4.0]
    assert isinstance(ahead, pd.Series)
    whole = PersistenceRegressor(time="index").fit(y.to_frame())
    pd.testing.assert_frame_equal(whole.predict(index), model.predict(index).to_frame())


# ---------------------------------------------------------------- the source is remembered


def test_fitted_from_an_index_and_asked_with_an_array_is_refused_with_the_hint():
    with pytest.raises(TimeIndexError, match=r"set_output\(transform='pandas'\)"):
        fitted(STAMPS).predict(COLUMN)


def test_fitted_from_an_index_and_asked_with_row_numbers_is_refused_with_the_hint():
    frame = pd.DataFrame({"u": VALUES}, index=STAMPS)
    with pytest.raises(TimeIndexError, match="features= for transformers"):
        fitted(frame).predict(frame.reset_index(drop=True))


@pytest.mark.parametrize(
    "asked", ["2013-01-02", STAMPS[0], [STAMPS[0]], ["2013-01-02"], pd.Series(STAMPS)]
)
def test_loose_times_are_refused_with_the_index_to_build(asked):
    with pytest.raises(TimeIndexError, match=r"got a \w+. Pass .*pandas.DatetimeIndex"):
        fitted(STAMPS).predict(asked)


@pytest.mark.parametrize(
    "X", [list(STAMPS), pd.Series(STAMPS), [stamp.date() for stamp in STAMPS], STAMPS.tolist()[:1]]
)
def test_loose_stamps_are_refused_in_fit_with_the_index_to_build(X):
    with pytest.raises(TimeIndexError, match=r"got a \w+. Pass .*pandas.DatetimeIndex"):
        fitted(X)


def test_a_name_of_the_time_that_a_bare_index_does_not_have_is_refused():
    with pytest.raises(TimeIndexError, match="time='nope'.*levels \\['time'\\]"):
        fitted(STAMPS, time="nope")
    assert fitted(STAMPS, time="time").predict(STAMPS.rename(None)).shape == (6,)


@pytest.mark.parametrize("asked", [STAMPS, FLOATS])
def test_fitted_from_a_column_and_asked_with_an_index_is_refused(asked):
    with pytest.raises(TimeIndexError, match="Pass the time as a column again"):
        fitted(COLUMN).predict(asked)


def test_a_frame_without_times_beside_a_y_with_times_is_refused_with_the_ways_out():
    y = pd.Series(VALUES, STAMPS)
    words = r"(?s)features=.*tsnode.make_pipeline.*set_output.*time=<its position>"
    with pytest.raises(TimeIndexError, match=words):
        fitted(pd.DataFrame({"u": VALUES}), y)


# ---------------------------------------------------------------- time in a column


def test_backward_steps_in_column_0_are_warned_of_with_their_share():
    times = np.array([0.0, 2.0, 1.0, 3.0, 5.0, 4.0])[:, None]
    with pytest.warns(UserWarning, match="40% of its steps go backwards.*time=0"):
        fitted(times)


@pytest.mark.parametrize("time", [0])
def test_naming_column_0_silences_the_warning_and_sorts(time):
    times = np.array([0.0, 2.0, 1.0, 3.0, 5.0, 4.0])[:, None]
    assert fitted(times, time=time).predict([[9.0]]).tolist() == [4.0]


def test_an_unsorted_index_needs_no_warning():
    assert fitted(STAMPS[::-1]).predict(STAMPS[[-1]] + pd.Timedelta("1h")).tolist() == [0.0]


@pytest.mark.parametrize("time", ["when", 1])
def test_a_named_or_numbered_column_is_the_time_and_the_rest_covariates(time):
    frame = pd.DataFrame({"u": VALUES[::-1], "when": STAMPS})
    model = fitted(frame, time=time)
    assert model.clock_.kind == "datetime"
    assert model.predict(frame).tolist() == [2.5, 0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_column_that_is_not_there_is_refused():
    with pytest.raises(TimeIndexError, match="it has 1 columns"):
        fitted(COLUMN, time=3)
    with pytest.raises(TimeIndexError, match="got 'when' for an X without"):
        fitted(COLUMN, time="when")


def test_times_that_are_not_finite_are_refused_by_row():
    index = pd.Index([0.0, np.inf, 2.0, 3.0, 4.0, 5.0])
    with pytest.raises(TimeIndexError, match="first in row 1"):
        fitted(index)


# ---------------------------------------------------------------- y


def test_x_and_y_are_compared_as_instants_not_as_wall_clocks():
    utc = STAMPS.tz_localize("UTC")
    y = pd.Series(VALUES, utc.tz_convert("Asia/Tokyo"))
    assert fitted(utc, y).forecast(1).tolist() == [5.0]
    with pytest.raises(TimeIndexError, match=r"y = y.loc\[X.index\]"):
        fitted(utc, pd.Series(VALUES, STAMPS.tz_localize("Asia/Tokyo")))


def test_series_that_differ_in_their_keys_are_refused():
    one = pd.MultiIndex.from_product([["a"], STAMPS])
    other = pd.MultiIndex.from_product([["b"], STAMPS])
    with pytest.raises(TimeIndexError, match="Align"):
        fitted(one, pd.Series(VALUES, other))


def test_only_numeric_columns_of_a_frame_alone_are_states():
    frame = pd.DataFrame({"a": VALUES, "note": "x", "b": -VALUES}, index=STAMPS)
    model = PersistenceRegressor().fit(frame)
    assert list(model.forecast(1).columns) == ["a", "b"]
    with pytest.raises(ValueError, match="at least one numeric column"):
        PersistenceRegressor().fit(frame[["note"]])


def test_x_without_y_and_without_times_is_refused():
    with pytest.raises(ValueError, match="requires y to be passed"):
        PersistenceRegressor().fit(COLUMN)


def test_the_unit_of_time_is_one_of_four():
    with pytest.raises(ValueError, match="time_unit must be one of None, 's', 'min', 'h', 'D'"):
        ResNetStepRegressor(time_unit="week").fit(STAMPS, VALUES)


@pytest.mark.parametrize(("unit", "expected"), [(None, "h"), ("s", "s"), ("D", "D")])
def test_the_unit_of_time_is_kept(unit, expected):
    model = ResNetStepRegressor((4,), time_unit=unit, random_state=0).fit(STAMPS, VALUES)
    assert model.time_unit_ == expected
