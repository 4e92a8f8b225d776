"""Own fixed-step solves of training windows: order, gaps, padding, controls, gradients."""

import numpy as np
import pytest
import torch

from tsnode.solvers._kernels import TABLEAUS
from tsnode.solvers._windows import control_times, solve_windows

ROTATION = torch.tensor([[0.0, 1.0], [-1.0, 0.0]], dtype=torch.float64)
START = torch.tensor([[1.0, 0.5], [-0.3, 2.0]], dtype=torch.float64)


def rotate(t, z, u):  # noqa: ARG001
    return z @ ROTATION.T


def rotated(times):
    angle = times - times[:, :1]
    x, y = START[:, :1], START[:, 1:]
    cos, sin = torch.cos(angle), torch.sin(angle)
    return torch.stack([x * cos + y * sin, y * cos - x * sin], dim=-1)[:, 1:]


def uneven_times():
    gaps = np.random.default_rng(0).uniform(0.1, 0.6, size=(2, 5))
    return torch.as_tensor(np.cumsum(np.c_[[3.0, -1.0], gaps], axis=1))


@pytest.mark.parametrize("method", TABLEAUS)
def test_halving_the_step_shrinks_the_error_by_the_order(method):
    times = uneven_times()
    errors = [
        (solve_windows(rotate, START, times, method=method, n_substeps=n) - rotated(times))
        .abs()
        .max()
        for n in (8, 16)
    ]
    order = torch.log2(errors[0] / errors[1]).item()
    assert order == pytest.approx(TABLEAUS[method].order, abs=0.25)


def test_each_row_runs_over_its_own_stamps():
    times = uneven_times()
    states = solve_windows(rotate, START, times, n_substeps=20)
    torch.testing.assert_close(states, rotated(times), rtol=0, atol=1e-7)


def test_a_padded_tail_stands_still_and_changes_nothing_before():
    times = uneven_times()
    padded = torch.cat([times, times[:, -1:], times[:, -1:]], dim=1)
    short, long = (solve_windows(rotate, START, t) for t in (times, padded))
    torch.testing.assert_close(long[:, :5], short, rtol=0, atol=0)
    torch.testing.assert_close(long[:, 5:], short[:, -1:].expand(2, 2, 2), rtol=0, atol=0)


def test_controls_drive_the_state_as_in_closed_form():
    times = uneven_times()
    at = control_times(times, 10)
    controls = torch.cos(at)[..., None]
    states = solve_windows(
        lambda t, z, u: -z + u,  # noqa: ARG005
        START[:, :1],
        times,
        n_substeps=10,
        controls=controls,
    )
    forced = 0.5 * (torch.cos(times) + torch.sin(times))
    exact = forced + (START[:, :1] - forced[:, :1]) * torch.exp(times[:, :1] - times)
    torch.testing.assert_close(states[..., 0], exact[:, 1:], rtol=0, atol=1e-7)


def test_the_field_reads_the_time_of_every_stage():
    times = uneven_times()
    states = solve_windows(lambda t, z, u: 3 * t[:, None] ** 2 + 0 * z, START, times)  # noqa: ARG005
    exact = START[:, None] + (times[:, 1:] ** 3 - times[:, :1] ** 3)[..., None]
    torch.testing.assert_close(states, exact)


def test_gradients_agree_with_finite_differences():
    z0 = START.clone().requires_grad_()
    rate = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    times = uneven_times()[:, :3]

    def solve(z0, rate):
        return solve_windows(lambda t, z, u: torch.sin(rate * z), z0, times)  # noqa: ARG005

    assert torch.autograd.gradcheck(solve, (z0, rate))
