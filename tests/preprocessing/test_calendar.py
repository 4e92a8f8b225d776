"""Calendar waves depend on the instant alone and keep the index of whatever they are given."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from tsnode.exceptions import TimeIndexError
from tsnode.preprocessing import CalendarFeatures

HOURS = pd.date_range("2023-12-28", periods=300, freq="5h", tz="UTC")


def waves(X, *periods, **kwargs):
    return CalendarFeatures(periods, **kwargs).fit_transform(X).to_numpy()


def test_day_follows_the_hour_and_year_the_day_of_the_year():
    stamp = pd.DatetimeIndex(["2024-07-02 06:00"])
    day_of_year = (183 + 0.25) / 366
    expected = [1.0, 0.0, np.sin(2 * np.pi * day_of_year), np.cos(2 * np.pi * day_of_year)]
    np.testing.assert_allclose(waves(stamp, "day", "year")[0], expected, atol=1e-9)


def test_week_begins_on_monday():
    monday_and_thursday_noon = pd.DatetimeIndex(["2024-01-01", "2024-01-04 12:00"])
    expected = [[0.0, 1.0], [0.0, -1.0]]
    np.testing.assert_allclose(waves(monday_and_thursday_noon, "week"), expected, atol=1e-9)


@pytest.mark.parametrize("year", [1960, 2000, 2023, 2024])
def test_year_begins_anew_on_the_first_of_january(year):
    stamps = pd.DatetimeIndex([f"{year}-01-01"])
    np.testing.assert_allclose(waves(stamps, "year"), [[0.0, 1.0]], atol=1e-12)


@pytest.mark.parametrize(("name", "duration"), [("day", "24h"), ("day", "1D")])
def test_a_duration_equals_the_calendar_word(name, duration):
    np.testing.assert_allclose(waves(HOURS, name), waves(HOURS, duration), atol=1e-9)


def test_harmonics_are_waves_of_fractions_of_the_period():
    both = waves(HOURS, "24h", n_harmonics=2)
    np.testing.assert_allclose(both[:, :2], waves(HOURS, "24h"), atol=1e-9)
    np.testing.assert_allclose(both[:, 2:], waves(HOURS, "12h"), atol=1e-9)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu"])
def test_converting_the_zone_changes_nothing(zone):
    np.testing.assert_array_equal(
        waves(HOURS, "day", "week", "year"), waves(HOURS.tz_convert(zone), "day", "week", "year")
    )


def test_a_local_clock_reads_midnight_there():
    midnight = pd.DatetimeIndex(["2024-07-01 00:00"]).tz_localize("America/New_York")
    np.testing.assert_allclose(
        waves(midnight, "day", tz="America/New_York"), [[0.0, 1.0]], atol=1e-9
    )
    assert abs(waves(midnight, "day")[0, 0]) > 0.5


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_resolution_of_the_stamps_does_not_matter(unit):
    np.testing.assert_allclose(
        waves(HOURS.as_unit(unit), "day", "year"), waves(HOURS, "day", "year"), atol=1e-9
    )


NAIVE = HOURS.tz_localize(None)
SAME_TIMES = {
    "index": NAIVE,
    "frame without columns": pd.DataFrame(index=NAIVE),
    "frame": pd.DataFrame({"rain": 1.0}, index=NAIVE),
    "series": pd.Series(1.0, index=NAIVE),
    "datetime array": NAIVE.to_numpy(),
    "column of stamps": pd.DataFrame({"time": NAIVE, "rain": 1.0}),
    "panel": pd.MultiIndex.from_arrays([["a"] * len(NAIVE), NAIVE]),
    "periods": NAIVE.to_period("h"),
}


@pytest.mark.parametrize("X", SAME_TIMES.values(), ids=SAME_TIMES)
def test_all_containers_of_the_same_times_give_the_same_waves(X):
    np.testing.assert_allclose(waves(X, "day", "year"), waves(NAIVE, "day", "year"), atol=1e-9)


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_the_index_is_kept_and_columns_are_named(output):
    features = CalendarFeatures(("day",), n_harmonics=2).set_output(transform=output)
    frame = features.fit_transform(pd.DataFrame(index=HOURS))
    assert frame.index.equals(HOURS)
    assert list(frame.columns) == ["day_sin1", "day_cos1", "day_sin2", "day_cos2"]
    assert list(features.get_feature_names_out()) == list(frame.columns)


@pytest.mark.parametrize(
    "X",
    [pd.Index([0.0, 6.0, 12.0]), np.array([[0.0], [6.0], [12.0]]), pd.Index([0, 6, 12])],
    ids=["float index", "column 0", "whole numbers"],
)
def test_numeric_times_take_numeric_periods(X):
    np.testing.assert_allclose(waves(X, 24.0), [[0, 1], [1, 0], [0, -1]], atol=1e-12)


@pytest.mark.parametrize("X", SAME_TIMES.values(), ids=SAME_TIMES)
def test_no_times_give_no_rows_but_all_columns(X):
    frame = CalendarFeatures(("day", "year")).fit(X).transform(X[:0])
    assert frame.shape == (0, 4)
    assert list(frame.columns) == ["day_sin1", "day_cos1", "year_sin1", "year_cos1"]
    assert CalendarFeatures(("day", "year")).fit_transform(X[:0]).equals(frame)


def test_timedeltas_count_from_zero():
    elapsed = pd.to_timedelta([0, 6], unit="h")
    np.testing.assert_allclose(waves(elapsed, "day"), [[0, 1], [1, 0]], atol=1e-12)


@pytest.mark.parametrize(
    ("features", "X", "words"),
    [
        (CalendarFeatures(("dya",)), HOURS, "'day', 'week', 'year' or a duration"),
        (CalendarFeatures(("-3h",)), HOURS, "longer than zero"),
        (CalendarFeatures((24,)), HOURS, "needs a unit"),
        (CalendarFeatures(("day",)), pd.Index([0.5]), "number in the unit of the times"),
        (CalendarFeatures((0.0,)), pd.Index([0.5]), "longer than zero"),
        (CalendarFeatures(()), HOURS, "at least one period"),
        (CalendarFeatures(("day", "day")), HOURS, "each once"),
        (CalendarFeatures(n_harmonics=0), HOURS, "n_harmonics must be a whole number"),
        (CalendarFeatures(tz="UTC"), NAIVE, "Localise them"),
        (CalendarFeatures(), pd.Index(["a", "b"]), "timestamps"),
        (CalendarFeatures(), [1.0, 2.0], "Pass frame.index"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_cure(features, X, words):
    with pytest.raises(ValueError, match=words):
        features.fit(X)


def test_refusals_of_times_are_time_index_errors():
    with pytest.raises(TimeIndexError):
        CalendarFeatures((24,)).fit(HOURS)


def test_transform_before_fit_is_refused():
    with pytest.raises(NotFittedError):
        CalendarFeatures().transform(HOURS)


def test_clone_and_repr_show_the_parameters():
    features = CalendarFeatures(("day",), n_harmonics=3, tz="UTC")
    assert clone(features).get_params() == features.get_params()
    assert "n_harmonics=3" in repr(features)
