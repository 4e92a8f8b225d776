"""Steps of stochastic equations: their orders, on an equation whose paths are known."""

import numpy as np
import pytest
import torch

from tsnode.solvers._sample_march import OwnNoise, SampleMarch, SharedNoise
from tsnode.solvers._stochastic_steps import METHODS, walk


class Geometric:
    """dz = a z dt + b z dW in the Ito sense: z(t) = z0 exp((a - b^2 / 2) t + b W)."""

    a, b = 0.5, 0.7

    def noise_at(self, z):
        return self.b * z

    def noise_slope(self, z):
        return torch.full_like(z, self.b)

    def drift(self, z, u=None, calculus="ito"):  # noqa: ARG002
        shift = 0.0 if calculus == "ito" else -0.5 * self.b**2
        return (self.a + shift) * z


def strong_error(method, n_steps, n_paths=4000):
    finest = 128
    random = np.random.default_rng(0)
    fine = torch.tensor(random.normal(size=(finest, n_paths, 1)) / finest**0.5)
    coarse = fine.reshape(n_steps, -1, n_paths, 1).sum(dim=1)
    z0 = torch.ones(n_paths, 1, dtype=torch.float64)
    found = walk(Geometric(), z0, coarse, 1 / n_steps, method=method)[-1]
    rate = Geometric.a - Geometric.b**2 / 2
    truth = torch.exp(rate + Geometric.b * fine.sum(dim=0))
    return float((found - truth).abs().mean())


@pytest.mark.parametrize(
    ("method", "order"), [("euler_maruyama", 0.5), ("milstein", 1.0), ("reversible_heun", 1.0)]
)
def test_halving_the_step_shrinks_the_error_by_the_strong_order(method, order):
    ratio = strong_error(method, 16) / strong_error(method, 64)
    assert np.log2(ratio) / 2 == pytest.approx(order, abs=0.2)


def march(method="milstein", n_paths=2000, noise=None, step=1 / 16):
    start = torch.ones(2, 1, dtype=torch.float64)
    noise = noise or OwnNoise(np.random.RandomState(0), 2, n_paths, 1)
    return SampleMarch(Geometric(), start, n_paths, method, step, noise, lambda lead: None)  # noqa: ARG005


@pytest.mark.parametrize("method", METHODS)
def test_paths_have_the_moments_of_the_equation_at_and_between_steps(method):
    leads = np.array([0.0, 0.4, 0.45, 1.0])
    states = march(method).states_at(leads, np.array([0, 0, 1, 0]))[:, :, 0].numpy()
    a, b = Geometric.a, Geometric.b
    np.testing.assert_allclose(states.mean(axis=1), np.exp(a * leads), rtol=0.06)
    spread = np.exp(a * leads) * np.sqrt(np.exp(b**2 * leads) - 1)
    np.testing.assert_allclose(states.std(axis=1), spread, rtol=0.12)


def test_with_shared_noise_a_lead_alone_has_the_state_it_has_among_others():
    leads = np.array([0.1, 0.33, 0.5])
    noise = SharedNoise(np.random.RandomState(0), 5, 1)
    together = march(n_paths=10, noise=noise).states_at(leads, np.array([0, 1, 0]))
    noise = SharedNoise(np.random.RandomState(0), 5, 1)
    alone = march(n_paths=10, noise=noise).states_at(leads[1:2], np.array([0]))
    torch.testing.assert_close(alone[0], together[1])


def test_the_reversible_pair_steps_back_exactly():
    random = np.random.default_rng(1)
    dw = torch.tensor(0.1 * random.normal(size=(20, 3, 1)))
    z0 = torch.ones(3, 1, dtype=torch.float64)
    from tsnode.solvers._stochastic_steps import ReversibleHeun

    pair = ReversibleHeun(Geometric(), z0, None)
    for one in dw:
        pair.step(None, 0.01, one)
    for one in dw.flip(0):
        # The same step with time and noise turned back (Kidger et al. 2021, Algorithm 2).
        pair.step(None, -0.01, -one)
    torch.testing.assert_close(pair.z, z0, rtol=1e-12, atol=1e-12)
