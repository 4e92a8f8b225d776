"""The sun is read from the stamps of any container, and of nothing else."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_union

from tsnode.exceptions import TimeIndexError
from tsnode.preprocessing import CalendarFeatures, SolarFeatures

HEIDELBERG, NEW_YORK, SYDNEY = (49.417146, 8.675606), (40.6, -73.8), (-33.9, 151.2)
HOURS = pd.date_range("2023-12-28", periods=300, freq="5h", tz="UTC")


def sun(X, place=HEIDELBERG):
    return SolarFeatures(*place).fit_transform(X)


NAIVE = HOURS.tz_localize(None)
SAME_TIMES = {
    "aware": HOURS,
    "frame without columns": pd.DataFrame(index=NAIVE),
    "frame": pd.DataFrame({"rain": 1.0}, index=NAIVE),
    "series": pd.Series(1.0, index=NAIVE),
    "datetime array": NAIVE.to_numpy(),
    "column of stamps": pd.DataFrame({"time": NAIVE, "rain": 1.0}),
    "panel": pd.MultiIndex.from_arrays([["a"] * len(NAIVE), NAIVE]),
    "periods": NAIVE.to_period("h"),
}


@pytest.mark.parametrize("X", SAME_TIMES.values(), ids=SAME_TIMES)
def test_all_containers_of_the_same_times_give_the_same_sun(X):
    frame = sun(X)
    np.testing.assert_allclose(frame, sun(NAIVE), atol=1e-9)
    assert SolarFeatures(*HEIDELBERG).fit(X).transform(X[:0]).shape == (0, 2)


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_the_index_is_kept_and_columns_are_named(output):
    features = SolarFeatures(*HEIDELBERG).set_output(transform=output)
    frame = features.fit_transform(pd.DataFrame(index=HOURS))
    assert frame.index.equals(HOURS)
    assert list(frame.columns) == ["solar_elevation", "solar_daylight"]
    assert list(features.get_feature_names_out()) == list(frame.columns)


PANEL = pd.MultiIndex.from_product([["B", "A"], NAIVE[:50]], names=["site", "time"])


@pytest.mark.parametrize("kind", [dict, pd.Series])
def test_each_series_of_a_panel_has_its_own_sun(kind):
    latitude, longitude = (
        kind({"A": one, "B": other}) for one, other in zip(SYDNEY, NEW_YORK, strict=True)
    )
    both = SolarFeatures(latitude, longitude).fit_transform(PANEL)
    assert both.index.equals(PANEL)
    np.testing.assert_array_equal(both.xs("A"), sun(NAIVE[:50], SYDNEY))
    np.testing.assert_array_equal(both.xs("B"), sun(NAIVE[:50], NEW_YORK))


def test_it_stands_in_unions_and_column_transformers():
    frame = pd.DataFrame({"rain": 1.0, "snow": 2.0}, index=HOURS)
    union = make_union(CalendarFeatures(("day",)), SolarFeatures(*HEIDELBERG))
    columns = ColumnTransformer(
        [("sun", SolarFeatures(*HEIDELBERG), ["rain"])], remainder="passthrough"
    )
    found = union.set_output(transform="pandas").fit_transform(frame)
    np.testing.assert_array_equal(found.iloc[:, 2:], sun(HOURS))
    names = columns.set_output(transform="pandas").fit_transform(frame).columns
    assert list(names) == ["sun__solar_elevation", "sun__solar_daylight", "remainder__snow"]


@pytest.mark.parametrize(
    ("features", "X", "words"),
    [
        (SolarFeatures(91.0, 0.0), HOURS, "latitude must be a number at least -90.0"),
        (SolarFeatures(0.0, "8 E"), HOURS, "longitude must be a number"),
        (SolarFeatures(float("nan"), 0.0), HOURS, "latitude must be a number"),
        (SolarFeatures({"A": 1.0}, 0.0), PANEL, "got none for 'B'"),
        (SolarFeatures({"A": 1.0}, 0.0), HOURS, "needs a panel"),
        (SolarFeatures({"A": 1.0, "B": 100.0}, 0.0), PANEL, "latitude of 'B' must be a number"),
        (SolarFeatures(0.0, 0.0), pd.Index([0.5, 1.0]), "needs timestamps or periods"),
        (SolarFeatures(0.0, 0.0), pd.to_timedelta([1, 2], unit="h"), "needs timestamps"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_cure(features, X, words):
    with pytest.raises(ValueError, match=words):
        features.fit(X)


def test_refusals_of_times_are_time_index_errors():
    with pytest.raises(TimeIndexError, match="Convert them"):
        SolarFeatures(0.0, 0.0).fit(pd.Index([0.5, 1.0]))


def test_transform_before_fit_is_refused():
    with pytest.raises(NotFittedError):
        SolarFeatures(0.0, 0.0).transform(HOURS)
