"""The state at a cutoff: observations weighed against the model's own forecast."""

from dataclasses import dataclass

import numpy as np

from ...frames._causal import last_values

MAX_ROWS = 40
# Median steps after which the model's forecast is forgotten.
LONGEST_GAP = 10.0
# Share of the noise variance by which one median step of an imperfect model is off at least.
LEAST_DRIFT = 0.02
# States up to which the flow's derivatives are asked for, by differences of that size (in standard
# deviations): each costs a solve. Beyond, an error in one channel stays in that channel.
MOST_STATES, DIFFERENCE = 12, 1e-3
# Standard deviations from the mean at which a forecast has left the data for good.
FAR, ROUNDING = 1e6, 1e-12
# Shares of the smoother's noise that are tried, and the part of the error a smaller one must reach.
NOISE_SHARES, LEAST_GAIN = (1.0, 0.5, 0.25, 0.0), 0.98
# Rows ahead at which they are judged, and how many forecasts: the noise of the row itself hides
# what a poor state costs until the flow has carried it some way.
LEADS, N_JUDGES = (1, 5), 300


@dataclass(frozen=True)
class StateFilter:
    """An extended Kalman filter over the newest rows before a cutoff.

    The forecast covariance is P = F P F' + ``drift`` per unit of time, F the derivative of the
    model's flow; an observation of channel j with noise variance R moves the state by the gain
    P_j / (P_jj + R), one channel after the other. Without noise the state is the observation.
    Entries not observed follow those that are. All cutoffs run in one batch.

    Attributes
    ----------
    noise : float array of shape (n_channels,)
        Standard deviation of an observation.
    drift : float array of shape (n_channels,)
        Growth of the forecast's variance per unit of time.
    reach : float
        Time that it looks back at least; at most half as much again. 0 looks at the row alone.
    longest_gap : float
        After a longer gap the forecast is forgotten.
    """

    noise: np.ndarray
    drift: np.ndarray
    reach: float
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
        noise = np.asarray(noise, dtype=float)
        rows = _rows_with_next(series, 1, longest_gap, most)
        start = np.nan_to_num(last_values(series, rows))
        miss = _errors_ahead(series, rows, 1, start, advance)
        # A pair counts where both ends are observed, so that two noises are in the miss.
        miss[~np.isfinite(series.values[rows])] = np.nan
        gap = np.mean(series.times[rows + 1] - series.times[rows]) if len(rows) else 1.0
        judges = {n: _rows_with_next(series, n, longest_gap, N_JUDGES) for n in LEADS}
        best, least = None, np.inf
        for share in NOISE_SHARES if noise.any() else (1.0,):
            trial = cls._with_noise(share * noise, _mean_observed(miss), gap, series, longest_gap)
            errors = [
                _mean_observed(
                    _errors_ahead(series, at, n, trial.estimate(series, at, advance), advance)
                )
                for n, at in judges.items()
            ]
            error = np.mean(errors)
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
        reach = 0.0 if n_rows == 1 else float(n_rows * max(gap, 1.0))
        return cls(noise, drift, reach, longest_gap)

    def estimate(self, series, cutoffs, advance, alone=False):
        """State at each cutoff row, float array of shape (n, n_channels).

        Where the bool array ``alone`` is True, earlier rows are not looked at; entries missing
        there are 0, the mean.
        """
        alone = np.broadcast_to(alone, cutoffs.shape)
        # Runs that begin at set times serve all cutoffs of a stretch, whoever asks for which, and
        # whatever rows are known before.
        begin = cutoffs
        if self.reach > 0:
            stretch = self.reach / 2
            since = stretch * (np.floor(series.times[cutoffs] / stretch) - 2)
            first = series.find(series.series_of_row[cutoffs], since, side="left")
            begin = np.maximum(self._newest_start(series)[cutoffs], first)
        begin = np.where(alone, cutoffs, begin)
        runs, run = np.unique(2 * begin + alone, return_inverse=True)
        begin, alone = runs // 2, runs % 2 == 1
        end = np.zeros(len(runs), dtype=cutoffs.dtype)
        np.maximum.at(end, run, cutoffs)
        number = series.series_of_row[begin]
        known = np.where(alone[:, None], series.values[begin], last_values(series, begin))
        state = np.nan_to_num(known)
        seen = series.is_observed[begin]
        # A spread of 1 is what is known of a standardised channel that was not observed here.
        one = np.eye(state.shape[1])
        spread = one * np.where(seen, np.square(self.noise), 1.0)[:, :, None]
        out = state[run]
        for step in range(1, int((end - begin).max(initial=0)) + 1):
            active = np.flatnonzero(begin + step <= end)
            row = begin[active] + step
            span = series.times[row - 1], series.times[row]
            ahead, flow = _follow(advance, state[active], number[active], *span)
            with np.errstate(over="ignore", invalid="ignore"):
                grown = flow @ spread[active] @ flow.mT
            grown += one * (self.drift * (span[1] - span[0])[:, None])[:, :, None]
            # NaN compares as False.
            stays = np.abs(ahead) < FAR
            lost = ~(stays.all(axis=1) & (np.abs(grown) < FAR**2).all(axis=(1, 2)))
            if lost.any():
                ahead = np.where(stays, ahead, np.nan_to_num(last_values(series, row)))
                grown[lost] = one
            state[active], spread[active] = self._observe(ahead, grown, series.values[row])
            asked = cutoffs - begin[run] == step
            out[asked] = state[run[asked]]
        return out

    def _observe(self, state, spread, values):
        """State and covariance after the finite entries of a row, channel by channel."""
        state = state.copy()
        for j, noise in enumerate(np.square(self.noise)):
            own = spread[:, :, j]
            total = own[:, j] + noise
            is_known = np.isfinite(values[:, j])
            # What rounding leaves of a variance of 0 says nothing of other channels.
            widest = np.diagonal(spread, axis1=1, axis2=2).max(axis=1)
            is_told = total > ROUNDING * np.maximum(widest, 0)
            gain = np.where(is_told[:, None], own / np.where(is_told, total, 1.0)[:, None], 0.0)
            gain[:, j] = np.where(is_told, gain[:, j], 1.0)
            gain = np.where(is_known[:, None], gain, 0.0)
            state += gain * np.where(is_known, values[:, j] - state[:, j], 0.0)[:, None]
            # Joseph's form, which rounding leaves symmetric and without negative variances.
            both = gain[:, :, None] * own[:, None, :]
            spread = spread - both - both.mT
            spread += total[:, None, None] * gain[:, :, None] * gain[:, None, :]
        return state, spread

    def _newest_start(self, series):
        """Newest row at or before each row that opens a series or follows a long gap."""
        opens = np.ones(series.n_rows, dtype=bool)
        same = np.diff(series.series_of_row) == 0
        opens[1:] = ~same | (np.diff(series.times) > self.longest_gap)
        return np.maximum.accumulate(np.where(opens, np.arange(series.n_rows), 0))


def _spread(rows, most):
    return rows[:: max(1, len(rows) // most)]


def _rows_with_next(series, n, longest_gap, most):
    """Rows that n others of their series follow without a long gap, evenly spread."""
    breaks = np.diff(series.times) > longest_gap
    breaks |= np.diff(series.series_of_row) != 0
    so_far = np.r_[0, np.cumsum(breaks)]
    n_whole = max(len(so_far) - n, 0)
    return _spread(np.flatnonzero(so_far[n:] == so_far[:n_whole]), most)


def _errors_ahead(series, rows, n, start, advance):
    """Squared errors of the nth row after each, forecast from the states ``start``; NaN unknown."""
    number = series.series_of_row[rows]
    ahead = advance(start, number, series.times[rows], series.times[rows + n])
    return np.square(series.values[rows + n] - ahead)


def _follow(advance, state, number, t0, t1):
    """Carry states on, and the derivatives of where they end, (n, n_channels, n_channels)."""
    n, d = state.shape
    if d > MOST_STATES:
        return advance(state, number, t0, t1), np.broadcast_to(np.eye(d), (n, d, d))
    moved = np.concatenate([state[None], state + DIFFERENCE * np.eye(d)[:, None]])
    ahead = advance(
        moved.reshape(-1, d), *(np.tile(each, d + 1) for each in (number, t0, t1))
    ).reshape(d + 1, n, d)
    with np.errstate(over="ignore", invalid="ignore"):
        return ahead[0], np.moveaxis(ahead[1:] - ahead[0], 0, 2) / DIFFERENCE


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
