"""Ridge regression from the last hours on an interpolated grid, all lead times at once."""

import warnings

import numpy as np
from scipy.linalg import LinAlgWarning
from sklearn.linear_model import Ridge

from .._constraints import check_count, check_number
from ..frames._causal import interpolate_before
from ._base import BaseForecaster
from ._baselines import channel_means

ALPHAS = 10.0 ** np.arange(-1, 6)


class RidgeLagRegressor(BaseForecaster):
    """Linear forecast of all leads from the last ``lookback`` grid values of all channels.

    The strong simple baseline for weather. The grid is the median step; values between
    observations are linear, leads between grid steps too; the last lead is held beyond.

    Parameters
    ----------
    lookback : int, default=48
        Grid values per channel that the forecast sees (48 h of hourly data).
    max_lead : int, default=72
        Longest lead in median steps.
    alpha : float or None, default=None
        L2 penalty on standardised features; None = for each channel and lead the best of 0.1, 1,
        ..., 1e5 on the newest 20 % of the training rows (what is best 72 h ahead spoils the
        first hours).
    time, score_horizon
        See ``PersistenceRegressor``.

    Examples
    --------
    >>> import numpy as np
    >>> t = np.arange(200.0)
    >>> model = RidgeLagRegressor(lookback=4, max_lead=2).fit(t[:, None], np.sin(t))
    >>> bool(abs(model.predict([[200.0]]) - np.sin(200.0)) < 0.01)
    True
    """

    def __init__(self, lookback=48, max_lead=72, alpha=None, *, time=None, score_horizon=None):
        self.lookback = lookback
        self.max_lead = max_lead
        self.alpha = alpha
        self.time = time
        self.score_horizon = score_horizon

    def _check_parameters(self):
        check_count("lookback", self.lookback)
        check_count("max_lead", self.max_lead)
        check_number("alpha", self.alpha, low=0, none_ok=True)

    def _fit_series(self, series, controls):  # noqa: ARG002
        self.means_ = channel_means(series)
        spread = np.nanstd(series.values, axis=0)
        self.scale_ = np.where(spread > 0, spread, 1.0)
        self.step_ = self._median_step()
        longest = int(np.diff(series.starts).max())
        # Two thirds of the rows are origins with a whole future, however short the series.
        self.n_leads_ = int(min(self.max_lead, max(longest // 3, 1)))
        origins, targets = self._training_pairs(series)
        features = self._features(series, origins)
        weights = series.weights[origins]
        self.alpha_ = np.full(targets.shape[1:], self.alpha, dtype=float)
        if self.alpha is None:
            self.alpha_ = self._choose_alpha(series, origins, features, targets, weights)
        flat = targets.reshape(len(targets), -1)
        self.intercepts_ = np.empty(flat.shape[1])
        self.coefs_ = np.empty((flat.shape[1], features.shape[1]))
        for alpha in np.unique(self.alpha_):
            mine = self.alpha_.ravel() == alpha
            ridge = _fit_ridge(alpha, features, flat[:, mine], weights)
            self.coefs_[mine], self.intercepts_[mine] = ridge.coef_, ridge.intercept_

    def _training_pairs(self, series):
        """Origins with a whole future inside their series, and the leads ahead of them."""
        end = series.times[series.starts[1:][series.series_of_row] - 1]
        n_leads = self.n_leads_
        reach = series.times + n_leads * self.step_ <= end + 1e-6 * self.step_
        origins = np.flatnonzero(reach)
        if not len(origins):
            origins = np.arange(series.n_rows)
        # Lags before the first row are made up; such origins teach only where others are few.
        first = series.times[series.starts[:-1][series.series_of_row]]
        is_whole = series.times - (self.lookback - 1) * self.step_ >= first - 1e-6 * self.step_
        whole = origins[is_whole[origins]]
        origins = whole if 2 * len(whole) >= len(origins) else origins
        last = series.starts[1:][series.series_of_row[origins]] - 1
        asked = series.times[origins, None] + self.step_ * np.arange(1, n_leads + 1)
        targets = np.stack(
            [
                interpolate_before(series, channel, last, asked)
                for channel in range(series.n_channels)
            ],
            axis=2,
        )
        targets = (targets - self.means_) / self.scale_
        return origins, np.nan_to_num(targets)

    def _features(self, known, cutoff):
        """Standardised values of the last grid stamps, 0 (the mean) where nothing is known."""
        newest = known.times[cutoff] if known.n_rows else np.zeros(len(cutoff))
        asked = newest[:, None] - self.step_ * np.arange(self.lookback)
        lags = np.stack(
            [
                interpolate_before(known, channel, cutoff, asked)
                for channel in range(known.n_channels)
            ],
            axis=2,
        )
        lags = (lags - self.means_) / self.scale_
        return np.nan_to_num(lags).reshape(len(cutoff), -1)

    def _choose_alpha(self, series, origins, features, targets, weights):
        order = np.argsort(series.times[origins], kind="stable")
        n_old = int(0.8 * len(order))
        cut = series.times[origins[order[n_old]]] if len(order) else 0.0
        # A gap of the longest lead, so that no target of the older part lies in the newer one.
        older = series.times[origins] + self.n_leads_ * self.step_ <= cut
        newer = series.times[origins] >= cut
        if older.sum() < 2 or newer.sum() < 2:
            return np.ones(targets.shape[1:])
        flat = targets[older].reshape(older.sum(), -1)
        errors = []
        for alpha in ALPHAS:
            ridge = _fit_ridge(alpha, features[older], flat, weights[older])
            ahead = ridge.predict(features[newer]).reshape(-1, *targets.shape[1:])
            miss = np.square(ahead - targets[newer])
            errors.append(np.average(miss, axis=0, weights=weights[newer]))
        return ALPHAS[np.argmin(errors, axis=0)]

    def _forecast_requests(self, known, requests, controls):  # noqa: ARG002
        origins, which = np.unique(requests.cutoff, return_inverse=True)
        paths = self._paths(known, origins)
        newest = known.times[requests.cutoff] if known.n_rows else requests.times
        start = np.where(requests.cutoff >= 0, newest, requests.times - self.step_)
        lead = np.clip((requests.times - start) / self.step_, 0.0, self.n_leads_)
        before = np.minimum(lead.astype(np.int64), self.n_leads_ - 1)
        share = (lead - before)[:, None]
        return paths[which, before] * (1 - share) + paths[which, before + 1] * share

    def _paths(self, known, origins):
        """Forecasts at leads 0, 1, ..., n_leads in units of y: (n, n_leads + 1, n_channels)."""
        features = self._features(known, origins)
        ahead = (features @ self.coefs_.T + self.intercepts_).reshape(
            len(origins), self.n_leads_, -1
        )
        now = features[:, : known.n_channels][:, None]
        return np.concatenate([now, ahead], axis=1) * self.scale_ + self.means_


def _fit_ridge(alpha, features, targets, weights):
    with warnings.catch_warnings():
        # alpha = 0 on collinear lags: the least-norm solution is wanted, not the warning.
        warnings.simplefilter("ignore", LinAlgWarning)
        return Ridge(alpha=max(alpha, 1e-10)).fit(features, targets, sample_weight=weights)
