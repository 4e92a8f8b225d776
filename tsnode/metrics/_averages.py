"""Averages of losses over observed entries: by lead, by channel, or of all."""

import numpy as np


def average(losses, observed, axes=0):
    """Return the mean of losses over origins (and leads), masked where nothing was observed.

    Parameters
    ----------
    losses, observed : arrays of shape (n_origins, n_leads, n_channels)
    axes : int or tuple, default=0

    Returns
    -------
    masked array of the other axes
        NaN where the loss of an observed entry is not finite: a diverged forecast is never
        skipped, and inf is as useless as NaN.
    """
    n_observed = observed.sum(axis=axes)
    total = np.where(observed, losses, 0.0).sum(axis=axes)
    total = np.where(np.isfinite(total), total, np.nan)
    means = np.divide(total, n_observed, out=np.full_like(total, np.nan), where=n_observed > 0)
    # A channel that was never observed at this lead is marked apart from one that diverged.
    return np.ma.masked_array(means, mask=n_observed == 0)


def over_channels(means, per_channel):
    """Return the mean of masked means over their last axis, or keep it; NaN where masked."""
    if not per_channel:
        # So that a channel with many gaps weighs as much as a complete one.
        means = np.ma.mean(means, axis=-1)
    return np.asarray(np.ma.filled(means, np.nan), dtype=float)


def score(pairs, losses, *, by_lead, per_channel):
    """Return the mean loss of a probabilistic metric, over all leads or lead by lead."""
    with np.errstate(invalid="ignore", over="ignore"):
        means = average(losses, pairs.observed, axes=0 if by_lead else (0, 1))
    values = over_channels(means, per_channel)
    return pairs.label(values, not by_lead, per_channel)
