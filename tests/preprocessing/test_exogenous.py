"""A table with stamps of its own is looked up by its join, column by column, never ahead."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import CubicHermiteSpline
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_union

from tsnode.exceptions import FitWarning
from tsnode.frames._clock import Clock
from tsnode.preprocessing import CalendarFeatures, ExogenousFeatures

KNOTS = np.array([0.0, 1.0, 1.5, 4.0, 5.0])
VALUES = np.array([2.0, -1.0, 3.0, 3.0, 7.0])
TABLE = pd.DataFrame({"u": VALUES}, index=KNOTS)
ASKED = pd.Index([0.0, 0.5, 1.0, 1.2, 1.5, 3.999, 4.0, 4.5, 5.0])
STAMPS = pd.date_range("2024-03-30", periods=5, freq="6h")


def looked_up(table, X, **params):
    return ExogenousFeatures(table, **params).fit(X).transform(X)


def test_previous_holds_each_value_from_its_stamp_on():
    found = looked_up(TABLE, ASKED)["u"].tolist()
    assert found == [2.0, 2.0, -1.0, -1.0, 3.0, 3.0, 3.0, 3.0, 7.0]


def test_linear_is_the_straight_line_between_stamps():
    found = looked_up(TABLE, ASKED, join="linear")["u"]
    np.testing.assert_allclose(found, np.interp(ASKED, KNOTS, VALUES))


def test_hermite_is_the_cubic_with_backward_differences():
    # torchcde's hermite_cubic_coefficients_with_backward_differences, by SciPy's cubics.
    slopes = np.diff(VALUES) / np.diff(KNOTS)
    expected = CubicHermiteSpline(KNOTS, VALUES, slopes[[0, 0, 1, 2, 3]])(ASKED)
    found = looked_up(TABLE, ASKED, join="hermite")["u"]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert np.abs(found - np.interp(ASKED, KNOTS, VALUES)).max() > 0.1


@pytest.mark.parametrize(
    ("join", "moves"),
    [
        ("previous", [1.5, 3.999]),
        ("linear", [1.2, 1.5, 3.999]),
        ("hermite", [1.2, 1.5, 3.999, 4.5]),
    ],
)
def test_another_value_moves_only_the_stamps_that_its_join_names(join, moves):
    spike = TABLE.copy()
    spike.loc[1.5, "u"] = 1e3
    moved = looked_up(TABLE, ASKED, join=join) != looked_up(spike, ASKED, join=join)
    assert ASKED[moved["u"]].tolist() == moves


@pytest.mark.parametrize("join", ["previous", "linear", "hermite"])
def test_a_column_goes_on_from_its_own_last_value(join):
    table = TABLE.assign(v=[np.nan, 5.0, np.nan, np.nan, np.nan])
    with pytest.warns(FitWarning, match="Nothing is known yet of v at 2 of 9 rows of fit; their"):
        found = looked_up(table, ASKED, join=join)
    pd.testing.assert_frame_equal(found[["u"]], looked_up(TABLE, ASKED, join=join))
    # Before its first value stands the mean of what fit saw.
    assert found["v"].tolist() == [5.0] * 9


def test_before_the_first_value_stands_the_mean_of_the_rows_of_fit_with_a_flag_if_asked():
    table = pd.DataFrame({"u": [4.0, 6.0, 9.0]}, index=[2.0, 3.0, 9.0])
    X = pd.Index([1.0, 2.0, 3.0, 3.5])
    found = looked_up(table, X, add_indicator=True)
    assert found["u"].tolist() == [16 / 3, 4.0, 6.0, 6.0]
    assert found["u_unknown"].tolist() == [1.0, 0.0, 0.0, 0.0]


def test_a_panel_reads_each_series_its_own_rows_and_a_plain_table_serves_all():
    X = pd.MultiIndex.from_product([["b", "a"], STAMPS], names=["site", "time"])
    own = pd.concat({"a": TABLE.set_axis(STAMPS), "b": -TABLE.set_axis(STAMPS)})
    found = looked_up(own, X)
    assert found.index.equals(X)
    assert found["u"].tolist() == [*-VALUES, *VALUES]
    assert looked_up(TABLE.set_axis(STAMPS), X)["u"].tolist() == [*VALUES, *VALUES]


def test_a_table_of_series_alone_gives_constants():
    X = pd.MultiIndex.from_product([[7, 9], STAMPS])
    table = pd.Series([3.0, 100.0], index=[9, 7], name="elevation")
    assert looked_up(table, X)["elevation"].tolist() == [100.0] * 5 + [3.0] * 5
    several = pd.MultiIndex.from_product([["s"], [7, 9], STAMPS])
    keys = pd.MultiIndex.from_tuples([("s", 9), ("s", 7)])
    assert looked_up(table.set_axis(keys), several)["elevation"].tolist() == [100.0] * 5 + [3.0] * 5


def test_stamps_are_instants_in_any_zone_and_rows_come_in_any_order():
    table = TABLE.set_axis(STAMPS.tz_localize("UTC"))
    X = STAMPS.tz_localize("UTC") + pd.Timedelta("1h")
    elsewhere = table.tz_convert("Asia/Kathmandu").iloc[[3, 0, 4, 1, 2]]
    found = looked_up(elsewhere, X, hold="1h")
    assert found["u"].tolist() == VALUES.tolist()


@pytest.mark.parametrize("index", [STAMPS - STAMPS[0], STAMPS.to_period("6h"), KNOTS])
def test_every_kind_of_time_is_read(index):
    table = TABLE.set_axis(index)
    assert looked_up(table, table.index)["u"].tolist() == VALUES.tolist()


def test_a_stamp_that_rounding_moved_is_that_stamp():
    table = TABLE.set_axis(KNOTS + 0.3)
    X = pd.Index(np.nextafter(KNOTS + 0.3, -1.0))
    assert (table.index > X).all()
    assert looked_up(table, X)["u"].tolist() == VALUES.tolist()


@pytest.mark.parametrize("join", ["previous", "linear", "hermite"])
def test_solvers_are_told_what_transform_says(join):
    table = pd.concat({"a": TABLE.set_axis(STAMPS), "b": -TABLE.set_axis(STAMPS).iloc[1:]})
    asked = STAMPS.union(STAMPS[:-1] + pd.Timedelta("100min"))
    X = pd.MultiIndex.from_product([["b", "a"], asked])
    features = ExogenousFeatures(table, join, add_indicator=True).fit(X)
    clock = Clock("datetime", "min", STAMPS[3])
    # Times as a solver has them, which rounding may have moved off the stamps.
    times = np.tile(clock.to_model(asked), 2) * (1 + 1e-15)
    found = features.values_at(["a", "b"], np.repeat([1, 0], len(asked)), times, clock)
    np.testing.assert_allclose(found, features.transform(X), atol=1e-9)
    level = ExogenousFeatures(pd.Series({"a": 3.0, "b": 5.0})).fit(X)
    assert (
        level.values_at(["b"], np.zeros(2, dtype=int), times[:2] - 1e6, clock).tolist()
        == [[5.0]] * 2
    )


def test_it_stands_beside_calendar_features_and_columns():
    table = TABLE.set_axis(STAMPS)
    union = make_union(CalendarFeatures(("day",)), ExogenousFeatures(table))
    found = union.set_output(transform="pandas").fit_transform(pd.DataFrame(index=STAMPS))
    assert list(found.columns) == [
        "calendarfeatures__day_sin1", "calendarfeatures__day_cos1", "exogenousfeatures__u",
    ]  # fmt: skip
    assert found["exogenousfeatures__u"].tolist() == VALUES.tolist()
    X = pd.DataFrame({"rain": np.arange(5.0)}, index=STAMPS)
    chosen = make_column_transformer(
        (ExogenousFeatures(table), ["rain"]), ("passthrough", ["rain"])
    )
    both = chosen.set_output(transform="pandas").fit_transform(X)
    assert both.to_numpy().T.tolist() == [VALUES.tolist(), [0.0, 1.0, 2.0, 3.0, 4.0]]


def test_it_is_cloned_pickled_and_set_like_any_transformer():
    first = ExogenousFeatures(TABLE, join="linear")
    copy = clone(first)
    assert copy.get_params()["table"].equals(TABLE)
    assert copy.table is not TABLE
    with pytest.raises(NotFittedError):
        copy.transform(ASKED)
    fitted = copy.fit(ASKED)
    again = pickle.loads(pickle.dumps(fitted)).transform(ASKED)
    pd.testing.assert_frame_equal(again, first.fit(ASKED).transform(ASKED))
    assert clone(first).set_params(join="hermite").join == "hermite"


def test_a_fitted_one_takes_a_newer_table_at_once():
    features = ExogenousFeatures(TABLE, hold=np.inf).fit(ASKED)
    longer = pd.concat([TABLE, pd.DataFrame({"u": [-4.0]}, index=[6.0])])
    later = pd.Index([5.5, 6.0, 1e9])
    assert features.transform(later)["u"].tolist() == [7.0, 7.0, 7.0]
    assert features.set_params(table=longer) is features
    assert features.transform(later)["u"].tolist() == [7.0, -4.0, -4.0]
