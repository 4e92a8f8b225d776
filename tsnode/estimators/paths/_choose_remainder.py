"""Choose what stands beside a known law by rolling forecasts of the newest rows."""

import numpy as np

from ._choose_path import rolling_requests, rows_until

# The simplest is taken whose error is within 5 % of the least: most of an error is noise.
TOLERANCE = 1.05
# Rows of the longest series below which the newest ones are too few to judge by.
LEAST_ROWS = 30


def choose_remainder(candidates, series, controls, *, fraction):
    """Fit every candidate on the older rows, the chosen one on all.

    Parameters
    ----------
    candidates : dict of str -> callable (stage) -> path
        The simplest first; it is taken where the rows are too few to judge. Stages: "trial" on
        the older rows, "final" on all.
    series : SeriesSet, standardised, times in median steps
    controls : controls over the same times, or None
    fraction : float
        Share of the newest rows to judge on.

    Returns
    -------
    The fitted path; its report holds ``chosen`` and ``errors``, the mean squared error of every
    candidate in parts of the channels' variances.
    """
    names, errors = list(candidates), {}
    if len(names) > 1 and fraction > 0 and np.diff(series.starts).max() >= LEAST_ROWS:
        cut = np.quantile(series.times, 1 - fraction)
        older = rows_until(series, cut)
        requests, truth = rolling_requests(series, cut)
        for name in names:
            path = candidates[name]("trial").fit(older, controls)
            if path.report.get("stopped") == "interrupted":
                raise KeyboardInterrupt
            miss = np.square(path.forecast(series, requests, controls) - truth)
            miss = miss[np.isfinite(truth)]
            errors[name] = float(np.mean(miss)) if np.isfinite(miss).all() else np.inf
    least = min(errors.values(), default=0.0)
    chosen = next((n for n in names if errors.get(n, 0.0) <= TOLERANCE * least), names[0])
    path = candidates[chosen]("final").fit(series, controls)
    path.report.update(chosen=chosen, errors=errors)
    return path
