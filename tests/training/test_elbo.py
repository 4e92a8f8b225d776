"""The evidence lower bound: its parts in closed form, its noise, its annealing."""

import numpy as np
import pytest
import torch
from scipy.stats import norm
from torch.distributions import Normal, kl_divergence

from tsnode.models._latent_ode import LatentODE
from tsnode.training._elbo import ElboLoss, ElboNet


def tensors(seed=0):
    random = np.random.default_rng(seed)
    targets = torch.tensor(random.normal(size=(3, 4, 2)))
    targets[0, 1, 0] = targets[2, 3] = torch.nan
    return targets, torch.tensor(random.normal(size=(3, 4, 2)))


def test_the_misfit_is_the_mean_log_likelihood_of_the_observed_entries():
    targets, found = tensors()
    noise = torch.tensor([0.5, 2.0])
    loss = ElboLoss()(found, targets, noise=noise, kl_weight=0.0)
    dense = norm.logpdf(targets, found, noise)
    assert float(loss) == pytest.approx(-np.nanmean(dense))


def test_the_noise_of_a_batch_is_the_likeliest():
    targets, found = tensors()
    noise = ElboLoss().noise_of(found, targets)
    at = float(ElboLoss()(found, targets, noise=noise))
    around = [float(ElboLoss()(found, targets, noise=f * noise)) for f in (0.97, 1.03)]
    assert at < min(around)
    np.testing.assert_allclose(noise**2, np.nanmean((targets - found).numpy() ** 2, axis=(0, 1)))


def test_channels_share_their_noise_as_far_as_they_are_asked():
    targets, found = tensors()
    own, half, one = (ElboLoss().noise_of(found, targets, shared=w) ** 2 for w in (0.0, 0.5, 1.0))
    torch.testing.assert_close(one, own.mean().expand(2))
    torch.testing.assert_close(half, (own + one) / 2)


def test_a_row_of_weight_two_counts_like_two_rows():
    targets, found = tensors()
    weight = torch.ones(3, 4, dtype=torch.float64)
    weight[1] = 2
    noise, distance = torch.ones(2), torch.tensor([1.0, 3.0, 0.5])
    twice = [torch.cat([part, part[1:2]]) for part in (found, targets)]
    weighed = ElboLoss()(found, targets, weight, noise=noise, distance=distance)
    repeated = ElboLoss()(*twice, noise=noise, distance=torch.tensor([1.0, 3.0, 0.5, 3.0]))
    torch.testing.assert_close(weighed, repeated)


def test_the_distance_is_the_divergence_of_the_posterior_from_the_prior():
    module = LatentODE(2, n_latent=3, n_units=5, hidden_layer_sizes=(4,)).eval()
    times = torch.tensor([[2.0, 1.0, 0.0]], dtype=torch.float64)
    values = torch.randn(1, 3, 2, dtype=torch.float64)
    _, distance = module(times, values, times)
    mean, spread = module.posterior(times, values)
    wanted = kl_divergence(Normal(mean, spread), Normal(0.0, 1.0)).sum()
    torch.testing.assert_close(distance[0], wanted)


def test_an_empty_history_has_the_prior():
    module = LatentODE(2, n_latent=3, n_units=5, hidden_layer_sizes=(4,)).eval()
    nothing = torch.full((1, 2, 2), torch.nan, dtype=torch.float64)
    mean, spread = module.posterior(torch.zeros(1, 2, dtype=torch.float64), nothing)
    assert (mean == 0).all()
    assert (spread == 1).all()


def test_the_weight_of_the_distance_grows_from_zero():
    class Recording(ElboLoss):
        seen = []

        def forward(self, *args, kl_weight, **how):
            self.seen.append(kl_weight)
            return super().forward(*args, kl_weight=kl_weight, **how)

    times = np.tile(np.arange(3.0), (4, 1))
    inputs = {
        "known_times": times[:, ::-1].copy(), "known_values": np.ones((4, 3, 1)), "leads": times,
        "sample_weight": np.ones((4, 3)), "is_ahead": np.ones((4, 3)),
    }  # fmt: skip
    net = ElboNet(
        LatentODE(1, n_latent=2, n_units=3, hidden_layer_sizes=(4,)), Recording(), kl_weight=2.0,
        kl_annealing=0.5, max_epochs=4,
    )  # fmt: skip
    net.fit(inputs, np.ones((4, 3, 1)))
    trained = [weight for weight in Recording.seen if weight or len(Recording.seen) > 4]
    assert trained[1:5] == pytest.approx([0.0, 1.0, 2.0, 2.0])


def test_the_path_grows_from_its_beginning_to_the_whole():
    class Recording(ElboLoss):
        reached = []

        def forward(self, found, targets, weight, **how):
            self.reached.append(weight.sum(dim=1).max().item())
            return super().forward(found, targets, weight, **how)

    times = np.tile(np.arange(8.0), (4, 1))
    inputs = {
        "known_times": times[:, :1], "known_values": np.ones((4, 1, 1)), "leads": times,
        "sample_weight": np.ones((4, 8)), "is_ahead": np.ones((4, 8)),
    }  # fmt: skip
    module = LatentODE(1, n_latent=2, n_units=3, span=8.0, hidden_layer_sizes=(4,))
    net = ElboNet(module, Recording(), kl_annealing=0.5, max_epochs=8)
    net.fit(inputs, np.ones((4, 8, 1)))
    # Before training all of it; then an eighth (stamps 0 and 1), and more in every epoch.
    assert Recording.reached[:9] == [8, 2, 3, 5, 7, 8, 8, 8, 8]
