"""The state at a cutoff: observations weighed against the model's own forecast."""

from dataclasses import dataclass

import numpy as np

from ...frames._causal import last_values

MAX_ROWS = 40
# Median steps after which the model's forecast is forgotten.
LONGEST_GAP = 10.0
# Share of the noise variance by which one median step of an imperfect model is off at least.
LEAST_DRIFT = 0.02
# Shares of the smoother's noise that are tried, and the part of the error a smaller one must reach.
NOISE_SHARES, LEAST_GAIN = (1.0, 0.5, 0.25, 0.0), 0.98
N_JUDGES = 300


@dataclass(frozen=True)
class StateFilter:
    """A Kalman filter with one variance a channel, over the newest rows before a cutoff.

    The forecast variance P grows by ``drift`` per unit of time; an observation with noise
    variance R moves the state by the gain P / (P + R). Without noise the gain is 1: the state is
    the observation. Entries not observed keep the forecast. All cutoffs run in one batch.

    Attributes
    ----------
    noise : float array of shape (n_channels,)
        Standard deviation of an observation.
    drift : float array of shape (n_channels,)
        Growth of the forecast's variance per unit of time.
    n_rows : int
        Newest rows that are looked at.
    longest_gap : float
        After a longer gap the forecast is forgotten.
    """

    noise: np.ndarray
    drift: np.ndarray
    n_rows: int
    longest_gap: float

    @classmethod
    def fit(cls, series, noise, advance, *, longest_gap=LONGEST_GAP, most=2000):
        """Estimate the drift from one-step forecasts, and how much of the noise to believe.

        On rough data a smoother takes part of the signal for noise, and a filter that believes it
        lags behind. A smaller noise is taken where it forecasts the next training rows better.

        Parameters
        ----------
        series : SeriesSet, standardised, times in median steps
        noise : float array of shape (n_channels,)
        advance : callable (z, series numbers, t0, t1) -> z, the model
        longest_gap : float, default=LONGEST_GAP
        most : int, default=2000
            Rows that are looked at, evenly spread.
        """
        inside = np.flatnonzero(np.diff(series.series_of_row) == 0)
        inside = inside[np.diff(series.times)[inside] <= longest_gap]
        rows = _spread(inside, most)
        start = np.nan_to_num(last_values(series, rows))
        miss = _next_row_errors(series, rows, start, advance)
        # A pair counts where both ends are observed, so that two noises are in the miss.
        miss[~np.isfinite(series.values[rows])] = np.nan
        gap = np.mean(series.times[rows + 1] - series.times[rows]) if len(rows) else 1.0
        noise = np.asarray(noise, dtype=float)
        judges = _spread(rows, N_JUDGES)
        best, least = None, np.inf
        for share in NOISE_SHARES if noise.any() else (1.0,):
            trial = cls._with_noise(share * noise, _mean_observed(miss), gap, series, longest_gap)
            start = trial.estimate(series, judges, advance)
            errors = _next_row_errors(series, judges, start, advance)
            error = np.mean(_mean_observed(errors))
            if best is None or error < LEAST_GAIN * least:
                best, least = trial, error
        return best

    @classmethod
    def _with_noise(cls, noise, miss, gap, series, longest_gap):
        """Filter for a noise, its drift what that leaves of the mean squared miss of one step."""
        variance = np.square(noise)
        drift = np.maximum(miss - 2 * variance, LEAST_DRIFT * variance) / gap
        n_rows = _memory(variance, drift)
        if not series.is_observed.all():
            n_rows = max(n_rows, MAX_ROWS // 2)
        return cls(noise, drift, n_rows, longest_gap)

    def estimate(self, series, cutoffs, advance, alone=False):
        """State at each cutoff row, float array of shape (n, n_channels).

        Where the bool array ``alone`` is True, earlier rows are not looked at; entries missing
        there are 0, the mean.
        """
        alone = np.broadcast_to(alone, cutoffs.shape)
        begin = np.maximum(self._newest_start(series)[cutoffs], cutoffs - self.n_rows + 1)
        begin = np.where(alone, cutoffs, begin)
        number = series.series_of_row[cutoffs]
        known = np.where(alone[:, None], series.values[begin], last_values(series, begin))
        state = np.nan_to_num(known)
        seen = series.is_observed[begin]
        # A spread of 1 is what is known of a standardised channel that was not observed here.
        variance = np.where(seen, np.square(self.noise), 1.0)
        for step in range(1, int((cutoffs - begin).max(initial=0)) + 1):
            active = np.flatnonzero(begin + step <= cutoffs)
            row = begin[active] + step
            gap = series.times[row] - series.times[row - 1]
            ahead = advance(state[active], number[active], series.times[row - 1], series.times[row])
            diverged = ~np.isfinite(ahead)
            if diverged.any():
                ahead = np.where(diverged, np.nan_to_num(last_values(series, row)), ahead)
            grown = np.where(diverged, 1.0, variance[active] + self.drift * gap[:, None])
            seen = series.is_observed[row]
            total = grown + np.square(self.noise)
            gain = np.where(seen & (total > 0), grown / np.where(total > 0, total, 1.0), 0.0)
            gain = np.where(seen & (total <= 0), 1.0, gain)
            state[active] = ahead + gain * np.where(seen, series.values[row] - ahead, 0.0)
            variance[active] = (1 - gain) * grown
        return state

    def _newest_start(self, series):
        """Newest row at or before each row that opens a series or follows a long gap."""
        opens = np.ones(series.n_rows, dtype=bool)
        same = np.diff(series.series_of_row) == 0
        opens[1:] = ~same | (np.diff(series.times) > self.longest_gap)
        return np.maximum.accumulate(np.where(opens, np.arange(series.n_rows), 0))


def _spread(rows, most):
    return rows[:: max(1, len(rows) // most)]


def _next_row_errors(series, rows, start, advance):
    """Squared errors of the row after each, forecast from the states ``start``; NaN = unknown."""
    number = series.series_of_row[rows]
    ahead = advance(start, number, series.times[rows], series.times[rows + 1])
    return np.square(series.values[rows + 1] - ahead)


def _mean_observed(errors):
    seen = np.isfinite(errors)
    return np.where(seen, errors, 0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)


def _memory(variance, drift):
    """Rows after which an observation counts for under a thousandth, at the steady gain."""
    ratio = drift / np.where(variance > 0, variance, 1.0)
    forecast = (ratio + np.sqrt(ratio**2 + 4 * ratio)) / 2
    gain = np.where(variance > 0, forecast / (forecast + 1), 1.0)
    left = np.clip(1 - gain.min(), 1e-12, 1 - 1e-12)
    return int(np.clip(np.ceil(np.log(1e-3) / np.log(left)), 1, MAX_ROWS))
