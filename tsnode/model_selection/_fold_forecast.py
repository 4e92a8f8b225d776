"""All origins of one fit, asked of its forecaster in a single call."""

import numpy as np
import pandas as pd

from ._observed_rows import take


def forecast_pairs(estimator, observed, origin, target, coverage=None):
    """Forecast each target row from its origin row.

    Parameters
    ----------
    estimator : fitted forecaster, pipeline or search
    observed : ObservedRows
    origin, target : int arrays of shape (n_pairs,), rows of ``observed.known``
    coverage : float, default=None
        Of the bounds, if these are asked for.

    Returns
    -------
    float array of shape (n_pairs, 1 or 3, n_channels)
        Forecast and, for a ``coverage``, lower and upper bound.
    """
    estimator = getattr(estimator, "best_estimator_", estimator)
    times, positions = observed.known.times, observed.positions[target]
    horizon = times[target] - times[origin]
    context = _context(estimator, observed)
    history = observed.y
    if not observed.keeps_index:
        # Without times of its own, history goes by the rows asked: those of the context.
        history = _padded(history, len(positions))
    rows = np.concatenate([context, positions])
    horizon = observed.to_leads(np.concatenate([np.zeros(len(context)), horizon]))
    asked = {"X": take(observed.X, rows), "history": history, "horizon": horizon}
    found = [estimator.predict(**asked)]
    if coverage is not None:
        found += estimator.predict_interval(**asked, coverage=coverage)
    found = [_in_order_of(observed.channels, one)[len(context) :] for one in found]
    return np.stack([one.reshape(len(positions), -1) for one in found], axis=1)


def _context(estimator, observed):
    """Rows of X asked beside the targets: covariates run through them, history stands in them."""
    needed = observed.has_covariates or not observed.keeps_index or hasattr(estimator, "steps")
    return np.arange(observed.n_given if needed else 0)


def _padded(y, n):
    values = np.asarray(y, dtype=float)
    return np.concatenate([values, np.full((n, *values.shape[1:]), np.nan)])


def _in_order_of(channels, found):
    if isinstance(found, pd.DataFrame):
        unknown = [name for name in channels if name not in found.columns]
        if unknown:
            msg = f"Expected y with the columns of fit, {list(found.columns)}; got {unknown} "
            msg += "beside them. Leave these out, or fit on them."
            raise ValueError(msg)
        found = found[list(channels)]
    return np.asarray(found, dtype=float)
