"""Mixtures of Gaussians by weights of rows, beside scikit-learn's without."""

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from tsnode.training._mixture_em import climb, fit_mixture, mixture_scores

RANDOM = np.random.default_rng(0)
ROWS = np.concatenate([RANDOM.normal(size=(60, 2)), RANDOM.normal(4, 0.5, size=(40, 2))])
START = {
    "weights": np.array([0.3, 0.7]), "means": np.array([[0.0, 1.0], [2.0, 2.0]]),
    "covariances": np.array([np.eye(2), 2 * np.eye(2)]),
}  # fmt: skip


def of_scikit_learn(rows, kind):
    precisions = np.linalg.inv(START["covariances"])
    return GaussianMixture(
        2, covariance_type=kind, weights_init=START["weights"], means_init=START["means"],
        precisions_init=precisions[0] if kind == "tied" else precisions,
    ).fit(rows)  # fmt: skip


@pytest.mark.parametrize("kind", ["full", "tied"])
def test_whole_weights_give_the_mixture_of_repeated_rows(kind):
    weights = RANDOM.integers(1, 5, size=len(ROWS))
    start = START | {"covariances": START["covariances"][[0, 0 if kind == "tied" else 1]]}
    ours, _ = climb(start, ROWS, weights.astype(float), kind)
    theirs = of_scikit_learn(np.repeat(ROWS, weights, axis=0), kind)
    # The same rounds of the same sums, in another order.
    assert ours["weights"] == pytest.approx(theirs.weights_, rel=1e-8)
    assert ours["means"] == pytest.approx(theirs.means_, rel=1e-8)
    assert ours["covariances"][0] == pytest.approx(theirs.covariances_.reshape(-1, 2, 2)[0], 1e-8)
    assert mixture_scores(ours, ROWS) == pytest.approx(theirs.score_samples(ROWS), rel=1e-8)


def test_the_clustering_follows_the_weights():
    # Three places for two components: the light one shares.
    rows = np.repeat([[0.0, 0.0], [3.0, 0.0], [0.0, 9.0]], 20, axis=0)
    rows += 0.1 * RANDOM.normal(size=rows.shape)
    for light in range(3):
        weights = np.where(np.arange(60) // 20 == light, 1e-3, 1.0)
        means = fit_mixture(rows, weights, 2, "full", 0, n_starts=3)["means"]
        heavy = rows.reshape(3, 20, 2).mean(1)[np.arange(3) != light]
        misses = np.linalg.norm(means[:, None] - heavy, axis=2).min(0)
        assert misses.max() < 0.1
