"""Moments carried over a gap, and the density of what follows: both against closed forms."""

import numpy as np
import pytest
import torch
from scipy.linalg import expm, solve_continuous_lyapunov
from scipy.stats import multivariate_normal

from tsnode.training._kernel_score import EnergyScore
from tsnode.training._transition_likelihood import carry_moments, log_density

A = np.array([[-0.5, 0.4], [-0.3, -0.2]])
G = np.array([0.3, 0.6])


class Linear:
    """dz = A z dt + diag(G) dW."""

    def drift(self, z, u=None, calculus="ito"):  # noqa: ARG002
        return z @ torch.tensor(A).T + (0.0 if u is None else u)

    def noise_at(self, z):
        return torch.tensor(G).expand_as(z)


def exact(z, gap):
    turn = expm(A * gap)
    rest = solve_continuous_lyapunov(A, -np.diag(G**2))
    return z @ turn.T, rest - turn @ rest @ turn.T


@pytest.mark.parametrize("n_steps", [8, 16])
def test_moments_of_a_linear_equation_are_exact_up_to_second_order_steps(n_steps):
    z = torch.tensor([[1.0, -0.5]], dtype=torch.float64)
    gap = torch.tensor([[1.5]], dtype=torch.float64)
    with torch.no_grad():
        mean, cov = carry_moments(Linear(), z, gap, n_steps=n_steps)
    wanted = exact(z.numpy(), 1.5)
    np.testing.assert_allclose(mean, wanted[0], rtol=0.3 / n_steps**2, atol=0.2 / n_steps**2)
    np.testing.assert_allclose(cov[0], wanted[1], atol=0.2 / n_steps**2)
    assert cov[0].abs().min() > 0.005


def test_covariates_enter_linearly_between_the_ends_of_a_gap():
    class Pushed(Linear):
        def drift(self, z, u=None, calculus="ito"):  # noqa: ARG002
            return u + 0.0 * z

    u = torch.tensor([[[1.0], [3.0]]], dtype=torch.float64)
    z = torch.zeros(1, 2, dtype=torch.float64)
    with torch.no_grad():
        mean, _ = carry_moments(Pushed(), z, torch.tensor([[2.0]], dtype=torch.float64), u)
    np.testing.assert_allclose(mean, [[4.0, 4.0]])


def test_the_density_of_what_was_observed_is_the_marginal():
    cov = torch.tensor([[[0.5, 0.2], [0.2, 0.3]]] * 3, dtype=torch.float64)
    mean = torch.tensor([[0.1, -0.2]] * 3, dtype=torch.float64)
    y = torch.tensor([[0.4, 0.5], [torch.nan, 0.5], [torch.nan] * 2], dtype=torch.float64)
    whole = multivariate_normal([0.1, -0.2], cov[0]).logpdf([0.4, 0.5])
    part = multivariate_normal([-0.2], [[0.3]]).logpdf([0.5])
    np.testing.assert_allclose(log_density(mean, cov, y), [whole, part, 0.0], atol=1e-8)


def test_the_energy_score_is_least_for_the_true_spread():
    random = np.random.default_rng(0)
    y = torch.tensor(random.normal(size=(500, 1, 1)))
    draws = torch.tensor(random.normal(size=(40, 500, 1, 1)))
    weight = torch.ones(500, 1)
    scores = [float(EnergyScore()(size * draws, y, weight)) for size in (0.5, 1.0, 2.0)]
    assert scores[1] < min(scores[0], scores[2])
    # E |y| terms of the standard normal: 2 / sqrt(pi) - 1 / sqrt(pi).
    assert scores[1] == pytest.approx(1 / np.sqrt(np.pi), abs=0.04)


def test_an_entry_that_was_not_observed_does_not_count_in_the_score():
    draws = torch.randn(4, 2, 3, 2, dtype=torch.float64)
    y = torch.zeros(2, 3, 2, dtype=torch.float64)
    y[0, 1] = torch.nan
    moved = draws.clone()
    moved[:, 0, 1] += 9.0
    weight = torch.ones(2, 3)
    assert EnergyScore()(draws, y, weight) == EnergyScore()(moved, y, weight)
