"""How long a forecast of a chaotic system is worth something."""

import numpy as np
import pandas as pd

from .._constraints import check_choice, check_number
from ._counts import Counts
from ._numbers import check_scale
from ._pairs import read_pairs

# sMAPE: Gilpin 2023; nRMSE: Vlachas et al. 2020, who take 0.5 of the standard deviation.
THRESHOLDS = {"smape": 30.0, "nrmse": 0.5}


def valid_prediction_time(
    truth,
    forecast=None,
    *,
    metric="smape",
    threshold=None,
    scale=None,
    leads=None,
    lyapunov_time=None,
    per_origin=False,
    return_counts=False,
):
    """Return how long forecasts stay below an error threshold: the last lead before they pass it.

    "smape": 200 |forecast - truth| / (|forecast| + |truth|), averaged over channels and all leads
    so far. "nrmse": root of the mean over channels of ((forecast - truth) / scale)**2, at each
    lead by itself.

    Parameters
    ----------
    truth : array of shape (n_origins, n_leads, n_channels) or (n_stamps, n_channels), or frame
        NaN = not observed, left out. Stamps by channels are a run from one origin. A backtest
        frame holds truth, forecasts and leads.
    forecast : array or frame of that shape, default=None
        With a backtest frame None or the name of another column.
    metric : {"smape", "nrmse"}, default="smape"
        The usual one; but it depends on where zero lies, which "nrmse" does not.
    threshold : float, default=None
        None: 30 of 200 for "smape", 0.5 for "nrmse".
    scale : array of shape (n_channels,), default=None
        Spread of each channel, for "nrmse"; None: the standard deviation of its truth.
    leads : array or TimedeltaIndex of shape (n_leads,), default=None
        Time from origin to each lead; None: 1, 2, ..., or those of the backtest frame.
    lyapunov_time : float or duration, default=None
        One over the largest Lyapunov exponent, in the unit of ``leads``; the answer is in parts of
        it. None: in the unit of ``leads``.
    per_origin : bool, default=False
        Return one time per origin in place of their mean.
    return_counts : bool, default=False
        Return ``(value, Counts)``: origins used, and dropped since nothing was observed.

    Returns
    -------
    float or Timedelta, or array or TimedeltaIndex of shape (n_used,)
        From 0, if the first lead is past the threshold, to the last lead, if none is: then the
        true time is longer. A forecast that is not finite is past it.

    Raises
    ------
    ValueError
        For other shapes, stamps or channels, nothing observed, a constant channel ("nrmse" without
        ``scale``), or leads that do not increase from over 0.

    References
    ----------
    Gilpin (2023), Phys. Rev. Res. 5, 043252; Vlachas et al. (2020), Neural Netw. 126, 191.

    Examples
    --------
    >>> import numpy as np
    >>> truth = np.ones((4, 1))
    >>> forecast = [[1.0], [1.1], [1.5], [3.0]]  # sMAPE so far: 0, 4.8, 16.5, 37.4
    >>> valid_prediction_time(truth, forecast, leads=[0.1, 0.2, 0.3, 0.4])
    0.3
    >>> valid_prediction_time(truth, forecast, leads=[4, 3, 2, 1])
    Traceback (most recent call last):
        ...
    ValueError: leads must be 4 times over 0 that increase, one per lead; got [4, 3, 2, 1]. Pass \
the time from the origin to each lead.
    """
    check_choice("metric", metric, tuple(THRESHOLDS))
    check_number("threshold", threshold, low=0.0, none_ok=True)
    pairs = read_pairs(truth, forecast)
    elapsed, is_duration = _read_leads(pairs, leads)
    is_used = pairs.observed.any(axis=(1, 2))
    seen, answer = pairs.truth[is_used], pairs.others[0][is_used]
    with np.errstate(invalid="ignore", over="ignore"):
        errors = _running_smape(seen, answer) if metric == "smape" else _nrmse(seen, answer, scale)
    threshold = THRESHOLDS[metric] if threshold is None else threshold
    is_past = errors > threshold
    n_valid = np.where(is_past.any(axis=1), is_past.argmax(axis=1), len(elapsed))
    reached = np.concatenate([[0.0], elapsed])[n_valid]
    value = _in_unit(reached if per_origin else reached.mean(), is_duration, lyapunov_time)
    counts = Counts(int(is_used.sum()), int((~is_used).sum()))
    return (value, counts) if return_counts else value


def _running_smape(truth, forecast):
    """SMAPE over all observed entries up to each lead, shape (n_origins, n_leads)."""
    observed = np.isfinite(truth)
    size = np.abs(forecast) + np.abs(truth)
    terms = 200.0 * np.divide(
        np.abs(forecast - truth), size, out=np.zeros_like(size), where=size > 0
    )
    # A forecast that is not finite stays past every threshold from there on.
    terms = np.where(np.isfinite(forecast), terms, np.inf)
    total = np.where(observed, terms, 0.0).sum(axis=2).cumsum(axis=1)
    return total / np.maximum(observed.sum(axis=2).cumsum(axis=1), 1)


def _nrmse(truth, forecast, scale):
    """Root mean square over the observed channels of each lead; 0 where none is."""
    observed = np.isfinite(truth)
    own = np.ma.masked_invalid(truth).std(axis=(0, 1)).filled(np.nan)
    spread = check_scale(own if scale is None else scale, truth.shape[2])
    squares = np.square((forecast - truth) / spread)
    squares = np.where(np.isfinite(forecast), squares, np.inf)
    total = np.where(observed, squares, 0.0).sum(axis=2)
    return np.sqrt(total / np.maximum(observed.sum(axis=2), 1))


def _read_leads(pairs, leads):
    """Return the leads as floats (seconds if durations), and whether they are durations."""
    n_leads = pairs.truth.shape[1]
    if leads is None:
        leads = np.arange(1.0, n_leads + 1) if pairs.leads is None else pairs.leads
    is_duration = pd.Index(leads).dtype.kind == "m"
    elapsed = pd.Index(leads).total_seconds() if is_duration else leads
    elapsed = np.asarray(elapsed, dtype=float)
    if elapsed.shape == (n_leads,) and elapsed[0] > 0 and np.all(np.diff(elapsed) > 0):
        return elapsed, is_duration
    msg = f"leads must be {n_leads} times over 0 that increase, one per lead; got {leads}. "
    raise ValueError(msg + "Pass the time from the origin to each lead.")


def _in_unit(reached, is_duration, lyapunov_time):
    if lyapunov_time is None:
        if is_duration:
            return pd.to_timedelta(reached, unit="s")
        return float(reached) if np.ndim(reached) == 0 else reached
    unit = pd.Timedelta(lyapunov_time).total_seconds() if is_duration else lyapunov_time
    check_number("lyapunov_time", unit, low=0.0, low_open=True)
    return float(reached / unit) if np.ndim(reached) == 0 else reached / unit
