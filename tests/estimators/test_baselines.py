"""The simple baselines against hand-made values: persistence and the same time a period ago."""

import numpy as np
import pandas as pd
import pytest

from tsnode import PersistenceRegressor, SeasonalNaiveRegressor
from tsnode.estimators._baselines import channel_means
from tsnode.frames._rows import build_series

HOURS = pd.date_range("2013-01-01", periods=72, freq="h")
RAMP = pd.Series(np.arange(72.0), HOURS)


def test_persistence_holds_the_last_value_of_every_channel_at_any_lead():
    frame = pd.DataFrame({"a": RAMP, "b": -RAMP.where(RAMP < 50)})
    ahead = PersistenceRegressor().fit(HOURS, frame).forecast("3D", freq="7h")
    assert (ahead == [71.0, -49.0]).all(axis=None)
    assert len(ahead) == 10


def test_means_count_weights_and_observed_entries():
    values = np.array([[1.0, np.nan], [5.0, 2.0], [0.0, 4.0]])
    weights = np.array([3.0, 1.0, 1.0])
    series = build_series((None,), np.zeros(3, dtype=int), np.arange(3.0), values, weights)
    assert channel_means(series) == pytest.approx([8 / 5, 3.0])


@pytest.mark.parametrize(
    ("step", "period"),
    [("10min", "1D"), ("1h", "1D"), ("11h", "1D"), ("12h", "365.2425D"), ("1D", "365.2425D")],
)
def test_the_period_is_a_day_below_twelve_hours_and_else_a_year(step, period):
    index = pd.date_range("2013", periods=60, freq=step)
    model = SeasonalNaiveRegressor().fit(index, np.arange(60.0))
    found = pd.Timedelta(model.period_ * model.clock_.seconds, unit="s")
    assert found == pytest.approx(pd.Timedelta(period), abs=pd.Timedelta("1ms"))


def test_a_seasonal_forecast_is_the_value_whole_periods_ago():
    ahead = SeasonalNaiveRegressor("10h").fit(HOURS, RAMP).forecast(25)
    # The newest ten hours, over and over.
    assert ahead.tolist() == pytest.approx(np.tile(np.arange(62.0, 72.0), 3)[:25])


def test_a_gap_a_period_ago_is_bridged_between_its_neighbours():
    holed = RAMP.where(~RAMP.isin([50.0, 51.0]) & (RAMP != 60.0)) ** 2
    ahead = SeasonalNaiveRegressor("1D").fit(HOURS, holed).forecast(24)
    expected = np.interp(np.arange(48, 72), np.flatnonzero(holed.notna()), holed.dropna())
    assert ahead.to_numpy() == pytest.approx(expected)
    assert ahead.iloc[2] == pytest.approx(49**2 + (52**2 - 49**2) / 3)


def test_a_stamp_between_rows_is_read_between_rows():
    model = SeasonalNaiveRegressor("1D").fit(HOURS, RAMP)
    assert model.predict(HOURS[-1:] + pd.Timedelta("90min")).tolist() == pytest.approx([48.5])


def test_a_seasonal_forecast_knows_only_rows_up_to_its_cutoff():
    model = SeasonalNaiveRegressor("1D").fit(HOURS, RAMP)
    # 30 h ahead of the newest known row: two days ago, at hour 71 - 48.
    assert model.predict(HOURS[-1:], horizon="30h").tolist() == pytest.approx([23.0])
    assert model.predict(HOURS[-1:], horizon="6h").tolist() == pytest.approx([47.0])


@pytest.mark.parametrize("true", [7.3, 25.0])
def test_the_strongest_period_of_irregular_numeric_data_is_found(true):
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.exponential(1.0, 400).clip(0.05, 5))
    values = np.sin(2 * np.pi * times / true) + 0.3 * rng.normal(size=400)
    values[rng.random(400) < 0.2] = np.nan
    model = SeasonalNaiveRegressor().fit(times[:, None], values)
    # The spectrum is read at whole numbers of cycles of the span.
    assert 1 / model.period_ == pytest.approx(1 / true, abs=0.5 / np.ptp(times) * 1.2)


@pytest.mark.parametrize("values", [[1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 2.0], [1.0, 2.0, 3.0]])
def test_data_too_short_or_flat_for_a_spectrum_still_fit(values):
    times = np.arange(len(values), dtype=float)[:, None]
    model = SeasonalNaiveRegressor().fit(times, values)
    assert np.isfinite(model.predict(times + 10)).all()


@pytest.mark.parametrize("period", ["0h", "-3h"])
def test_a_period_must_be_positive(period):
    with pytest.raises(ValueError, match="period must be a number over 0"):
        SeasonalNaiveRegressor(period).fit(HOURS, RAMP)
