"""Long free runs on one shared clock: accuracy, states between steps, divergence, cost."""

import numpy as np
import pytest
import torch
from scipy.linalg import expm

from tsnode.dynamics._fields import NeuralField
from tsnode.solvers import _free_run
from tsnode.solvers._fixed_grid import solve_requests
from tsnode.solvers._free_run import run_freely
from tsnode.solvers._kernels import TABLEAUS

A = np.array([[0.0, 1.0], [-1.0, -0.1]])
STARTS = torch.tensor([[1.0, 0.0], [0.0, -2.0], [0.5, 0.5]], dtype=torch.float64)


def linear(t, z, u):  # noqa: ARG001
    return z @ torch.as_tensor(A).T


def exact(n_steps, step):
    powers = [expm(A * step * k) for k in range(n_steps + 1)]
    return np.einsum("kij,bj->bki", powers, STARTS.numpy())


@pytest.mark.parametrize("step", [0.25, 0.1, 0.02, 0.013])
def test_states_follow_the_closed_form_at_any_step(step):
    found = run_freely(linear, STARTS, 40, step, longest=0.1)
    assert found == pytest.approx(exact(40, step), abs=1e-5)


@pytest.mark.parametrize(("method", "tableau"), TABLEAUS.items())
def test_halving_the_step_shrinks_the_error_by_the_order(method, tableau):
    coarse, fine = (
        np.abs(run_freely(linear, STARTS, 8, 0.5, longest=h, method=method) - exact(8, 0.5)).max()
        for h in (0.125, 0.0625)
    )
    assert np.log2(coarse / fine) == pytest.approx(tableau.order, abs=0.3)


@pytest.mark.parametrize("step", [0.3, 0.1, 0.025])
def test_blocks_join_without_a_seam(step, monkeypatch):
    whole = run_freely(linear, STARTS, 50, step, longest=0.1)
    monkeypatch.setattr(_free_run, "N_STEPS_AT_ONCE", 7)
    assert run_freely(linear, STARTS, 50, step, longest=0.1) == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize("step", [1e-4, 30.0])
def test_no_block_holds_more_than_its_share(step, monkeypatch):
    clocks, states = [], []
    follow, fill = _free_run._follow, _free_run._fill

    def noted_follow(field, tableau, z, clock, dt, n_parts):
        clocks.append(len(clock) // 2)
        return follow(field, tableau, z, clock, dt, n_parts)

    def noted_fill(*arguments):
        states.append(len(filled := fill(*arguments)))
        return filled

    monkeypatch.setattr(_free_run, "_follow", noted_follow)
    monkeypatch.setattr(_free_run, "_fill", noted_fill)
    found = run_freely(linear, STARTS, 10, step, longest=0.1)
    assert found == pytest.approx(exact(10, step), abs=1e-4)
    assert max(clocks) <= 1000 >= max(states)


def test_a_run_equals_the_solve_of_requests():
    field = NeuralField(2, hidden_layer_sizes=(8, 8)).eval()
    times = 0.1 * np.arange(31)
    row = np.repeat(np.arange(3), 31)
    asked = solve_requests(field, STARTS, np.zeros(3), row, np.tile(times, 3), step=0.1)
    found = run_freely(field, STARTS, 30, 0.1, longest=0.1)
    assert found == pytest.approx(asked.reshape(3, 31, 2).numpy(), abs=1e-12)
    assert np.abs(found[:, -1] - found[:, 0]).max() > 0.01


def test_a_field_of_time_is_given_the_time():
    def field(t, z, u):  # noqa: ARG001
        return torch.cos(t).expand_as(z)

    found = run_freely(field, torch.zeros(1, 1, dtype=torch.float64), 3_000, 0.01, longest=0.01)
    assert found[0, :, 0] == pytest.approx(np.sin(0.01 * np.arange(3_001)), abs=1e-9)


def test_a_run_is_nan_from_where_it_diverges_and_the_others_go_on():
    found = run_freely(lambda t, z, u: z**2, STARTS, 300, 0.01, longest=0.01)  # noqa: ARG005
    # 1 / (1/z - t): the first run has its pole at t = 1, the third at t = 2.
    assert np.isnan(found[0, 150:]).all()
    assert np.isfinite(found[0, :99, 1]).all()
    assert np.isfinite(found[1]).all()
    assert found[2, 150] == pytest.approx(1 / (1 / 0.5 - 1.5), rel=1e-3)


@pytest.mark.parametrize("activation", ["tanh", "silu", "elu"])
@pytest.mark.parametrize("autonomous", [True, False])
def test_a_frozen_field_is_the_field(activation, autonomous):
    field = NeuralField(2, 0, (8, 5), activation, autonomous).eval()
    t = torch.tensor(0.7, dtype=torch.float64)
    with torch.no_grad():
        expected = field(t, STARTS)
        torch.testing.assert_close(field.frozen()(t, STARTS, None), expected, rtol=0, atol=1e-14)
    assert expected.abs().max() > 0.01
