"""Runs whose controls are chosen: the same states and gradients as by other routes."""

import numpy as np
import pytest
import torch

from tsnode.dynamics._fields import NeuralField
from tsnode.solvers._driven_run import DrivenRun
from tsnode.solvers._solve import solve

N_STEPS = 6
# Its first call loads what torch.func needs, for seconds.
EXPONENTIAL = pytest.param("exponential_euler", marks=pytest.mark.slow)


@pytest.fixture
def field():
    torch.manual_seed(1)
    return NeuralField(2, 1, (8,)).double()


@pytest.fixture
def controls():
    return np.random.default_rng(2).normal(size=(N_STEPS, 3, 1))


def make_run(field, method):
    return DrivenRun(field, method, 0.2 * np.arange(N_STEPS), np.full(N_STEPS, 0.2))


def weighed(run, controls, weights):
    return (run.states(np.array([[0.3, -0.5]]), controls[None])[0] * weights).sum()


@pytest.mark.parametrize("method", ["rk4", "heun", EXPONENTIAL])
def test_states_are_those_of_a_training_solve(field, controls, method):
    run = make_run(field, method)
    found = run.states(np.array([[0.3, -0.5]]), controls[None])[0, 1:]
    times = torch.tensor(0.2 * np.arange(N_STEPS + 1))[None]
    z0 = torch.tensor([[0.3, -0.5]], dtype=torch.float64)
    known = solve(field, z0, times, method=method, controls=torch.tensor(controls)[None])
    assert found == pytest.approx(known[0].detach().numpy(), abs=1e-12)
    assert np.ptp(found) > 0.1


@pytest.mark.parametrize("method", ["rk4", "midpoint", EXPONENTIAL, None])
def test_the_gradient_is_that_of_finite_differences(field, controls, method):
    law = field if method else lambda t, z, u: z + field(t, z, u)
    run, weights = make_run(law, method), np.random.default_rng(3).normal(size=(N_STEPS + 1, 2))
    found = run.linearised(np.array([[0.3, -0.5]]), controls).pull_back(weights)
    for at in [(0, 0, 0), (2, 1, 0), (N_STEPS - 1, 2, 0)]:
        ends = [controls.copy(), controls.copy()]
        for moved, size in zip(ends, (1e-5, -1e-5), strict=True):
            moved[at] += size
        slope = (weighed(run, ends[0], weights) - weighed(run, ends[1], weights)) / 2e-5
        assert found[at] == pytest.approx(slope, rel=1e-5, abs=1e-8)
    assert np.abs(found).max() > 1e-3


def test_runs_of_a_batch_do_not_touch_each_other(field, controls):
    run, starts = make_run(field, "rk4"), np.array([[0.3, -0.5], [1.0, 0.0]])
    both = run.states(starts, np.stack([controls, -controls]))
    assert both[1] == pytest.approx(run.states(starts[1:], -controls[None])[0], abs=1e-14)


def test_a_run_found_from_the_last_one_is_that_of_step_after_step(field, controls):
    run, start = make_run(field, "rk4"), np.array([[0.3, -0.5]])
    run.linearised(start, controls)
    before = run.n_evaluations
    found = run.linearised(start + 0.1, -controls)
    known = make_run(field, "rk4").linearised(start + 0.1, -controls)
    assert found.states == pytest.approx(known.states, abs=1e-12)
    assert found.by_state == pytest.approx(known.by_state, abs=1e-6)
    # Twice is once step after step, and once for the derivatives.
    assert run.n_evaluations - before > 2 * 4 * N_STEPS


def test_every_row_through_the_field_is_counted(field, controls):
    run = make_run(field, "rk4")
    run.states(np.zeros((3, 2)), np.repeat(controls[None], 3, axis=0))
    assert run.n_evaluations == 4 * N_STEPS * 3
    run.linearised(np.zeros((1, 2)), controls)
    assert run.n_evaluations == 4 * N_STEPS * 5


def test_a_run_that_explodes_is_told_by_its_states_and_forgotten(controls):
    run = make_run(lambda t, z, u: z**3 + u, None)  # noqa: ARG005
    calm = run.linearised(np.array([[0.1, -0.1]]), 0.1 * controls)
    wild = run.linearised(np.array([[1e3, -0.1]]), 0.1 * controls)
    assert np.isinf(wild.states[-1, 0])
    again = run.linearised(np.array([[0.1, -0.1]]), 0.1 * controls)
    assert again.states == pytest.approx(calm.states, abs=1e-12)
