"""Noisy rows of a law that jumps: what is learned of it, and what is declined."""

import numpy as np
import pytest
import torch

from tsnode import NeuralODERegressor
from tsnode.datasets import make_van_der_pol
from tsnode.dynamics._fields import NeuralField
from tsnode.training import _jump_fit
from tsnode.training._field_count import FieldCount
from tsnode.training._first_fit import fit_at_once
from tsnode.training._jump_fit import fit_jumps
from tsnode.training._match import smooth_paths
from tsnode.training._paths import ObservedPath
from tsnode.training._smooth_jumps import smooth_jumps

STIFF = make_van_der_pol(300, epsilon=10.0, mean_step=0.1, transient=30.0).to_numpy()
STIFF = (STIFF - STIFF.mean(axis=0)) / STIFF.std(axis=0)
TRUTH = STIFF.copy()
STIFF += 0.05 * np.random.default_rng(0).normal(size=STIFF.shape)
PATHS = [ObservedPath(np.arange(300.0), STIFF, np.ones(300))]


def new_field(n_controls=0):
    torch.manual_seed(0)
    return NeuralField(2, n_controls, (32, 32), "tanh", autonomous=True, time_scale=300.0)


def weights_of(field):
    return torch.cat([p.reshape(-1) for p in field.parameters()]).detach().clone()


@pytest.fixture(scope="module")
def smooth():
    return smooth_jumps(PATHS, smooth_paths(PATHS))


def shorten(monkeypatch, **others):
    for name, value in {
        "FIRST": (0.1, 2),
        "LATER": (0.03, 1),
        "MAX_ITERATIONS": 2,
        **others,
    }.items():
        monkeypatch.setattr(_jump_fit, name, value)


def test_rows_are_missed_by_their_noise_and_the_law_is_held(smooth):
    field = new_field()
    report = fit_jumps(field, PATHS, smooth)
    assert "declined" not in report
    np.testing.assert_allclose(report["sigma"], 0.05, rtol=0.25)
    states = report["states"][0]
    np.testing.assert_allclose((STIFF - states).std(axis=0), 0.05, rtol=0.2)
    # Less than half of the noise is left in the states.
    assert (np.sqrt(np.square(states - TRUTH).mean(axis=0)) < 0.025).all()


def test_a_failed_fit_leaves_the_field_and_says_by_how_much(monkeypatch, smooth):
    shorten(monkeypatch)
    field = new_field()
    before = weights_of(field)
    report = fit_jumps(field, PATHS, smooth)
    assert "times their noise" in report["declined"]
    torch.testing.assert_close(weights_of(field), before)


def test_a_declined_fit_is_followed_by_the_usual_one(monkeypatch):
    monkeypatch.setattr(_jump_fit, "MOST_MISFIT", 0.0)
    shorten(monkeypatch)
    settings = {"collocates": True, "alpha": None, "keep_start": False, "refines": False}
    report, states = fit_at_once(
        new_field(), PATHS, max_iterations=3, count=FieldCount(None), **settings
    )
    assert "declined" in report["flow_and_states"]
    assert report["tool"].startswith(("match", "collocation"))
    assert states[0].shape == STIFF.shape


def test_what_the_tool_is_not_for_is_declined(monkeypatch, smooth):
    assert "controls" in fit_jumps(new_field(1), PATHS, smooth)["declined"]
    monkeypatch.setattr(_jump_fit, "MAX_ENTRIES", 10)
    assert "memory" in fit_jumps(new_field(), PATHS, smooth)["declined"]


def test_longer_data_are_solved_on_pieces_and_keep_all_their_states(monkeypatch, smooth):
    monkeypatch.setattr("tsnode.training._pieces.GAPS_PER_PIECE", 40)
    shorten(monkeypatch, MAX_DEFECTS=400, MOST_MISFIT=np.inf)
    report = fit_jumps(new_field(), PATHS, smooth)
    assert report["n_defects"] <= 400
    np.testing.assert_array_equal(report["states"][0], smooth["states"][0])


def test_a_budget_ends_it(smooth):
    count, field = FieldCount(3000), new_field()
    with count.counting("flow and states", field):
        report = fit_jumps(field, PATHS, smooth, count=count)
    assert report["stopped"] == "budget"
    assert "declined" not in report


@pytest.mark.slow
def test_a_noisy_stiff_oscillator_is_forecast_over_its_jumps():
    sample = {"epsilon": 10.0, "mean_step": 0.1, "transient": 30.0, "irregular": True}
    truth = make_van_der_pol(1050, **sample, random_state=0)
    rows = make_van_der_pol(1050, **sample, noise=0.05, random_state=0)
    train, rest = rows.iloc[:1000], truth.iloc[1000:]
    model = NeuralODERegressor(lookback=None, random_state=0).fit(train.index, train)
    assert model.fit_report_["tool"] == "flow and states"
    miss = (model.predict(rest.index) - rest) / train.std()
    # Without the tool it was above 0.6: no better than the mean.
    assert np.mean(np.square(miss.to_numpy())) < 0.3
