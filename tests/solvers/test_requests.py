"""Answers at asked times: right, and independent of what else is asked."""

import numpy as np
import pytest
import torch

from tsnode.solvers._solve import METHODS, solve_asked

RNG = np.random.default_rng(0)
N_ROWS = 300
STARTS = torch.as_tensor(RNG.normal(size=(N_ROWS, 2)))
T0 = RNG.uniform(-5, 5, N_ROWS)
ROW = RNG.integers(N_ROWS, size=2_000)
TIMES = T0[ROW] + RNG.uniform(-3, 6, len(ROW))


def pendulum(t, z, u):  # noqa: ARG001
    return torch.stack([z[:, 1], -torch.sin(z[:, 0]) - 0.1 * z[:, 1]], dim=1)


def rotate(t, z, u):  # noqa: ARG001
    return torch.stack([z[:, 1], -z[:, 0]], dim=1)


def rotated(starts, leads):
    x, y, leads = starts[:, 0], starts[:, 1], torch.as_tensor(leads)
    cos, sin = torch.cos(leads), torch.sin(leads)
    return torch.stack([x * cos + y * sin, y * cos - x * sin], dim=1)


@pytest.mark.parametrize(
    "method", [pytest.param(m, marks=[pytest.mark.slow] * (m == "adaptive_heun")) for m in METHODS]
)
def test_one_answer_alone_equals_the_same_among_thousands(method):
    few = ROW < 12
    row, times = ROW[few], TIMES[few]
    together = solve_asked(pendulum, STARTS, T0, row, times, method=method, step=0.2)
    at = [0, 7, 30, len(row) - 1]
    alone = [
        solve_asked(
            pendulum, STARTS[[row[i]]], T0[[row[i]]], [0], times[[i]], method=method, step=0.2
        )
        for i in at
    ]
    assert torch.isfinite(together).all()
    torch.testing.assert_close(torch.cat(alone), together[at], rtol=0, atol=1e-9)


def test_forward_and_backward_answers_follow_the_closed_form():
    states = solve_asked(rotate, STARTS, T0, ROW, TIMES, step=0.05)
    exact = rotated(STARTS[ROW], TIMES - T0[ROW])
    assert (exact - STARTS[ROW]).abs().max() > 1
    torch.testing.assert_close(states, exact, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("method", "order"), [("euler", 1), ("midpoint", 2), ("heun", 2), ("rk4", 4)]
)
def test_answers_between_steps_keep_the_order_of_the_method(method, order):
    exact = rotated(STARTS[ROW], TIMES - T0[ROW])
    errors = [
        (solve_asked(rotate, STARTS, T0, ROW, TIMES, method=method, step=s) - exact).abs().max()
        for s in (0.1, 0.05)
    ]
    assert torch.log2(errors[0] / errors[1]).item() == pytest.approx(order, abs=0.3)


def test_every_row_may_have_a_step_of_its_own():
    steps = RNG.uniform(0.02, 0.08, N_ROWS)
    states = solve_asked(rotate, STARTS, T0, ROW, TIMES, step=steps)
    exact = rotated(STARTS[ROW], TIMES - T0[ROW])
    torch.testing.assert_close(states, exact, rtol=0, atol=1e-5)


@pytest.mark.parametrize("method", ["rk4", "dopri5"])
def test_going_there_and_back_returns_to_the_start(method):
    row, starts, t0 = np.arange(8), STARTS[:8], T0[:8]
    options = {"method": method, "step": 0.02, "rtol": 1e-8, "atol": 1e-8}
    there = solve_asked(pendulum, starts, t0, row, t0 + 2.0, **options)
    back = solve_asked(pendulum, there, t0 + 2.0, row, t0, **options)
    assert (there - starts).abs().max() > 0.5
    torch.testing.assert_close(back, starts, rtol=0, atol=1e-6)


def test_the_start_itself_is_answered_exactly():
    states = solve_asked(pendulum, STARTS, T0, np.arange(N_ROWS), T0, step=0.2)
    torch.testing.assert_close(states, STARTS, rtol=0, atol=0)


@pytest.mark.parametrize("method", ["rk4", "heun3", "dopri5"])
def test_controls_drive_the_state_as_in_closed_form(method):
    phase = RNG.uniform(0, 6, N_ROWS)
    few = ROW < 5
    row, times = ROW[few], TIMES[few]
    states = solve_asked(
        lambda t, z, u: -z + u,  # noqa: ARG005
        STARTS, T0, row, times, method=method, step=0.02, rtol=1e-6, atol=1e-6,
        control=lambda rows, t: np.repeat(np.cos(t + phase[rows])[:, None], 2, axis=1),
    )  # fmt: skip
    forced = 0.5 * (np.cos(times + phase[row]) + np.sin(times + phase[row]))
    at_start = 0.5 * (np.cos(T0[row] + phase[row]) + np.sin(T0[row] + phase[row]))
    decay = np.exp(T0[row] - times)
    exact = forced[:, None] + (STARTS[row].numpy() - at_start[:, None]) * decay[:, None]
    # heun3 and the cubic between its steps: third order at a step of 0.02.
    np.testing.assert_allclose(states, exact, rtol=0, atol=2e-4)


@pytest.mark.parametrize("method", ["rk4", "dopri5"])
def test_a_row_that_blows_up_is_lost_alone_and_only_from_there_on(method):
    z0 = torch.tensor([[1.0], [-1.0]], dtype=torch.float64)
    row, times = np.array([0, 0, 1, 1]), np.array([0.5, 4.0, 0.5, 4.0])
    states = solve_asked(
        lambda t, z, u: z**2,  # noqa: ARG005
        z0, [0.0, 0.0], row, times, method=method, step=0.02,
    )[:, 0]  # fmt: skip
    assert np.isfinite(states.numpy()).tolist() == [True, False, True, True]
    np.testing.assert_allclose(states[[0, 2, 3]], [2.0, -1 / 1.5, -0.2], rtol=1e-3)


def test_many_rows_and_many_asks_finish():
    row = np.repeat(np.arange(2_000), 24)
    starts = torch.as_tensor(RNG.normal(size=(2_000, 2)))
    times = np.tile(np.arange(1.0, 25.0), 2_000)
    states = solve_asked(pendulum, starts, np.zeros(2_000), row, times, step=0.5)
    assert states.shape == (48_000, 2)
    assert torch.isfinite(states).all()


def test_no_asks_give_no_answers():
    assert solve_asked(pendulum, STARTS, T0, [], [], step=0.1).shape == (0, 2)


@pytest.mark.parametrize("method", ["lsoda", "RK45", "rk5", None, 3])
def test_an_unknown_method_is_refused_with_the_list(method):
    with pytest.raises(ValueError, match="'rk4'.*'dopri5'.*got"):
        solve_asked(pendulum, STARTS, T0, ROW, TIMES, method=method, step=0.1)
