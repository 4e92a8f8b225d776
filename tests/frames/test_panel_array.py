"""A frame of series as one array, and the frames that are refused."""

import numpy as np
import pandas as pd
import pytest

from tsnode import from_panel

ROWS = {("b", 2.0): 1.0, ("b", 1.0): np.nan, ("a", 5.0): 3.0}
FRAME = pd.Series(ROWS).to_frame("temp")


def test_series_are_sorted_in_time_padded_and_counted_from_their_first_stamp():
    X, keys, _ = from_panel(FRAME)
    assert keys.tolist() == ["b", "a"]
    assert np.array_equal(X, [[[0, np.nan], [1, 1]], [[0, 3], [np.nan, np.nan]]], equal_nan=True)


@pytest.mark.parametrize(
    "stamps",
    [
        pd.to_datetime(["2024-01-01 06:00", "2024-01-01 03:00", "2024-03-01 00:00"]),
        pd.to_datetime(["2024-01-01 06:00", "2024-01-01 03:00", "2024-03-01 00:00"], utc=True),
        pd.to_timedelta(["6h", "3h", "9h"]),
        pd.PeriodIndex(["2024-01-01 06:00", "2024-01-01 03:00", "2024-03-01 00:00"], freq="h"),
    ],
)
def test_stamps_become_numbers_of_the_unit(stamps):
    index = pd.MultiIndex.from_arrays([["b", "b", "a"], stamps])
    X = from_panel(FRAME.set_axis(index), time_unit="h").X
    assert X[0, :, 0].tolist() == [0, 3]


def test_keys_of_several_levels_stay_together():
    index = pd.MultiIndex.from_tuples([("x", 1, 0.0), ("x", 2, 0.0), ("x", 1, 1.0)])
    X, keys, _ = from_panel(FRAME.set_axis(index))
    assert keys.tolist() == [("x", 1), ("x", 2)]
    assert X.shape == (2, 2, 2)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (FRAME["temp"], "a DataFrame with a MultiIndex of series and stamps; got Series"),
        (FRAME.reset_index(drop=True), "got RangeIndex. Use"),
        (FRAME.iloc[:0], r"got a frame of shape \(0, 1\)"),
        (FRAME.astype(str), r"columns of numbers; got others: \['temp'\]"),
        (pd.concat([FRAME, FRAME]), "every stamp once"),
        (FRAME.swaplevel(), "stamps or numbers in the last level"),
        (FRAME.rename(index={2.0: np.nan}), "a series and a stamp in every row"),
    ],
)
def test_a_frame_that_is_none_is_refused_with_the_cure(frame, words):
    with pytest.raises(ValueError, match=words):
        from_panel(frame)
    with pytest.raises(ValueError, match="time_unit must be one of"):
        from_panel(FRAME, time_unit="year")
