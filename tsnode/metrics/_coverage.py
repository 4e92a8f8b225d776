"""How often intervals hold the truth."""

import numpy as np

from ._averages import score
from ._pairs import read_pairs


def interval_coverage(
    truth, lower=None, upper=None, *, by_lead=False, per_channel=False, return_counts=False
):
    """Return the share of the observed truth that lies in its interval, bounds included.

    Parameters
    ----------
    truth : array of shape (n_origins, n_leads, n_channels) or (n_stamps, n_channels), or frame
        NaN = not observed, left out. A backtest frame holds the bounds as well.
    lower, upper : arrays or frames of that shape, default=None
        Bounds; -inf and inf are none. With a backtest frame None or names of columns.
    by_lead : bool, default=False
        Return the curve over leads.
    per_channel : bool, default=False
        Keep the channels apart.
    return_counts : bool, default=False
        Return ``(value, Counts)``: entries used, and dropped for want of a truth.

    Returns
    -------
    float, array, Series or DataFrame
        From 0 to 1, the mean over channels; near the nominal coverage if the intervals are honest.
        By itself it is no score: endless intervals cover all. NaN where nothing was observed and
        where a bound of an observed entry is NaN.

    Raises
    ------
    ValueError
        For other shapes, stamps or channels, a lower bound above the upper one, or nothing
        observed.

    References
    ----------
    Gneiting, Balabdaoui, Raftery (2007), J. R. Stat. Soc. B 69, 243.

    Examples
    --------
    >>> interval_coverage([1.0, 2.0, float("nan"), 9.0], [0.0] * 4, [5.0] * 4, return_counts=True)
    (0.6666666666666666, Counts(used=3, dropped=1, outside=0))
    >>> interval_coverage([1.0], [5.0], [0.0])
    Traceback (most recent call last):
        ...
    ValueError: lower must not lie above upper; it does in 1 of 1 entries. Swap them.
    """
    pairs = read_pairs(truth, lower, upper, names=("lower", "upper"))
    low, high = pairs.others
    n_crossed = int((low > high).sum())
    if n_crossed:
        msg = f"lower must not lie above upper; it does in {n_crossed} of {low.size} entries. "
        raise ValueError(msg + "Swap them.")
    is_inside = (pairs.truth >= low) & (pairs.truth <= high)
    losses = np.where(np.isnan(low) | np.isnan(high), np.nan, is_inside)
    value = score(pairs, losses, by_lead=by_lead, per_channel=per_channel)
    return (value, pairs.counts()) if return_counts else value
