"""Neural SDEs: laws found again, paths and intervals of the law, states that are half missing."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from tsnode import NeuralSDERegressor
from tsnode.exceptions import FitError

THETA, MEAN, SIGMA, STEP = 1.0, 1.0, 0.5, 0.2


def ornstein_uhlenbeck(n=1500, seed=0):
    """Exact samples of dx = THETA (MEAN - x) dt + SIGMA dW."""
    random = np.random.default_rng(seed)
    keep = np.exp(-THETA * STEP)
    spread = SIGMA * np.sqrt((1 - keep**2) / (2 * THETA))
    x = np.full(n, MEAN)
    for k in range(1, n):
        x[k] = MEAN + keep * (x[k - 1] - MEAN) + spread * random.normal()
    return pd.Series(x, pd.Index(STEP * np.arange(n), name="time"), name="x")


@pytest.fixture(scope="module")
def model():
    series = ornstein_uhlenbeck()
    made = NeuralSDERegressor((), noise="additive", max_epochs=40, early_stopping=False, lr=0.02)
    return made.set_params(random_state=0).fit(series.index, series)


def test_a_linear_law_is_that_of_the_exact_likelihood(model):
    series = ornstein_uhlenbeck().to_numpy()
    keep, shift = np.polyfit(series[:-1], series[1:], 1)
    theta = -np.log(keep) / STEP
    left = series[1:] - keep * series[:-1] - shift
    sigma = left.std() * np.sqrt(2 * theta / (1 - keep**2))
    drift = model.drift([[0.0], [1.0]])[:, 0]
    assert drift[0] - drift[1] == pytest.approx(theta, rel=0.03)
    assert model.diffusion([[0.0]])[0, 0] == pytest.approx(sigma, rel=0.02)


@pytest.mark.parametrize("read", ["drift", "diffusion"])
def test_one_state_is_answered_as_one_and_none_before_fit(model, read):
    assert getattr(model, read)([1.0]) == getattr(model, read)([[1.0]])[0]
    assert getattr(model, read)([1.0]).shape == (1,)
    with pytest.raises(NotFittedError):
        getattr(NeuralSDERegressor(), read)([1.0])


def test_forecasts_are_the_conditional_mean(model):
    series = ornstein_uhlenbeck()
    ahead = model.forecast(3.0, freq=0.5)
    rate = model.drift([[0.0]])[0, 0] - model.drift([[1.0]])[0, 0]
    mean = model.drift([[0.0]])[0, 0] / rate
    leads = ahead.index.to_numpy() - series.index[-1]
    wanted = mean + np.exp(-rate * leads) * (series.iloc[-1] - mean)
    np.testing.assert_allclose(ahead, wanted, atol=0.01)


def test_intervals_hold_nine_of_ten_of_new_rows_without_calibration(model):
    new = ornstein_uhlenbeck(800, seed=1)
    for horizon in (1, 5):
        bounds = model.predict_interval(new.index[20:], history=new, horizon=horizon)
        held = (new.iloc[20:] >= bounds.lower) & (new.iloc[20:] <= bounds.upper)
        assert held.mean() == pytest.approx(0.9, abs=0.035)


def test_free_paths_have_the_stationary_spread(model):
    paths = model.simulate(np.linspace(0, 2, 60)[:, None], 100, step=0.4, random_state=0)
    assert paths.shape == (60, 101, 1)
    assert paths[:, 20:].std() == pytest.approx(SIGMA / np.sqrt(2 * THETA), rel=0.1)
    again = model.simulate([0.0], 5, random_state=0)
    assert again.shape == (6, 1)


def test_samples_of_one_start_are_one_path(model):
    asked = pd.Index([300.0, 300.05, 310.0], name="time")
    draws = model.predict_samples(asked, 400, random_state=0)
    near = np.corrcoef(draws[0], draws[1])[0, 1]
    far = np.corrcoef(draws[0], draws[2])[0, 1]
    assert near > 0.8
    assert abs(far) < 0.3


def test_both_calculi_and_all_methods_make_the_same_forecast():
    series = ornstein_uhlenbeck(200)
    how = {"max_epochs": 2, "random_state": 0, "hidden_layer_sizes": (4,)}
    model = NeuralSDERegressor(calculus="stratonovich", **how).fit(series.index, series)
    found = [model.set_params(method=one, n_substeps=8).forecast(5).to_numpy()
             for one in ("milstein", "euler_maruyama", "reversible_heun")]  # fmt: skip
    np.testing.assert_allclose(found[1], found[0], atol=0.05)
    np.testing.assert_allclose(found[2], found[0], atol=0.05)


def test_a_half_missing_row_starts_where_the_other_channel_says():
    random = np.random.default_rng(0)
    x = ornstein_uhlenbeck(400).to_numpy()
    frame = pd.DataFrame({"x": x, "y": -x + 0.02 * random.normal(size=400)})
    frame.index = pd.Index(STEP * np.arange(400.0), name="time")
    model = NeuralSDERegressor((), noise="additive", max_epochs=20, random_state=0)
    model.fit(frame.index, frame)
    holed = frame.copy()
    holed.iloc[-1, 1] = np.nan
    start = model.predict(pd.Index([frame.index[-1] + 1e-6], name="time"), history=holed)
    assert np.isfinite(start.to_numpy()).all()
    assert start["x"].iloc[0] == pytest.approx(frame["x"].iloc[-1], abs=0.01)


def test_the_kernel_score_trains_on_windows():
    series = ornstein_uhlenbeck(300)
    model = NeuralSDERegressor(
        (), noise="additive", training="kernel_score", training_horizon=4, max_epochs=8, lr=0.03,
        random_state=0,
    ).fit(series.index, series)  # fmt: skip
    drift = model.drift([[0.0], [2.0]])[:, 0]
    assert drift[0] > 0 > drift[1]
    assert model.fit_report_["tool"] == "kernel score"


def test_channels_that_are_never_seen_together_are_learned_from_their_last_rows():
    frame = pd.DataFrame({"x": ornstein_uhlenbeck(200), "y": ornstein_uhlenbeck(200, seed=2)})
    frame.iloc[::2, 0], frame.iloc[1::2, 1] = np.nan, np.nan
    model = NeuralSDERegressor((4,), max_epochs=1, random_state=0).fit(frame.index, frame)
    assert np.isfinite(model.forecast(3).to_numpy()).all()


def test_channels_that_no_next_row_follows_are_refused():
    frame = pd.DataFrame({"x": np.arange(10.0), "y": np.nan})
    frame.iloc[-1, 1] = 1.0
    with pytest.raises(FitError, match="denser rows"):
        NeuralSDERegressor(random_state=0).fit(frame.set_axis(np.arange(10.0)))


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ({"noise": "scalar"}, "diagonal"), ({"calculus": "backward"}, "stratonovich"),
        ({"method": "rk4"}, "milstein"), ({"n_substeps": 0}, "n_substeps"),
        ({"training_horizon": 3}, "kernel_score"), ({"optimizer": "LBFGS"}, "mini-batches"),
    ],
)  # fmt: skip
def test_parameters_without_meaning_are_refused(params, word):
    series = ornstein_uhlenbeck(30)
    with pytest.raises(ValueError, match=word):
        NeuralSDERegressor(**params).fit(series.index, series)
