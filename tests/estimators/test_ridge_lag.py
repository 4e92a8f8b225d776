"""Ridge on lags: the same numbers as sklearn's Ridge on a hand-made lag matrix."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from tsnode import RidgeLagRegressor

RNG = np.random.default_rng(0)
N, LOOKBACK, LEADS, ALPHA = 120, 5, 3, 2.0
INDEX = pd.date_range("2013", periods=N, freq="h")
VALUES = np.column_stack(
    [np.sin(np.arange(N) / 5) + 0.1 * RNG.normal(size=N), RNG.normal(size=N).cumsum() * 7 + 40]
)


def lag_matrix(z, rows):
    """Stack the last values of all channels, the newest first."""
    return np.stack([z[row - np.arange(LOOKBACK)].ravel() for row in rows])


def forecasts_by_hand():
    center, spread = VALUES.mean(axis=0), VALUES.std(axis=0)
    z = (VALUES - center) / spread
    origins = np.arange(LOOKBACK - 1, N - LEADS)
    ahead = np.stack([z[row + 1 : row + 1 + LEADS].ravel() for row in origins])
    ridge = Ridge(alpha=ALPHA).fit(lag_matrix(z, origins), ahead)
    found = ridge.predict(lag_matrix(z, [N - 1])).reshape(LEADS, 2)
    return found * spread + center


def fitted_on(values, **params):
    params = {"lookback": LOOKBACK, "max_lead": LEADS, "alpha": ALPHA} | params
    return RidgeLagRegressor(**params).fit(INDEX[: len(values)], values)


def fitted(**params):
    return fitted_on(VALUES, **params)


def test_regular_complete_data_give_the_ridge_of_a_hand_made_lag_matrix():
    expected = forecasts_by_hand()
    assert fitted().forecast(LEADS) == pytest.approx(expected, abs=1e-8)
    assert np.abs(expected - VALUES[-1]).max() > 0.05


def test_leads_between_steps_are_linear_and_beyond_the_last_one_held():
    model = fitted()
    one, two, three = model.forecast(3)
    asked = INDEX[-1] + pd.to_timedelta(["30min", "75min", "3h", "9h"])
    expected = [(VALUES[-1] + one) / 2, 0.75 * one + 0.25 * two, three, three]
    assert model.predict(asked) == pytest.approx(np.stack(expected))


def test_an_exact_linear_recursion_is_forecast_exactly():
    t = np.arange(200.0)
    values = np.cos(t / 3) + 2 * np.cos(t / 7)
    model = RidgeLagRegressor(4, 10, alpha=1e-8).fit(t[:150, None], values[:150])
    assert model.predict(t[150:160, None]) == pytest.approx(values[150:160], abs=1e-3)


def test_the_penalty_is_chosen_for_each_lead_and_channel_from_the_list():
    model = fitted(alpha=None)
    assert model.alpha_.shape == (LEADS, 2)
    assert set(np.log10(model.alpha_).ravel()) <= set(range(-1, 6))


def test_noise_gets_a_larger_penalty_than_a_clean_wave():
    t = np.arange(1000.0)
    frame = np.column_stack([np.sin(t / 4), np.random.default_rng(1).normal(size=1000)])
    model = RidgeLagRegressor(6, 2).fit(t[:, None], frame)
    assert (model.alpha_[:, 1] >= 100 * model.alpha_[:, 0]).all()


def shifted(n_after=60):
    """Noise around level 0 for 300 rows, then around level 1."""
    level = np.repeat([0.0, 1.0], [300, n_after])
    return level + 0.05 * np.random.default_rng(2).normal(size=len(level))


@pytest.mark.parametrize("n_after", [20, 60])
def test_the_forecast_stays_at_a_level_that_training_has_reached(n_after):
    values = shifted(n_after)
    model = RidgeLagRegressor(12, 12).fit(np.arange(float(len(values)))[:, None], values)
    assert model.is_change_.all()
    # The forecast of the value went to 0.2, the mean of all rows.
    assert np.abs(model.forecast(12) - 1).max() < 0.2


def test_the_forecast_stays_at_a_level_above_all_origins_of_training():
    values = shifted()
    t = np.arange(float(len(values)))[:, None]
    found = RidgeLagRegressor().fit(t, values).forecast(72)
    assert found.mean() == pytest.approx(1, abs=0.1)
    assert np.abs(found - 1).max() < 0.6
    # 72 leads leave no origin after the shift: the bare ridge runs away.
    assert np.abs(RidgeLagRegressor(alpha=1.0).fit(t, values).forecast(72) - 1).max() > 10


def test_a_line_goes_on_beyond_all_its_values():
    t = np.arange(200.0)
    model = RidgeLagRegressor(6, 12).fit(t[:, None], 3 - 2 * t)
    assert model.forecast(12) == pytest.approx(3 - 2 * np.arange(200.0, 212.0))


def test_noise_around_one_level_is_forecast_by_its_level():
    noise = np.random.default_rng(1).normal(size=1000)
    model = RidgeLagRegressor(6, 2).fit(np.arange(1000.0)[:, None], noise)
    assert not model.is_change_.any()
    assert np.abs(model.forecast(2) - noise.mean()).max() < 0.2


def test_what_cannot_be_validated_is_a_ridge_on_the_change_from_the_newest_value():
    rows, lookback, leads = 9, 2, 3
    y = VALUES[18 : 18 + rows]  # the level of the newest window is one of training
    center, spread = y.mean(axis=0), y.std(axis=0)
    z = (y - center) / spread
    origins = np.arange(lookback - 1, rows - leads)
    lags = np.stack([z[row - np.arange(lookback)].ravel() for row in (*origins, rows - 1)])
    change = np.stack([(z[row + 1 : row + 1 + leads] - z[row]).ravel() for row in origins])
    ahead = Ridge(alpha=1.0).fit(lags[:-1], change).predict(lags[-1:]).reshape(leads, 2)
    model = fitted_on(y, lookback=lookback, alpha=None)
    assert model.forecast(leads) == pytest.approx((z[-1] + ahead) * spread + center, abs=1e-8)
    assert (model.alpha_ == 1).all()
    assert np.abs(ahead).max() > 0.05


def test_a_given_penalty_is_that_of_the_level():
    assert not fitted().is_change_.any()


def test_a_series_shorter_than_the_lookback_pads_with_its_first_value():
    model = RidgeLagRegressor(48, 3, 1.0).fit(INDEX[:20], VALUES[:20])
    z = (VALUES[:20] - VALUES[:20].mean(axis=0)) / VALUES[:20].std(axis=0)
    lags = np.stack([z[np.maximum(row - np.arange(48), 0)].ravel() for row in range(20)])
    ahead = np.stack([z[row + 1 : row + 4].ravel() for row in range(17)])
    expected = Ridge(alpha=1.0).fit(lags[:17], ahead).predict(lags[19:]).reshape(3, 2)
    found = (model.forecast(3) - VALUES[:20].mean(axis=0)) / VALUES[:20].std(axis=0)
    assert found == pytest.approx(expected, abs=1e-8)


def test_missing_entries_are_read_between_their_neighbours():
    t = np.arange(N)
    line = np.column_stack([0.5 * t + 3, -t])
    holed = line.copy()
    holed[10:100:7, 0] = np.nan
    whole = RidgeLagRegressor(LOOKBACK, LEADS, ALPHA).fit(INDEX, line)
    found = RidgeLagRegressor(LOOKBACK, LEADS, ALPHA).fit(INDEX, holed)
    # The spread of the observed entries differs a little, and with it the penalty.
    assert found.forecast(3) == pytest.approx(whole.forecast(3), rel=1e-3)


def test_short_series_learn_fewer_leads():
    model = RidgeLagRegressor(3, 72, 1.0).fit(INDEX[:12], VALUES[:12])
    assert model.n_leads_ == 4
    assert np.isfinite(model.forecast(20)).all()


@pytest.mark.parametrize(
    ("params", "name"), [({"lookback": 0}, "lookback"), ({"max_lead": 1.5}, "max_lead"),
                         ({"alpha": -1}, "alpha")],
)  # fmt: skip
def test_parameters_out_of_range_are_refused_by_name(params, name):
    with pytest.raises(ValueError, match=f"{name} must be a"):
        fitted(**params)
