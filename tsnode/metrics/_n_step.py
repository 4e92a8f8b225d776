"""Forecast error by lead, over the observed entries only."""

import numpy as np
import pandas as pd

from .._constraints import check_choice
from ._averages import average, over_channels
from ._numbers import check_scale
from ._pairs import read_pairs

METRICS = {"mse": np.square, "rmse": np.square, "mae": np.abs}


def n_step_error(
    truth,
    forecast=None,
    n=None,
    *,
    metric="mse",
    per_channel=False,
    scale=None,
    baseline=None,
    return_counts=False,
):
    """Return the error of forecasts ``n`` steps ahead, or its curve over all leads.

    Every channel gets its own mean over the origins whose truth was observed; the result is the
    mean of these over channels, so that a channel with many gaps weighs as much as a complete one.

    Parameters
    ----------
    truth : array of shape (n_origins, n_leads, n_channels) or (n_stamps, n_channels), or frame
        What was observed; NaN marks an entry that was not, it is left out. Stamps by channels are
        a run from one origin, with its rows as leads. A backtest frame holds all at once.
    forecast : array or frame of that shape, default=None
        What was forecast, in the units of ``truth``. With a backtest frame None or the name of
        another column.
    n : int or duration, default=None
        The lead, counted from 1; of a backtest frame also a duration such as "6h"; None returns
        all leads.
    metric : {"mse", "mae", "rmse"}, default="mse"
        ``rmse`` takes the root per channel, before the mean over channels.
    per_channel : bool, default=False
        Keep the channels apart.
    scale : array of shape (n_channels,), default=None
        Spread that each channel's error is divided by, usually the standard deviation over the
        training rows (a Series is read by the channels of a backtest frame); None leaves physical
        units.
    baseline : array of shape (n_origins, n_channels) or that of ``forecast``, default=None
        Forecast whose error divides the error, lead by lead and channel by channel. The values
        seen at the origins stand for persistence; shape (n_channels,) for a run from one origin.
        With a backtest frame the name of a column.
    return_counts : bool, default=False
        Return ``(value, Counts)``: entries used, and dropped for want of a truth.

    Returns
    -------
    float, array, Series or DataFrame
        At least 0, in the unit of the channels (squared for "mse"), or in parts of ``scale`` or
        of the baseline's error. float for one lead, shape (n_leads,) for all; with ``per_channel``
        a last axis of n_channels; from a backtest frame with leads and channels as labels. NaN
        where nothing was observed, and where a forecast of an observed entry is not finite: a
        diverged forecast is never skipped.

    Raises
    ------
    ValueError
        For other shapes, stamps or channels, an unknown metric, a lead that is not there, nothing
        observed, or a scale or an error of the baseline that is 0.

    See Also
    --------
    skill_score : One minus the error in parts of the baseline's.

    References
    ----------
    PE(n) of Hess et al. (2023), ICML, with n = 20, "mse", and standardised channels.

    Examples
    --------
    >>> truth = [[[1.0], [2.0]], [[3.0], [float("nan")]]]
    >>> forecast = [[[1.0], [4.0]], [[5.0], [0.0]]]
    >>> n_step_error(truth, forecast).tolist()
    [2.0, 4.0]
    >>> n_step_error(truth, forecast, 1, baseline=[[0.0], [1.0]], return_counts=True)
    (0.8, Counts(used=2, dropped=0, outside=0))
    >>> n_step_error(truth, forecast, 3)
    Traceback (most recent call last):
        ...
    ValueError: n must be a lead from 1 to 2 or None; got 3. Ask for a lead that was forecast.
    """
    check_choice("metric", metric, tuple(METRICS))
    if scale is not None and baseline is not None:
        msg = "scale and baseline must not both be set: the scale cancels. Pass one of them."
        raise ValueError(msg)
    pairs = _read(truth, forecast, baseline)
    lead = None if n is None else pairs.lead_number(n)
    errors = channel_errors(pairs, pairs.others[0], metric, scale)
    if baseline is not None:
        errors = errors / _check_baseline(channel_errors(pairs, pairs.others[1], metric), pairs)
    values = over_channels(errors if lead is None else errors[lead], per_channel)
    value = pairs.label(values, lead is not None, per_channel)
    return (value, pairs.counts(lead)) if return_counts else value


def channel_errors(pairs, forecast, metric, scale=None):
    """Return the mean over origins per lead and channel, masked where nothing was observed."""
    with np.errstate(invalid="ignore", over="ignore"):
        residual = (forecast - pairs.truth) / _check_scale(scale, pairs)
        errors = average(METRICS[metric](residual), pairs.observed)
    return np.ma.sqrt(errors) if metric == "rmse" else errors


def _read(truth, forecast, baseline):
    if baseline is None:
        return read_pairs(truth, forecast)
    shape, own = np.shape(truth), np.shape(baseline)
    if len(shape) in (2, 3) and own == (*shape[:-2], shape[-1]):
        baseline = np.broadcast_to(np.expand_dims(np.asarray(baseline), -2), shape)
    return read_pairs(truth, forecast, baseline, names=("forecast", "baseline"))


def _check_baseline(errors, pairs):
    is_zero = np.ma.filled(errors == 0, False)
    if not is_zero.any():
        return errors
    lead, channel = np.argwhere(is_zero)[0]
    name = channel if pairs.channels is None else pairs.channels[channel]
    step = lead + 1 if pairs.leads is None else pairs.leads[lead]
    msg = f"baseline must err at every lead and in every channel; its error is 0 at lead {step} of "
    raise ValueError(msg + f"channel {name}. Leave out constant channels.")


def _check_scale(scale, pairs):
    if scale is None:
        return 1.0
    n_channels = pairs.truth.shape[2]
    if isinstance(scale, pd.Series) and pairs.channels is not None:
        scale = scale.reindex(pairs.channels)
    return check_scale(scale, n_channels)
