"""Origins in the training rows and the rows that follow each of them."""

from dataclasses import dataclass

import numpy as np

# A row exactly max_lead away belongs to the window, whatever the division by the step did to it.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Origins:
    """Places in a SeriesSet where forecasts start.

    Attributes
    ----------
    series : int array of shape (n_origins,)
    times : float array of shape (n_origins,)
        Time of the last known row, in the unit of the SeriesSet.
    ends : int array of shape (n_origins,)
        Global row number after the last row that may be used; the series' first row number
        for an empty history.
    """

    series: np.ndarray
    times: np.ndarray
    ends: np.ndarray

    def __len__(self):
        return len(self.times)

    def take(self, which):
        """Origins chosen by a boolean or integer index."""
        return Origins(self.series[which], self.times[which], self.ends[which])


@dataclass(frozen=True)
class Windows:
    """Observed future of every origin, padded to a common length.

    Attributes
    ----------
    leads : float array of shape (n_origins, n_targets)
        Time since the origin; 0 in the padding.
    values : float array of shape (n_origins, n_targets, n_channels)
        0 where nothing was observed.
    weights : float array of shape (n_origins, n_targets, n_channels)
        How often an entry counts; 0 = not observed or padding.
    rows : int array of shape (n_origins, n_targets)
        Row of the SeriesSet behind each target; the last row number in the padding.
    """

    leads: np.ndarray
    values: np.ndarray
    weights: np.ndarray
    rows: np.ndarray

    def __len__(self):
        return len(self.leads)

    def take(self, which):
        """Windows chosen by a boolean or integer index."""
        return Windows(self.leads[which], self.values[which], self.weights[which], self.rows[which])


def row_origins(series, n_max=8000):
    """Every row that has a later row in its series as an origin, evenly thinned to ``n_max``."""
    number = series.series_of_row
    rows = np.flatnonzero(np.r_[np.diff(number) == 0, False]) if series.n_rows else np.arange(0)
    if len(rows) > n_max:
        rows = rows[np.linspace(0, len(rows) - 1, n_max).round().astype(int)]
    return Origins(number[rows], series.times[rows], rows + 1)


def request_origins(series, requests):
    """Distinct origins of the requests, and the number of its origin for every request.

    A request without history (cutoff -1) starts one time unit before the asked time.

    Returns
    -------
    origins : Origins
    where : int array of shape (n_asked,)
    """
    empty = requests.cutoff < 0
    last = np.where(empty, 0, requests.cutoff)
    known = series.times[last] if series.n_rows else np.zeros(len(last))
    times = np.where(empty, requests.times - 1.0, known)
    ends = np.where(empty, series.starts[requests.series], requests.cutoff + 1)
    rank = np.lexsort((times, ends, requests.series))
    keys = np.stack([requests.series[rank], ends[rank], times[rank]])
    is_first = np.r_[True, (np.diff(keys) != 0).any(axis=0)][: len(rank)]
    where = np.empty(len(rank), dtype=np.int64)
    where[rank] = np.cumsum(is_first) - 1
    first = rank[is_first]
    return Origins(requests.series[first], times[first], ends[first]), where


def future_windows(series, origins, max_lead, n_max=192):
    """Rows after each origin up to ``max_lead``, at most ``n_max`` of them, evenly thinned.

    An entry's weight is the product of its row's weight and the origin's last row's weight, so
    that a row of weight k counts like k rows on both sides of the forecast.
    """
    reach = series.find(origins.series, origins.times + max_lead * (1 + _ROUNDING))
    counts = np.maximum(reach - origins.ends, 0)
    n_targets = int(min(counts.max(initial=1), n_max))
    place = np.arange(n_targets)
    # Thinning keeps the rank order and both ends of the window.
    stretch = np.maximum(counts[:, None] - 1, 0) / max(n_targets - 1, 1)
    place = np.where(counts[:, None] > n_targets, (place * stretch).round().astype(int), place)
    is_row = place < counts[:, None]
    rows = np.where(is_row, origins.ends[:, None] + place, series.n_rows - 1)
    values = series.values[rows]
    weights = is_row * series.weights[rows] * series.weights[origins.ends - 1][:, None]
    weights = weights[..., None] * np.isfinite(values)
    leads = np.where(is_row, series.times[rows] - origins.times[:, None], 0.0)
    return Windows(leads, np.where(weights > 0, values, 0.0), weights, rows)


def first_of_newest_part(series, fraction):
    """Global number of the first row of the newest share of the rows of every series."""
    n_rows = np.diff(series.starts)
    return series.starts[:-1] + n_rows - np.ceil(fraction * n_rows).astype(int)


def split_newest(series, origins, windows, fraction):
    """Origins of the newest part, and the older windows with no target from that part.

    Returns
    -------
    is_new : bool array of shape (n_origins,)
    older_weights : float array like ``windows.weights``
        0 for every target that lies in the newest part of its series.
    """
    first_new = first_of_newest_part(series, fraction)[origins.series]
    is_new = origins.ends - 1 >= first_new
    is_old_target = windows.rows < first_new[:, None]
    return is_new, windows.weights * is_old_target[..., None]


def request_rows(where, leads, n_max=64):
    """Arrange requests as padded rows, each of one origin and at most ``n_max`` leads.

    Parameters
    ----------
    where : int array of shape (n_asked,)
        Origin of every request.
    leads : float array of shape (n_asked,)

    Returns
    -------
    origin : int array of shape (n_rows,)
        Rows with short leads come first.
    asked : int array of shape (n_rows, n_columns)
        Number of the request in every place, -1 in the padding.
    """
    order = np.lexsort((leads, where))
    is_first = np.r_[True, np.diff(where[order]) != 0][: len(order)]
    first = np.flatnonzero(is_first)
    place = np.arange(len(order)) - np.repeat(first, np.diff(np.r_[first, len(order)]))
    row = np.cumsum(place % n_max == 0) - 1
    n_rows = row[-1] + 1 if len(row) else 0
    asked = np.full((n_rows, int(min(place.max(initial=0) + 1, n_max))), -1)
    asked[row, place % n_max] = order
    longest = np.zeros(n_rows)
    np.maximum.at(longest, row, leads[order])
    by_reach = np.argsort(longest, kind="stable")
    return where[asked[by_reach, 0]], asked[by_reach]
