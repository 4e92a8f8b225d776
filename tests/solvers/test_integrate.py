"""torchdiffeq's methods on clocks of their own: the warp against the own kernels."""

import numpy as np
import pytest
import torch

from tsnode.solvers._integrate import KNOT_OPTIONS, integrate_windows
from tsnode.solvers._solve import DIFFERENTIABLE, solve
from tsnode.solvers._windows import control_times, solve_windows

RNG = np.random.default_rng(1)
STARTS = torch.as_tensor(RNG.normal(size=(6, 2)))
# Gaps that differ tenfold between neighbours: an option forgotten in the table shows here.
GAPS = RNG.choice([0.05, 0.5], size=(6, 5))
TIMES = torch.as_tensor(np.cumsum(np.c_[RNG.uniform(-3, 3, 6), GAPS], axis=1))

TOLERANCES = dict.fromkeys(KNOT_OPTIONS, 1e-3) | {"euler": 3e-2}


def swing(t, z, u):
    push = 0 if u is None else u[:, 0]
    return torch.stack([z[:, 1], push - torch.sin(z[:, 0]) + 0.1 * torch.cos(t)], dim=1)


@pytest.fixture(scope="module")
def fine():
    return solve_windows(swing, STARTS, TIMES, n_substeps=40)


@pytest.mark.parametrize("method", KNOT_OPTIONS)
def test_every_method_agrees_with_fine_own_steps(method, fine):
    states = integrate_windows(
        swing, STARTS, TIMES, method=method, n_substeps=40, rtol=1e-6, atol=1e-6
    )
    assert (fine - STARTS[:, None]).abs().max() > 0.5
    torch.testing.assert_close(states, fine, rtol=0, atol=TOLERANCES[method])


@pytest.mark.parametrize("method", ["euler", "midpoint", "heun"])
def test_the_warp_takes_the_very_steps_of_the_own_kernel(method):
    own = solve_windows(swing, STARTS, TIMES, method=method, n_substeps=3)
    warped = integrate_windows(swing, STARTS, TIMES, method=method, n_substeps=3)
    torch.testing.assert_close(warped, own, rtol=0, atol=1e-12)


def test_rk4_keeps_its_order_over_uneven_gaps(fine):
    errors = [
        (integrate_windows(swing, STARTS, TIMES, method="rk4", n_substeps=n) - fine).abs().max()
        for n in (2, 4)
    ]
    assert torch.log2(errors[0] / errors[1]).item() == pytest.approx(4, abs=0.5)


@pytest.mark.parametrize("method", ["midpoint", "dopri5"])
def test_controls_reach_the_field(method):
    controls = torch.sin(control_times(TIMES, 20))[..., None]
    own = solve(swing, STARTS, TIMES, n_substeps=20, controls=controls)
    warped = integrate_windows(
        swing, STARTS, TIMES, method=method, n_substeps=20, controls=controls, rtol=1e-7,
        atol=1e-7,
    )  # fmt: skip
    assert (own - solve(swing, STARTS, TIMES)).abs().max() > 0.05
    torch.testing.assert_close(warped, own, rtol=0, atol=1e-3)


@pytest.mark.parametrize("method", ["heun3", "explicit_adams", "dopri5"])
def test_a_padded_tail_stands_still(method):
    padded = torch.cat([TIMES, TIMES[:, -1:]], dim=1)
    states = integrate_windows(swing, STARTS, padded, method=method)
    torch.testing.assert_close(states[:, -1], states[:, -2], rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", DIFFERENTIABLE)
def test_every_method_is_differentiable(method):
    z0 = STARTS.clone().requires_grad_()
    solve(swing, z0, TIMES[:, :3], method=method, n_substeps=2)[:, -1].sum().backward()
    shift = torch.zeros_like(STARTS)
    shift[:, 0] = 1e-4
    both = [
        solve_windows(swing, STARTS + s, TIMES[:, :3], n_substeps=20)[:, -1].sum(1)
        for s in (shift, -shift)
    ]
    torch.testing.assert_close(z0.grad[:, 0], (both[0] - both[1]) / 2e-4, rtol=0.1, atol=0.05)
