"""The rows that forecasts start from: the newest ones where they do, else all."""

import warnings

import numpy as np

from ...exceptions import ForecastWarning
from ...frames._requests import cut_off
from ...frames._rows import overlay
from ...frames._tail import last_times


def find_starts(estimator, recent, given, series, times, horizon, *, before_first, label):
    """Where each asked forecast starts.

    Forecasts that start at or after the newest row of their series read nothing older than
    ``recent``, so that their cost does not depend on the number of training rows.

    Parameters
    ----------
    estimator : fitted forecaster
    recent : RecentRows
    given : SeriesSet
        What is known besides; its keys begin with those of ``recent.rows``.
    series, times : arrays of shape (n_asked,)
    horizon : pair as ``read_horizon`` returns it
    before_first, label : see ``cut_off``

    Returns
    -------
    known : SeriesSet
    requests : Requests
    knots : SeriesSet or None
        Covariates of the known rows.
    """
    how = {"tolerance": 1e-6 * estimator._median_step(), "label": label}
    known = overlay(recent.rows, given) if given.n_rows else _with_keys(recent.rows, given.keys)
    requests = cut_off(known, series, times, horizon, before_first="empty", **how)
    last = np.full(known.n_series, -np.inf)
    last[: recent.rows.n_series] = last_times(recent.rows)
    last = last[series]
    is_newest = (_starts(known, requests) >= last) & (times >= last)
    earliest = np.pad(
        estimator._earliest, (0, known.n_series - len(estimator._earliest)), constant_values=np.inf
    )
    how |= {"before_first": before_first, "earliest": earliest}
    if is_newest.all():
        if (requests.cutoff < 0).any():
            requests = cut_off(known, series, times, horizon, **how)
        return known, requests, recent.knots
    known = overlay(overlay(estimator._observed, recent.rows), given)
    requests = cut_off(known, series, times, horizon, **how)
    if estimator._tail is not None:
        estimator._tail.check(known, requests, label)
    asked = times if horizon[0] == "rows" else times - horizon[1]
    _warn_of_dropped(recent, known, given, requests, asked, last, label)
    knots = estimator._covariates.knots
    return known, requests, knots if knots is None else overlay(knots, recent.knots)


def _with_keys(rows, keys):
    """Rows with further series that have none."""
    if len(keys) == rows.n_series:
        return rows
    starts = np.pad(rows.starts, (0, len(keys) - rows.n_series), mode="edge")
    return type(rows)(keys, starts, rows.times, rows.values, rows.weights)


def _starts(known, requests):
    start = np.full(len(requests), -np.inf)
    begun = requests.cutoff >= 0
    start[begun] = known.times[requests.cutoff[begun]]
    return start


def _warn_of_dropped(recent, known, given, requests, asked, last, label):
    """Warn of forecasts that rows of ``update`` would have started, had they been kept."""
    dropped = np.full(known.n_series, np.inf)
    dropped[: len(recent.dropped)] = recent.dropped
    start, series = _starts(known, requests), requests.series
    among = (asked > dropped[series]) & (start < last)
    if among.any():
        among &= given.find(series, start, "left") == given.find(series, start, "right")
    if among.any():
        first = np.flatnonzero(among)[np.argmin(requests.times[among])]
        msg = f"{int(among.sum())} forecast(s) lie among rows of update that are no longer kept, "
        msg += f"the first at {label(series[first], requests.times[first])}; they start from older "
        msg += "rows. Pass the rows of that time as history=."
        warnings.warn(msg, ForecastWarning, stacklevel=5)
