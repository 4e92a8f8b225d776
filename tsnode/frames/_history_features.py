"""What is known at an origin, as one row of finite numbers: the input of the encoders.

Everything is read from the rows themselves, so irregular stamps, missing entries and gaps need no
grid: means over lag intervals come from cumulative sums, two searches a lag edge.
"""

from dataclasses import dataclass

import numpy as np

# Widths of the lag intervals: unit steps for the recent past, wider ones further back. Beyond the
# last edge the width is an eighth of the lag.
_LAG_EDGES = (0, 1, 2, 3, 4, 6, 8, 10, 12, 15, 18, 21, 24, 28, 32, 36, 40, 44, 48)
_SHARE_EDGES = (0, 1, 3, 6, 12, 18, 24, 48)
# Lag edges lie between the stamps of regular data, and not at a simple fraction of the step, where
# rounding would decide the side on which a row falls.
_EDGE_OFFSET = 0.4871
# Means over lags see no value further out: single showers and gusts of 20 standard deviations would
# lead the fit. The last value itself is read in full.
_LARGEST = 3.0
# A channel's own past says more about it than that of others.
_OWN = 4.0
# 12 channels make 66 pairs, with three features each.
_MOST_PAIRED = 12


def lag_edges(lookback, table=_LAG_EDGES):
    """Edges 0 = e_0 < ... < e_n = lookback of the lag intervals, in median steps."""
    edges = [float(edge) for edge in table]
    while edges[-1] < lookback:
        edges.append(round(edges[-1] * 1.125))
    return np.array([edge for edge in edges if edge <= lookback - 1] + [float(lookback)])


@dataclass(frozen=True)
class HistoryFeatures:
    """Features of the past of an origin, each close to unit size.

    Block means over lag intervals (scaled so that a ridge penalises old lags more), share of
    missing rows, age and faded value of the last observation, phase of the origin in each period,
    products of phase and recent means, products of two channels (of recent means, and of mean and
    change), covariates at the origin.

    Parameters
    ----------
    lookback : float
        How far the past is read, in median steps.
    periods : tuple of float
        Known cycles, in median steps.
    with_products : bool
        Recent means times phase (a linear encoder that changes with the phase), and times each
        other (one that changes with the state).
    """

    lookback: float
    periods: tuple = ()
    with_products: bool = False

    def products(self, n_channels):
        """Columns of the two kinds of products, as slices."""
        n_blocks = len(lag_edges(self.lookback)) - 1
        n_shares = len(lag_edges(self.lookback, _SHARE_EDGES)) - 1
        first = 1 + 2 * len(self.periods) + (n_blocks + n_shares + 3) * n_channels
        middle = first + self._n_phase_products(n_channels)
        return slice(first, middle), slice(middle, middle + self._n_pair_products(n_channels))

    def _n_phase_products(self, n_channels):
        return 6 * len(self.periods) * n_channels * self.with_products

    def _n_pair_products(self, n_channels):
        # One product, and two transports: of either by the other.
        return 3 * len(_pairs(n_channels)[0]) * self.with_products

    def recent(self, n_channels):
        """Columns that a small non-linear encoder can do with: phase, recent means, last value."""
        n_blocks = len(lag_edges(self.lookback)) - 1
        n_shares = len(lag_edges(self.lookback, _SHARE_EDGES)) - 1
        first = 1 + 2 * len(self.periods)
        faded = first + (n_blocks + n_shares + 1) * n_channels
        blocks = [first + n_channels * k + np.arange(n_channels) for k in (0, 4, 8) if k < n_blocks]
        return np.concatenate([np.arange(1, first), *blocks, faded + np.arange(2 * n_channels)])

    def __call__(self, series, origins, controls=None):
        """Features of the origins, shape (n_origins, n_features), first column constant.

        Parameters
        ----------
        series : SeriesSet
            Standardised values, times in median steps.
        origins : Origins
        controls : KnotControls or FunctionControls, optional
        """
        totals = _Totals(series, origins, series.values)
        phase = self._phase(origins.times)
        parts = [np.full((len(origins), 1), 10.0), phase]
        parts += [self._block_means(totals), self._missing_shares(totals), *self._last_seen(totals)]
        if self.with_products:
            parts += [self._phase_products(totals, phase), self._pair_products(series, origins)]
            parts.append(self._transports(totals))
        if controls is not None:
            parts.append(controls.at(origins.series, origins.times))
        return np.concatenate(parts, axis=1)

    def emphasis(self, n_channels, n_controls=0):
        """Factors (n_channels, n_features) that let a ridge of one channel favour its own past."""
        n_blocks = len(lag_edges(self.lookback)) - 1
        n_shares = len(lag_edges(self.lookback, _SHARE_EDGES)) - 1
        own = 1 + (_OWN - 1) * np.eye(n_channels)
        plain = np.ones((n_channels, n_channels))
        blocks = [own] * n_blocks + [plain] * (n_shares + 1) + [own] * 2
        first = np.ones((n_channels, 1 + 2 * len(self.periods)))
        n_products = self._n_phase_products(n_channels) + self._n_pair_products(n_channels)
        last = np.ones((n_channels, n_products + n_controls))
        return np.concatenate([first, *blocks, last], axis=1)

    def _phase(self, times):
        angles = 2 * np.pi * times[:, None] / np.asarray(self.periods, dtype=float)
        return np.concatenate([np.cos(angles), np.sin(angles)], axis=1)

    def _block_means(self, totals):
        edges = lag_edges(self.lookback)
        centers = (edges[1:] + edges[:-1] - 1) / 2
        means = _bridge(*totals.means(edges), centers)
        # sqrt(width) is the size that the sum of as many unit lags would have; the divisor lets the
        # penalty grow with the lag.
        size = np.sqrt(np.diff(edges)) / (1 + 8 * centers / self.lookback) ** 1.5
        return _flat(means * size[None, :, None])

    def _missing_shares(self, totals):
        edges = lag_edges(self.lookback, _SHARE_EDGES)
        expected = np.diff(edges)
        seen = totals.counts(edges) / expected[None, :, None]
        return _flat(1 - np.minimum(seen, 1))

    def _last_seen(self, totals):
        value, age = totals.last(oldest=4 * self.lookback)
        faded = [value * np.exp(-age * rate / self.lookback) for rate in (8, 2)]
        return [np.log1p(age) / 2, *faded]

    def _phase_products(self, totals, phase):
        edges = np.array([0.0, 1.0, 6.0, 24.0]) * (self.lookback / 48)
        means, seen = totals.means(edges)
        means = _flat(np.where(seen, means, 0.0))
        products = means[:, :, None] * phase[:, None, :] / 2
        return _flat(products)

    def _pair_products(self, series, origins):
        # Each factor is clipped here, their product once more in the totals.
        values = np.clip(series.values, -_LARGEST, _LARGEST)
        one, other = _pairs(values.shape[1])
        totals = _Totals(series, origins, values[:, one] * values[:, other])
        means, seen = totals.means(np.array([0.0, self.lookback / 16]))
        return _flat(np.where(seen, means, 0.0)) / 2

    def _transports(self, totals):
        """Products of one channel's recent mean and the recent change of another.

        As in advection: wind now times how much warmer it has become.
        """
        edges = np.array([0.0, 1 / 16, 1 / 8, 3 / 8]) * self.lookback
        means, seen = totals.means(edges)
        change = np.where(seen[:, 0] & seen[:, 2], means[:, 0] - means[:, 2], 0.0)
        change = np.clip(change, -_LARGEST, _LARGEST)
        one, other = _pairs(change.shape[1])
        mover, moved = np.r_[one, other], np.r_[other, one]
        return means[:, 0, mover] * change[:, moved] / 4


class _Totals:
    """Cumulative sums over the rows of all series, read at lags of the origins."""

    def __init__(self, series, origins, values):
        self._series, self._origins = series, origins
        observed = np.isfinite(values)
        weights = series.weights[:, None] * observed
        values = np.clip(np.where(observed, values, 0.0), -_LARGEST, _LARGEST)
        self._observed = _from_zero(observed.astype(float))
        self._weights = _from_zero(weights)
        self._sums = _from_zero(weights * values)

    def _between(self, cumulative, edges):
        """Sum the rows of each lag interval: shape (n_origins, n_intervals, n_channels)."""
        origins = self._origins
        edges = np.asarray(edges) - _EDGE_OFFSET
        asked = origins.times[:, None] - edges[None, 1:]
        bounds = self._series.find(origins.series[:, None], asked)
        ends = origins.ends[:, None]
        bounds = np.concatenate([ends, np.minimum(bounds, ends)], axis=1)
        read = cumulative[bounds]
        return read[:, :-1] - read[:, 1:]

    def counts(self, edges):
        return self._between(self._observed, edges)

    def means(self, edges):
        """Weighted means over the lag intervals, and where there is one."""
        seen = self.counts(edges) > 0.5
        weights = np.where(seen, self._between(self._weights, edges), 1.0)
        return np.where(seen, self._between(self._sums, edges) / weights, 0.0), seen

    def last(self, oldest):
        """Last observed value of each channel and its age, at most ``oldest``; 0 if none."""
        values, origins = self._series.values, self._origins
        number = np.where(np.isfinite(values), np.arange(len(values))[:, None], -1)
        # Row number of the last observation at or before each row, in any series.
        latest = np.concatenate([np.full((1, values.shape[1]), -1), number])
        row = np.maximum.accumulate(latest, axis=0)[origins.ends]
        found = row >= self._series.starts[origins.series][:, None]
        at, channel = np.nonzero(found)
        value, age = np.zeros(row.shape), np.full(row.shape, float(oldest))
        value[found] = values[row[found], channel]
        age[found] = origins.times[at] - self._series.times[row[found]]
        return value, np.minimum(age, oldest)


def _pairs(n_channels):
    """Numbers of the two channels of every pair; none where they would be too many."""
    if n_channels > _MOST_PAIRED:
        return np.zeros(0, int), np.zeros(0, int)
    return np.triu_indices(n_channels, k=1)


def _flat(block):
    """All axes but the first in one; ``reshape(n, -1)`` refuses no rows at all."""
    return block.reshape(len(block), int(np.prod(block.shape[1:])))


def _from_zero(rows):
    return np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])


def _bridge(means, seen, centers):
    """Fill empty intervals linearly in the lag from their neighbours; hold at the ends; else 0."""
    n = means.shape[1]
    place = np.arange(n)[None, :, None]
    before = np.maximum.accumulate(np.where(seen, place, -1), axis=1)
    after = np.minimum.accumulate(np.where(seen, place, n)[:, ::-1], axis=1)[:, ::-1]
    left = np.where(before >= 0, before, after)
    right = np.where(after < n, after, left)
    left, right = np.minimum(left, n - 1), np.minimum(right, n - 1)
    gap = np.maximum(centers[right] - centers[left], 1e-12)
    share = np.clip((centers[None, :, None] - centers[left]) / gap, 0.0, 1.0)
    low = np.take_along_axis(means, left, axis=1)
    high = np.take_along_axis(means, right, axis=1)
    filled = low + share * (high - low)
    return np.where(seen.any(axis=1, keepdims=True), filled, 0.0)
