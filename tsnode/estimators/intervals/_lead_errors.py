"""Errors of held-out forecasts by lead time: quantiles for intervals, ranks for samples."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

# Probabilities of the kept quantiles; 0 and 1 are the least and the largest error.
LEVELS = np.linspace(0.0, 1.0, 201)
# Fewer errors than this, or than a share of all, are put together with those of the next leads.
FEWEST, SMALLEST_SHARE = 40, 0.05
# Kept leads lie at least this factor apart.
LEAST_RATIO = 1.12
# Errors that each forecast value needs for quantiles of its own, those of them that do not overlap
# at a middling lead, and the most values.
FEWEST_OF_VALUE, FEWEST_APART, MOST_VALUES = 200, 10, 5
# Origins whose ranks are kept: how an error goes on over leads and channels.
MOST_PATHS = 256


@dataclass(frozen=True)
class LeadErrors:
    """Distribution of truth minus forecast at rising leads and, with many errors, forecast values.

    A low forecast of visibility errs upwards, a high one downwards; strong winds err more than
    weak ones. Between leads and between forecast values quantiles are linear, beyond constant.

    Attributes
    ----------
    leads : float array of shape (n_leads,), increasing
        In model time.
    values : float array of shape (n_leads, n_values, n_channels), not decreasing
        Forecasts that the quantiles are of, in units of y.
    quantiles : float array of shape (n_leads, n_values, n_levels, n_channels)
        At ``LEVELS``, in units of y.
    counts : float array of shape (n_leads, n_channels)
        Errors behind each quantile, as far as their forecasts do not overlap in time: those that
        do err together.
    ranks : float array of shape (n_paths, n_leads, n_channels)
        Normal scores of the errors of single origins.
    in_spreads : bool, default=False
        Whether all of it is in parts of the spread of each series, and values about its mean.
    """

    leads: np.ndarray
    values: np.ndarray
    quantiles: np.ndarray
    counts: np.ndarray
    ranks: np.ndarray
    in_spreads: bool = False

    @classmethod
    def of(cls, leads, errors, forecasts, origin, span, climate, *, in_spreads=False):
        """Group errors by lead and forecast.

        Parameters
        ----------
        leads : float array of shape (n,)
        errors, forecasts : float arrays of shape (n, n_channels)
            NaN = unknown.
        origin : int array of shape (n,)
        span : float
            Held-out time.
        climate : float array of shape (n_levels, n_channels)
            Quantiles for a channel without errors.
        """
        group, centers = group_leads(leads)
        shape = (len(centers), errors.shape[1])
        least = np.bincount(group, minlength=shape[0]).min() / FEWEST_OF_VALUE
        apart = span / np.median(centers) / FEWEST_APART
        n_values = int(np.clip(min(least, apart), 1, MOST_VALUES))
        values = np.full((shape[0], n_values, shape[1]), np.nan)
        quantiles = np.full((shape[0], n_values, len(LEVELS), shape[1]), np.nan)
        counts, scores = np.zeros(shape), np.full(errors.shape, np.nan)
        for g, channel in np.ndindex(shape):
            mine = np.flatnonzero((group == g) & np.isfinite(errors[:, channel]))
            counts[g, channel] = min(len(mine), span / centers[g])
            scores[mine, channel] = _normal_scores(errors[mine, channel])
            mine = mine[np.argsort(forecasts[mine, channel], kind="stable")]
            for j, part in enumerate(np.array_split(mine, n_values)):
                if len(part):
                    values[g, j, channel] = np.median(forecasts[part, channel])
                    found = np.sort(errors[part, channel])
                    quantiles[g, j, :, channel] = _order_statistics(found)
        ranks = _paths(scores, group, origin, shape)
        quantiles = _fill_leads(quantiles, axis=0)
        quantiles = np.where(np.isfinite(quantiles), quantiles, climate)
        values = np.nan_to_num(_fill_leads(values, axis=0))
        return cls(centers, values, quantiles, counts, ranks, in_spreads)

    def at(self, leads, forecasts, level):
        """Quantile of the errors of forecasts (n, n_channels) at leads (n,).

        The level, a number or one for each forecast, is moved outwards as the finite number of
        errors asks for: the next one is as likely to lie in any of the n + 1 gaps between n.
        """
        left, right, share = self.place(leads)
        near = self._at_lead(left, forecasts, self._outwards(left, level))[..., 0]
        far = self._at_lead(right, forecasts, self._outwards(right, level))[..., 0]
        return (1 - share) * near + share * far

    def _outwards(self, lead, level):
        n = np.where(self.counts > 0, np.maximum(self.counts, 1.001), 1e9)[lead]
        return np.clip(0.5 + (level - 0.5) * (n + 1) / (n - 1), 0.0, 1.0)[..., None]

    def read(self, leads, forecasts, probability):
        """Errors for probabilities of shape (n, n_channels, m)."""
        left, right, share = self.place(leads)
        share = share[..., None]
        near = self._at_lead(left, forecasts, probability)
        return (1 - share) * near + share * self._at_lead(right, forecasts, probability)

    def place(self, leads):
        """Kept leads before and after each lead, and the share of the second, shape (n, 1)."""
        place = np.interp(leads, self.leads, np.arange(len(self.leads)))
        left = place.astype(int)
        right = np.minimum(left + 1, len(self.leads) - 1)
        return left, right, (place - left)[:, None]

    def _at_lead(self, lead, forecasts, probability):
        """Quantiles (n, n_channels, m) of kept leads (n,)."""
        known = self.values[lead]
        steps = np.diff(known, axis=1)
        share = (forecasts[:, None] - known[:, :-1]) / np.where(steps > 0, steps, 1.0)
        share = np.where(steps > 0, np.clip(share, 0.0, 1.0), 0.5)
        value = np.nan_to_num(share).sum(axis=1)[..., None]
        low = np.minimum(value.astype(int), max(known.shape[1] - 2, 0))
        high = np.minimum(low + 1, known.shape[1] - 1)
        near = self._between_levels(lead, low, probability)
        return near + (value - low) * (self._between_levels(lead, high, probability) - near)

    def _between_levels(self, lead, value, probability):
        place = probability * (len(LEVELS) - 1)
        low = np.clip(place.astype(int), 0, len(LEVELS) - 2)
        lead = lead[:, None, None]
        channel = np.arange(self.quantiles.shape[-1])[None, :, None]
        below = self.quantiles[lead, value, low, channel]
        return below + (place - low) * (self.quantiles[lead, value, low + 1, channel] - below)


def climate_quantiles(values):
    """Quantiles of every channel about its mean, (n_levels, n_channels); 0 if never observed."""
    out = np.zeros((len(LEVELS), values.shape[1]))
    for channel, column in enumerate(values.T):
        found = column[np.isfinite(column)]
        if len(found):
            out[:, channel] = _order_statistics(np.sort(found - found.mean()))
    return out


def group_leads(leads):
    """Group leads that are close; return the group of each and the groups' median leads."""
    if not len(leads):
        return np.zeros(0, dtype=int), np.ones(1)
    order = np.argsort(leads, kind="stable")
    rising = leads[order]
    fewest = max(FEWEST, int(SMALLEST_SHARE * len(leads)))
    begins = [0]
    while True:
        # Equal leads stay together, and no group is small or narrow.
        wide = np.searchsorted(rising, rising[begins[-1]] * LEAST_RATIO)
        begin = max(int(wide), begins[-1] + fewest)
        if begin >= len(rising):
            break
        begin = int(np.searchsorted(rising, rising[begin], side="left"))
        if begin <= begins[-1]:
            begin = int(np.searchsorted(rising, rising[begins[-1]], side="right"))
        if len(rising) - begin < fewest:
            break
        begins.append(begin)
    number = np.empty(len(leads), dtype=int)
    number[order] = np.repeat(np.arange(len(begins)), np.diff([*begins, len(rising)]))
    return number, np.array([np.median(leads[number == g]) for g in range(len(begins))])


def _order_statistics(rising):
    """Quantiles at ``LEVELS`` that never lie between an error and a lesser one outside it."""
    place = LEVELS * (len(rising) - 1)
    outward = np.where(LEVELS < 0.5, np.floor(place), np.ceil(place))
    return rising[outward.astype(int)]


def _normal_scores(errors):
    """Score each entry by its rank along the first axis."""
    rank = np.argsort(np.argsort(errors, axis=0, kind="stable"), axis=0)
    return ndtri((rank + 0.5) / max(len(errors), 1))


def _paths(scores, group, origin, shape):
    """Scores of single origins among each other, (n_paths, n_leads, n_channels); no holes.

    An origin takes part if it has an error at half of the leads or more; what it lacks is that of
    the nearest lead.
    """
    distinct, number = np.unique(origin, return_inverse=True)
    total = np.zeros((len(distinct), *shape))
    count = np.zeros((len(distinct), *shape))
    seen = np.isfinite(scores)
    np.add.at(total, (number, group), np.where(seen, scores, 0.0))
    np.add.at(count, (number, group), seen)
    covered = (count > 0).any(axis=2).mean(axis=1) if len(distinct) else np.zeros(0)
    chosen = np.flatnonzero(covered >= 0.5)
    if len(chosen) > MOST_PATHS:
        chosen = chosen[np.linspace(0, len(chosen) - 1, MOST_PATHS).round().astype(int)]
    with np.errstate(invalid="ignore"):
        paths = total[chosen] / count[chosen]
    paths = _fill_leads(paths, axis=1)
    paths = paths[np.isfinite(paths).all(axis=(1, 2))]
    return _normal_scores(paths)


def _fill_leads(values, axis):
    """Fill NaN along an axis from the value before, else from the one behind."""
    values = np.moveaxis(values.copy(), axis, 0)
    for k in range(1, len(values)):
        values[k] = np.where(np.isfinite(values[k]), values[k], values[k - 1])
    for k in range(len(values) - 2, -1, -1):
        values[k] = np.where(np.isfinite(values[k]), values[k], values[k + 1])
    return np.moveaxis(values, 0, axis)
