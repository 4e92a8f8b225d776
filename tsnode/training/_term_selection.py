"""Which terms of a polynomial the data ask for."""

import numpy as np


def select_terms(weights, covariance, candidates, n_observed):
    """Leave out one term after the other, always the one least sure to be there.

    A term stays if leaving it out would cost more than the extended criterion of Chen & Chen
    2008 (Biometrika 95, Eq. 1.2, gamma = 1) allows: ``t^2 < log n + 2 log p`` of n observations
    and p candidates, which for one term right among many wrong ones is the strict choice.

    Parameters
    ----------
    weights : float array of shape (n,)
        Estimates; those that are no candidates move along.
    covariance : float array of shape (n, n)
    candidates : bool array of shape (n,)
    n_observed : int
        Number of observed values.

    Returns
    -------
    kept : bool array of shape (n,), True outside of the candidates
    weights : float array of shape (n,)
        What the estimates become without the others.
    """
    weights, covariance, kept = weights.copy(), covariance.copy(), np.ones(len(weights), bool)
    n_candidates = int(candidates.sum())
    least = np.log(n_observed) + 2 * np.log(max(n_candidates, 1))
    while (left := np.flatnonzero(candidates & kept)).size:
        variance = np.maximum(covariance[left, left], np.finfo(float).tiny)
        squares = np.square(weights[left]) / variance
        worst = left[squares.argmin()]
        if squares.min() >= least:
            break
        along = covariance[:, worst] / max(covariance[worst, worst], np.finfo(float).tiny)
        weights -= along * weights[worst]
        covariance -= np.outer(along, covariance[worst])
        kept[worst], weights[worst] = False, 0.0
    return kept, np.where(kept, weights, 0.0)
