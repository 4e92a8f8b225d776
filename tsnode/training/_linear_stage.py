"""Choose the penalties of the closed form on the newest windows, then fit it on all of them."""

from dataclasses import dataclass

import numpy as np

from ._linear_latent import LatentRidge

PENALTIES = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0)
# Fewer validation windows than this cannot tell two penalties apart.
_FEWEST_VALID = 30
_ENOUGH_TO_CHOOSE = 4000


@dataclass(frozen=True)
class LinearFit:
    """Encoder of the linear latent ODE, and how it was chosen.

    Attributes
    ----------
    weights : float array of shape (n_channels, n_features, n_states)
    penalties : list of float, one a channel
    errors : float array of shape (n_channels,)
        Mean squared error under the chosen penalty on the newest windows; NaN without any.
    older : float array like ``weights``, or None
        Encoder of the older windows alone, by which the choice was made.
    """

    weights: np.ndarray
    penalties: list
    errors: np.ndarray
    older: np.ndarray | None = None


def default_penalty(n_origins):
    """Penalty where nothing can be validated: a hundred, and a tenth of the windows."""
    return 100.0 + 0.1 * n_origins


def fit_linear_stage(
    features, windows, is_new, older_weights, functions, max_lead, *, emphasis=None, alpha=None
):
    """Fit the encoder; every channel chooses its penalty on the newest windows.

    Parameters
    ----------
    features : float array of shape (n_windows, n_features)
    windows : Windows
    is_new, older_weights
        See ``split_newest``.
    functions : callable
        Leads of any shape to the spectrum's elementary functions, one axis more.
    max_lead : float
    emphasis : float array of shape (n_channels, n_features), optional
        See ``LatentRidge``.
    alpha : float, optional
        Penalty of all channels; None chooses.

    Returns
    -------
    LinearFit
    """
    n_channels = windows.values.shape[2]
    basis = functions(windows.leads)

    def problem(which, weights):
        part = features[which], basis[which], windows.values[which], weights[which]
        return LatentRidge(*part, functions, max_lead, emphasis=emphasis)

    fallback = default_penalty(len(features)) if alpha is None else float(alpha)
    penalties, errors = [fallback] * n_channels, np.full(n_channels, np.nan)
    older = None
    if is_new.sum() >= _FEWEST_VALID and older_weights[~is_new].any():
        # Part of many windows is enough to choose: neighbours share nearly all of their targets.
        some = np.arange(len(features)) % (1 + len(features) // _ENOUGH_TO_CHOOSE) == 0
        valid = is_new & some
        penalties, errors = choose_penalties(
            problem(some & ~is_new, older_weights), features[valid], basis[valid],
            windows.take(valid), PENALTIES if alpha is None else (fallback,), fallback,
        )  # fmt: skip
        older = _solve(problem(~is_new, older_weights), penalties)
    weights = _solve(problem(slice(None), windows.weights), penalties)
    return LinearFit(weights, penalties, errors, older)


def choose_penalties(problem, features, basis, windows, penalties, fallback):
    """Best penalty of every channel on validation windows.

    Parameters
    ----------
    problem : LatentRidge
        Of the older windows.
    features : float array of shape (n_windows, n_features)
    basis : float array of shape (n_windows, n_targets, n_states)
    windows : Windows
        The validation windows, also of ``features`` and ``basis``.
    penalties : sequence of float
    fallback : float
        Penalty of a channel that has no entry in the validation windows.

    Returns
    -------
    chosen : list of float
    errors : float array of shape (n_channels,)
    """
    chosen, errors = [], np.full(windows.values.shape[2], np.nan)
    for channel in range(len(errors)):
        weights = windows.weights[..., channel]
        if not weights.any():
            chosen.append(fallback)
            continue
        tried = {}
        for penalty in penalties:
            encoder = problem.solve(channel, penalty, tolerance=1e-3)
            forecast = np.einsum("ijs,is->ij", basis, features @ encoder)
            error = weights * (forecast - windows.values[..., channel]) ** 2
            tried[penalty] = error.sum() / weights.sum()
        chosen.append(min(tried, key=tried.get))
        errors[channel] = tried[chosen[-1]]
    return chosen, errors


def update_linear_stage(
    features, windows, functions, max_lead, *, emphasis, weights, penalties, memory
):
    """Recursive least squares: the encoder moves as far as the new windows outweigh the old.

    Parameters
    ----------
    features, windows, functions, max_lead, emphasis
        New windows, as in ``fit_linear_stage``.
    weights : float array of shape (n_channels, n_features, n_states)
        Present encoder.
    penalties : list of float
        Of the fit; they now draw towards the present encoder.
    memory : float array of shape (n_features, n_features)
        Sum of f f' over all windows so far.

    Returns
    -------
    weights, memory : arrays like the given ones
    """
    problem = LatentRidge(
        features, functions(windows.leads), windows.values, windows.weights, functions, max_lead,
        emphasis=emphasis, memory=memory,
    )  # fmt: skip
    return _solve(problem, penalties, weights), problem.gram


def _solve(problem, penalties, starts=None):
    starts = [None] * len(penalties) if starts is None else starts
    pairs = enumerate(zip(penalties, starts, strict=True))
    return np.stack([problem.solve(c, alpha, start=start) for c, (alpha, start) in pairs])
