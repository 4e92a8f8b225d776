"""Drift and noise of a stochastic equation: both calculi, and noise of its own in every state."""

import pytest
import torch

from tsnode.dynamics._diffusion_field import CALCULI, DiffusionField


def field(noise="diagonal", calculus="ito"):
    torch.manual_seed(0)
    made = DiffusionField(2, 0, [0.5, 2.0], noise=noise, calculus=calculus, hidden_layer_sizes=(8,))
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return made


def states(n=6):
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_the_noise_of_a_state_hangs_on_that_state_alone():
    z, made = states(), field()
    moved = z.clone()
    moved[:, 0] += 1.0
    change = made.noise_at(moved) - made.noise_at(z)
    assert (change[:, 1] == 0).all()
    assert (change[:, 0].abs() > 1e-3).all()
    assert (made.noise_at(z) > 0).all()


def test_the_slope_of_the_noise_equals_its_finite_difference():
    z, made, h = states(), field(), 1e-5
    wanted = (made.noise_at(z + h) - made.noise_at(z - h)) / (2 * h)
    torch.testing.assert_close(made.noise_slope(z), wanted, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("calculus", CALCULI)
def test_the_drifts_of_both_calculi_differ_by_half_the_product_of_noise_and_slope(calculus):
    z, made = states(), field(calculus=calculus)
    half = 0.5 * made.noise_at(z) * made.noise_slope(z)
    assert half.abs().max() > 1e-3
    torch.testing.assert_close(made.drift(z, calculus="ito"),
                               made.drift(z, calculus="stratonovich") + half)  # fmt: skip
    torch.testing.assert_close(made.drift(z, calculus=calculus), made.field(0.0, z))


def test_additive_noise_is_the_same_everywhere():
    made = field("additive")
    assert (made.noise_at(states()) == made.noise_at(states()[:1])).all()
    assert (made.noise_slope(states()) == 0).all()
