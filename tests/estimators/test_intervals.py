"""Intervals and samples of every forecaster."""

import pickle

import numpy as np
import pandas as pd
import pytest

import tsnode
from tsnode.metrics import crps

LEAST = {"hidden_layer_sizes": (8,), "random_state": 0}
MAKERS = {
    "persistence": tsnode.PersistenceRegressor,
    "ridge": lambda **kw: tsnode.RidgeLagRegressor(lookback=4, max_lead=8, **kw),
    "step map": lambda **kw: tsnode.ResNetStepRegressor(**LEAST, **kw),
    "states": lambda **kw: tsnode.NeuralODERegressor(
        lookback=None, training="match", **LEAST, **kw
    ),
    "history": lambda **kw: tsnode.NeuralODERegressor(lookback=8, training="linear", **LEAST, **kw),
    "loop": lambda **kw: tsnode.NeuralODERegressor(
        lookback=None, max_epochs=2, batch_size=64, **LEAST, **kw
    ),
    "trained history": lambda **kw: tsnode.NeuralODERegressor(
        lookback=8, max_epochs=2, **LEAST, **kw
    ),
}
models = pytest.mark.parametrize("fitted", MAKERS, indirect=True)


def wandering(n=400, noise=0.3, seed=0):
    """Make an autoregression, whose errors grow with the lead, and then no more."""
    rng = np.random.default_rng(seed)
    values = np.zeros((n, 2))
    for k in range(1, n):
        values[k] = 0.9 * values[k - 1] + noise * rng.normal(size=2)
    index = pd.date_range("2024-01-01", periods=n, freq="h", name="time")
    values[:, 1] *= 10
    return pd.DataFrame(values, index=index, columns=["a", "b"])


FRAME = wandering()
PAST, FUTURE = FRAME[:300], FRAME[300:]


@pytest.fixture(scope="module")
def fitted(request):
    return MAKERS[request.param]().fit(PAST.index, PAST)


@models
def test_bounds_are_nested_wide_where_errors_are_and_shaped_as_forecasts(fitted):
    ahead = FUTURE.index[[0, 3, 20]]
    found = fitted.predict_interval(ahead, coverage=[0.5, 0.9, 0.99])
    forecast = fitted.predict(ahead)
    widths = []
    for inner, outer in ((0.5, 0.9), (0.9, 0.99)):
        assert (found[inner].lower >= found[outer].lower).all(axis=None)
        assert (found[inner].upper <= found[outer].upper).all(axis=None)
        widths.append(found[inner].upper - found[inner].lower)
    assert found[0.9].lower.index.equals(forecast.index)
    assert list(found[0.9].upper.columns) == ["a", "b"]
    assert (widths[1].iloc[1] > 1.3 * widths[1].iloc[0]).all()
    assert 5 < (widths[1]["b"] / widths[1]["a"]).mean() < 20


@models
def test_nine_of_ten_later_rows_lie_within(fitted):
    inside = []
    for horizon in ("1h", "6h"):
        lower, upper = fitted.predict_interval(FUTURE.index, history=FUTURE, horizon=horizon)
        inside.append(((lower <= FUTURE) & (upper >= FUTURE)).iloc[6:].mean())
    assert 0.8 < np.mean(inside) < 0.98


@models
def test_samples_have_the_spread_of_the_interval(fitted):
    # The nearest lead: at others bounds lie further out, since held-out forecasts overlap.
    ahead = FUTURE.index[:1]
    samples = fitted.predict_samples(ahead, 2000, random_state=0)
    lower, upper = fitted.predict_interval(ahead, coverage=0.8)
    found = np.quantile(samples, [0.1, 0.9], axis=2)
    width = (upper - lower).to_numpy()
    assert np.all(np.abs(found[1] - found[0] - width) < 0.3 * width)
    again = fitted.predict_samples(ahead, 2000, random_state=0)
    assert np.array_equal(samples, again)


@models
def test_intervals_do_not_move_the_forecast_and_survive_a_pickle(fitted):
    ahead = FUTURE.index[:4]
    before = fitted.predict(ahead)
    lower, _ = fitted.predict_interval(ahead)
    pd.testing.assert_frame_equal(fitted.predict(ahead), before)
    copy = pickle.loads(pickle.dumps(fitted))
    pd.testing.assert_frame_equal(copy.predict_interval(ahead).lower, lower)


def test_samples_score_better_than_the_point_forecast():
    model = MAKERS["ridge"]().fit(PAST.index, PAST)
    samples = model.predict_samples(FUTURE.index, 200, history=FUTURE, horizon="6h", random_state=0)
    point = model.predict(FUTURE.index, history=FUTURE, horizon="6h").to_numpy()[..., None]
    truth = FUTURE.to_numpy()
    assert crps(truth[6:], samples[6:]) < 0.85 * crps(truth[6:], point[6:])


def test_a_flat_array_gets_flat_bounds():
    t = np.arange(300.0)[:, None]
    y = FRAME["a"].to_numpy()[:300]
    model = tsnode.PersistenceRegressor(time=0).fit(t, y)
    lower, upper = model.predict_interval([[300.0], [301.0]])
    assert lower.shape == upper.shape == (2,)
    assert model.predict_samples([[300.0], [301.0]], 7).shape == (2, 7)


def test_blocks_put_every_season_into_the_errors():
    """Quiet at the end: errors of the newest part alone would promise too much."""
    loud = wandering(500, seed=2)
    loud[350:] *= 0.1
    newest, all_year = (
        tsnode.NeuralODERegressor(
            lookback=8, training="linear", calibration=calibration, **LEAST
        ).fit(loud.index, loud)
        for calibration in ("auto", 4)
    )
    ahead = loud.index[-1:] + pd.Timedelta("3h")
    narrow, wide = (
        (model.predict_interval(ahead).upper - model.predict_interval(ahead).lower).to_numpy()
        for model in (newest, all_year)
    )
    assert (wide > 4 * narrow).all()


@pytest.fixture(scope="module")
def panel():
    """Make a panel of two series, the second ten times the first."""
    return pd.concat({"small": PAST, "large": 10 * PAST}, names=["series"])


@pytest.mark.parametrize("calibration", ["auto", 3])
def test_series_scaled_by_themselves_have_intervals_of_their_size(panel, calibration):
    model = MAKERS["history"](series_scaling=True, calibration=calibration)
    model.fit(panel.index, panel)
    asked = pd.MultiIndex.from_product([["small", "large"], FUTURE.index[:2]])
    bounds = model.predict_interval(asked.set_names(panel.index.names))
    width = bounds.upper - bounds.lower
    np.testing.assert_allclose(width.loc["large"], 10 * width.loc["small"], rtol=0.05)
    alone = MAKERS["history"](calibration=calibration).fit(PAST.index, PAST)
    expected = alone.predict_interval(FUTURE.index[:2])
    expected = expected.upper - expected.lower
    np.testing.assert_allclose(width.loc["small"], expected, rtol=0.25)
    spread = model.predict_samples(asked, 200, random_state=0).std(axis=2)
    np.testing.assert_allclose(spread[2:], 10 * spread[:2], rtol=0.4)


@pytest.mark.parametrize("coverage", [0.0, 1.0, 90, "wide", [0.5, 1.2], [], None, True])
def test_a_coverage_outside_0_and_1_is_refused(coverage):
    model = tsnode.PersistenceRegressor().fit(PAST.index, PAST)
    with pytest.raises(ValueError, match=r"coverage must lie between 0 and 1.*Pass 0\.9"):
        model.predict_interval(FUTURE.index, coverage=coverage)


def test_an_uncalibrated_model_says_how_to_calibrate():
    model = MAKERS["history"](calibration=None).fit(PAST.index, PAST)
    with pytest.raises(ValueError, match=r"calibration=None. Set calibration='auto'"):
        model.predict_interval(FUTURE.index)
    with pytest.raises(ValueError, match=r"calibration=None. Set calibration='auto'"):
        model.predict_samples(FUTURE.index)


@pytest.mark.parametrize("calibration", [1, 0, 2.5, "cv", True])
def test_an_unreadable_calibration_is_refused_at_fit(calibration):
    with pytest.raises(ValueError, match="calibration must be"):
        MAKERS["history"](calibration=calibration).fit(PAST.index, PAST)


def test_bounds_of_a_transformed_target_are_in_its_own_units():
    from sklearn.preprocessing import MinMaxScaler

    plain, scaled = (
        MAKERS["history"](target_transformer=transformer).fit(PAST.index, PAST)
        for transformer in (None, MinMaxScaler())
    )
    ahead = FUTURE.index[:3]
    width, other = (m.predict_interval(ahead).upper - m.predict(ahead) for m in (plain, scaled))
    np.testing.assert_allclose(other, width, rtol=0.05)


def test_a_tail_keeps_intervals_that_were_asked_before(tmp_path):
    model = MAKERS["ridge"]().fit(PAST.index, PAST)
    tsnode.save(model, tmp_path / "early", rows="tail")
    with pytest.raises(ValueError, match="Ask it for an interval before saving"):
        tsnode.load(tmp_path / "early").predict_interval(FUTURE.index)
    bounds = model.predict_interval(FUTURE.index)
    tsnode.save(model, tmp_path / "late", rows="tail")
    again = tsnode.load(tmp_path / "late").predict_interval(FUTURE.index)
    pd.testing.assert_frame_equal(again.upper, bounds.upper)
