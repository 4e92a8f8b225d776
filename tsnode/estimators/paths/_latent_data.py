"""Training windows of the latent models: what the closed form and the net are fitted to."""

from dataclasses import dataclass, replace

import numpy as np

from ...frames._windows import Origins, Windows, future_windows, row_origins, split_newest

# Entries of one padded block of windows: 8,000 origins x 72 targets x 8 channels stay below it.
_N_ENTRIES = 6_000_000
_N_ORIGINS = 8000
# One older origin in so many is learned without its history too, with this weight.
_BLIND = 10
_BLIND_WEIGHT = 0.5
# Covariates act at once and, through what they drive, later: lags in median steps.
DRIVER_LAGS = (0.0, 1.0, 3.0, 8.0)
# A hundredth of the data: covariates are few, and standardised.
_DRIVER_PENALTY = 0.01


@dataclass(frozen=True)
class LatentData:
    """Origins with their features and targets.

    Attributes
    ----------
    origins : Origins
    windows : Windows
    features : float array of shape (n_origins, n_features)
    is_new : bool array of shape (n_origins,)
        Windows of the newest part, for validation.
    older_weights : float array like ``windows.weights``
        Without the targets from the newest part.
    """

    origins: Origins
    windows: Windows
    features: np.ndarray
    is_new: np.ndarray
    older_weights: np.ndarray


def cut_latent_data(series, controls, features, max_lead, validation_fraction, since=None):
    """Cut the training windows of all series, thinned if there are very many.

    ``since`` leaves out origins before that time of their series, shape (n_series,).
    """
    n_targets = np.clip(max_lead, 1, 192)
    n_max = int(np.clip(_N_ENTRIES / (n_targets * series.n_channels), 500, _N_ORIGINS))
    origins = row_origins(series, n_max)
    if since is not None:
        origins = origins.take(np.flatnonzero(origins.times >= since[origins.series]))
    windows = future_windows(series, origins, max_lead)
    is_new, older_weights = split_newest(series, origins, windows, validation_fraction)
    known = features(series, origins, controls)
    # Some older origins once more, with nothing known: what to say of a series never seen.
    place = origins.ends - series.starts[origins.series]
    blind = np.flatnonzero(~is_new & (place % _BLIND == _BLIND // 2))
    nothing = replace(origins.take(blind), ends=series.starts[origins.series[blind]])
    rows = np.r_[np.arange(len(origins)), blind]
    share = np.r_[np.ones(len(origins)), np.full(len(blind), _BLIND_WEIGHT)][:, None, None]
    windows = windows.take(rows)
    return LatentData(
        origins.take(rows), replace(windows, weights=share * windows.weights),
        np.concatenate([known, features(series, nothing, controls)]),
        is_new[rows], share * older_weights[rows],
    )  # fmt: skip


def driver_values(controls, series, times):
    """Covariates now and at a few lags, shape (m, n_controls * n_lags)."""
    return np.concatenate([controls.at(series, times - lag) for lag in DRIVER_LAGS], axis=1)


def fit_driver_readout(series, controls):
    """Ridge of the observed values on the covariates of the same time and a little before.

    Returns
    -------
    float array of shape (n_channels, n_controls * n_lags)
    """
    drivers = driver_values(controls, series.series_of_row, series.times)
    weights = np.sqrt(series.weights)[:, None] * np.isfinite(series.values)
    values = np.where(weights > 0, series.values, 0.0)
    readout = np.zeros((series.n_channels, drivers.shape[1]))
    for channel, weight in enumerate(weights.T):
        inputs = weight[:, None] * drivers
        penalty = (1.0 + _DRIVER_PENALTY * (weight > 0).sum()) * np.eye(drivers.shape[1])
        target = inputs.T @ (weight * values[:, channel])
        readout[channel] = np.linalg.solve(inputs.T @ inputs + penalty, target)
    return readout
