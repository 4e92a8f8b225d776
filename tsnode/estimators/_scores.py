"""R2 of forecasts against a truth with missing entries."""

import numpy as np
from sklearn.metrics import r2_score


def mean_r2(truth, forecast, sample_weight=None):
    """R2 over the observed entries of every channel, mean over the channels that have any.

    Parameters
    ----------
    truth, forecast : float arrays of shape (n_rows, n_channels)
        NaN in ``truth`` = not observed; ``forecast`` is finite.
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
