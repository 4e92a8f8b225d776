"""Exponential Euler: exact on linear fields, of order 2, at ease with stiff ones."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from tsnode.dynamics._fields import NeuralField
from tsnode.solvers._exponential import exponential_step
from tsnode.solvers._solve import solve, solve_asked
from tsnode.solvers._windows import control_times, solve_windows

LAW = np.array([[-0.3, 1.0, 0.2], [-2.0, -0.1, 0.0], [0.5, 0.0, -40.0]])
SHIFT = np.array([1.0, -0.5, 3.0])
STARTS = torch.as_tensor(np.random.default_rng(0).normal(size=(5, 3)))
STEPS = np.array([0.0, 3.0, -0.4, 0.05, 8.0])
OWN = {"method": "exponential_euler"}


def affine(t, z, u=None):  # noqa: ARG001
    return z @ torch.as_tensor(LAW).T + torch.as_tensor(SHIFT) + (0 if u is None else u)


def carried(start, elapsed, drive=(0.0, 0.0)):
    """State after the time under z' = LAW z + SHIFT + drive[0] + drive[1] t, by scipy's expm."""
    whole = np.zeros((5, 5))
    whole[:3] = np.c_[LAW, np.full(3, drive[1]), SHIFT + drive[0]]
    whole[3, 4] = 1.0
    return (expm(elapsed * whole) @ np.r_[start, 0.0, 1.0])[:3]


def pendulum(t, z, u=None):  # noqa: ARG001
    return torch.stack([z[:, 1], -torch.sin(z[:, 0]) + 0.3 * torch.cos(t)], dim=1)


def test_a_step_of_any_length_is_exact_on_a_linear_field():
    found = exponential_step(affine, torch.zeros(5), STARTS, torch.as_tensor(STEPS))
    expected = [carried(start, step) for start, step in zip(STARTS.numpy(), STEPS, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    assert (found[0] == STARTS[0]).all()
    assert np.abs(expected[2]).max() > 1e5


def test_a_control_that_enters_linearly_is_followed_exactly_between_its_values():
    times = torch.tensor([[0.0, 2.0, 5.0]], dtype=torch.float64)
    controls = (0.7 - 0.4 * control_times(times, 1))[..., None].expand(-1, -1, -1, 3)
    found = solve_windows(affine, STARTS[:1], times, controls=controls, **OWN)[0]
    expected = [carried(STARTS[0].numpy(), t, (0.7, -0.4)) for t in (2.0, 5.0)]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("sign", [1, -1])
def test_answers_between_steps_are_exact_on_a_linear_field(sign):
    leads = sign * np.array([0.3, 0.02, 1.0, 1.7, 4.9]) / (1 if sign > 0 else 20)
    found = solve_asked(
        affine, STARTS[:1], [2.0], np.zeros(5, dtype=int), 2.0 + leads, step=1.6, **OWN
    )
    expected = [carried(STARTS[0].numpy(), lead) for lead in leads]
    np.testing.assert_allclose(found, expected, rtol=1e-7)


def errors_by_step(steps):
    asks = np.linspace(0.3, 4.0, 23)
    exact = solve_ivp(
        lambda t, z: [z[1], -np.sin(z[0]) + 0.3 * np.cos(t)], (0, 4), [1.0, 0.5], t_eval=asks,
        rtol=1e-11, atol=1e-12,
    ).y.T  # fmt: skip
    start = torch.tensor([[1.0, 0.5]], dtype=torch.float64)
    row = np.zeros(len(asks), dtype=int)
    found = [solve_asked(pendulum, start, [0.0], row, asks, step=step, **OWN) for step in steps]
    return [np.abs(states.numpy() - exact).max() for states in found]


def test_halving_the_step_quarters_the_error():
    coarse, fine = errors_by_step((0.1, 0.05))
    assert np.log2(coarse / fine) == pytest.approx(2, abs=0.3)
    assert fine > 1e-6


def test_a_fast_decay_costs_no_small_steps():
    def stiff(t, z, u=None):  # noqa: ARG001
        # Relaxes within 1e-6 to the slow curve z1 = cos(z0).
        return torch.stack([-z[:, 0], 1e6 * (torch.cos(z[:, 0]) - z[:, 1])], dim=1)

    start = torch.tensor([[1.0, 5.0]], dtype=torch.float64)
    asks = np.array([0.01, 0.25, 1.0, 4.0])
    row = np.zeros(4, dtype=int)
    found = solve_asked(stiff, start, [0.0], row, asks, step=0.1, **OWN)
    np.testing.assert_allclose(found[:, 0], np.exp(-asks), rtol=1e-9)
    np.testing.assert_allclose(found[:, 1], np.cos(np.exp(-asks)), atol=5e-3)
    lost = solve_asked(stiff, start, [0.0], row, asks, step=0.1, method="rk4")
    assert not torch.isfinite(lost[-1]).all()


def test_a_row_that_blows_up_is_lost_alone():
    z0 = torch.tensor([[1.0], [-1.0]], dtype=torch.float64)
    row, times = np.array([0, 0, 1, 1]), np.array([0.5, 4.0, 0.5, 4.0])
    states = solve_asked(lambda t, z, u: z**2, z0, [0.0, 0.0], row, times, step=0.02, **OWN)  # noqa: ARG005
    assert np.isfinite(states[:, 0].numpy()).tolist() == [True, False, True, True]
    np.testing.assert_allclose(states[[0, 2, 3], 0], [2.0, -1 / 1.5, -0.2], rtol=1e-3)


@pytest.fixture(scope="module")
def driven():
    torch.manual_seed(0)
    field = NeuralField(2, n_controls=1, hidden_layer_sizes=(7,), autonomous=False)
    times = torch.tensor([[0.0, 0.4, 1.0], [0.0, 0.2, 0.2]], dtype=torch.float64)
    controls = torch.sin(3 * control_times(times, 2))[..., None]
    return field, times, {"n_substeps": 2, "controls": controls, **OWN}


def test_the_gradient_of_a_training_solve_agrees_with_finite_differences(driven):
    field, times, settings = driven
    weight = field.mlp.layers[0].weight

    def states(z0, weight):
        def bound(t, z, u):
            return torch.func.functional_call(field, {"mlp.layers.0.weight": weight}, (t, z, u))

        return solve(bound, z0, times, **settings)

    start = STARTS[:2, :2].clone().requires_grad_()
    assert torch.autograd.gradcheck(states, (start, weight.detach().clone().requires_grad_()))


@pytest.mark.parametrize("gradient", ["forward", "finite_difference"])
def test_gradients_without_a_tape_agree_with_the_tape(gradient, driven):
    field, times, settings = driven
    found = [
        torch.autograd.grad(
            solve(field, STARTS[:2, :2], times, gradient=name, **settings).square().sum(),
            list(field.parameters()),
        )
        for name in ("backprop", gradient)
    ]
    flat = [np.concatenate([g.numpy().ravel() for g in grads]) for grads in found]
    np.testing.assert_allclose(flat[1], flat[0], rtol=1e-6, atol=1e-8)
    assert np.abs(flat[0]).max() > 0.1


def test_an_adjoint_of_the_exponential_step_is_refused_with_the_remedy(driven):
    field, times, settings = driven
    with pytest.raises(ValueError, match="'adjoint'.*'exponential_euler'.*gradient='backprop'"):
        solve(field, STARTS[:2, :2], times, gradient="adjoint", **settings)
