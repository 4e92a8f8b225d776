"""The latent ODE: what it fills in, what it forecasts, how sure it is, and what it refuses."""

import numpy as np
import pandas as pd
import pytest

from tsnode import LatentODERegressor
from tsnode.exceptions import HorizonError

SMALL = {
    "encoder": "gru", "hidden_layer_sizes": (16,), "latent_dim": 4, "encoder_units": 16,
    "lookback": 30, "training_horizon": 15, "random_state": 0,
}  # fmt: skip


def waves(n_series=12, n_rows=20, seed=0, share=0.3):
    """Sines of one frequency and any phase, a part of the entries missing."""
    random = np.random.default_rng(seed)
    series = {}
    for k in range(n_series):
        t = np.sort(random.uniform(0, 10, n_rows))
        angle = t + random.uniform(0, 2 * np.pi)
        xy = np.column_stack([np.sin(angle), np.cos(angle)])
        series[k] = pd.DataFrame(xy, pd.Index(t, name="time"), ["x", "y"])
    truth = pd.concat(series, names=["wave"])
    hidden = random.random(truth.shape) < share
    return truth, truth.mask(hidden) + 0.1 * random.normal(size=truth.shape)


@pytest.fixture(scope="module")
def model():
    _, seen = waves()
    return LatentODERegressor(
        **SMALL, max_epochs=16, lr=0.03, batch_size=32, early_stopping=False
    ).fit(seen.index, seen)


@pytest.fixture(scope="module")
def unseen():
    truth, seen = waves(8, seed=1)
    return truth.rename(index=lambda k: k + 100, level=0), seen.rename(
        index=lambda k: k + 100, level=0
    )


def test_gaps_are_filled_from_both_sides_better_than_by_the_mean(model, unseen):
    truth, seen = unseen
    hidden = seen.isna().to_numpy()
    found = model.interpolate(truth.index, history=seen)
    error = (found - truth).to_numpy()[hidden]
    assert np.mean(error**2) < 0.6 * np.var(truth.to_numpy()[hidden])


def test_an_interpolation_knows_what_comes_after_and_a_forecast_does_not(model, unseen):
    truth, seen = unseen
    spiked = seen.copy()
    late = spiked.index.get_level_values("time") > 8
    spiked[late] += 5.0
    early = truth.index[truth.index.get_level_values("time") < 7]
    how = [{"history": one} for one in (seen, spiked)]
    np.testing.assert_array_equal(*(model.predict(early, **one) for one in how))
    filled = [model.interpolate(early, **one).to_numpy() for one in how]
    assert np.abs(filled[0] - filled[1]).max() > 1e-6


def test_behind_the_last_row_an_interpolation_is_the_forecast(model, unseen):
    ahead = pd.MultiIndex.from_product([[100, 101], [10.5, 12.0]], names=["wave", "time"])
    how = {"history": unseen[1]}
    pd.testing.assert_frame_equal(model.interpolate(ahead, **how), model.predict(ahead, **how))


def test_draws_spread_about_the_forecast_and_hold_what_was_trained_on(model):
    truth, seen = waves()
    some = truth.index[::5]
    draws = model.predict_samples(some, 100, random_state=0)
    assert draws.shape == (len(some), 2, 100)
    middle = model.predict(some).to_numpy()
    assert np.abs(draws.mean(axis=2) - middle).mean() < 0.5 * draws.std(axis=2).mean()
    lower, upper = model.predict_interval(some, coverage=0.9)
    seen = seen.loc[some]
    held = ((seen >= lower) & (seen <= upper)).to_numpy()[seen.notna().to_numpy()]
    assert 0.75 < held.mean() < 1.0


def test_draws_of_one_origin_are_one_path(model, unseen):
    seen = unseen[1]
    ahead = pd.MultiIndex.from_product([[100], [10.5, 10.6]], names=["wave", "time"])
    draws = model.predict_samples(ahead, 400, history=seen, random_state=0)[:, 0]
    noise = model.net_.module_.noise.numpy()[0] * model._scale[0]
    # Of two stamps so near only the noise of observations differs.
    assert np.std(draws[0] - draws[1]) < 1.2 * np.sqrt(2) * noise
    assert np.corrcoef(draws)[0, 1] > 0.05


def test_intervals_of_several_coverages_are_nested(model, unseen):
    asked = unseen[0].index[:20]
    found = model.predict_interval(asked, history=unseen[1], coverage=(0.5, 0.9))
    assert (found[0.9].lower <= found[0.5].lower).all(axis=None)
    assert (found[0.9].upper >= found[0.5].upper).all(axis=None)


def test_calibrated_intervals_are_those_of_held_out_errors():
    index = pd.date_range("2013-01-01", periods=120, freq="h")
    series = pd.Series(np.sin(np.arange(120) / 4), index)
    model = LatentODERegressor(**SMALL | {"lookback": 6}, max_epochs=1, calibration="auto")
    lower, upper = model.fit(index, series).predict_interval(index[-5:])
    assert (upper > lower).all()
    assert model.lead_errors_ is not None


def test_covariates_known_ahead_enter_the_path():
    index = pd.date_range("2013-01-01", periods=60, freq="h")
    known = pd.DataFrame({"push": np.repeat([0.0, 1.0], 30)}, index)
    model = LatentODERegressor(**SMALL | {"lookback": 6}, max_epochs=2, early_stopping=False)
    model.fit(known, pd.Series(known["push"].cumsum(), name="y"))
    ahead = pd.DataFrame({"push": [0.0, 1.0]}, index[-1] + pd.to_timedelta(["1h", "2h"]))
    other = ahead.assign(push=[1.0, 0.0])
    assert (model.predict(ahead) != model.predict(other)).all()


def test_warm_start_goes_on_from_the_weights_before():
    _, seen = waves(6)
    model = LatentODERegressor(**SMALL, max_epochs=1, warm_start=True).fit(seen.index, seen)
    before = model.net_.module_.decoder.layers[0].weight.detach().clone()
    model.set_params(lr=1e-4).fit(seen.index, seen)
    after = model.net_.module_.decoder.layers[0].weight.detach()
    np.testing.assert_allclose(after, before, atol=0.01)
    with pytest.raises(ValueError, match="warm_start"):
        model.set_params(latent_dim=5).fit(seen.index, seen)


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ({"encoder": "lstm"}, "ode-rnn"), ({"latent_dim": 0}, "latent_dim"),
        ({"kl_weight": -1.0}, "kl_weight"), ({"kl_weight": np.inf}, "kl_weight"),
        ({"lookback": True}, "lookback"), ({"kl_annealing": 2.0}, "kl_annealing"),
        ({"optimizer": "LBFGS"}, "mini-batches"), ({"lookback": "soon"}, "lookback"),
    ],
)  # fmt: skip
def test_parameters_without_meaning_are_refused(params, word):
    index = pd.date_range("2013-01-01", periods=20, freq="h")
    with pytest.raises(ValueError, match=word):
        LatentODERegressor(**SMALL | params).fit(index, np.arange(20.0))


def test_nothing_is_interpolated_before_the_first_row(model):
    before = pd.MultiIndex.from_tuples([(0, -3.0)], names=["wave", "time"])
    with pytest.raises(HorizonError, match="first observed row"):
        model.interpolate(before)
