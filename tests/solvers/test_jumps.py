"""Solves through controls that jump end their steps there, and read nothing behind."""

from functools import partial

import numpy as np
import pytest
import torch

from tsnode.solvers._jumps import plan_segments, solve_between_jumps
from tsnode.solvers._solve import solve_asked

# Two kinds of rows: those that share the first array of jumps, and those of the second.
JUMPS = [np.array([0.3, 0.8, 1.0, 2.5]), np.array([-1.0, 0.5])]
LEVELS = [np.array([0.0, 1.0, -2.0, 3.0, 0.5]), np.array([0.0, 2.0, -1.0])]
T0, WHICH = np.array([0.0, 0.3, 0.9, 0.5, 2.6]), np.array([0, 1, 0, 1, 0])
Z0 = torch.tensor([[0.5], [-1.0], [2.0], [0.1], [0.7]], dtype=torch.float64)
RANDOM = np.random.default_rng(0)
ROW = RANDOM.integers(0, 5, 60)
TIMES = np.r_[0.8, 1.0, 2.5, 0.5, 0.3, RANDOM.uniform(-1.5, 3.5, 55)]
# Exact for this field but for the controls, or with a tolerance far below the asked one.
METHODS = ["rk4", "exponential_euler", "dopri5", "LSODA"]


def field(t, z, u):  # noqa: ARG001
    return u - z


def control(rows, times):
    u = [
        LEVELS[WHICH[row]][np.searchsorted(JUMPS[WHICH[row]], time, side="right")]
        for row, time in zip(rows, times, strict=True)
    ]
    return np.array(u, dtype=float)[:, None]


def exact(row, time):
    """State of dz/dt = u - z, one level after the other."""
    jumps, levels = JUMPS[WHICH[row]], LEVELS[WHICH[row]]
    inner = [j for j in jumps if min(T0[row], time) < j < max(T0[row], time)]
    edges = [T0[row], *(inner if time > T0[row] else inner[::-1]), time]
    z = Z0[row, 0].item()
    for a, b in zip(edges[:-1], edges[1:], strict=True):
        u = levels[np.searchsorted(jumps, (a + b) / 2)]
        z = u + (z - u) * np.exp(a - b)
    return z


def answers(method, row=ROW, times=TIMES, step=0.05, read=control):
    solve = partial(solve_asked, field, method=method, rtol=1e-8, atol=1e-10)
    settings = {"step": step, "control": read, "jumps": JUMPS, "which": WHICH}
    return solve_between_jumps(solve, Z0, T0, row, times, **settings)[:, 0].numpy()


@pytest.mark.parametrize("method", METHODS)
def test_states_are_exact_through_jumps_in_both_directions(method):
    expected = np.array([exact(*ask) for ask in zip(ROW, TIMES, strict=True)])
    assert (T0[ROW] > TIMES).any()
    np.testing.assert_allclose(answers(method), expected, rtol=2e-5, atol=2e-5)


def test_a_step_laid_across_a_jump_is_off_by_thousands_of_times_as_much():
    expected = np.array([exact(*ask) for ask in zip(ROW, TIMES, strict=True)])
    across = solve_asked(field, Z0, T0, ROW, TIMES, step=0.05, control=control)[:, 0].numpy()
    assert np.abs(across - expected).max() > 1000 * np.abs(answers("rk4") - expected).max()


@pytest.mark.parametrize("method", METHODS)
def test_what_lies_behind_the_next_jump_is_never_read(method):
    read = []

    def spy(rows, times):
        read.extend(times)
        return control(rows, times)

    # 0.95 lies inside a step that would end behind the jump at 1.
    answers(method, row=np.array([2, 2]), times=np.array([0.95, 0.99]), step=0.5, read=spy)
    assert 0.8 < min(read) < max(read) < 1.0


def test_an_answer_does_not_depend_on_what_else_is_asked():
    together = answers("rk4")
    alone = [answers("rk4", ROW[[k]], TIMES[[k]])[0] for k in range(0, 60, 7)]
    np.testing.assert_allclose(alone, together[::7], rtol=1e-13)


def test_segments_are_the_stretches_between_jumps_on_the_way():
    row, times = np.array([0, 0, 1]), np.array([0.8, 2.6, 0.4])
    plan = plan_segments(JUMPS, np.array([0, 1]), np.array([0.3, 0.3]), row, times, 1)
    # A row that starts at a jump has it behind; a time at a jump is the end of what leads to it.
    assert plan.n_segments.tolist() == [4, 1]
    assert plan.low.tolist() == [0.3, 0.8, 1.0, 2.5, -1.0]
    assert plan.high.tolist() == [0.8, 1.0, 2.5, np.inf, 0.5]
    assert plan.of_ask.tolist() == [0, 3, 0]


def test_a_row_that_diverges_leaves_the_others_alone():
    z0 = torch.tensor([[0.5], [np.inf]], dtype=torch.float64)
    solve = partial(solve_asked, field)
    found = solve_between_jumps(
        solve, z0, np.zeros(2), np.array([0, 1, 0]), np.array([2.0, 2.0, 0.2]), step=0.1,
        control=control, jumps=JUMPS[:1], which=np.zeros(2, dtype=int),
    )  # fmt: skip
    assert torch.isfinite(found[:, 0]).tolist() == [True, False, True]
