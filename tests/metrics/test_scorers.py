"""Scorers are errors of rolling forecasts over the observed entries, negated."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import GridSearchCV

from tsnode import PersistenceRegressor
from tsnode.exceptions import ForecastWarning, HorizonError
from tsnode.metrics import (
    kl_divergence,
    kl_scorer,
    mae_scorer,
    n_step_error,
    n_step_scorer,
    power_spectrum_distance,
    r2_scorer,
    rmse_scorer,
    spectrum_scorer,
)

RNG = np.random.default_rng(0)
STAMPS = pd.date_range("2024-01-01", periods=80, freq="h")
Y = pd.DataFrame(RNG.normal(size=(80, 2)).cumsum(axis=0), STAMPS, columns=["a", "b"])
Y = Y.mask(RNG.random(Y.shape) < 0.3)
MODEL = PersistenceRegressor().fit(STAMPS[:50], Y[:50])
TEST = STAMPS[50:], Y[50:]


def rolling(hours):
    """Forecast by hand: the newest value known so many hours before."""
    return Y.ffill().shift(hours)[50:]


def by_channel(error, forecast, **params):
    seen = Y[50:].notna()
    errors = [
        error(Y[50:][name][seen[name]], forecast[name][seen[name]], **params) for name in "ab"
    ]
    return np.mean(errors)


@pytest.mark.parametrize(
    ("make", "error", "sign"),
    [(r2_scorer, r2_score, 1), (rmse_scorer, root_mean_squared_error, -1),
     (mae_scorer, mean_absolute_error, -1)],
)  # fmt: skip
@pytest.mark.parametrize("hours", [1, 4])
def test_scores_are_those_of_scikit_learn_on_the_observed_entries(make, error, sign, hours):
    expected = sign * by_channel(error, rolling(hours))
    assert make(f"{hours}h")(MODEL, *TEST) == pytest.approx(expected)
    assert abs(expected) > 0.05


@pytest.mark.parametrize("metric", ["mse", "rmse", "mae"])
@pytest.mark.parametrize("scale", [None, (2.0, 0.5)])
def test_the_n_step_score_is_minus_the_n_step_error(metric, scale):
    truth, forecast = (values.to_numpy()[:, None] for values in (Y[50:], rolling(3)))
    expected = -n_step_error(truth, forecast, 1, metric=metric, scale=scale)
    assert n_step_scorer("3h", metric=metric, scale=scale)(MODEL, *TEST) == pytest.approx(expected)


def test_a_number_of_steps_counts_observed_rows():
    full = Y.ffill().bfill()
    model = PersistenceRegressor().fit(STAMPS[:50], full[:50])
    asked = model, STAMPS[50:], full[50:]
    assert n_step_scorer(3)(*asked) == pytest.approx(n_step_scorer("3h")(*asked))


def test_the_spread_lets_channels_of_other_units_weigh_alike():
    units = np.array([1.0, 1000.0])
    model = PersistenceRegressor().fit(STAMPS[:50], Y[:50] * units)
    scaled = n_step_scorer("2h", scale="spread")
    assert scaled(model, STAMPS[50:], Y[50:] * units) == pytest.approx(scaled(MODEL, *TEST))
    plain = n_step_scorer("2h")
    assert plain(model, STAMPS[50:], Y[50:] * units) < 1000 * plain(MODEL, *TEST)


@pytest.mark.parametrize("make", [n_step_scorer, r2_scorer, rmse_scorer, mae_scorer])
def test_a_weight_of_two_counts_twice_and_of_zero_not_at_all(make):
    X, y = TEST
    weights = np.tile([0.0, 1.0, 2.0], 10)
    rows = np.repeat(np.arange(30), weights.astype(int))
    truth, forecast = y.to_numpy()[rows], rolling(2).to_numpy()[rows]

    class Known(PersistenceRegressor):
        def predict(self, X, history=None, horizon=1):  # noqa: ARG002
            return forecast

    repeated = make("2h")(Known(), np.arange(30.0)[:, None], truth)
    assert make("2h")(MODEL, X, y, sample_weight=weights) == pytest.approx(repeated)
    assert make("2h")(MODEL, X, y) != pytest.approx(repeated)


def test_a_free_run_starts_where_every_channel_has_been_seen():
    y = pd.DataFrame({"a": [np.nan, 2.0, 3.0, 5.0], "b": [1.0, np.nan, 4.0, 9.0]}, STAMPS[60:64])
    found = mae_scorer("free")(MODEL, y.index, y)
    assert found == pytest.approx(-np.mean([np.mean([1, 3]), np.mean([3, 8])]))


def test_a_free_run_of_a_series_left_out_starts_from_its_own_first_row():
    panel = pd.concat({key: Y["a"].dropna() + 50 * k for k, key in enumerate("xyz")})
    model = PersistenceRegressor().fit(panel.index[:100], panel[:100])
    last = panel.loc["z"]
    asked = pd.concat({"z": last})
    expected = -(last[1:] - last.iloc[0]).abs().mean()
    assert mae_scorer("free")(model, asked.index, asked) == pytest.approx(expected)
    mixed = asked.sample(frac=1, random_state=0)
    assert mae_scorer("free")(model, mixed.index, mixed) == pytest.approx(expected)


def test_the_kl_score_is_minus_the_divergence_of_rolling_forecasts():
    full = Y.ffill().bfill()
    model = PersistenceRegressor().fit(STAMPS[:20], full[:20])
    ahead = full.shift(2)[20:]
    expected = -kl_divergence(full[20:], ahead, n_bins=4)
    assert kl_scorer("2h", n_bins=4)(model, STAMPS[20:], full[20:]) == pytest.approx(expected)
    assert expected < -0.01


def test_the_spectrum_score_is_minus_the_distance_over_wholly_observed_rows():
    ahead = rolling(2)[Y[50:].notna().all(axis=1)]
    expected = -power_spectrum_distance(Y[50:].dropna(), ahead, smoothing=1.0)
    assert spectrum_scorer("2h", smoothing=1.0)(MODEL, *TEST) == pytest.approx(expected)
    assert expected < -0.01


def test_the_kl_score_reads_times_from_a_column_too():
    full, hours = Y.ffill().bfill().to_numpy(), np.cumsum(RNG.exponential(size=80))
    expected = kl_scorer(2, n_bins=4)(
        PersistenceRegressor().fit(pd.Index(hours[:20]), full[:20]), pd.Index(hours[20:]), full[20:]
    )
    rows = hours[:, None]
    model = PersistenceRegressor(time=0).fit(rows[:20], full[:20])
    assert kl_scorer(2, n_bins=4)(model, rows[20:], full[20:]) == pytest.approx(expected)


def test_a_repeated_stamp_counts_once_in_a_run():
    full = Y.ffill().bfill()
    model = PersistenceRegressor().fit(STAMPS[:20], full[:20])
    twice = pd.concat([full[20:], full[20:]])
    expected = kl_scorer("2h", n_bins=4)(model, STAMPS[20:], full[20:])
    assert kl_scorer("2h", n_bins=4)(model, twice.index, twice) == pytest.approx(expected)


class Diverging(PersistenceRegressor):
    def _forecast_requests(self, known, requests, controls):  # noqa: ARG002
        return np.full((len(requests), known.n_channels), np.inf)


def test_a_candidate_that_diverges_scores_nan_and_its_run_minus_infinity():
    model = Diverging().fit(STAMPS[:50], Y[:50])
    with pytest.warns(ForecastWarning, match="diverged"):
        assert np.isnan(mae_scorer("2h")(model, *TEST))
    full = Y.ffill().bfill()
    with pytest.warns(ForecastWarning, match="outside the true range|diverged"):
        assert kl_scorer(n_bins=3)(model, STAMPS[50:], full[50:]) == -np.inf


def test_states_may_stand_in_the_frame():
    model = PersistenceRegressor().fit(Y[:50])
    noted = Y[50:].assign(note="x")
    assert mae_scorer("2h")(model, noted) == pytest.approx(mae_scorer("2h")(MODEL, *TEST))


def test_a_search_is_judged_by_its_best_candidate():
    search = GridSearchCV(PersistenceRegressor(), {"score_horizon": [1, 2]}, scoring=mae_scorer())
    search.fit(STAMPS[:50], Y[:50])
    assert mae_scorer("2h")(search, *TEST) == pytest.approx(mae_scorer("2h")(MODEL, *TEST))


@pytest.mark.parametrize(
    "scorer",
    [
        n_step_scorer("6h", metric="mae", scale="spread"), r2_scorer(2), rmse_scorer(scale=[1, 2]),
        mae_scorer("free"), kl_scorer(n_bins=7), spectrum_scorer(4, smoothing=1.0),
    ],
    ids=repr,
)  # fmt: skip
def test_scorers_print_as_they_are_made_and_survive_copies(scorer):
    names = {name: globals()[name] for name in repr(scorer).split("(")[:1]}
    made = eval(repr(scorer), names)
    copies = made, pickle.loads(pickle.dumps(scorer)), clone(scorer, safe=False)
    assert [repr(copy) for copy in copies] == [repr(scorer)] * 3
    full = Y.ffill().bfill()
    scores = [copy(MODEL, STAMPS[50:], full[50:]) for copy in copies]
    assert scores == [scorer(MODEL, STAMPS[50:], full[50:])] * 3


@pytest.mark.parametrize(
    "make", [n_step_scorer, r2_scorer, rmse_scorer, mae_scorer, kl_scorer, spectrum_scorer]
)
@pytest.mark.parametrize("horizon", [0, -1, None, True, [1, 2]])
def test_bad_horizons_are_refused_when_the_scorer_is_made(make, horizon):
    with pytest.raises(HorizonError, match="must be a number of rows over 0 or a duration"):
        make(horizon)


def test_n_steps_are_no_free_run():
    with pytest.raises(HorizonError, match="n must be .* got 'free'"):
        n_step_scorer("free")


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: n_step_scorer(metric="mape"), "metric must be one of 'mse', 'rmse', 'mae'"),
        (lambda: n_step_scorer(scale="range"), "scale must be None, 'spread' or"),
        (lambda: n_step_scorer(scale=[1.0, 0.0]), "one number over 0 per channel"),
        (lambda: spectrum_scorer(n_bins=3), "options of power_spectrum_distance .*; got n_bins"),
        (lambda: kl_scorer(times=[1]), "Expected options of kl_divergence .*; got times"),
    ],
)
def test_bad_settings_are_refused_when_the_scorer_is_made(make, word):
    with pytest.raises(ValueError, match=word):
        make()


@pytest.mark.parametrize(
    ("scorer", "estimator", "y", "error", "word"),
    [
        (mae_scorer(), MODEL, Y[50:] * np.nan, ValueError, "an observed value to be judged by"),
        (mae_scorer(), Ridge(), Y[50:], TypeError, "takes history= and horizon=; got a Ridge"),
        (mae_scorer("soon"), MODEL, Y[50:], HorizonError, "must be a duration such as '6h'"),
        (mae_scorer(scale=[1, 2, 3]), MODEL, Y[50:], ValueError, r"per channel \(2\); got 3"),
        (mae_scorer(scale="spread"), MODEL, Y[50:] * 0, ValueError, "vary in the test part"),
    ],
)
def test_what_cannot_be_scored_is_refused(scorer, estimator, y, error, word):
    with pytest.raises(error, match=word):
        scorer(estimator, STAMPS[50:], y)


def test_an_array_without_y_is_refused():
    with pytest.raises(ValueError, match="Expected y, or a frame X"):
        mae_scorer()(MODEL, np.arange(3.0)[:, None])
