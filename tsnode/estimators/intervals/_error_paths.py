"""Errors drawn for whole forecasts: how they hang together over leads and channels."""

import numpy as np
from scipy.special import ndtr


def draw_errors(errors, leads, forecasts, run, n_samples, random):
    """Draw errors of forecasts.

    Parameters
    ----------
    errors : LeadErrors
    leads : float array of shape (n,)
    forecasts : float array of shape (n, n_channels)
    run : int array of shape (n,)
        Rows with the same number are of one forecast.
    n_samples : int
    random : RandomState

    Returns
    -------
    float array of shape (n, n_channels, n_samples)
    """
    n_channels = errors.quantiles.shape[-1]
    left, right, share = errors.place(leads)
    size = np.sqrt(1 - 2 * share * (1 - share) * (1 - _correlation(errors)[left]))
    levels = np.empty((len(leads), n_channels, n_samples))
    order = np.argsort(run, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(run[order])) + 1):
        scores = _scores(errors, n_samples, random)
        weight = share[rows, :, None]
        mixed = (1 - weight) * scores[left[rows]] + weight * scores[right[rows]]
        # Between two leads that do not agree, a mean of their scores is narrower than either.
        levels[rows] = ndtr(mixed / size[rows, :, None])
    return errors.read(leads, forecasts, levels)


def _scores(errors, n_samples, random):
    """Draw normal scores (n_leads, n_channels, n_samples), those of held-out origins."""
    n_paths, n_leads, n_channels = errors.ranks.shape
    if not n_paths:
        return np.broadcast_to(
            random.standard_normal((1, n_channels, n_samples)), (n_leads, n_channels, n_samples)
        )
    # Every origin as often as any other; what is left over by chance.
    chosen = np.resize(random.permutation(n_paths), n_samples)
    return np.moveaxis(errors.ranks[chosen], 0, -1)


def _correlation(errors):
    """Correlation of the scores of each lead and the next, (n_leads, n_channels)."""
    ranks = errors.ranks
    rho = np.ones(ranks.shape[1:])
    if len(ranks) > 2:
        size = np.sqrt(np.square(ranks).mean(axis=0))
        product = (ranks[:, 1:] * ranks[:, :-1]).mean(axis=0)
        rho[:-1] = np.clip(product / np.maximum(size[1:] * size[:-1], 1e-12), -0.9, 1.0)
    return rho
