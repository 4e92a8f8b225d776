"""Choose between models by their rolling forecasts of the newest rows."""

import numpy as np

from ...frames._rows import build_series
from ...frames._series import Requests

LEADS = (1, 2, 4, 8, 16, 32)  # in rows
MAX_ORIGINS = 200
# In median steps: over a longer gap no model can be told from the mean.
LONGEST_LEAD = 1_000.0
LEAST_ROWS_PER_LOOKBACK = 3


def choose_path(candidates, series, controls, *, lookback, fraction):
    """Fit every candidate on the older rows, the best one on all.

    Parameters
    ----------
    candidates : dict of str -> callable (stage) -> path
        In order of preference; the first one alone where the rows are too few to judge. Stages:
        "cheap" and "trial" are fitted on the older rows, "final" on all. The first candidate
        gets a "trial" only if its cheap form loses, so that most choices are cheap.
    series : SeriesSet, standardised, times in median steps
    controls : controls over the same times, or None
    lookback : float
        Median steps of history that a candidate may want.
    fraction : float
        Share of the newest rows to judge on.

    Returns
    -------
    The fitted path; its report holds ``chosen`` and ``errors``, the mean squared error of every
    candidate in parts of the channels' variances. After Ctrl-C it is the best one of those fitted
    by then, be it on the older rows.
    """
    names = list(candidates)
    longest = int(np.diff(series.starts).max())
    if longest < LEAST_ROWS_PER_LOOKBACK * lookback or fraction <= 0:
        path = candidates[names[0]]("final").fit(series, controls)
        path.report.update(chosen=names[0], errors={})
        return path
    cut = np.quantile(series.times, 1 - fraction)
    older = rows_until(series, cut)
    requests, truth = rolling_requests(series, cut)

    errors, fitted = {}, {}

    def judge(name, stage):
        path = candidates[name](stage).fit(older, controls)
        fitted.setdefault(name, path)
        if path.report.get("stopped") == "interrupted":
            raise KeyboardInterrupt
        miss = np.square(path.forecast(series, requests, controls) - truth)
        miss = miss[np.isfinite(truth)]
        # A forecast that diverges loses, whatever the others of its model are worth.
        error = float(np.mean(miss)) if np.isfinite(miss).all() else np.inf
        if error < errors.get(name, np.inf):
            errors[name], fitted[name] = error, path
        errors.setdefault(name, error)

    try:
        for name in names:
            judge(name, "cheap")
        if min(names, key=errors.get) != names[0]:
            judge(names[0], "trial")
        chosen = min(names, key=errors.get)
        path = candidates[chosen]("final").fit(series, controls)
    except KeyboardInterrupt:
        if not fitted:
            raise
        chosen = min(fitted, key=lambda name: errors.get(name, np.inf))
        path = fitted[chosen]
        path.report["stopped"] = "interrupted"
    path.report.update(chosen=chosen, errors=errors)
    return path


def rows_until(series, cut):
    kept = series.times <= cut
    return build_series(
        series.keys, series.series_of_row[kept], series.times[kept], series.values[kept],
        series.weights[kept],
    )  # fmt: skip


def rolling_requests(series, cut):
    """Forecasts of rows 1, 2, 4, ... ahead of origins spread over the rows after ``cut``."""
    number = series.series_of_row
    newer = np.flatnonzero(series.times > cut)
    origins = newer[:: max(1, len(newer) // MAX_ORIGINS)]
    origin = np.repeat(origins, len(LEADS))
    target = origin + np.tile(LEADS, len(origins))
    inside = target < series.starts[1:][number[origin]]
    lead = series.times[np.where(inside, target, origin)] - series.times[origin]
    inside &= lead <= LONGEST_LEAD
    origin, target = origin[inside], target[inside]
    requests = Requests(series=number[target], times=series.times[target], cutoff=origin)
    return requests, series.values[target]
