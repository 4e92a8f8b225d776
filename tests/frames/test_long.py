"""Measurements one a row, to a frame of states with NaN where nothing was measured, and back."""

import numpy as np
import pandas as pd
import pytest

from tsnode import NeuralODERegressor, from_long
from tsnode.frames import to_long

STAMPS = pd.date_range("2024-03-30", periods=6, freq="7h", tz="Europe/Berlin")


def measurements():
    rows = [(k % 2, STAMPS[k], ("temp", "wind")[k % 3 == 1], float(k)) for k in range(6)]
    return pd.DataFrame(rows, columns=["station", "when", "what", "number"])


NAMES = {"time": "when", "channel": "what", "value": "number"}


def test_every_measurement_stands_at_its_stamp_and_channel():
    long = measurements()
    wide = from_long(long, **NAMES)
    assert list(wide.columns) == ["temp", "wind"]
    assert (wide.index == STAMPS).all()
    assert int(wide.notna().sum().sum()) == len(long)
    for row in long.itertuples():
        assert wide.loc[row.when, row.what] == row.number


def test_series_make_a_panel_that_a_forecaster_reads():
    wide = from_long(measurements(), series="station", **NAMES)
    assert wide.index.names == ["station", "when"]
    assert wide.index.is_monotonic_increasing
    model = NeuralODERegressor((4,), lookback=None, training="match", random_state=0)
    forecast = model.fit(wide.index, wide).forecast("14h")
    assert np.isfinite(forecast.to_numpy()).all()


def test_order_of_rows_changes_nothing_but_the_order_of_channels():
    long = measurements()
    shuffled = long.sample(frac=1, random_state=0)
    expected = from_long(long, **NAMES)
    pd.testing.assert_frame_equal(from_long(shuffled, **NAMES)[expected.columns], expected)


def test_a_categorical_keeps_its_own_order_of_channels():
    long = measurements().astype({"what": pd.CategoricalDtype(["wind", "rain", "temp"])})
    assert list(from_long(long, **NAMES).columns) == ["wind", "temp"]


@pytest.mark.parametrize("series", [None, "station", ["station", "kind"]])
def test_the_way_back_gives_the_same_measurements(series):
    long = measurements().assign(kind="a")
    wide = from_long(long, series=series, **NAMES)
    back = to_long(wide, value="number")
    keys = list(back.columns[:-1])
    pd.testing.assert_frame_equal(
        back.sort_values(keys, ignore_index=True),
        long[back.columns].sort_values(keys, ignore_index=True),
        check_column_type=False,
        check_dtype=False,
    )


def test_names_that_the_frame_lacks_are_made_up():
    index = pd.MultiIndex.from_tuples([("a", 0.0), ("b", 1.0)])
    long = to_long(pd.DataFrame({"x": [1.0, 2.0]}, index=index))
    assert list(long.columns) == ["series", "time", "channel", "value"]


def test_repeats_are_merged_by_their_mean_with_a_warning_that_counts_them():
    long = measurements()
    repeated = pd.concat([long, long.iloc[:2].assign(number=[10.0, 21.0])])
    with pytest.warns(UserWarning, match=r"2 measurement\(s\) share 'when', 'what'"):
        wide = from_long(repeated, **NAMES)
    assert wide.loc[STAMPS[0], "temp"] == 5.0
    assert wide.loc[STAMPS[1], "wind"] == 11.0


@pytest.mark.parametrize(
    ("change", "names", "message"),
    [
        (lambda d: d, {"time": "hour", "series": "site"}, r"no \['site', 'hour'\].*time="),
        (lambda d: d, NAMES | {"value": "when"}, "some named twice"),
        (lambda d: d.astype({"number": str}), NAMES, "Expected numbers in the column 'number'"),
        (lambda d: d.assign(when=d["when"].where(d.index > 1)), NAMES, "2 in 'when'"),
        (lambda d: d.iloc[:0], NAMES, "at least one measurement"),
        (lambda d: d.to_numpy(), NAMES, "Expected a DataFrame with one measurement"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_remedy(change, names, message):
    with pytest.raises(ValueError, match=message):
        from_long(change(measurements()), **(NAMES | names))


def test_the_way_back_refuses_equal_names():
    with pytest.raises(ValueError, match="different names"):
        to_long(from_long(measurements(), **NAMES), value="what")
