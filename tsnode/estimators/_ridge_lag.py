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
        L2 penalty on standardised features, which forecast the value. None = for each channel and
        lead the best of 0.1, 1, ..., 1e5 on the newest 20 % of the training rows (what is best
        72 h ahead spoils the first hours), and there whether to forecast the value or its change
        from the newest one (which stays at a new level); the change with alpha 1 where there are
        too few rows to choose. A window whose mean lies beyond those of training is then moved
        into their range, and its forecast back: a linear law says nothing of levels never seen.
    time, score_horizon
        See ``PersistenceRegressor``.

    Attributes
    ----------
    alpha_ : float array of shape (n_leads, n_channels)
        The penalties.
    is_change_ : bool array of shape (n_leads, n_channels)
        Where the change is forecast.

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
        self.is_change_ = np.zeros(targets.shape[1:], dtype=bool)
        self.levels_ = -np.inf, np.inf
        if self.alpha is None:
            self.levels_ = self._range_of_levels(features)
            chosen = self._choose_forms(series, origins, features, targets, weights)
            self.alpha_, self.is_change_ = chosen
        self._fit_chosen(features, targets, weights)

    def _fit_chosen(self, features, targets, weights):
        """Coefficients and intercepts of every lead and channel, as forecasts of the value."""
        is_change, channel = self.is_change_.ravel(), np.indices(targets.shape[1:])[1].ravel()
        flat = targets.reshape(len(targets), -1) - is_change * features[:, channel]
        self.intercepts_ = np.empty(flat.shape[1])
        self.coefs_ = np.empty((flat.shape[1], features.shape[1]))
        for alpha in np.unique(self.alpha_):
            mine = self.alpha_.ravel() == alpha
            ridge = _fit_ridge(alpha, features, flat[:, mine], weights)
            self.coefs_[mine], self.intercepts_[mine] = ridge.coef_, ridge.intercept_
        self.coefs_[np.arange(len(channel)), channel] += is_change

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

    def _old_and_new(self, series, origins):
        """Masks of the origins that are fitted and of those that choose."""
        order = np.argsort(series.times[origins], kind="stable")
        n_old = int(0.8 * len(order))
        cut = series.times[origins[order[n_old]]] if len(order) else 0.0
        # A gap of the longest lead, so that no target of the older part lies in the newer one.
        older = series.times[origins] + self.n_leads_ * self.step_ <= cut
        return older, series.times[origins] >= cut

    def _choose_forms(self, series, origins, features, targets, weights):
        """Penalty of each lead and channel, and whether it forecasts the change."""
        older, newer = self._old_and_new(series, origins)
        if older.sum() < 2 or newer.sum() < 2:
            return np.ones(targets.shape[1:]), np.ones(targets.shape[1:], dtype=bool)
        newest = features[:, : targets.shape[2]]
        # Ridge is linear in its targets: that of the change is the level's less the newest value's.
        both = np.concatenate([targets, newest[:, None]], axis=1)
        moved, beyond = self._into(self._range_of_levels(features[older]), features[newer])
        errors = []
        for alpha in ALPHAS:
            flat = both[older].reshape(older.sum(), -1)
            ridge = _fit_ridge(alpha, features[older], flat, weights[older])
            ahead = ridge.predict(moved).reshape(-1, *both.shape[1:]) + beyond
            change = ahead[:, :-1] - ahead[:, -1:] + newest[newer, None]
            for found in (ahead[:, :-1], change):
                miss = np.square(found - targets[newer])
                errors.append(np.average(miss, axis=0, weights=weights[newer]))
        best = np.argmin(errors, axis=0)
        return ALPHAS[best // 2], best % 2 == 1

    def _range_of_levels(self, features):
        """Lowest and highest mean over the window of each channel."""
        levels = self._levels(features)
        return levels.min(axis=0), levels.max(axis=0)

    def _levels(self, features):
        return features.reshape(len(features), self.lookback, -1).mean(axis=1)

    def _into(self, levels, features):
        """Windows moved to the nearest level in range, and how far that was, (n, 1, n_channels)."""
        found = self._levels(features)
        beyond = found - np.clip(found, *levels)
        return features - np.tile(beyond, self.lookback), beyond[:, None]

    def _reads_back(self):
        return 1, self.lookback * self.step_

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
        moved, beyond = self._into(self.levels_, features)
        ahead = (moved @ self.coefs_.T + self.intercepts_).reshape(len(origins), self.n_leads_, -1)
        ahead += beyond
        now = features[:, : known.n_channels][:, None]
        return np.concatenate([now, ahead], axis=1) * self.scale_ + self.means_


def _fit_ridge(alpha, features, targets, weights):
    with warnings.catch_warnings():
        # alpha = 0 on collinear lags: the least-norm solution is wanted, not the warning.
        warnings.simplefilter("ignore", LinAlgWarning)
        return Ridge(alpha=max(alpha, 1e-10)).fit(features, targets, sample_weight=weights)
