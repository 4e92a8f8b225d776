"""Scorers for scikit-learn's searches: errors of forecasts, negated, so that greater is better."""

import inspect

import numpy as np

from ..exceptions import HorizonError
from ..frames._requests import is_count
from ._kl_divergence import kl_divergence
from ._scorer_objects import RowScorer, RunScorer
from ._spectrum_distance import power_spectrum_distance

# Of the metrics' parameters, what a scorer sets itself.
NOT_OPTIONS = {"truth", "generated", "times", "generated_times", "per_channel", "return_counts"}


def n_step_scorer(n=1, *, metric="mse", scale=None):
    """Make a scorer: minus the error of forecasts ``n`` steps or a duration ahead.

    For ``scoring=`` of scikit-learn's searches, curves and ``cross_validate``. Each row of the
    test part is forecast from its own origin, ``predict(X, history=y, horizon=n)``; entries not
    observed are left out. Each channel gets its own mean, the score is their mean.

    Parameters
    ----------
    n : int or duration, default=1
        How far ahead: from the n-th last observed row before each stamp, or from the last one at
        or before stamp - "6h" (a float where time is a plain number).
    metric : {"mse", "rmse", "mae"}, default="mse"
    scale : None, "spread" or array of shape (n_channels,), default=None
        What each channel's error is divided by: "spread" is its standard deviation in the test
        part, which lets channels of other units weigh alike; None leaves physical units.

    Returns
    -------
    callable
        ``scorer(estimator, X, y, sample_weight=None)``: at most 0, greater is better; nan if an
        observed entry got no finite forecast, so that a diverging candidate ranks last.

    See Also
    --------
    n_step_error : The error itself, by lead.
    kl_scorer, spectrum_scorer : Scores of long free runs.

    Notes
    -----
    A named scorer of scikit-learn ("r2", "neg_mean_squared_error") is nan where anything is
    missing, and the first candidate then wins in silence.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from tsnode import PersistenceRegressor
    >>> hours = pd.date_range("2024-01-01", periods=8, freq="h")
    >>> y = pd.Series([0.0, 1.0, 2.0, np.nan, 4.0, 5.0, 6.0, 7.0], index=hours)
    >>> model = PersistenceRegressor().fit(hours[:4], y[:4])
    >>> n_step_scorer("2h")(model, hours[4:], y[4:])
    -5.25
    >>> n_step_scorer(0)
    Traceback (most recent call last):
        ...
    tsnode.exceptions.HorizonError: n must be a number of rows over 0 or a duration such as '6h'; \
got 0. Pass 1 for one step ahead.
    """
    return RowScorer("n_step_scorer", _check_horizon(n, "n"), metric, scale)


def r2_scorer(horizon=1):
    """Make a scorer: R2 of rolling forecasts, over the observed entries, mean over channels.

    Parameters
    ----------
    horizon : int, duration or "free", default=1
        As in ``predict``; "free" runs on from the first rows of each series in y.

    Returns
    -------
    callable
        See `n_step_scorer`; at most 1.

    Examples
    --------
    >>> r2_scorer("6h")
    r2_scorer('6h')
    """
    return RowScorer("r2_scorer", _check_horizon(horizon, free_ok=True), None, None)


def rmse_scorer(horizon=1, *, scale=None):
    """Make a scorer: minus the root mean square error of rolling forecasts.

    Parameters
    ----------
    horizon : see `r2_scorer`
    scale : see `n_step_scorer`

    Returns
    -------
    callable
        See `n_step_scorer`.

    Examples
    --------
    >>> rmse_scorer(3, scale="spread")
    rmse_scorer(3, scale='spread')
    """
    return RowScorer("rmse_scorer", _check_horizon(horizon, free_ok=True), "rmse", scale)


def mae_scorer(horizon=1, *, scale=None):
    """Make a scorer: minus the mean absolute error of rolling forecasts.

    Parameters
    ----------
    horizon : see `r2_scorer`
    scale : see `n_step_scorer`

    Returns
    -------
    callable
        See `n_step_scorer`.

    Examples
    --------
    >>> mae_scorer("free")
    mae_scorer('free')
    """
    return RowScorer("mae_scorer", _check_horizon(horizon, free_ok=True), "mae", scale)


def kl_scorer(horizon="free", **options):
    """Make a scorer: minus the KL divergence of the states forecast from the true ones.

    Judges where the states lie and not when: the long-run quality of a learned system, where
    forecasts of single stamps are hopeless.

    Parameters
    ----------
    horizon : int, duration or "free", default="free"
        "free" runs on from the first rows of each series in y, at the stamps of the test part;
        else rolling forecasts. A free run needs a test part after the training part (`TimeSplit`)
        or series left out (`SeriesSplit`).
    **options
        Of `kl_divergence`: ``n_bins``, ``smoothing``, ...

    Returns
    -------
    callable
        ``scorer(estimator, X, y)``: at most about 0; -inf if no forecast lies in the true range.

    Examples
    --------
    >>> kl_scorer(n_bins=10)
    kl_scorer('free', n_bins=10)
    >>> kl_scorer(bins=10)
    Traceback (most recent call last):
        ...
    ValueError: Expected options of kl_divergence (margin, method, n_bins, n_components, n_draws, \
random_state, smoothing); got bins. Leave it out.
    """
    horizon = _check_horizon(horizon, free_ok=True)
    return RunScorer("kl_scorer", kl_divergence, horizon, _check_options(kl_divergence, options))


def spectrum_scorer(horizon="free", **options):
    """Make a scorer: minus the distance of the power spectra of forecast and truth.

    Judges the rhythms of a run and not their phase. Spectra are compared series by series, at the
    stamps of the test part that are wholly observed.

    Parameters
    ----------
    horizon : see `kl_scorer`
    **options
        Of `power_spectrum_distance`: ``smoothing``, ``method``.

    Returns
    -------
    callable
        ``scorer(estimator, X, y)``: from -1 to 0.

    Examples
    --------
    >>> spectrum_scorer(smoothing=2.0)
    spectrum_scorer('free', smoothing=2.0)
    """
    horizon = _check_horizon(horizon, free_ok=True)
    distance = power_spectrum_distance
    return RunScorer("spectrum_scorer", distance, horizon, _check_options(distance, options))


def _check_horizon(horizon, name="horizon", *, free_ok=False):
    is_free = isinstance(horizon, str) and horizon == "free"
    is_empty = horizon is None or isinstance(horizon, bool) or np.ndim(horizon) > 0
    if (is_free and free_ok) or not (is_free or is_empty or (is_count(horizon) and horizon < 1)):
        return horizon
    free = ", or 'free'" if free_ok else ""
    msg = f"{name} must be a number of rows over 0 or a duration such as '6h'{free}; got "
    msg += f"{horizon!r}. Pass 1 for one step ahead."
    raise HorizonError(msg)


def _check_options(distance, options):
    known = sorted(set(inspect.signature(distance).parameters) - NOT_OPTIONS)
    unknown = sorted(set(options) - set(known))
    if not unknown:
        return options
    msg = f"Expected options of {distance.__name__} ({', '.join(known)}); got "
    msg += f"{', '.join(unknown)}. Leave it out."
    raise ValueError(msg)
