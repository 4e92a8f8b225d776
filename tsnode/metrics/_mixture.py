"""Divergence of two clouds of points, by a Gaussian around every point."""

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from sklearn.utils import check_random_state

DRAWS_AT_ONCE = 100  # times 10,000 centres of 8 bytes: 8 MB


def mixture_divergence(truth, generated, *, weights, n_draws, random_state):
    """Return KL(truth || generated) in nats by Monte Carlo, between mixtures of unit Gaussians.

    Parameters
    ----------
    truth, generated : arrays of shape (n_true, n_channels) and (n_generated, n_channels)
        Centres, standardised.
    weights : pair of arrays of shape (n_true,) and (n_generated,)
    n_draws : int
    random_state : int, RandomState or None

    Returns
    -------
    float
    """
    draws = draw_from_mixture(truth, weights[0], n_draws, random_state)
    log_p, log_q = (
        log_density(draws, centres, weight)
        for centres, weight in zip((truth, generated), weights, strict=True)
    )
    return float(np.mean(log_p - log_q))


def draw_from_mixture(centres, weights, n_draws, random_state):
    """Return points of shape (n_draws, n_channels): a centre each, and unit noise."""
    rng = check_random_state(random_state)
    chosen = rng.choice(len(centres), size=n_draws, p=weights / weights.sum())
    return centres[chosen] + rng.normal(size=(n_draws, centres.shape[1]))


def log_density(points, centres, weights):
    """Return ln of the mixture's density, up to the constant that all mixtures share."""
    shares = weights / weights.sum()
    parts = [
        logsumexp(-0.5 * cdist(part, centres, "sqeuclidean"), b=shares, axis=1)
        for part in np.array_split(points, max(1, len(points) // DRAWS_AT_ONCE))
    ]
    return np.concatenate(parts)
