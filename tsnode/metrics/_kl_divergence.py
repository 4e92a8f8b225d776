"""How unlike two clouds of states are: KL divergence in state space."""

import warnings

import numpy as np

from .._constraints import check_choice, check_count, check_number
from ..exceptions import ForecastWarning
from ._counts import Counts
from ._histogram import check_points, histogram_divergence, is_inside, true_range
from ._mixture import mixture_divergence
from ._runs import check_varies, read_run_pair

MOST_HISTOGRAM_CHANNELS = 5  # 30 bins in 6 channels are 7e8 cells: hardly two points share one


def kl_divergence(
    truth,
    generated=None,
    *,
    method="auto",
    n_bins=30,
    margin=0.1,
    smoothing=1e-5,
    n_components=10_000,
    n_draws=1000,
    times=None,
    generated_times=None,
    random_state=0,
    return_counts=False,
):
    """Return how unlike the generated states are to the true ones, KL(truth || generated) in nats.

    The states of a long free run are compared as clouds of points (D_stsp of the literature on
    dynamical systems): when a state is visited does not matter, only for how much of the time.

    Histogram: the box [min - margin sd, max + margin sd] of the true points is cut into ``n_bins``
    cells a channel; p = (count + a) / (total + a n_cells) with a = ``smoothing``; points outside
    are dropped. Mixture: a Gaussian of unit variance around each of the first ``n_components``
    points, standardised by the true ones; the mean of ln p - ln q over ``n_draws`` draws from p.

    Parameters
    ----------
    truth : array of shape (n_rows, n_channels) or (n_runs, n_rows, n_channels), or frame
        True states. Rows with NaN are dropped. An index of times weighs each row by the time it
        stands for, a MultiIndex also names the series. A backtest frame holds both sides.
    generated : array or frame with the same channels, of any length
        Generated states; rows that are not finite count as outside the true range. With a backtest
        frame, None or the name of the column that holds the forecast.
    method : {"auto", "histogram", "mixture"}, default="auto"
        "auto" takes the mixture from 6 channels on, where a histogram has too many cells.
    n_bins : int, default=30
    margin : float, default=0.1
        Of each channel's standard deviation.
    smoothing : float, default=1e-5
    n_components, n_draws : int, default=10_000 and 1000
        The defaults of these five are those of the published tables.
    times, generated_times : array of shape (n_rows,), default=None
        Stamps of arrays, in any one unit; None: all rows weigh alike.
    random_state : int, RandomState or None, default=0
        Of the draws; fixed, since a score must not change from call to call.
    return_counts : bool, default=False
        Return ``(value, Counts)``: rows used (true), dropped (true, NaN) and outside
        (generated).

    Returns
    -------
    float
        At least 0; 0 for equal clouds. The mixture's estimate scatters, and can fall below 0. inf,
        with a ForecastWarning, if no generated point lies inside the true range.

    Raises
    ------
    ValueError
        For other channels, a constant channel, no true row, or too few points for the bins.

    Warns
    -----
    ForecastWarning
        If more than half of the generated rows lie outside the true range or are not finite.

    Notes
    -----
    Depends strongly on the number of points: two orbits of the Lorenz system, dt 0.01, differ by
    1.8 at 10,000 rows and by 0.11 at 100,000. Report rows, ``n_bins``, ``margin`` and
    ``smoothing`` beside it. 100,000 rows of 3 channels take 0.1 s.

    References
    ----------
    Koppe et al. (2019), PLoS Comput. Biol. 15(8), e1007263; Brenner et al. (2022), ICML;
    Hess et al. (2023), ICML.

    Examples
    --------
    >>> import numpy as np
    >>> states = np.linspace(0.0, 1.0, 2000)[:, None]
    >>> round(kl_divergence(states, states / 2), 1)  # half of the cells are never visited
    7.1
    >>> kl_divergence(states, states)
    0.0
    >>> kl_divergence(states, np.ones((2000, 2)))
    Traceback (most recent call last):
        ...
    ValueError: truth and generated must have the same channels; got 1 and 2. Select them alike.
    """
    check_choice("method", method, ("auto", "histogram", "mixture"))
    check_count("n_bins", n_bins, low=2)
    check_count("n_components", n_components)
    check_count("n_draws", n_draws)
    check_number("margin", margin, low=0.0)
    check_number("smoothing", smoothing, low=0.0, low_open=True)
    true_runs, runs = read_run_pair(truth, generated, times, generated_times)
    true_runs, n_dropped = true_runs.observed()
    # A power of two changes no digit, and keeps the squares of huge values finite.
    exponents = np.maximum(np.frexp(np.abs(true_runs.values).max(axis=0))[1], 0)
    states, points = (np.ldexp(own.values, -exponents) for own in (true_runs, runs))
    check_varies(states, true_runs.channels)
    if method == "auto":
        is_small = true_runs.n_channels <= MOST_HISTOGRAM_CHANNELS
        method = "histogram" if is_small else "mixture"
    low, high = true_range(states, margin)
    kept = is_inside(points, low, high) if method == "histogram" else _is_finite(points)
    weights = true_runs.durations(), runs.durations()[kept]
    if method == "histogram":
        check_points(min(len(states), len(points)), len(low), n_bins=n_bins, smoothing=smoothing)
    _warn_outside(kept, method)
    value = np.inf
    if kept.any() and method == "histogram":
        value = histogram_divergence(
            states, points[kept], low, high, weights=weights, n_bins=n_bins, smoothing=smoothing
        )
    elif kept.any():
        first = slice(n_components)
        centre, spread = states.mean(axis=0), states.std(axis=0)
        value = mixture_divergence(
            (states[first] - centre) / spread,
            (points[kept][first] - centre) / spread,
            weights=[weight[first] for weight in weights],
            n_draws=n_draws,
            random_state=random_state,
        )
    counts = Counts(len(states), n_dropped, int((~kept).sum()))
    return (value, counts) if return_counts else value


def _is_finite(points):
    return np.isfinite(points).all(axis=1)


def _warn_outside(kept, method):
    n_outside, n_rows = int((~kept).sum()), len(kept)
    if 2 * n_outside <= n_rows:
        return
    where = "outside the true range" if method == "histogram" else "not finite"
    msg = f"{n_outside} of {n_rows} generated rows are {where}"
    msg += "; the divergence is inf. " if n_outside == n_rows else " and dropped. "
    msg += "Look at the run: it left the attractor."
    warnings.warn(msg, ForecastWarning, stacklevel=3)
