"""Horizons, histories, weights, duplicates and panels, in numbers."""

import numpy as np
import pandas as pd
import pytest

from tsnode import PersistenceRegressor, RidgeLagRegressor, SeasonalNaiveRegressor
from tsnode.exceptions import HorizonError, TimeIndexError

STAMPS = pd.date_range("2013-01-01", periods=12, freq="h", name="time")
COUNT = pd.Series(np.arange(12.0), STAMPS, name="n")


@pytest.mark.parametrize(("n", "expected"), [(1, [8.0, 10.0]), (2, [7.0, 9.0]), (4, [5.0, 7.0])])
def test_a_horizon_of_n_is_the_nth_last_observed_row(n, expected):
    model = PersistenceRegressor().fit(STAMPS, COUNT)
    assert model.predict(STAMPS[[9, 11]], horizon=n).tolist() == expected


def test_rows_without_any_observation_never_count():
    frame = pd.DataFrame({"a": np.arange(12.0), "b": np.arange(12.0) * 10}, index=STAMPS)
    frame.iloc[7:9] = np.nan
    frame.iloc[9, 1] = np.nan
    model = PersistenceRegressor().fit(STAMPS, frame)
    # Observed rows before row 11: 10, 9 (a alone), 6, 5.
    found = [model.predict(STAMPS[[11]], horizon=n).to_numpy()[0].tolist() for n in (1, 2, 3, 4)]
    assert found == [[10.0, 100.0], [9.0, 60.0], [6.0, 60.0], [5.0, 50.0]]


@pytest.mark.parametrize(("horizon", "row"), [("2h", 9), ("150min", 8), ("3h", 8), ("0h", 11)])
def test_a_duration_starts_at_or_before_and_never_later(horizon, row):
    model = PersistenceRegressor().fit(STAMPS, COUNT)
    assert model.predict(STAMPS[[11]], horizon=horizon).tolist() == [row]


def test_a_duration_of_three_tenths_of_an_hour_reaches_three_rows_of_a_tenth_back():
    tenths = STAMPS[0] + pd.to_timedelta(np.arange(12) * 360, unit="s")
    model = PersistenceRegressor().fit(tenths, COUNT.to_numpy())
    found = model.predict(tenths, horizon="18min")
    assert found[3:].tolist() == np.arange(9.0).tolist()


def test_the_history_wins_entry_by_entry():
    frame = pd.DataFrame({"a": np.arange(12.0), "b": np.arange(12.0) * 10}, index=STAMPS)
    model = PersistenceRegressor().fit(STAMPS, frame)
    history = pd.DataFrame({"b": [-5.0], "a": [np.nan]}, index=STAMPS[[10]])
    assert model.predict(STAMPS[[11]], history=history).to_numpy().tolist() == [[10.0, -5.0]]
    assert model.predict(STAMPS[[11]]).to_numpy().tolist() == [[10.0, 100.0]]


def test_a_history_without_index_is_aligned_with_the_asked_rows():
    model = PersistenceRegressor().fit(STAMPS, COUNT)
    ahead = STAMPS + pd.Timedelta("12h")
    truth = np.arange(100.0, 112.0)
    by_position = model.predict(ahead, history=truth)
    by_index = model.predict(ahead, history=pd.Series(truth, ahead))
    assert by_position.tolist() == by_index.tolist() == [11.0, *truth[:-1]]


@pytest.mark.parametrize("cls", [PersistenceRegressor, SeasonalNaiveRegressor, RidgeLagRegressor])
def test_an_empty_history_is_the_mean_and_never_nan(cls):
    model = cls().fit(STAMPS, COUNT)
    found = model.predict(STAMPS[:3], horizon="6h")
    assert np.isfinite(found).all()
    assert PersistenceRegressor().fit(STAMPS, COUNT).predict(STAMPS[:1]).tolist() == [5.5]


def test_a_training_row_without_observation_is_no_stamp_before_the_first():
    holed = COUNT.where(COUNT > 1)
    model = PersistenceRegressor().fit(STAMPS, holed)
    assert model.predict(STAMPS[:4]).tolist() == [6.5, 6.5, 6.5, 2.0]
    assert np.isfinite(model.score(STAMPS, holed))
    with pytest.raises(HorizonError, match="2012-12-31 23:00"):
        model.predict(STAMPS - pd.Timedelta("1h"))


def test_a_history_that_begins_with_nothing_is_forecast_from_nothing():
    model = PersistenceRegressor().fit(STAMPS[6:], COUNT[6:])
    assert model.predict(STAMPS[:3], history=COUNT[1:2]).tolist() == [8.5, 8.5, 1.0]


def test_a_history_without_rows_changes_nothing():
    model = PersistenceRegressor().fit(STAMPS, COUNT)
    assert model.predict(STAMPS, history=COUNT[:0]).tolist() == model.predict(STAMPS).tolist()


@pytest.mark.parametrize("horizon", [6.0, "6", [1, 2]])
def test_numbers_without_unit_are_no_duration_of_stamps(horizon):
    model = PersistenceRegressor().fit(STAMPS, COUNT)
    with pytest.raises(HorizonError, match="duration such as '6h'"):
        model.predict(STAMPS[-2:], horizon=horizon)


# ---------------------------------------------------------------- weights, duplicates, panels


def test_duplicates_are_merged_by_weighted_mean_with_a_warning_that_counts_them():
    index = STAMPS[[0, 1, 1, 1, 2, 2]]
    values = [0.0, 1.0, 2.0, 6.0, 4.0, 8.0]
    weights = [1.0, 1.0, 1.0, 2.0, 1.0, 1.0]
    with pytest.warns(UserWarning, match=r"^3 row\(s\) repeat a stamp"):
        model = PersistenceRegressor().fit(index, values, sample_weight=weights)
    assert model._observed.values.ravel().tolist() == [0.0, 15 / 4, 6.0]


def test_duplicates_in_a_time_column_are_merged_in_silence():
    model = PersistenceRegressor().fit(np.array([[0.0], [1.0], [1.0]]), [0.0, 1.0, 3.0])
    assert model._observed.values.ravel().tolist() == [0.0, 2.0]


def test_equal_stamps_of_two_series_are_no_duplicates():
    panel = pd.concat({"a": COUNT, "b": COUNT + 1})
    assert PersistenceRegressor().fit(panel.index, panel)._observed.n_rows == 24


@pytest.mark.parametrize("order", [["s", "time"], ["time", "s"]])
def test_a_panel_forecasts_in_its_own_order_of_levels(order):
    panel = pd.concat({"a": COUNT, "b": COUNT + 100}, names=["s"]).reorder_levels(order)
    ahead = PersistenceRegressor().fit(panel.index, panel).forecast(2)
    assert ahead.index.names == order
    assert ahead.xs("b", level="s").tolist() == [111.0, 111.0]
    assert (ahead.xs("a", level="s").index == STAMPS[-1] + pd.to_timedelta(["1h", "2h"])).all()


def test_plain_stamps_asked_of_a_panel_are_refused_and_the_reverse():
    panel = pd.concat({"a": COUNT, "b": COUNT + 100}, names=["s"])
    with pytest.raises(TimeIndexError, match="MultiIndex with the series of fit \\('a', 'b'\\)"):
        PersistenceRegressor().fit(panel.index, panel).predict(STAMPS)
    with pytest.raises(TimeIndexError, match="plain stamps, as in fit"):
        PersistenceRegressor().fit(STAMPS, COUNT).predict(panel.index)
