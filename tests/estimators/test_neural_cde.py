"""Forecasts of a controlled equation: what they know, what they read, what is refused."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch

from tsnode import NeuralCDERegressor
from tsnode.exceptions import FitError
from tsnode.solvers._control_paths import PATHS

SMALL = {
    "hidden_layer_sizes": (8,), "latent_dim": 4, "lookback": 8, "training_horizon": 4,
    "method": "midpoint", "early_stopping": False, "random_state": 0,
}  # fmt: skip


def waves(n=60, seed=0):
    """Noisy waves at irregular stamps, a third of the entries missing."""
    random = np.random.default_rng(seed)
    index = pd.Index(np.cumsum(random.uniform(0.5, 1.5, n)), name="time")
    frame = pd.DataFrame({"x": np.sin(index / 2), "y": np.cos(index / 2)}, index)
    frame += 0.05 * random.normal(size=frame.shape)
    return frame.mask(random.random(frame.shape) < 0.3)


@pytest.fixture(scope="module", params=PATHS)
def model(request):
    frame = waves()
    return NeuralCDERegressor(**SMALL, max_epochs=1, path=request.param).fit(frame.index, frame)


def test_a_value_later_than_now_never_changes_a_forecast_and_one_at_now_does(model):
    frame = waves(80)
    now = frame.dropna().index[-8]
    asked = frame.index[frame.index > now][:5] + 0.1
    lead = (asked - now).to_numpy()
    before = model.predict(asked, history=frame, horizon=lead)
    later, at_now = frame.copy(), frame.copy()
    later.loc[later.index > now] = 50.0
    at_now.loc[now, "x"] += 0.5
    pd.testing.assert_frame_equal(model.predict(asked, history=later, horizon=lead), before)
    moved = (model.predict(asked, history=at_now, horizon=lead) - before).abs()
    assert (moved > 1e-6).all(axis=None)


def test_what_lies_before_the_lookback_is_not_read(model):
    frame = waves(80)
    old = frame.index < frame.index[-1] - 8.5 * model.step_
    other = frame.copy()
    other[old] = 50.0
    ahead = frame.index[-1:] + 2.0
    forecasts = [model.predict(ahead, history=one) for one in (frame, other)]
    pd.testing.assert_frame_equal(*forecasts)


def test_a_missing_value_is_told_from_one_that_repeats_the_last(model):
    frame = waves(80)
    repeated = frame.ffill()
    ahead = frame.index[-1:] + 2.0
    assert model.net_.module_.n_controls == 5
    one, other = (model.predict(ahead, history=rows) for rows in (frame, repeated))
    assert (one - other).abs().to_numpy().min() > 1e-6


def test_counts_are_no_channels_where_nothing_is_missing_or_nobody_wants_them():
    frame = waves().ffill().bfill()
    fits = [(frame, {}), (waves(), {"intensity": False}), (frame, {"intensity": True})]
    sizes = [
        NeuralCDERegressor(**SMALL, max_epochs=1, **params)
        .fit(rows.index, rows).net_.module_.n_controls
        for rows, params in fits
    ]  # fmt: skip
    assert sizes == [3, 3, 5]


def test_between_two_stamps_a_forecast_goes_on_without_a_jump(model):
    last = waves().index[-1]
    ahead = last + np.linspace(0.5, 6.0, 400)
    steps = model.predict(pd.Index(ahead)).diff().iloc[1:].abs()
    assert (steps.max() < 0.05).all()
    assert (steps.sum() > 1e-3).all()


def test_drivers_known_ahead_move_what_follows_them_alone():
    index = pd.date_range("2013-01-01", periods=60, freq="h")
    known = pd.DataFrame({"push": np.repeat([0.0, 1.0], 30)}, index)
    model = NeuralCDERegressor(**SMALL, max_epochs=1, path="rectilinear")
    model.fit(known, pd.Series(known["push"].cumsum(), name="y"))
    ahead = pd.DataFrame({"push": [1.0, 1.0, 1.0]}, index[-1] + pd.to_timedelta(["1h", "2h", "3h"]))
    other = ahead.assign(push=[1.0, 1.0, 0.0])
    same = (model.predict(ahead) == model.predict(other)).tolist()
    assert same == [True, True, False]


def test_warm_start_goes_on_from_the_weights_before():
    frame = waves()
    model = NeuralCDERegressor(**SMALL, max_epochs=1, warm_start=True).fit(frame.index, frame)
    before = model.net_.module_.driven.head.weight.detach().clone()
    model.set_params(lr=1e-5).fit(frame.index, frame)
    after = model.net_.module_.driven.head.weight.detach()
    np.testing.assert_allclose(after, before, atol=1e-3)
    with pytest.raises(ValueError, match="warm_start"):
        model.set_params(latent_dim=5).fit(frame.index, frame)


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ({"path": "cubic"}, "hermite"), ({"latent_dim": 0}, "latent_dim"),
        ({"intensity": "yes"}, "intensity"), ({"method": "dopri5"}, "midpoint"),
        ({"optimizer": "LBFGS"}, "mini-batches"), ({"lookback": "soon"}, "lookback"),
        ({"lookback": 0}, "lookback"), ({"training_horizon": 0}, "training_horizon"),
    ],
)  # fmt: skip
def test_parameters_without_meaning_are_refused(params, word):
    frame = waves(20)
    with pytest.raises(ValueError, match=word):
        NeuralCDERegressor(**SMALL | params).fit(frame.index, frame)


def test_a_row_that_nothing_follows_yet_leaves_the_weights_and_moves_the_start(model):
    frame = waves(61)
    model = copy.deepcopy(model)
    before = model.net_.module_.driven.head.weight.detach().clone()
    ahead = frame.index[-1:] + 1.0
    expected = model.predict(ahead, history=frame[-1:])
    model.partial_fit(frame.index[-1:], frame[-1:])
    assert torch.equal(model.net_.module_.driven.head.weight, before)
    pd.testing.assert_frame_equal(model.predict(ahead), expected)


def test_series_of_one_row_each_are_refused():
    index = pd.MultiIndex.from_product([["a", "b"], [0.0]], names=["place", "time"])
    with pytest.raises(FitError, match="Fit longer series"):
        NeuralCDERegressor(**SMALL).fit(index, [1.0, 2.0])


@pytest.mark.slow
def test_waves_of_which_a_third_is_missing_are_foretold():
    frame = waves(300)
    train, test = frame[:240], frame[240:]
    model = NeuralCDERegressor(
        (16,), latent_dim=8, lookback=20, training_horizon=10, max_epochs=30, early_stopping=False,
        random_state=0,
    )  # fmt: skip
    model.fit(train.index, train)
    found = model.predict(test.index, history=test, horizon=8.0)
    truth = np.column_stack([np.sin(test.index / 2), np.cos(test.index / 2)])
    assert np.mean((found - truth).to_numpy() ** 2) < 0.1 * np.var(truth)
