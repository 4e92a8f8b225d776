"""Errors of a forecaster on rows that it has not seen: what its intervals are made of."""

import warnings

import numpy as np

from ...frames._held_out import (
    held_out_forecasts,
    held_out_time,
    is_in_newest_part,
    leave_out,
    time_blocks,
)
from .._copies import copy_with
from ._lead_errors import LeadErrors, climate_quantiles


def errors_of_older(older, estimator, fraction):
    """Errors of a model of the older rows on the newest ones.

    Parameters
    ----------
    older : forecaster
        ``estimator`` with the weights of its rehearsal.
    estimator : fitted forecaster
    fraction : float
        Newest share of the rows, of which the rehearsal has not seen the values.
    """
    series = estimator._observed
    block = np.where(is_in_newest_part(series, fraction), 0, -1)
    return _lead_errors(estimator, [_errors(older, estimator, block)], block)


def errors_of_newest(estimator, fraction):
    """Errors on the newest rows of a second fit, of the older ones alone."""
    block = np.where(is_in_newest_part(estimator._observed, fraction), 0, -1)
    return _lead_errors(estimator, [_errors_without(estimator, block)], block)


def errors_of_blocks(estimator, n_blocks):
    """Errors on every block of time of a fit of all others."""
    number = time_blocks(estimator._observed, n_blocks)
    blocks = [np.where(number == k, 0, -1) for k in range(n_blocks)]
    parts = [_errors_without(estimator, block) for block in blocks]
    return _lead_errors(estimator, parts, number)


def _errors_without(estimator, block):
    pieces, numbers = leave_out(estimator._observed, block >= 0)
    if pieces.n_rows < 2 or not np.isfinite(pieces.values).any(axis=0).all():
        nothing = np.zeros((0, len(estimator.container_.columns)))
        return np.zeros(0), nothing, nothing, np.zeros(0, dtype=int)
    twin = copy_with(estimator, _observed=pieces, **estimator._settings_of_twin())
    controls = estimator._covariates.controls()
    if controls is not None:
        controls = controls.of_pieces(numbers)
    with warnings.catch_warnings():
        # What there is to say of the data was said of the fit itself.
        warnings.simplefilter("ignore", UserWarning)
        twin._fit_series(pieces, controls)
    leads, errors, forecasts, origin = _errors(twin, estimator, block)
    return leads, errors / estimator._error_of_twin(), forecasts, origin


def _errors(model, estimator, block):
    """Leads, errors, forecasts (both in ``_error_units``) and origins, of held-out rows."""
    known = estimator._observed
    held = held_out_forecasts(known, block)
    found = model._forecast_requests(known, held.requests, estimator._covariates.controls())
    forecasts = estimator._to_units_of_y(found)
    miss = differences(estimator, held.truth, found, forecasts)
    center, scale = estimator._error_units(known, held.requests.series)
    return held.leads, miss / scale, (forecasts - center) / scale, held.origin


def _lead_errors(estimator, parts, block):
    parts = [np.concatenate(part) for part in zip(*parts, strict=True)]
    series = estimator._observed
    center, scale = estimator._error_units(series, series.series_of_row)
    climate = climate_quantiles((estimator._to_units_of_y(series.values) - center) / scale)
    in_spreads = np.ndim(scale) > 0
    return LeadErrors.of(*parts, held_out_time(series, block), climate, in_spreads=in_spreads)


def differences(estimator, truth, found, forecasts):
    """Truth less forecast in units of y, NaN where the truth is not known."""
    seen, difference = np.isfinite(truth), np.subtract
    difference = getattr(estimator.target_transformer_, "difference", difference)
    # Transformers back to the units of y want whole rows.
    observed = estimator._to_units_of_y(np.where(seen, truth, found))
    miss = difference(observed, forecasts)
    if miss.shape == truth.shape:
        return np.where(seen, miss, np.nan)
    # Where other channels stand for those of y: what moves with the filling was not observed.
    moved = estimator._to_units_of_y(np.where(seen, truth, found + 1.0))
    return np.where(moved == observed, miss, np.nan)
