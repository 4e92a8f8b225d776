"""What a table of covariates must not be is refused in one sentence, and nothing changes."""

import numpy as np
import pandas as pd
import pytest

from tsnode.exceptions import HorizonError, TimeIndexError
from tsnode.preprocessing import ExogenousFeatures

STAMPS = pd.date_range("2024-03-30", periods=5, freq="6h", name="time")
AWARE = STAMPS.tz_localize("Europe/Paris")
TABLE = pd.DataFrame({"u": [2.0, -1.0, 3.0, 3.0, 7.0]}, index=STAMPS)
PANEL = pd.concat({"EWR": TABLE, "JFK": TABLE}, names=["site"])
ROWS = pd.MultiIndex.from_product([["EWR"], STAMPS])


def with_column(**columns):
    return TABLE.assign(**columns)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([1, 2], r"table must be a DataFrame .*; got list\. Set its time column"),
        (TABLE.iloc[:0], r"at least one row and one column; got the shape \(0, 1\)\. Pass"),
        (TABLE[[]], r"got the shape \(5, 0\)"),
        (with_column(a="x", b=STAMPS, c=1j), r"must hold numbers; column\(s\) a, b, c hold others"),
        (with_column(a=np.inf), r"finite numbers, NaN where unknown; column\(s\) a hold inf\. Rep"),
        (with_column(a=np.nan, b=np.nan), r"column\(s\) a, b hold none \(all NaN\)\. Drop them"),
        (pd.concat([TABLE, TABLE], axis=1), r"name every column once; got \['u', 'u'\]\. Rename"),
        (
            TABLE.iloc[[0, 1, 1, 1]],
            r"distinct stamps within a series; 2 row\(s\) repeat one, the first at '2024-03-30 "
            r"06:00:00'\. Drop or average",
        ),
        (PANEL.iloc[[0, 5, 5]], r"1 row\(s\) repeat one, the first at \('JFK', "),
        (TABLE.set_axis([*STAMPS[:4], pd.NaT]), "a time in every row; got 1 without one"),
    ],
)
def test_what_is_no_table_is_refused(table, words):
    with pytest.raises((ValueError, TypeError), match=words):
        ExogenousFeatures(table).fit(STAMPS)


@pytest.mark.parametrize(
    ("table", "X", "words"),
    [
        (TABLE, AWARE, r"stamps in Europe/Paris, as the rows have; got stamps without a time zone"),
        (TABLE.set_axis(AWARE), STAMPS, "without a time zone, as the rows have; got .*tz_localize"),
        (TABLE, pd.Index([0.5, 1.0]), r"kind of the rows' \(plain numbers\); got datetimes"),
        (TABLE.set_axis(STAMPS - STAMPS[0]), STAMPS, r"\(datetimes\); got timedeltas in the table"),
        (PANEL, STAMPS, r"stamps alone, .* one series; got one with series \('EWR', 'JFK'\)\. Ch"),
        (TABLE.set_axis(STAMPS.strftime("%d.%m.%Y %H")), STAMPS, r"convert the index \(pandas.to"),
        (TABLE.reset_index(drop=True), STAMPS, r"with series \(0, 1, 2, 3, ...\)"),
    ],
)
def test_stamps_of_another_kind_are_refused(table, X, words):
    with pytest.raises(TimeIndexError, match=words):
        ExogenousFeatures(table).fit(X)


def test_a_series_without_rows_is_refused():
    features = ExogenousFeatures(PANEL.loc[["JFK"]])
    words = r"rows of every series; it has none of 'EWR' \(1 missing; it holds 'JFK'\)\. Add their"
    with pytest.raises(HorizonError, match=words):
        features.fit(ROWS)
    with pytest.raises(HorizonError, match="none of 'EWR'"):
        ExogenousFeatures(pd.DataFrame({"elevation": [3.0]}, index=["LGA"])).fit(ROWS)


def test_a_table_that_ends_before_the_asked_stamps_is_refused():
    features = ExogenousFeatures(TABLE, hold="1h").fit(STAMPS)
    words = r"its last row is at 2024-03-31 00:00, 2 stamp\(s\) lie behind it, the latest at "
    words += r"2024-03-31 13:00\. Add the later rows .*hold="
    with pytest.raises(HorizonError, match=words):
        features.transform(STAMPS[2:] + pd.Timedelta("13h"))
    assert features.transform(STAMPS + pd.Timedelta("1h")).shape == (5, 1)
    with pytest.raises(HorizonError, match=r"last row of series 'EWR' is at 2024-03-31 00:00"):
        ExogenousFeatures(PANEL).fit(pd.MultiIndex.from_product([["EWR"], STAMPS.shift(1)]))


def test_a_column_that_begins_behind_all_rows_is_refused():
    late = pd.DataFrame({"v": [1.0]}, index=STAMPS[4:])
    with pytest.raises(HorizonError, match=r"v begin\(s\) behind the last of 4 rows"):
        ExogenousFeatures(late).fit(STAMPS[:4])


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"join": "cubic"}, "join must be one of 'previous', 'linear', 'hermite'; got 'cubic'"),
        ({"hold": "soon"}, "hold must be a duration such as '6h' or '2D'; got 'soon'"),
        ({"hold": "-1h"}, "hold must not be negative; got '-1h'"),
        ({"add_indicator": "no"}, "add_indicator must be True or False"),
    ],
)
def test_parameters_out_of_range_are_refused(params, words):
    with pytest.raises(ValueError, match=words):
        ExogenousFeatures(TABLE, **params).fit(STAMPS)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"table": TABLE.rename(columns={"u": "w"})}, r"the columns of fit \(u\) .*; got w and da"),
        ({"table": TABLE.reset_index(drop=True)}, r"its kind \(datetime\); got u and None"),
        ({"table": with_column(u=np.inf)}, "hold inf"),
        ({"table": -TABLE, "join": "cubic"}, "join must be one of"),
        ({"table": -TABLE, "hold": "x"}, "hold must be a duration"),
    ],
)
def test_a_fitted_one_keeps_its_table_where_a_new_one_is_refused(params, words):
    features = ExogenousFeatures(TABLE).fit(STAMPS)
    with pytest.raises(ValueError, match=words):
        features.set_params(**params)
    assert features.table is TABLE
    assert features.transform(STAMPS)["u"].tolist() == TABLE["u"].tolist()
