"""Known cycles of a series, for the latent model's rotations."""

import numpy as np

from ._baselines import default_period, strongest_period

# Rows of a numeric series below which no period can be told from chance.
LEAST_ROWS = 200


def find_periods(series, clock, step):
    """Periods in median steps, the longest first: the natural one and its half.

    Parameters
    ----------
    series : SeriesSet, times in median steps
    clock : Clock
    step : float
        Median step in model time.

    Returns
    -------
    tuple of float
        A day (steps under 12 h) or a year, if the data span two of them; for numeric time the
        strongest period of the spectrum. May be empty.
    """
    span = float(np.ptp(series.times)) if series.n_rows else 0.0
    if clock.kind == "float":
        if series.n_rows < LEAST_ROWS:
            return ()
        period = strongest_period(series)
    else:
        period = default_period(step, clock) / step
    return (period, period / 2) if 4.0 <= period <= span / 2 else ()
