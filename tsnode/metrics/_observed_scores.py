"""Scores of one forecast a row over the observed entries, weighted, mean over channels."""

import numpy as np
from sklearn.metrics import r2_score

LOSSES = {"mse": np.square, "rmse": np.square, "mae": np.abs}


def mean_r2(truth, forecast, sample_weight=None):
    """R2 over the observed entries of every channel, mean over the channels that have any.

    Parameters
    ----------
    truth, forecast : float arrays of shape (n_rows, n_channels)
        NaN in ``truth`` = not observed; ``forecast`` is finite where ``truth`` is.
    sample_weight : array-like of shape (n_rows,), optional

    Returns
    -------
    float, nan if nothing is observed
    """
    scores = []
    for channel in range(truth.shape[1]):
        seen = np.isfinite(truth[:, channel])
        if seen.any():
            weight = None if sample_weight is None else np.asarray(sample_weight)[seen]
            pair = truth[seen, channel], forecast[seen, channel]
            scores.append(r2_score(*pair, sample_weight=weight))
    return float(np.mean(scores)) if scores else float("nan")


def mean_error(truth, forecast, sample_weight=None, *, metric="mse", scale=1.0):
    """Error over the observed entries of every channel, mean over the channels that have any.

    Parameters
    ----------
    truth, forecast, sample_weight : as in ``mean_r2``
    metric : {"mse", "rmse", "mae"}
        ``rmse`` takes the root per channel, before the mean over channels.
    scale : float or array of shape (n_channels,)
        Each channel's residuals are divided by it.
    """
    seen = np.isfinite(truth)
    weights = np.ones(len(truth)) if sample_weight is None else np.asarray(sample_weight, float)
    weights = weights[:, None] * seen
    total = weights.sum(axis=0)
    counts = total > 0
    losses = LOSSES[metric](np.where(seen, forecast - truth, 0.0) / scale)
    errors = (weights * losses).sum(axis=0)[counts] / total[counts]
    errors = np.sqrt(errors) if metric == "rmse" else errors
    return float(np.mean(errors)) if len(errors) else float("nan")
