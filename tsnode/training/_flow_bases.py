"""Where flows begin: a Gaussian, or a mixture of Gaussians chosen on held-out rows."""

import numpy as np
from sklearn.model_selection import KFold

from .._progress import report_progress
from ._mixture_em import LEAST_VARIANCE, climb, fit_mixture, mixture_scores

N_COMPONENTS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 19, 24, 30, 38, 50)
# One covariance for all is for parts alike, and those are few.
MOST_COMPONENTS = {"full": 50, "tied": 12}
N_FOLDS = 3
# Candidates without a better one after which larger mixtures are not tried.
N_PATIENCE = 3
# Fits from different starts that are averaged: where one of them misses a bend another follows it.
N_AVERAGED = 5
# Starts of which the likeliest is taken, for up to so many components.
N_STARTS, FEW = 3, 12


def gaussian_base(rows, weights):
    """Mixture of one component with the mean and covariance of the rows, by their weights."""
    share = weights / weights.sum()
    mean = share @ rows
    miss = rows - mean
    # Fewer rows than columns leave directions without spread.
    covariance = (share[:, None] * miss).T @ miss + LEAST_VARIANCE * np.eye(rows.shape[1])
    return {"weights": np.ones(1), "means": mean[None], "covariances": covariance[None]}


def mixture_base(rows, weights, held_out, held_weights, seed):
    """Return the best mixture by cross-validation over the rows; None if one Gaussian is.

    Full covariances, and one for all components. Its density is the mean of five fits from
    different starts, which describes new rows better than any of them (Ormoneit and Tresp 1996,
    Improved Gaussian mixture density estimates using Bayesian penalty terms and network
    averaging): of four rings by 0.024 nats, of two moons by 0.002. One Gaussian is left only for
    a gain on the held-out rows of two of its standard errors.

    Parameters
    ----------
    rows, held_out : float arrays of shape (n_rows, d) and (n_held_out, d)
    weights, held_weights : float arrays of shape (n_rows,) and (n_held_out,), positive
    seed : int
    """
    best = _best_mixture(rows, weights, seed)
    if best is None:
        return None
    fits = [_fit(rows, weights, *best, (seed + k) % 2**31) for k in range(N_AVERAGED)]
    gain = mixture_scores(fits[0], held_out)
    gain -= mixture_scores(gaussian_base(rows, weights), held_out)
    return _average(fits) if exceeds_zero(gain, held_weights) else None


def exceeds_zero(gain, weights):
    """Whether the weighted mean of gains of rows is above two of its standard errors."""
    mean = np.average(gain, weights=weights)
    variance = np.average((gain - mean) ** 2, weights=weights)
    # Kish 1965, Survey sampling: rows of unequal weights tell as much as so many of equal ones.
    n_effective = weights.sum() ** 2 / np.square(weights).sum()
    return mean > 2 * np.sqrt(variance / n_effective)


def _best_mixture(rows, weights, seed):
    """Return number of components and kind of covariance; None for too few rows."""
    folds = list(KFold(N_FOLDS, shuffle=True, random_state=seed).split(rows))
    most = len(folds[0][0]) // 5
    candidates = [
        (n_components, kind)
        for kind, most_of_kind in MOST_COMPONENTS.items()
        for n_components in N_COMPONENTS
        if n_components <= min(most, most_of_kind)
    ]
    best, best_score = None, -np.inf
    highest, n_stale = dict.fromkeys(MOST_COMPONENTS, -np.inf), dict.fromkeys(MOST_COMPONENTS, 0)
    for number, (n_components, kind) in enumerate(candidates, start=1):
        if n_stale[kind] >= N_PATIENCE:
            continue
        score = _left_out_score(rows, weights, folds, n_components, kind, seed)
        n_stale[kind] = 0 if score > highest[kind] else n_stale[kind] + 1
        highest[kind] = max(score, highest[kind])
        if score > best_score:
            best, best_score = (n_components, kind), score
        if report_progress("mixtures", number, len(candidates)):
            break
    return best


def _left_out_score(rows, weights, folds, n_components, kind, seed):
    """Mean log-density of rows under mixtures of the other folds."""
    scores = np.empty(len(rows))
    for kept, left in folds:
        base = _fit(rows[kept], weights[kept], n_components, kind, seed)
        scores[left] = mixture_scores(base, rows[left])
    return np.average(scores, weights=weights)


def refit_mixture(base, rows, weights):
    """Return the base after expectation maximisation on rows, every fit from where it is.

    For the rows that were held out while components, epoch and weights were chosen.
    """
    joined = []
    for k in range(N_AVERAGED):
        part = {name: np.split(array, N_AVERAGED)[k] for name, array in base.items()}
        part["weights"] = part["weights"] / part["weights"].sum()
        is_tied = np.ptp(part["covariances"], axis=0).max() == 0
        joined.append(climb(part, rows, weights, "tied" if is_tied else "full", n_rounds=30)[0])
    return _average(joined)


def _fit(rows, weights, n_components, kind, seed):
    # Of few components one that begins in the wrong place spoils all; many share its work.
    n_starts = N_STARTS if n_components <= FEW else 1
    return fit_mixture(rows, weights, n_components, kind, seed, n_starts)


def _average(bases):
    joined = {name: np.concatenate([base[name] for base in bases]) for name in bases[0]}
    return joined | {"weights": joined["weights"] / len(bases)}


def sample_base(base, n_rows, random):
    """Draw rows (n_rows, d) from a base with numpy's generator ``random``."""
    weights = np.asarray(base["weights"], dtype=np.float64)
    which = random.choice(len(weights), size=n_rows, p=weights / weights.sum())
    factors = np.linalg.cholesky(base["covariances"])
    noise = random.normal(size=(n_rows, base["means"].shape[1]))
    return base["means"][which] + np.einsum("nij,nj->ni", factors[which], noise)


def stack(densities, row_weights, n_rounds=5000):
    """Weights of members that maximise the likelihood of their mixture on held-out rows.

    Expectation maximisation over the weights alone (Smyth and Wolpert 1999, Linearly combining
    density estimators via stacking), from equal ones, until a round moves none by 1e-7.

    Parameters
    ----------
    densities : float array of shape (n_members, n_rows)
        Log-densities of rows that no member was trained on.
    row_weights : float array of shape (n_rows,)
    """
    scaled = np.exp(densities - densities.max(axis=0))
    row_shares = row_weights / row_weights.sum()
    weights = np.full(len(densities), 1 / len(densities))
    for _ in range(n_rounds):
        before = weights
        weights = weights * (scaled @ (row_shares / (weights @ scaled)))
        if np.abs(weights - before).max() < 1e-7:
            break
    return weights / weights.sum()
