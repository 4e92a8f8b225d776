"""The closed form of the linear latent ODE: against dense least squares, penalties, updates."""

import numpy as np
import pytest
import torch

from tsnode.dynamics._linear_latent import LinearLatent, latent_modes
from tsnode.training._linear_latent import LatentRidge
from tsnode.training._linear_stage import choose_penalties

ODE = LinearLatent(*latent_modes((12.0,)))
N_FEATURES = 4


def functions(leads):
    return ODE.basis(torch.as_tensor(leads)).numpy()


def windows(n_origins=60, share_observed=0.6, seed=0, noise=0.3):
    """Irregular windows whose paths are a linear map of the features plus noise."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n_origins, N_FEATURES))
    leads = np.sort(rng.uniform(0, 12, (n_origins, 9)), axis=1)
    truth = np.random.default_rng(99).normal(size=(N_FEATURES, ODE.n_states))
    values = np.einsum("ijs,is->ij", functions(leads), features @ truth)[..., None]
    values = values + noise * rng.normal(size=values.shape)
    weights = (rng.random(values.shape) < share_observed) * rng.integers(1, 4, (n_origins, 1, 1))
    return features, leads, values, weights.astype(float)


def fitted(data, alpha, **kwargs):
    features, leads, values, weights = data
    problem = LatentRidge(features, functions(leads), values, weights, functions, 12.0, **kwargs)
    return problem.solve(0, alpha, tolerance=1e-10, n_max=500), problem


def forecast(data, encoder):
    return np.einsum("ijs,is->ij", functions(data[1]), data[0] @ encoder)


def residual(data, encoder):
    return data[3][..., 0] * (forecast(data, encoder) - data[2][..., 0])


def test_without_penalty_it_is_the_least_squares_fit_of_all_observed_entries():
    data = windows(400)
    encoder, _ = fitted(data, alpha=1e-9)
    design = np.einsum("ijs,if->ijfs", functions(data[1]), data[0]).reshape(-1, encoder.size)
    root = np.sqrt(data[3].ravel())
    dense = np.linalg.lstsq(root[:, None] * design, root * data[2].ravel(), rcond=None)[0]
    expected = forecast(data, dense.reshape(encoder.shape))
    assert np.abs(expected).mean() > 0.5
    np.testing.assert_allclose(forecast(data, encoder), expected, atol=1e-3)


@pytest.mark.parametrize("alpha", [0.1, 10.0])
def test_the_gradient_of_the_penalised_error_vanishes(alpha):
    data = windows()
    encoder, problem = fitted(data, alpha)
    turned = np.linalg.pinv(problem._turn)
    missing = problem._weights[..., 0] * (forecast(data, encoder) - data[2][..., 0])
    pull = data[0].T @ np.einsum("ijs,ij->is", functions(data[1]), missing)
    gradient = pull + alpha * encoder @ turned.T @ turned
    assert np.abs(pull).max() > 1e-3
    np.testing.assert_allclose(gradient @ problem._turn, 0, atol=1e-6 * np.abs(pull).max())


def test_weight_three_equals_the_window_three_times():
    features, leads, values, weights = windows()
    weights = weights.astype(bool).astype(float)
    rows = np.r_[0:60, 7, 7]
    repeated = fitted((features[rows], leads[rows], values[rows], weights[rows]), 1.0)
    weights[7] *= 3
    gram = features.T @ features + 2 * np.outer(features[7], features[7])
    weighted = fitted((features, leads, values, weights), 1.0)
    np.testing.assert_allclose(repeated[1].gram, gram)
    np.testing.assert_allclose(
        forecast((features, leads), weighted[0]), forecast((features, leads), repeated[0]),
        atol=0.02,
    )  # fmt: skip


def test_it_finds_the_law_and_not_the_noise():
    encoder, _ = fitted(windows(600), alpha=1.0)
    unseen = windows(300, seed=1, noise=0.0)
    error = ((forecast(unseen, encoder) - unseen[2][..., 0]) ** 2).mean()
    assert error < 0.02 * unseen[2].var()


def test_emphasised_features_are_shrunk_less():
    data = windows(noise=0.0)
    plain, _ = fitted(data, alpha=100.0)
    favoured, _ = fitted(data, alpha=100.0, emphasis=np.array([[10.0, 1.0, 1.0, 1.0]]))
    assert np.linalg.norm(favoured[0]) > 1.2 * np.linalg.norm(plain[0])


def test_an_update_with_the_memory_of_the_old_windows_is_close_to_one_fit_of_both():
    old, new = windows(300, share_observed=1.0), windows(300, share_observed=1.0, seed=5)
    both = [np.concatenate(pair) for pair in zip(old, new, strict=True)]
    start, problem = fitted(old, 1e-3)
    features, leads, values, weights = new
    onward = LatentRidge(
        features, functions(leads), values, weights, functions, 12.0, memory=problem.gram
    )
    moved = onward.solve(0, 1e-3, start=start)
    together, _ = fitted(both, 1e-3)
    before = np.abs(forecast(new, start) - forecast(new, together)).mean()
    after = np.abs(forecast(new, moved) - forecast(new, together)).mean()
    assert after < 0.5 * before


def test_a_channel_without_observations_gets_zero():
    features, leads, values, weights = windows()
    encoder, _ = fitted((features, leads, values, 0 * weights), 1.0)
    np.testing.assert_array_equal(encoder, 0)


@pytest.mark.parametrize(("noise", "small"), [(0.01, True), (30.0, False)])
def test_the_chosen_penalty_grows_with_the_noise(noise, small):
    old, new = windows(60, noise=noise), windows(200, seed=1, noise=noise)
    problem = LatentRidge(old[0], functions(old[1]), old[2], old[3], functions, 12.0)

    class Newest:
        values, weights = new[2], new[3]

    chosen, errors = choose_penalties(problem, new[0], functions(new[1]), Newest, (0.01, 1e4), 1.0)
    assert (chosen[0] < 1) == small
    assert errors[0] > 0
