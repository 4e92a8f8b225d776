"""Where the time of the rows is found: index, level or column, and what is refused."""

import datetime

import numpy as np
import pandas as pd
import pytest

from tsnode.exceptions import TimeIndexError
from tsnode.frames._time_source import (
    TimeSource,
    as_time_index,
    has_time_index,
    locate_time,
    read_index,
    read_times,
    split_time,
)

STAMPS = pd.date_range("2013-01-01", periods=3, freq="h", name="when")
KINDS = {
    "datetime": STAMPS,
    "aware": STAMPS.tz_localize("UTC"),
    "timedelta": STAMPS - STAMPS[0],
    "period": STAMPS.to_period("h"),
    "float": pd.Index([0.5, 1.0, 4.0]),
}
kinds = pytest.mark.parametrize("index", KINDS.values(), ids=KINDS.keys())
ROW_NUMBERS = pd.RangeIndex(3)


def frame_on(index, **columns):
    return pd.DataFrame(columns or {"u": [1.0, 2.0, 3.0]}, index=index)


@kinds
def test_an_index_of_times_is_the_time(index):
    assert locate_time(frame_on(index), None) == TimeSource("index")
    assert has_time_index(frame_on(index))
    times, keys, position = read_index(index)
    assert times.equals(index)
    assert (keys, position) == (None, None)


@kinds
@pytest.mark.parametrize("position", [0, 1])
def test_the_one_level_of_times_is_the_time_and_the_other_the_series(index, position):
    levels = [["a", "b", "a"]]
    levels.insert(position, index)
    panel = pd.MultiIndex.from_arrays(levels)
    times, keys, found = read_index(panel)
    assert (times == index).all()
    assert (keys, found) == (["a", "b", "a"], position)
    assert has_time_index(frame_on(panel))


def test_two_levels_beside_the_time_make_pairs_as_keys():
    panel = pd.MultiIndex.from_arrays([[1, 1, 2], STAMPS, ["x", "y", "x"]])
    _, keys, position = read_index(panel)
    assert (keys, position) == ([(1, "x"), (1, "y"), (2, "x")], 1)


def test_two_levels_of_times_are_refused_until_one_is_named():
    panel = pd.MultiIndex.from_arrays([STAMPS.normalize(), STAMPS], names=["day", "when"])
    with pytest.raises(TimeIndexError, match=r"got 2 such levels \(\['day', 'when'\]\)"):
        read_index(panel)
    times, keys, position = read_index(panel, "when")
    assert (times == STAMPS).all()
    assert position == 1
    assert keys == STAMPS.normalize().tolist()
    assert read_index(panel, 0)[2] == 0


def test_a_panel_without_times_is_refused():
    panel = pd.MultiIndex.from_arrays([["a", "b", "c"], [1, 2, 3]], names=["s", "n"])
    with pytest.raises(TimeIndexError, match=r"got 0 such levels \(\['s', 'n'\]\)"):
        locate_time(frame_on(panel), None)


def test_an_unknown_level_is_refused_with_the_names_there_are():
    panel = pd.MultiIndex.from_arrays([["a", "b", "c"], STAMPS], names=["s", "when"])
    with pytest.raises(TimeIndexError, match="levels are \\['s', 'when'\\]"):
        read_index(panel, "time")


@pytest.mark.parametrize(
    ("index", "words"),
    [(pd.Index(["a", "b", "c"]), "to_datetime"),
     (pd.Index([datetime.date(2013, 1, k) for k in (1, 2, 3)]), "to_datetime"),
     (pd.Index([True, False, True]), "to_datetime")],
    ids=["str", "date", "bool"],
)  # fmt: skip
def test_other_indexes_are_refused_with_the_cure(index, words):
    with pytest.raises(TimeIndexError, match=words):
        locate_time(frame_on(index), None)
    assert not has_time_index(frame_on(index))


@pytest.mark.parametrize("index", [ROW_NUMBERS, pd.Index([3, 1, 7])])
def test_whole_numbers_are_row_numbers_and_column_0_is_the_time(index):
    frame = frame_on(index, t=[0.0, 1.0, 2.0], u=[5.0, 6.0, 7.0])
    source = locate_time(frame, None)
    rows = split_time(frame, source)
    assert source == TimeSource("column", 0)
    assert rows.index.tolist() == [0.0, 1.0, 2.0]
    assert list(rows.rest.columns) == ["u"]
    assert not has_time_index(frame)


def test_whole_numbers_are_the_time_where_the_user_says_so():
    frame = frame_on(pd.Index([3, 1, 7]))
    rows = split_time(frame, locate_time(frame, "index"))
    assert rows.index.tolist() == [3.0, 1.0, 7.0]
    assert list(rows.rest.columns) == ["u"]
    assert has_time_index(frame, "index")
    assert read_index(frame.index, "index")[0].tolist() == [3.0, 1.0, 7.0]


def test_words_are_not_the_time_even_where_the_user_says_so():
    with pytest.raises(TimeIndexError, match="to_datetime"):
        read_index(pd.Index(["a", "b"]), "index")


@pytest.mark.parametrize("time", ["t", 1])
def test_a_column_is_named_or_numbered(time):
    frame = frame_on(STAMPS, u=[1.0, 2.0, 3.0], t=[4, 5, 6])
    rows = split_time(frame, locate_time(frame, time))
    assert rows.source == TimeSource("column", 1)
    assert rows.index.tolist() == [4.0, 5.0, 6.0]
    assert rows.index.dtype == float


def test_the_name_of_the_index_finds_it():
    assert locate_time(frame_on(STAMPS), "when") == TimeSource("index")


def test_a_name_that_is_nowhere_is_refused_with_the_names_there_are():
    with pytest.raises(TimeIndexError, match=r"columns are \['u'\], levels \['when'\]"):
        locate_time(frame_on(STAMPS), "tiem")


def test_timestamps_in_a_later_column_are_refused_by_name():
    with pytest.raises(TimeIndexError, match=r"set_index\('at'\)"):
        locate_time(frame_on(ROW_NUMBERS, u=[1.0, 2.0, 3.0], at=STAMPS), None)


def test_words_in_the_time_column_are_refused_by_name():
    frame = frame_on(ROW_NUMBERS, at=["a", "b", "c"])
    with pytest.raises(TimeIndexError, match="column 'at'"):
        split_time(frame, locate_time(frame, "at"))


@kinds
def test_a_bare_index_stands_for_x(index):
    assert as_time_index(index) is index


@pytest.mark.parametrize("array", [STAMPS.to_numpy(), STAMPS.array])
def test_a_bare_array_of_stamps_stands_for_x(array):
    assert (as_time_index(array) == pd.Index(array)).all()


@pytest.mark.parametrize("other", [np.arange(3.0), [1.0, 2.0], np.zeros((2, 2)), None])
def test_other_arrays_do_not(other):
    assert as_time_index(other) is None


@pytest.mark.parametrize(
    "X",
    [STAMPS, frame_on(STAMPS), pd.DataFrame({"when": STAMPS, "u": 1.0})],
    ids=["index", "frame", "column"],
)
def test_times_of_whatever_a_forecaster_takes_are_read(X):
    rows = read_times(X)
    assert (rows.index == STAMPS).all()
    assert rows.keys is None


def test_times_of_an_array_stand_in_column_0_and_the_rest_beside_it():
    rows = read_times([[0.0, 7.0], [1.0, 8.0]])
    assert rows.index.tolist() == [0.0, 1.0]
    assert rows.rest.to_numpy().tolist() == [[7.0], [8.0]]


def test_rows_without_a_time_are_refused():
    with pytest.raises(TimeIndexError, match="1 without one"):
        read_times(pd.DatetimeIndex(["2024-01-01", None]))
    with pytest.raises(TimeIndexError, match="2D array"):
        read_times([1.0, 2.0])
