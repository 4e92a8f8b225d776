"""How good forecasts of a quantile are."""

import numpy as np

from .._constraints import check_number
from ._averages import score
from ._pairs import read_pairs


def pinball_loss(
    truth, forecast=None, *, level=0.5, by_lead=False, per_channel=False, return_counts=False
):
    """Return the mean loss of forecasts of a quantile; the true quantile has the least.

    level (truth - forecast) where the truth lies above, (1 - level) (forecast - truth) below.

    Parameters
    ----------
    truth : array of shape (n_origins, n_leads, n_channels) or (n_stamps, n_channels), or frame
        NaN = not observed, left out. A backtest frame holds the forecasts as well.
    forecast : array or frame of that shape, default=None
        Forecasts of the quantile. With a backtest frame the name of their column ("lower").
    level : float in ]0, 1[, default=0.5
        Of the quantile; 0.5 gives half of the mean absolute error.
    by_lead : bool, default=False
        Return the curve over leads.
    per_channel : bool, default=False
        Keep the channels apart.
    return_counts : bool, default=False
        Return ``(value, Counts)``: entries used, and dropped for want of a truth.

    Returns
    -------
    float, array, Series or DataFrame
        At least 0, in the unit of the channels; the mean over origins (and leads), then channels.
        NaN where nothing was observed and where a forecast of an observed entry is not finite.

    Raises
    ------
    ValueError
        For other shapes, stamps or channels, a level out of range, or nothing observed.

    References
    ----------
    Koenker and Bassett (1978), Econometrica 46, 33.

    Examples
    --------
    >>> round(pinball_loss([1.0, 2.0], [0.0, 3.0], level=0.9), 2)  # 0.9 above, 0.1 below
    0.5
    >>> pinball_loss([1.0, 2.0], [0.0, 3.0], level=90)
    Traceback (most recent call last):
        ...
    ValueError: level must lie between 0 and 1; got 90. Give the share below the quantile.
    """
    check_level(level)
    pairs = read_pairs(truth, forecast)
    losses = pinball(pairs.truth, pairs.others[0], level)
    value = score(pairs, losses, by_lead=by_lead, per_channel=per_channel)
    return (value, pairs.counts()) if return_counts else value


def pinball(truth, forecast, level):
    """Return the loss entry by entry."""
    with np.errstate(invalid="ignore"):
        residual = truth - forecast
        return np.maximum(level * residual, (level - 1.0) * residual)


def check_level(level, name="level"):
    """Refuse shares that are no probability inside ]0, 1[."""
    check_number(name, level, low=0.0)
    if 0 < level < 1:
        return level
    msg = f"{name} must lie between 0 and 1; got {level!r}. Give the share below the quantile."
    raise ValueError(msg)
