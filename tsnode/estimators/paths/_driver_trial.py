"""Whether covariates help: closed forms with and without them, judged on the newest rows."""

import copy

import numpy as np

from ...exceptions import FitWarning, warn_user
from ._choose_path import LEAST_ROWS_PER_LOOKBACK, rolling_requests, rows_until

# Fewer rows tell nothing of a season.
FEWEST = 400
# Less is luck, and who gives covariates wants them read.
LEAST_HARM = 0.01


def try_drivers(path, series, controls):
    """Fit the closed form of the older rows with covariates and without.

    What runs with the season (the height of the sun) is taken for its cause where the record is
    shorter than a year: on three weather stations it cost 2-10 % of the error, and won 2-4 % on one
    of two years.

    Parameters
    ----------
    path : LatentPath
    series : SeriesSet, standardised, times in median steps
    controls : KnotControls or FunctionControls

    Returns
    -------
    uses_controls : bool
        True where there are too few rows to judge.
    report : dict
        Mean squared errors of both, ``with`` and ``without``, under ``covariates``.
    """
    longest = int(np.diff(series.starts).max())
    fewest = max(LEAST_ROWS_PER_LOOKBACK * path.lookback, FEWEST)
    if longest < fewest or path.validation_fraction <= 0:
        return True, {}
    cut = np.quantile(series.times, 1 - path.validation_fraction)
    older = rows_until(series, cut)
    requests, truth = rolling_requests(series, cut)
    if not len(requests) or not np.isfinite(older.values).any(axis=0).all():
        return True, {}
    errors = {
        name: _error(path, older, series, own, requests, truth)
        for name, own in (("with", controls), ("without", None))
    }
    helps = not errors["with"] > (1 + LEAST_HARM) * errors["without"]
    if not helps:
        msg = "Covariates made forecasts of the newest rows worse (mean squared error "
        msg += (
            f"{errors['with']:.3g} with them, {errors['without']:.3g} without), and are left out. "
        )
        msg += "Pass more rows, or other features=, such as waves of the day alone."
        warn_user(msg, FitWarning)
    return helps, {"covariates": errors}


def _error(path, older, series, controls, requests, truth):
    trial = copy.copy(path)
    trial.uses_controls = controls is not None
    trial.n_latent, trial.module_params = 0, path.module_params | {"n_latent": 0, "n_members": 1}
    trial.fit(older, controls)
    miss = np.square(trial.forecast(series, requests, controls) - truth)
    return float(np.nanmean(miss))
