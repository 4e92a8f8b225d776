"""Values that a fitted state may hold come back equal, with their types."""

import datetime
import json
import zoneinfo

import numpy as np
import pandas as pd
import pytest

from tsnode.io._values import NotDataError, Reader, Writer


def turned_around(value):
    writer = Writer()
    text = json.dumps(writer.write(value, "value"), allow_nan=False)
    return Reader(writer.tensors).read(json.loads(text))


BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
VALUES = [
    None, True, 3, -(2**70), 0.1, -0.0, float("inf"), "", 'quote " and \\', "\ud800", "ö",
    (), (1, ("a", None)), [1.5, [2]], {}, {"a": 1, 2: (3,), (4, "x"): {"type": "tuple"}},
    np.float64(0.1), np.int32(7), np.bool_(True), np.float32(1 / 3), np.str_("word"),
    pd.Timestamp("2013-01-01 10:00:00.123456789"),
    pd.Timestamp("2013-10-27 01:30", tz="UTC").tz_convert(BERLIN),
    pd.Timestamp("2013-01-01").as_unit("s"), pd.Timedelta("3h"), pd.Period("2013-02", "M"),
    datetime.date(2013, 1, 2), datetime.timedelta(days=-1, microseconds=3),
    datetime.datetime(2013, 1, 2, 3, tzinfo=datetime.timezone(datetime.timedelta(hours=-5))),
    BERLIN, datetime.UTC, pd.offsets.MonthBegin(2), pd.offsets.Hour(6),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_equal_and_of_its_type(value):
    back = turned_around(value)
    assert back == value
    assert type(back) is type(value)
    assert repr(back) == repr(value)
    assert getattr(back, "unit", None) == getattr(value, "unit", None)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(12.0)[::2], np.array(3.5), np.array([np.nan, -np.inf]), np.empty((0, 4)),
        np.array([True, False]), np.arange(3, dtype=np.int8), np.array(["a", "bc"]),
        np.array([("a", 1), None, 2.5], dtype=object), np.empty(0, dtype=object),
        np.arange(3.0).astype(">f8"),
    ],
)  # fmt: skip
def test_an_array_comes_back_with_its_shape_and_type(array):
    back = turned_around(array)
    np.testing.assert_array_equal(back, array)
    assert back.shape == array.shape
    assert back.dtype == array.dtype.newbyteorder("=")
    assert back.flags.writeable


def test_an_array_keeps_its_order_in_memory():
    turned = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    assert turned_around(turned).flags.f_contiguous
    assert turned_around(turned.T).flags.c_contiguous


def test_not_a_number_and_not_a_time_come_back():
    assert np.isnan(turned_around(float("nan")))
    assert turned_around(pd.NaT) is pd.NaT


class Word(str):
    __slots__ = ()


@pytest.mark.parametrize(
    "value", [{1, 2}, b"bytes", 1j, print, object(), Word("a"), np.zeros(2, complex), int, pd.NA]
)
def test_other_types_are_refused_where_they_stand(value):
    with pytest.raises(NotDataError, match=r"^the thing\['key'\]\[1\] \(\w+\)$"):
        Writer().write({"key": (0, value)}, "the thing")


def test_a_list_in_itself_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(NotDataError, match="list"):
        Writer().write(endless, "endless")


STAMPS = pd.date_range("2013-10-27", periods=3, freq="h", tz=BERLIN, name="time")
PANEL = pd.MultiIndex.from_tuples([("a", 0.5), ("a", 1.5), ("b", 0.5)], names=["site", None])


@pytest.mark.parametrize(
    "index",
    [
        STAMPS, STAMPS[[2, 0, 1]].as_unit("s"), pd.timedelta_range("1h", periods=3, freq="h"),
        pd.period_range("2013-01", periods=3, freq="M"), pd.RangeIndex(3, name="row"), PANEL,
        pd.Index([0.5, 1.5, 7.0]), pd.Index(["a", "b", "c"], name="site"),
        pd.Index([("a", 1), 2, None], dtype=object, tupleize_cols=False),
        pd.MultiIndex.from_product([["x"], STAMPS]),
    ],
)  # fmt: skip
def test_frames_come_back_with_their_index(index):
    frame = pd.DataFrame({"a": [1.0, np.nan, 3.0], ("b", 2): [1, 2, 3], "c": True}, index=index)
    pd.testing.assert_frame_equal(turned_around(frame), frame, check_freq=True)
    pd.testing.assert_series_equal(turned_around(frame["a"]), frame["a"])
    assert type(turned_around(frame).index) is type(frame.index)


def test_columns_of_no_plain_numbers_are_refused():
    with pytest.raises(NotDataError, match="value"):
        Writer().write(pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}), "value")
