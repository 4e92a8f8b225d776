"""Expectation maximisation of Gaussian mixtures over rows that have weights."""

import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

# As GaussianMixture's: added to variances, and the gain of a round that is none.
LEAST_VARIANCE, LEAST_GAIN = 1e-6, 1e-3


def fit_mixture(rows, weights, n_components, kind, seed, n_starts=1):
    """Return the likeliest of the mixtures that begin at ``n_starts`` clusterings by k-means.

    What scikit-learn's GaussianMixture does, whose ``fit`` takes no weights: here a row counts
    by its weight in the clustering, in every sum over rows and in the likelihood.

    Parameters
    ----------
    rows : float array of shape (n_rows, d)
    weights : float array of shape (n_rows,), positive
    n_components : int
    kind : {"full", "tied"}
        A covariance for every component, or one for all.
    seed : int
    n_starts : int, default=1

    Returns
    -------
    dict of ``weights`` (k,), ``means`` (k, d) and ``covariances`` (k, d, d)
    """
    random, best, highest = np.random.RandomState(seed), None, -np.inf
    for _ in range(n_starts):
        clusters = KMeans(n_components, n_init=1, random_state=random)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            labels = clusters.fit(rows, sample_weight=weights).labels_
        start = _maximise(rows, weights, np.eye(n_components)[:, labels], kind)
        base, level = climb(start, rows, weights, kind)
        if level > highest or best is None:
            best, highest = base, level
    return best


def climb(base, rows, weights, kind, n_rounds=100):
    """Go on from a mixture until a round gains less than 0.001 nats; parameters as above.

    Returns
    -------
    base : dict
    level : float
        Weighted mean of the log-density before the last round.
    """
    level = -np.inf
    for _ in range(n_rounds):
        before = level
        scores, shares = _expect(base, rows)
        level = np.average(scores, weights=weights)
        base = _maximise(rows, weights, shares, kind)
        if abs(level - before) < LEAST_GAIN:
            break
    return base, level


def mixture_scores(base, rows):
    """Log-density of every row under a mixture."""
    return _expect(base, rows)[0]


def _expect(base, rows):
    """Log-densities (n_rows,) of rows, and the shares (k, n_rows) of components in them."""
    found = np.empty((len(base["weights"]), len(rows)))
    whitening = np.linalg.inv(np.linalg.cholesky(base["covariances"]))
    volumes = np.log(np.diagonal(whitening, axis1=1, axis2=2)).sum(1)
    constants = np.log(base["weights"]) + volumes - 0.5 * rows.shape[1] * np.log(2 * np.pi)
    for k, (mean, white) in enumerate(zip(base["means"], whitening, strict=True)):
        found[k] = constants[k] - 0.5 * np.square((rows - mean) @ white.T).sum(1)
    highest = found.max(axis=0)
    shares = np.exp(found - highest)
    totals = shares.sum(axis=0)
    return highest + np.log(totals), shares / totals


def _maximise(rows, weights, shares, kind):
    """Weights, means and covariances of components that hold these shares (k, n_rows) of rows."""
    shares = shares * weights
    # An empty component must not divide by zero.
    totals = shares.sum(1) + 10 * np.finfo(float).eps
    means = shares @ rows / totals[:, None]
    scatters = np.empty((len(totals), rows.shape[1], rows.shape[1]))
    for k, mean in enumerate(means):
        miss = rows - mean
        scatters[k] = (shares[k] * miss.T) @ miss
    if kind == "tied":
        scatters[:] = scatters.sum(0) / totals.sum()
    else:
        scatters /= totals[:, None, None]
    scatters += LEAST_VARIANCE * np.eye(rows.shape[1])
    return {"weights": totals / totals.sum(), "means": means, "covariances": scatters}
