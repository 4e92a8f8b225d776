"""Forecast error by lead, over the observed entries only."""

import numpy as np

METRICS = {"mse": np.square, "rmse": np.square, "mae": np.abs}


def n_step_error(truth, forecast, n=None, *, metric="mse", per_channel=False, scale=None):
    """Return the error of forecasts ``n`` steps ahead, or its curve over all leads.

    Every channel gets its own mean over the origins whose truth was observed; the result is the
    mean of these over channels, so that a channel with many gaps weighs as much as a complete one.

    Parameters
    ----------
    truth : array of shape (n_origins, n_leads, n_channels)
        What was observed; NaN marks an entry that was not, it is left out.
    forecast : array of shape (n_origins, n_leads, n_channels)
        What was forecast, in the units of ``truth``.
    n : int, default=None
        The lead, counted from 1; None returns all leads.
    metric : {"mse", "mae", "rmse"}, default="mse"
        ``rmse`` takes the root per channel, before the mean over channels.
    per_channel : bool, default=False
        Keep the channels apart.
    scale : array of shape (n_channels,), default=None
        Spread that each channel's error is divided by, usually the standard deviation over the
        training rows; None leaves physical units.

    Returns
    -------
    float or array
        float for one lead, shape (n_leads,) for all; with ``per_channel`` a last axis of
        n_channels. NaN where nothing was observed, and where a forecast of an observed entry is
        not finite: a diverged forecast is never skipped.

    Raises
    ------
    ValueError
        For arrays of other or different shapes, an unknown metric or a lead that is not there.

    Examples
    --------
    >>> truth = [[[1.0], [2.0]], [[3.0], [float("nan")]]]
    >>> forecast = [[[1.0], [4.0]], [[5.0], [0.0]]]
    >>> n_step_error(truth, forecast).tolist()
    [2.0, 4.0]
    >>> n_step_error(truth, forecast, 3)
    Traceback (most recent call last):
        ...
    ValueError: n must be a lead from 1 to 2 or None; got 3. Ask for a lead that was forecast.
    """
    truth, forecast = _check_arrays(truth, forecast)
    if metric not in METRICS:
        msg = f"metric must be one of {', '.join(METRICS)}; got {metric!r}. Set one of these."
        raise ValueError(msg)
    lead = _check_lead(n, truth.shape[1])
    residual = (forecast - truth) / _check_scale(scale, truth.shape[2])
    errors = channel_errors(residual, np.isfinite(truth), metric)
    if lead is not None:
        errors = errors[lead]
    if per_channel:
        return np.ma.filled(errors, np.nan)
    return _mean_over_channels(errors, lead)


def channel_errors(residual, observed, metric):
    """Return the mean over origins per lead and channel, shape (n_leads, n_channels)."""
    n_observed = observed.sum(axis=0)
    losses = np.where(observed, METRICS[metric](residual), 0.0)
    # inf is as useless as NaN, and an average that reads "inf" hides which of the two it was.
    total = losses.sum(axis=0)
    total = np.where(np.isfinite(total), total, np.nan)
    errors = np.divide(total, n_observed, out=np.full_like(total, np.nan), where=n_observed > 0)
    # A channel that was never observed at this lead is marked apart from one that diverged.
    errors = np.ma.masked_array(errors, mask=n_observed == 0)
    return np.ma.sqrt(errors) if metric == "rmse" else errors


def _mean_over_channels(errors, lead):
    curve = np.ma.filled(np.ma.mean(errors, axis=-1), np.nan)
    return float(curve) if lead is not None else np.asarray(curve, dtype=float)


def _check_arrays(truth, forecast):
    truth, forecast = np.asarray(truth, dtype=float), np.asarray(forecast, dtype=float)
    if truth.ndim == 3 and truth.shape == forecast.shape:
        return truth, forecast
    msg = f"truth and forecast must have one shape (origin, lead, channel); got {truth.shape} "
    msg += f"and {forecast.shape}. Reshape them; a single channel has a last axis of length 1."
    raise ValueError(msg)


def _check_lead(n, n_leads):
    if n is None:
        return None
    if isinstance(n, int | np.integer) and not isinstance(n, bool) and 1 <= n <= n_leads:
        return n - 1
    msg = f"n must be a lead from 1 to {n_leads} or None; got {n!r}. "
    msg += "Ask for a lead that was forecast."
    raise ValueError(msg)


def _check_scale(scale, n_channels):
    if scale is None:
        return 1.0
    scale = np.asarray(scale, dtype=float)
    if scale.shape == (n_channels,) and np.all(scale > 0) and np.all(np.isfinite(scale)):
        return scale
    msg = f"scale must hold one finite number over 0 per channel ({n_channels}); got {scale!r}. "
    msg += "Drop constant channels or pass their spread by hand."
    raise ValueError(msg)
