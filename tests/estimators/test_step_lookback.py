"""Step maps with a lookback: delay coordinates stand for states that nobody observes."""

import numpy as np
import pandas as pd
import pytest
import torch

import tsnode
from tsnode import NNStepRegressor, ResNetStepRegressor
from tsnode.exceptions import FitWarning

HOURS = pd.date_range("2013-01-01", periods=260, freq="h")


def beats(n):
    """Make a sum of two waves: four states, one channel."""
    t = np.arange(n)
    return np.sin(2 * np.pi * t / 11) + 0.7 * np.cos(2 * np.pi * t / 7.3)


def small(cls=ResNetStepRegressor, **params):
    return cls(**({"hidden_layer_sizes": (), "lookback": 4, "random_state": 0} | params))


@pytest.fixture(scope="module")
def model():
    return small().fit(HOURS[:200], beats(200))


@pytest.mark.parametrize("cls", [ResNetStepRegressor, NNStepRegressor])
def test_four_delays_continue_what_one_state_cannot(cls):
    # Four linear states: the wave is a linear recurrence of order four.
    found = small(cls).fit(HOURS[:200], beats(200)).predict(HOURS[200:])
    assert found == pytest.approx(beats(260)[200:], abs=0.05)
    blind = small(cls, lookback=None).fit(HOURS[:200], beats(200)).predict(HOURS[200:])
    assert np.abs(blind - beats(260)[200:]).max() > 1


def test_the_weights_are_those_of_the_recurrence(model):
    # x_{k+1} = sum of (p_1 * p_2), p the polynomials z^2 - 2 cos(w) z + 1 of both waves.
    p, q = ([1, -2 * np.cos(2 * np.pi / period), 1] for period in (11, 7.3))
    coefficients = -np.convolve(p, q)[1:]
    layer = model._path.field.inner.mlp.layers[-1].weight.detach().numpy()[0]
    assert layer + [1, 0, 0, 0] == pytest.approx(coefficients, abs=5e-3)


def test_a_duration_is_as_many_steps(model):
    by_time = small(lookback="4h").fit(HOURS[:200], beats(200))
    assert by_time.predict(HOURS[200:]) == pytest.approx(model.predict(HOURS[200:]), abs=0)


def test_a_lookback_of_one_step_is_none():
    frame = pd.DataFrame({"a": beats(60), "b": np.roll(beats(60), 1)}, HOURS[:60])
    one, none = (small(lookback=k).fit(frame.index, frame).forecast(5) for k in (1, None))
    pd.testing.assert_frame_equal(one, none)


def test_empty_cells_and_missing_entries_are_bridged():
    frame = pd.DataFrame({"a": beats(260), "b": np.roll(beats(260), 3)}, HOURS)
    frame.iloc[::9, 0] = np.nan
    frame = frame.drop(frame.index[[50, 51, 120]])
    known = frame[: HOURS[199]]
    found = small(hidden_layer_sizes=(8,)).fit(known.index, known).predict(HOURS[200:212])
    assert found["a"].to_numpy() == pytest.approx(beats(260)[200:212], abs=0.15)


def test_nothing_behind_the_cutoff_is_read(model):
    spiked = beats(260)
    spiked[230] += 100
    asked = {"horizon": "3h"}
    plain = model.predict(HOURS, history=beats(260), **asked)
    found = model.predict(HOURS, history=spiked, **asked)
    assert found[:233] == pytest.approx(plain[:233], abs=0)
    assert np.abs(found[233:237] - plain[233:237]).min() > 1


def test_series_are_read_each_by_itself():
    waves = {key: pd.Series(beats(120 + k)[k:], HOURS[:120]) for k, key in enumerate("abc")}
    panel = pd.concat(waves, names=["series", "time"])
    model = small().fit(panel.index, panel)
    alone = model.predict(pd.MultiIndex.from_product([["b"], HOURS[120:126]]))
    assert np.asarray(alone) == pytest.approx(beats(130)[121:127], abs=0.05)


def test_an_update_equals_a_longer_history(model):
    updated = small().fit(HOURS[:200], beats(200)).update(HOURS[200:230], beats(230)[200:])
    known = np.where(np.arange(260) < 230, beats(260), np.nan)
    by_rows = model.predict(HOURS, history=known)[230:]
    assert updated.predict(HOURS[230:]) == pytest.approx(by_rows, abs=1e-10)
    assert np.abs(by_rows - model.predict(HOURS[230:])).max() > 1e-9


def six_steps_ahead(y, **params):
    """Mean squared error against the true waves, and the tool."""
    model = small(**params).fit(HOURS[:200], y[:200])
    found = model.predict(HOURS, history=y, horizon=6)[200:]
    return np.mean(np.square(found - beats(260)[200:])), model.fit_report_["tool"]


def test_a_longer_lookback_averages_noise_and_a_longer_horizon_trains_through_it():
    y = beats(260) + 0.1 * np.random.default_rng(0).normal(size=260)
    error, _ = six_steps_ahead(y)
    longer, _ = six_steps_ahead(y, lookback=16)
    assert longer < 0.02 < 0.3 < error
    shot, tool = six_steps_ahead(y, training_horizon=6, max_epochs=3)
    assert tool.endswith("then shooting")
    assert shot < error


def test_known_drivers_stand_beside_the_past():
    u = np.random.default_rng(0).normal(size=260)
    x = np.zeros(260)
    for k in range(2, 260):
        x[k] = 1.2 * x[k - 1] - 0.6 * x[k - 2] + 0.5 * u[k - 1]
    known = pd.DataFrame({"u": u}, HOURS)
    found = small(lookback=2).fit(known[:200], x[:200]).predict(known[200:])
    assert found == pytest.approx(x[200:], abs=0.05)


def test_a_saved_map_forecasts_the_same_to_the_bit(model, tmp_path):
    tsnode.save(model, tmp_path / "m.tsnode")
    loaded = tsnode.load(tmp_path / "m.tsnode")
    assert (loaded.predict(HOURS[200:]) == model.predict(HOURS[200:])).all()


def test_training_goes_on_from_the_weights_before():
    warm = small(warm_start=True).fit(HOURS[:100], beats(100))
    found = warm.fit(HOURS[:200], beats(200)).predict(HOURS[200:])
    assert found == pytest.approx(beats(260)[200:], abs=0.05)
    trained = warm.partial_fit(HOURS[200:230], beats(230)[200:])
    assert trained.predict(HOURS[230:]) == pytest.approx(beats(260)[230:], abs=0.05)


def test_a_law_of_the_present_state_is_not_claimed(model):
    with pytest.raises(ValueError, match="reads 4 steps of the past. Use predict.*lookback=None"):
        model.simulate([0.0], 3)
    with pytest.raises(ValueError, match="no lookback beside a module"):
        ResNetStepRegressor(lookback=4, module=torch.nn.Linear(1, 1)).fit(HOURS[:200], beats(200))


def test_a_lookback_longer_than_the_record_is_said_to_be():
    with pytest.warns(FitWarning, match="all that lookback= reads before it.*Shorten lookback="):
        small(lookback=60).fit(HOURS[:50], beats(50))


@pytest.mark.parametrize("lookback", [0, "auto", "-3h", 2.5j, np.inf])
def test_a_lookback_that_is_no_length_is_refused(lookback):
    with pytest.raises(ValueError, match="lookback"):
        small(lookback=lookback).fit(HOURS[:200], beats(200))
