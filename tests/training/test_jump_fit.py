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
    shorten(monkeypatch, HOPELESS=np.inf)
    field = new_field()
    before = weights_of(field)
    report = fit_jumps(field, PATHS, smooth)
    assert "objective of" in report["declined"]
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


def test_a_match_that_misses_the_path_is_given_up_at_once(monkeypatch, smooth):
    shorten(monkeypatch, HOPELESS=0.0)
    field = new_field()
    before = weights_of(field)
    report = fit_jumps(field, PATHS, smooth)
    assert "misses the smooth path" in report["declined"]
    assert "n_iterations" not in report
    torch.testing.assert_close(weights_of(field), before)


def longer(monkeypatch, **others):
    """Let the tool solve for 200 of 300 rows, in pieces of 40."""
    monkeypatch.setattr("tsnode.training._pieces.GAPS_PER_PIECE", 40)
    shorten(monkeypatch, MAX_DEFECTS=400, MOST_MISFIT=np.inf, HOPELESS=np.inf, **others)


def test_longer_data_are_solved_on_pieces_and_keep_the_states_beside(monkeypatch, smooth):
    longer(monkeypatch, MOST_ERROR=np.inf)
    report = fit_jumps(new_field(), PATHS, smooth)
    assert report["n_defects"] <= 400
    (states,) = report["states"]
    assert np.isfinite(states).all()
    is_kept = (states == smooth["states"][0]).all(axis=1)
    assert 90 <= is_kept.sum() <= 110


def test_a_fit_of_pieces_must_forecast_the_rows_beside(monkeypatch, smooth):
    longer(monkeypatch, MOST_ERROR=0.0)
    assert "beside the pieces" in fit_jumps(new_field(), PATHS, smooth)["declined"]


def test_states_of_which_no_four_pieces_fit_are_declined():
    values = np.tile(STIFF, 6)
    paths = [ObservedPath(np.arange(900.0), np.concatenate([values] * 3), np.ones(900))]
    field = NeuralField(12, 0, (4,), "tanh", autonomous=True, time_scale=300.0)
    report = fit_jumps(field, paths, smooth_paths(paths))
    assert "too many of 12 states" in report["declined"]


def test_no_gap_is_a_pause(monkeypatch):
    shorten(monkeypatch, MOST_MISFIT=np.inf, HOPELESS=np.inf)
    times = np.arange(300.0)
    times[150:] += 1e6
    paths = [
        ObservedPath(times, STIFF, np.ones(300)),
        ObservedPath(np.zeros(1), STIFF[:1], np.ones(1)),
        ObservedPath(np.array([0.0, 1e6]), STIFF[:2], np.ones(2)),
    ]
    report = fit_jumps(new_field(), paths, smooth_paths(paths))
    assert report["n_defects"] == 2 * 298
    assert [len(states) for states in report["states"]] == [300, 1, 2]
    apart = [ObservedPath(1e6 * np.arange(9.0), STIFF[:9], np.ones(9))]
    assert "pauses" in fit_jumps(new_field(), apart, smooth_paths(apart))["declined"]


def test_a_warm_start_goes_on_from_the_weights(monkeypatch, smooth):
    monkeypatch.setattr(_jump_fit, "draw_weights", None)
    shorten(monkeypatch, MOST_MISFIT=np.inf, HOPELESS=np.inf)
    assert "declined" not in fit_jumps(new_field(), PATHS, smooth, keep_start=True)


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
