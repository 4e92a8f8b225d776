"""Coverage adapted to how forecasts of rows behind those of fit have fared so far."""

from dataclasses import dataclass

import numpy as np

from ...frames._series import Requests
from ...frames._tail import last_times
from ._calibration import differences
from ._lead_errors import LEAST_RATIO

# One row in so many median steps is looked at: neighbours err together.
STRIDE = 3.0
# Fewer new rows than this change nothing.
FEWEST = 40
# Independent forecasts that the calibration counts for, beside those of the new rows. By parts of
# the older three quarters of four weather records, as is WINDOW: 90 % intervals missed by 0.5, 1.0
# and 2.2 points of coverage on average at 1-6, 7-24 and 25-72 h, not adapted by 3.3, 4.8 and 5.2.
PRIOR = 2.0
# Median steps that are looked back on: errors have seasons.
WINDOW = 500.0
EDGES = np.linspace(0.0, 1.0, 51)
PROBABILITIES = np.linspace(0.0, 1.0, 101)
ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class RecentErrors:
    """How wide an interval would have held each new row, counted by lead, channel and time.

    The calibration is of the past; where forecasts of newer rows err more, or less, the intervals
    behind them follow. For a forecast only rows at or before its start count. With w the weight of
    so many new forecasts, F the share of new rows held by a nominal coverage c', the nominal
    coverage is the c' with w F(c') + (1 - w) c' = c.

    Attributes
    ----------
    times : list of float arrays of shape (n_g,), increasing
        Of the new rows, for each kept lead.
    counts : list of int arrays of shape (n_g + 1, n_channels, n_bins)
        Rows up to each of those times by the coverage that would have held them, in ``EDGES``.
    leads : float array of shape (n_leads,)
        Those of the calibration.
    n_series : int
    step : float
        Median step of fit.
    """

    times: list
    counts: list
    leads: np.ndarray
    n_series: int
    step: float

    @classmethod
    def of(cls, estimator, errors, known, controls):
        """Count the new rows of ``known``; None where there are too few, or no covariates of them.

        Parameters
        ----------
        estimator : fitted forecaster
        errors : LeadErrors
        known : SeriesSet
        controls : controls of the asked rows, or None
        """
        rows = _new_rows(estimator, known)
        if len(rows) < FEWEST or estimator._covariates.from_columns:
            return None
        requests, target, group = _forecasts_of(known, rows, errors.leads)
        found = estimator._forecast_requests(known, requests, controls)
        forecasts = estimator._to_units_of_y(found)
        miss = differences(estimator, known.values[target], found, forecasts)
        center, scale = estimator._error_units(known, requests.series)
        leads = requests.times - known.times[requests.cutoff]
        held_by = _held_by(errors, leads, (forecasts - center) / scale, miss / scale)
        times, counts = [], []
        for g in range(len(errors.leads)):
            mine = np.flatnonzero(group == g)
            mine = mine[np.argsort(requests.times[mine], kind="stable")]
            times.append(requests.times[mine])
            counts.append(_counts(held_by[mine]))
        n_series = len(np.unique(known.series_of_row[rows]))
        return cls(times, counts, errors.leads, n_series, estimator._median_step())

    def nominal(self, coverage, leads, cutoffs, place):
        """Coverage to ask of the calibration, (n, n_channels), for forecasts from ``cutoffs``.

        Parameters
        ----------
        coverage : float
        leads, cutoffs : float arrays of shape (n,)
        place : callable (leads) -> left, right, share, see ``LeadErrors``
        """
        starts, which = np.unique(cutoffs, return_inverse=True)
        table = np.stack([self._of_lead(g, coverage, starts) for g in range(len(self.leads))])
        left, right, share = place(leads)
        return (1 - share) * table[left, which] + share * table[right, which]

    def _of_lead(self, g, coverage, starts):
        times = self.times[g]
        seen = np.searchsorted(times, starts, side="right")
        begin = starts - WINDOW * self.step
        counts = self.counts[g][seen] - self.counts[g][np.searchsorted(times, begin, side="right")]
        n = counts.sum(axis=2, keepdims=True)
        first = np.maximum(times[0], begin) if len(times) else starts
        elapsed = np.maximum(starts - first, 0.0)
        apart = np.minimum(n, self.n_series * (elapsed / self.leads[g])[:, None, None])
        # Not by the number of all rows: what is later than the start must not count here either.
        weight = np.where(n < FEWEST, 0.0, apart / (apart + PRIOR))
        held = np.cumsum(counts, axis=2) / np.maximum(n, 1)
        mixed = weight * held + (1 - weight) * EDGES[1:]
        mixed = np.concatenate([np.zeros_like(mixed[..., :1]), mixed], axis=2)
        # The first edge at which the mixture reaches the coverage, linear before it.
        above = np.maximum((mixed < coverage).sum(axis=2), 1)[..., None]
        low, high = (np.take_along_axis(mixed, above - k, axis=2)[..., 0] for k in (1, 0))
        part = (coverage - low) / np.maximum(high - low, 1e-12)
        return EDGES[above[..., 0] - 1] + part * np.diff(EDGES)[0]


def _new_rows(estimator, known):
    """Rows behind those of fit, one in a few steps."""
    trained = np.full(known.n_series, -np.inf)
    trained[: estimator._observed.n_series] = last_times(estimator._observed)
    number = known.series_of_row
    rows = np.flatnonzero(known.times > trained[number])
    # Stretches of the clock and not every third row: which rows count must not depend on later
    # ones.
    stretch = np.floor(known.times[rows] / (STRIDE * estimator._median_step()))
    opens = np.ones(len(rows), dtype=bool)
    opens[1:] = (np.diff(stretch) > 0) | (np.diff(number[rows]) > 0)
    return rows[opens]


def _forecasts_of(known, rows, leads):
    """Ask for rows from the newest row at least each lead before them; with row and lead number."""
    number = known.series_of_row[rows]
    parts = []
    for g, lead in enumerate(leads):
        origin = known.find(number, known.times[rows] - lead * (1 - 1e-9)) - 1
        usable = origin >= known.starts[number]
        usable &= known.times[rows] - known.times[np.maximum(origin, 0)] <= LEAST_RATIO * lead
        parts.append((rows[usable], origin[usable], np.full(usable.sum(), g)))
    target, origin, group = (np.concatenate(part) for part in zip(*parts, strict=True))
    requests = Requests(known.series_of_row[target], known.times[target], origin)
    return requests, target, group


def _held_by(errors, leads, forecasts, miss):
    """Least central coverage whose interval holds each error, NaN where it is not known."""
    out = np.empty_like(miss)
    for first in range(0, len(miss), ROWS_AT_ONCE):
        part = slice(first, first + ROWS_AT_ONCE)
        grid = np.broadcast_to(PROBABILITIES, (*miss[part].shape, len(PROBABILITIES)))
        quantiles = errors.read(leads[part], forecasts[part], grid)
        # In the middle of those that equal it: most hours without rain err by nothing.
        below = (quantiles < miss[part][..., None]).sum(axis=-1)
        upto = (quantiles <= miss[part][..., None]).sum(axis=-1)
        probability = np.clip((below + upto - 1) / 2 / (len(PROBABILITIES) - 1), 0.0, 1.0)
        out[part] = np.where(np.isfinite(miss[part]), np.abs(2 * probability - 1), np.nan)
    return out


def _counts(held_by):
    """Count the rows by bin up to each of them, from none on."""
    bins = np.clip(np.ceil(held_by * (len(EDGES) - 1)) - 1, 0, len(EDGES) - 2)
    hits = bins[..., None] == np.arange(len(EDGES) - 1)
    running = np.cumsum(hits, axis=0, dtype=np.int32)
    return np.concatenate([np.zeros((1, *running.shape[1:]), dtype=np.int32), running])
