"""Simple forecasters that a learned model has to beat: persistence and seasonal naive."""

import numpy as np
from scipy.signal import lombscargle

from .._constraints import check_number
from ..frames._causal import interpolate_before, last_values
from ._base import BaseForecaster

HOURS_PER_DAY, DAYS_PER_YEAR = 24.0, 365.2425


def channel_means(series):
    """Weighted mean of every channel over its observed entries."""
    weights = series.is_observed * series.weights[:, None]
    total = np.where(series.is_observed, series.values, 0.0) * series.weights[:, None]
    return total.sum(axis=0) / weights.sum(axis=0)


class PersistenceRegressor(BaseForecaster):
    """Forecast every channel by its last observed value; covariates do not matter to it.

    Parameters
    ----------
    time : None, "index", column name, level name or column number, default=None
        Where the time of the rows stands; None finds it.
    score_horizon : int, duration, "free" or None, default=None
        Horizon that ``score`` forecasts with; None = one row.

    Examples
    --------
    >>> import pandas as pd
    >>> temp = pd.Series([3.0, 4.0, 7.0], pd.date_range("2013-01-01", periods=3, freq="h"))
    >>> PersistenceRegressor().fit(temp.index, temp).forecast(2).tolist()
    [7.0, 7.0]
    """

    def __init__(self, *, time=None, score_horizon=None):
        self.time = time
        self.score_horizon = score_horizon

    def _fit_series(self, series, controls):  # noqa: ARG002 - covariates do not matter here
        self.means_ = channel_means(series)

    def _reads_back(self):
        return 1, 0.0

    def _forecast_requests(self, known, requests, controls):  # noqa: ARG002
        values = last_values(known, requests.cutoff)
        return np.where(np.isfinite(values), values, self.means_)


class SeasonalNaiveRegressor(BaseForecaster):
    """Forecast every channel by its value one period (or the fewest whole ones) earlier.

    Covariates do not matter to it.

    Parameters
    ----------
    period : duration or number, default=None
        None: 24 h for stamps under 12 h apart, else one year; for numeric time the strongest
        period of the Lomb-Scargle spectrum, the mean over channels.
    time, score_horizon
        See ``PersistenceRegressor``.

    Examples
    --------
    >>> import pandas as pd
    >>> stamps = pd.date_range("2013-01-01", periods=48, freq="h")
    >>> temp = pd.Series(range(48), stamps, dtype=float)
    >>> SeasonalNaiveRegressor().fit(stamps, temp).forecast(2).tolist()
    [24.0, 25.0]
    """

    def __init__(self, period=None, *, time=None, score_horizon=None):
        self.period = period
        self.time = time
        self.score_horizon = score_horizon

    def _fit_series(self, series, controls):  # noqa: ARG002
        self.means_ = channel_means(series)
        self.period_ = self._choose_period(series)
        check_number("period", self.period_, low=0, low_open=True)

    def _choose_period(self, series):
        if self.period is not None:
            return self.clock_.duration(self.period, "period")
        if self.clock_.kind == "float":
            return strongest_period(series)
        return default_period(self._median_step(), self.clock_)

    def _reads_back(self):
        return 1, self.period_

    def _forecast_requests(self, known, requests, controls):  # noqa: ARG002
        newest = np.where(requests.cutoff >= 0, known.times[requests.cutoff], requests.times)
        lead = requests.times - newest
        # Rounding must not push a whole number of periods to the next one.
        n_periods = np.maximum(np.ceil(lead / self.period_ - 1e-9), 1.0)
        asked = (requests.times - n_periods * self.period_)[:, None]
        values = np.column_stack(
            [
                interpolate_before(known, channel, requests.cutoff, asked)[:, 0]
                for channel in range(known.n_channels)
            ]
        )
        return np.where(np.isfinite(values), values, self.means_)


def default_period(step, clock):
    """One day for steps under 12 h, else one year; in model time."""
    hours = step * clock.seconds / 3600
    days = 1.0 if hours < HOURS_PER_DAY / 2 else DAYS_PER_YEAR
    return days * 86400 / clock.seconds


def strongest_period(series, most=2000):
    """Period of the highest mean Lomb-Scargle peak of the longest series, in model time."""
    longest = int(np.argmax(np.diff(series.starts)))
    rows = series.rows(longest)
    times, values = series.times[rows][:most], series.values[rows][:most]
    span = times[-1] - times[0] if len(times) else 0.0
    if len(times) < 4 or not span > 0:
        return max(span, 1.0)
    frequencies = np.arange(1, len(times) // 2 + 1) / span
    power = np.zeros(len(frequencies))
    for channel in values.T:
        seen = np.isfinite(channel)
        if seen.sum() > 3 and np.ptp(channel[seen]) > 0:
            centred = (channel[seen] - channel[seen].mean()) / channel[seen].std()
            power += lombscargle(times[seen], centred, 2 * np.pi * frequencies)
    return float(1.0 / frequencies[np.argmax(power)])
