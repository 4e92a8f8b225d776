"""Rolling origins pair each lead with the row nearest to it, and never look past the origin."""

import numpy as np
import pandas as pd
import pytest

from tsnode.exceptions import HorizonError
from tsnode.metrics import RollingOrigins

HOURS = pd.timedelta_range("1h", periods=3, freq="h")


def hourly(n_rows=10):
    index = pd.date_range("2024-01-01", periods=n_rows, freq="h", tz="UTC")
    return pd.DataFrame({"a": np.arange(n_rows, dtype=float), "b": 1.0}, index=index)


class Echo:
    """Answers with the stamp of the row each forecast may start from, in hours."""

    def predict(self, X, *, history, horizon):
        rows = history.index.get_indexer(X - horizon, method="pad")
        starts = history.iloc[rows]["a"].to_numpy()
        return np.stack([starts, starts], axis=1)


def test_truth_on_a_regular_grid_is_origin_plus_lead():
    asked = RollingOrigins.from_frame(hourly(), start=hourly().index[2], leads=HOURS, stride=3)
    assert asked.origins.hour.tolist() == [2, 5, 8]
    np.testing.assert_array_equal(asked.truth[:, :, 0], [[3, 4, 5], [6, 7, 8], [9, np.nan, np.nan]])


def test_every_forecast_starts_at_its_own_origin():
    asked = RollingOrigins.from_frame(hourly(), start=hourly().index[0], leads=HOURS)
    starts = asked.forecast(Echo(), hourly())
    observed = ~np.isnan(asked.truth)
    expected = np.broadcast_to(np.arange(9.0)[:, None, None], (9, 3, 2))
    np.testing.assert_array_equal(starts[observed[:9].nonzero()], expected[observed[:9]])


def test_a_gap_leaves_its_leads_unasked():
    frame = hourly().drop(hourly().index[[3, 4]])
    asked = RollingOrigins.from_frame(frame, start=frame.index[2], leads=HOURS, stride=100)
    np.testing.assert_array_equal(asked.truth[0, :, 0], [np.nan, np.nan, 5.0])
    assert len(asked.stamps) == 1


def test_rows_without_any_observation_are_neither_origin_nor_truth():
    frame = hourly()
    frame.iloc[3] = np.nan
    asked = RollingOrigins.from_frame(frame, start=frame.index[3], leads=HOURS, stride=100)
    assert asked.origins[0] == frame.index[4]


def test_irregular_stamps_are_asked_at_their_own_time():
    times = pd.Index([0.0, 0.9, 2.1, 3.3, 3.4])
    frame = pd.DataFrame({"a": times.to_numpy()}, index=times)
    asked = RollingOrigins.from_frame(frame, start=0.0, leads=np.array([1.0, 2.0]), stride=100)
    assert asked.stamps.tolist() == [0.9, 2.1]
    np.testing.assert_allclose(asked.horizons, [0.9, 2.1])


def test_float_horizons_never_reach_back_before_their_origin():
    times = pd.Index(np.cumsum(np.random.default_rng(0).uniform(0.05, 0.15, size=3000)))
    frame = pd.DataFrame({"a": np.arange(3000.0)}, index=times)
    asked = RollingOrigins.from_frame(frame, start=times[0], leads=0.1 * np.arange(1, 4))
    starts = asked.stamps.to_numpy() - asked.horizons
    assert np.all(starts >= asked.origins.to_numpy()[asked.cells[0]])
    assert np.all(starts < asked.origins.to_numpy()[asked.cells[0]] + 1e-6)


def test_no_rows_after_the_start_are_refused():
    with pytest.raises(HorizonError, match="Start earlier"):
        RollingOrigins.from_frame(hourly(), start=hourly().index[-1], leads=HOURS)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"leads": HOURS[:0]}, HorizonError, "leads must hold one duration or more in a row"),
        ({"leads": "1h"}, HorizonError, "leads must hold one duration or more.*got '1h'. Pass a"),
        ({"start": 3.0}, HorizonError, "start must be a time like those of the frame.*got 3.0"),
        ({"start": pd.Timestamp("2024-01-01")}, HorizonError, "start must be a time like those"),
        ({"frame": np.ones((5, 1))}, TypeError, "Expected a DataFrame of states.*got ndarray"),
    ],
)
def test_what_lays_no_origins_is_refused(change, error, words):
    asked = {"frame": hourly(), "start": hourly().index[2], "leads": HOURS} | change
    with pytest.raises(error, match=words):
        RollingOrigins.from_frame(asked.pop("frame"), **asked)


def test_a_series_is_a_frame_of_one_channel():
    asked = {"start": hourly().index[2], "leads": HOURS}
    expected = RollingOrigins.from_frame(hourly()[["a"]], **asked).truth
    np.testing.assert_array_equal(RollingOrigins.from_frame(hourly()["a"], **asked).truth, expected)
