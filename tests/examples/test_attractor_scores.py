"""The protocol of long free runs finds the flow that made a set, and scores it at its floor."""

import importlib
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

FOLDER = Path(__file__).parents[2] / "examples" / "benchmarks"
STEP = 0.01


@pytest.fixture
def scores(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("attractor_scores")


@pytest.fixture
def raw(scores):
    """Ten thousand rows of the Lorenz system in raw units."""
    advance = scores.runge_kutta(scores.lorenz_slope, STEP)
    return scores.run_freely(advance, np.array([[1.0, 1.0, 20.0]]), 10_000)[0]


@pytest.fixture
def test_set(raw):
    return (raw - raw.mean(axis=0)) / raw.std(axis=0)


def test_one_step_equals_an_adaptive_solve(scores, raw):
    advance = scores.runge_kutta(scores.lorenz_slope, STEP)
    found = solve_ivp(
        lambda _, state: scores.lorenz_slope(state), (0, STEP), raw[7], rtol=1e-11, atol=1e-11
    )
    np.testing.assert_allclose(advance(raw[7]), found.y[:, -1], atol=1e-5)
    np.testing.assert_allclose(advance(raw[7:9]), raw[8:10], atol=1e-12)


def test_the_flow_of_a_standardised_set_is_found_by_its_steps(scores, test_set):
    flow = scores.true_flow(test_set, STEP)
    np.testing.assert_allclose(flow(test_set[:-1]), test_set[1:], atol=1e-8)
    assert scores.step_error(test_set, flow, stride=50) < 1e-12
    assert scores.step_error(test_set, lambda states: states, stride=50) > 0.1


def test_runs_of_the_true_flow_come_nearer_than_runs_of_another(scores, test_set):
    flow = scores.true_flow(test_set, STEP)
    starts = scores.pick_starts(test_set, 2)
    true_runs = scores.run_freely(flow, starts, 10_000)
    near = scores.score_runs(test_set, true_runs).mean()
    # Another orbit of 10,000 rows: 1.8 in D_stsp (0.11 at 100,000).
    assert near["D_stsp"] == pytest.approx(1.8, abs=0.9)
    far = scores.score_runs(test_set, 0.8 * true_runs[:, ::2].repeat(2, axis=1)).mean()
    assert far["D_stsp"] > 1.3 * near["D_stsp"]


def test_the_first_quarter_of_a_run_is_dropped(scores):
    runs = scores.run_freely(lambda states: states + 1, np.zeros((2, 1)), 8)
    np.testing.assert_array_equal(runs[1, :, 0], np.arange(2, 10))
