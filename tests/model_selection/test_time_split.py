"""TimeSplit cuts the time axis, whatever the order of the rows, the stamps and the series."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import TimeSeriesSplit

from tsnode.exceptions import HorizonError, TimeIndexError
from tsnode.model_selection import TimeSplit

HOURS = pd.date_range("2024-01-01", periods=100, freq="h")
KINDS = {
    "datetime": HOURS,
    "aware": HOURS.tz_localize("UTC").tz_convert("Europe/Berlin"),
    "timedelta": HOURS - HOURS[0],
    "period": HOURS.to_period("h"),
    "float": pd.Index(np.arange(100.0) / 3),
    "frame": pd.DataFrame({"u": 1.0}, index=HOURS),
    "array": np.stack([np.arange(100.0), np.ones(100)], axis=1),
    "stamp column": pd.DataFrame({"when": HOURS, "u": 1.0}),
}
kinds = pytest.mark.parametrize("X", KINDS.values(), ids=KINDS.keys())


def irregular(n=400, seed=0):
    gaps = np.random.default_rng(seed).exponential(60, size=n)
    return pd.Timestamp("2024-01-01") + pd.to_timedelta(np.cumsum(gaps), unit="min").round("s")


def folds(split, X):
    return [(train.tolist(), test.tolist()) for train, test in split.split(X)]


@kinds
@pytest.mark.parametrize(
    "settings",
    [{}, {"test_size": 9}, {"test_size": 9, "gap": 4}, {"gap": 2, "max_train_size": 11}],
)
def test_counts_on_sorted_rows_cut_as_scikit_learn_does(X, settings):
    assert folds(TimeSplit(4, **settings), X) == folds(TimeSeriesSplit(4, **settings), X)


@pytest.mark.parametrize("name", ["datetime", "aware", "timedelta", "period", "stamp column"])
def test_durations_on_hourly_rows_cut_as_the_same_number_of_hours(name):
    words = TimeSplit(3, test_size="1D", gap="6h", max_train_size="20h")
    counts = TimeSplit(3, test_size=24, gap=6, max_train_size=20)
    assert folds(words, KINDS[name]) == folds(counts, KINDS[name])


def test_durations_of_float_times_are_floats():
    words = TimeSplit(3, test_size=20 / 3, gap=2.0, max_train_size=4.0)
    counts = TimeSplit(3, test_size=20, gap=6, max_train_size=12)
    assert folds(words, KINDS["float"]) == folds(counts, KINDS["float"])


def test_numpy_durations_are_durations_not_counts():
    assert folds(TimeSplit(2, test_size=np.timedelta64(5, "h")), HOURS) == folds(
        TimeSplit(2, test_size="5h"), HOURS
    )


def test_the_order_of_the_rows_is_irrelevant():
    stamps = irregular()
    mixed = stamps[np.random.default_rng(1).permutation(len(stamps))]
    split = TimeSplit(3, test_size="2D", gap="5h", max_train_size="4D")
    found = [(set(mixed[a]), set(mixed[b])) for a, b in split.split(mixed)]
    assert found == [(set(stamps[a]), set(stamps[b])) for a, b in split.split(stamps)]


def test_parts_of_irregular_stamps_lie_where_the_durations_say():
    stamps, day = irregular(), pd.Timedelta("1D")
    parts = list(TimeSplit(3, test_size="2D", gap="5h", max_train_size="4D").split(stamps))
    ends = [stamps[-1] - 4 * day, stamps[-1] - 2 * day, stamps[-1]]
    tests = [np.flatnonzero((stamps > end - 2 * day) & (stamps <= end)) for end in ends]
    cuts = [end - 2 * day - pd.Timedelta("5h") for end in ends]
    trains = [np.flatnonzero((stamps > cut - 4 * day) & (stamps <= cut)) for cut in cuts]
    assert [test.tolist() for _, test in parts] == [rows.tolist() for rows in tests]
    assert [train.tolist() for train, _ in parts] == [rows.tolist() for rows in trains]


def test_all_series_of_a_panel_are_cut_at_the_same_instants():
    series = {key: pd.DataFrame({"c": 1.0}, index=irregular(200, k)) for k, key in enumerate("ab")}
    panel = pd.concat(series, names=["station"])
    train, test = next(TimeSplit(1, test_size="1D", gap="3h").split(panel.index))
    times = panel.index.get_level_values(1)
    assert times[test].min() - times[train].max() >= pd.Timedelta("3h")
    assert set(panel.index[test].get_level_values(0)) == {"a", "b"}
    assert set(panel.index[train].get_level_values(0)) == {"a", "b"}


def test_a_stamp_shared_by_series_is_never_in_both_parts_and_counts_once():
    panel = pd.MultiIndex.from_product([["a", "b", "c"], HOURS])
    train, test = next(TimeSplit(1, test_size=10).split(panel))
    assert len(test) == 30
    assert set(panel[train].get_level_values(1)).isdisjoint(panel[test].get_level_values(1))


def test_the_time_parameter_names_the_time():
    frame = pd.DataFrame({"u": np.arange(100.0)[::-1], "t": np.arange(100.0)})
    _, test = next(TimeSplit(1, test_size=5, time="t").split(frame))
    assert test.tolist() == [95, 96, 97, 98, 99]
    _, test = next(TimeSplit(1, test_size=5).split(frame))
    assert test.tolist() == [4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"n_splits": 0}, "n_splits"),
        ({"test_size": 0}, "test_size must be .* over 0"),
        ({"test_size": "-1D"}, "test_size must be .* over 0"),
        ({"test_size": 1.5}, "test_size must be a duration such as"),
        ({"gap": -1}, "gap must be .* at least 0"),
        ({"max_train_size": "a while"}, "max_train_size must be a duration"),
        ({"test_size": 20}, "more than 100 distinct stamps .* got 100"),
        ({"test_size": "20h"}, "training rows before every test part; got none"),
        ({"gap": "5D"}, "fold 1 of 5, after 2024-01-01 19:00:00.*shorter gap"),
    ],
)
def test_bad_settings_are_refused(settings, word):
    with pytest.raises(ValueError, match=word):
        list(TimeSplit(**settings).split(HOURS))


def test_a_test_part_that_lies_in_a_gap_of_the_data_is_refused():
    holed = HOURS.delete(slice(50, 80))
    with pytest.raises(ValueError, match="got none in that of fold 1 of 4"):
        list(TimeSplit(4, test_size="10h").split(holed))


@pytest.mark.parametrize(
    ("X", "word"),
    [
        (pd.Index(["a", "b"]), "index of timestamps"),
        (np.arange(5.0), "2D array"),
        (pd.DatetimeIndex(["2024-01-01", None]), "without one"),
        (HOURS[:0], "rows to split"),
    ],
)
def test_rows_without_times_are_refused(X, word):
    with pytest.raises(ValueError, match=word):
        next(TimeSplit(1).split(X))


def test_refusals_of_times_and_durations_are_our_own_classes():
    with pytest.raises(TimeIndexError):
        next(TimeSplit(1).split(np.arange(5.0)))
    with pytest.raises(HorizonError):
        next(TimeSplit(1, gap="soon").split(HOURS))


def test_it_prints_copies_and_pickles_as_scikit_learns_splitters_do():
    split = TimeSplit(2, test_size="7D", gap="12h")
    words = "TimeSplit(gap='12h', max_train_size=None, n_splits=2, test_size='7D', time=None)"
    copies = [split, pickle.loads(pickle.dumps(split)), clone(split, safe=False)]
    assert [" ".join(repr(copy).split()) for copy in copies] == [words] * 3
