"""How far ahead a forecast can be trusted: the lead at which its calibrated error is too large."""

import numbers

import numpy as np
import pandas as pd

from .._constraints import check_flag, check_number
from ._frozen_field import channel_names, check_is_instance


def trust_horizon(estimator, tolerance, *, coverage=0.9, relative=False):
    """Return the lead time at which forecast errors reach a tolerance, for every channel.

    The error at a lead is the one that a share ``coverage`` of forecasts of held-out rows stay
    within: the size of the interval that ``predict_interval`` puts around a forecast there. Up
    to the horizon it is below the tolerance.

    Parameters
    ----------
    estimator : fitted forecaster
        With ``calibration`` other than None.
    tolerance : float, dict of channel to float, or array-like of shape (n_channels,)
        In the units of y; a dict names the channels to answer for.
    coverage : float in ]0, 1[, default=0.9
        Share of forecasts that stay within. 0.5 is the typical error.
    relative : bool, default=False
        Whether the tolerance is in parts of each channel's standard deviation in the rows of
        fit, which is the error of not forecasting at all. The only way for series that were
        scaled by themselves (``series_scaling``), each in parts of its own.

    Returns
    -------
    DataFrame
        One row a channel. Columns ``tolerance`` (in the units of y; of series scaled by
        themselves in parts), ``horizon`` (Timedelta;
        a number where times are), ``is_reached`` and ``longest_lead`` (the longest calibrated).
        The horizon is 0 where the error at the shortest lead is too large already, and NaT or
        NaN where the tolerance is not reached up to ``longest_lead``.

    Raises
    ------
    TypeError
        For a class, and for an estimator that has no calibrated errors.
    ValueError
        For one that is not fitted or was fitted with ``calibration=None``, a tolerance that is
        not over 0 or not of its channels, and a coverage outside ]0, 1[.

    Notes
    -----
    Errors are those of all held-out forecasts at a lead, whatever their values; between leads
    they are linear, and few of them count for more, as in ``predict_interval``. The horizon is
    the first lead at which the tolerance is reached: with a season the error may be smaller
    again later. The first call may fit the older rows once more to learn the errors.

    See Also
    --------
    tsnode.metrics.valid_prediction_time : The same of a single forecast, once the truth is known.
    local_lyapunov_rates : How fast small errors grow from a given state.

    Examples
    --------
    >>> from tsnode import PersistenceRegressor
    >>> walk = np.cumsum(np.random.default_rng(1).normal(size=20000))
    >>> hours = pd.date_range("2024-01-01", periods=20000, freq="h")
    >>> model = PersistenceRegressor().fit(hours, pd.Series(walk, hours, name="level"))
    >>> found = trust_horizon(model, 4.9)  # 1.645 * sqrt(9 h) = 4.9
    >>> found.loc["level", "horizon"].round("h")
    Timedelta('0 days 09:00:00')
    >>> trust_horizon(model, -1.0)
    Traceback (most recent call last):
        ...
    ValueError: tolerance must be a number over 0; got -1.0. Set tolerance to such a value.
    """
    _check_has_errors(estimator)
    check_flag("relative", relative)
    check_number("coverage", coverage, low=0, high=1, low_open=True)
    errors = estimator.lead_errors_
    names = channel_names(estimator, errors.quantiles.shape[-1])
    tolerances = _by_channel(tolerance, names)
    _check_units(estimator, errors, relative=relative)
    if relative and not errors.in_spreads:
        tolerances = tolerances * _spreads(estimator)
    sizes = error_sizes(errors, coverage)
    horizons = np.array(
        [
            _first_reached(errors.leads, size, limit)
            for size, limit in zip(sizes.T, tolerances, strict=True)
        ]
    )
    frame = pd.DataFrame(
        {
            "tolerance": tolerances,
            "horizon": _as_durations(estimator, horizons),
            "is_reached": np.isfinite(horizons),
            "longest_lead": _as_durations(estimator, np.full(len(names), errors.leads[-1])),
        },
        index=pd.Index(names, name="channel"),
    )
    return frame[np.isfinite(tolerances)]


def error_sizes(errors, coverage):
    """Size that a share of the errors stay within, by lead and channel.

    Parameters
    ----------
    errors : LeadErrors
        Quantiles at evenly spaced levels, so that they stand for as many errors.
    coverage : float

    Returns
    -------
    array of shape (n_leads, n_channels)
    """
    n_leads, n_values, _, n_channels = errors.quantiles.shape
    pooled = np.sort(np.abs(errors.quantiles).reshape(n_leads, -1, n_channels), axis=1)
    # As predict_interval does: the next error falls into any of n + 1 gaps between n of them.
    n = errors.counts * n_values
    n = np.where(n > 0, np.maximum(n, 1.001), 1e9)
    place = np.clip(coverage * (n + 1) / (n - 1), 0.0, 1.0) * (pooled.shape[1] - 1)
    rank = np.ceil(place - 1e-9).astype(np.int64)
    return np.take_along_axis(pooled, rank[:, None], axis=1)[:, 0]


def _first_reached(leads, sizes, limit):
    """First lead at which sizes, linear in between, reach the limit; NaN for never."""
    reached = np.flatnonzero(sizes >= limit)
    if not len(reached):
        return np.nan
    k = reached[0]
    if k == 0:
        return 0.0
    share = (limit - sizes[k - 1]) / (sizes[k] - sizes[k - 1])
    return leads[k - 1] + share * (leads[k] - leads[k - 1])


def _check_has_errors(estimator):
    check_is_instance(estimator)
    # On the class: asking the instance may fit it once more.
    if hasattr(type(estimator), "lead_errors_"):
        return
    msg = "Expected a fitted forecaster that knows its errors by lead (lead_errors_); got "
    raise TypeError(msg + f"{type(estimator).__name__}. Pass one of tsnode's forecasters.")


def _check_units(estimator, errors, *, relative):
    """Refuse a tolerance in units of y for errors of series of different size."""
    if relative or not errors.in_spreads:
        return
    msg = "Expected relative=True: the errors of this panel are in parts of the spread of each "
    msg += f"series (series_scaling={estimator.series_scaling}); got relative=False. Pass "
    raise ValueError(msg + "tolerance in such parts and relative=True.")


def _by_channel(tolerance, names):
    """One tolerance a channel, NaN for channels that are not asked for."""
    if isinstance(tolerance, pd.Series):
        tolerance = tolerance.to_dict()
    if isinstance(tolerance, dict):
        unknown = [str(name) for name in tolerance if name not in names]
        if unknown or not tolerance:
            msg = f"tolerance must name fitted channels ({', '.join(map(str, names))}); got "
            raise ValueError(msg + f"{', '.join(unknown) or 'none'}. Name some of these.")
        values = [_checked(tolerance[name]) if name in tolerance else np.nan for name in names]
    elif np.ndim(tolerance):
        values = [_checked(value) for value in np.asarray(tolerance).tolist()]
    else:
        values = [_checked(tolerance)] * len(names)
    if len(values) != len(names):
        msg = f"tolerance must hold one number a channel ({len(names)}: "
        msg += f"{', '.join(map(str, names))}); got {len(values)}. Pass as many, or a dict."
        raise ValueError(msg)
    return np.array(values, dtype=float)


def _checked(value):
    is_number = isinstance(value, numbers.Real) and np.isfinite(value)
    return check_number("tolerance", value if is_number else repr(value), low=0, low_open=True)


def _spreads(estimator):
    rows = estimator.observed_states_
    if rows is not None:
        return np.nanstd(rows, axis=0)
    msg = "Expected a model that holds its training rows, to take standard deviations of; this one "
    msg += "was saved with rows='tail'. Pass tolerance in the units of y and relative=False."
    raise ValueError(msg)


def _as_durations(estimator, lengths):
    clock = estimator.clock_
    if clock.kind == "float":
        return lengths
    found = pd.to_timedelta(lengths * clock.seconds, unit="s")
    return found if clock.unit == "s" else found.round("s")
