"""How fast neighbours on an orbit drift apart: the largest Lyapunov exponent, from data."""

from typing import NamedTuple

import numpy as np
from sklearn.utils import check_random_state

from .._constraints import check_count
from ..exceptions import TimeIndexError
from ._divergence_curve import Orbit, decorrelation_lag, mean_period
from ._power_spectrum import is_even, mean_step
from ._runs import check_varies, read_runs

DIMENSION = 5  # of delay vectors: enough for attractors of two dimensions (Takens: 2 d + 1)
N_PERIODS = 10  # that pairs are followed
TURN = 0.25  # periods in which neighbours turn into the direction that grows
CEILING = 1.5  # e-folds below the distance of any two rows: beyond it the growth bends
END = 0.5  # the same, where following pairs ends


class DivergenceCurve(NamedTuple):
    """Mean log distance of neighbours, and where its slope was read.

    Attributes
    ----------
    times : array of shape (n_steps,), since the pair was found
    log_distance : array of shape (n_steps,)
        Of standardised channels.
    fitted : slice
    """

    times: np.ndarray
    log_distance: np.ndarray
    fitted: slice


def lyapunov_exponent(
    data,
    *,
    times=None,
    n_delays=None,
    lag=None,
    window=None,
    horizon=None,
    random_state=0,
    return_curve=False,
):
    """Return the largest Lyapunov exponent of an orbit: the rate at which neighbours drift apart.

    Pairs of close rows, too far apart in time to follow each other, are followed; the slope of
    their mean log distance is fitted from a quarter of a mean period on to 1.5 below that of any
    two rows. Of a flow whose states are seen whole the distance is taken across its direction.

    Parameters
    ----------
    data : array of shape (n_rows,), (n_rows, n_channels) or (n_runs, n_rows, n_channels), or frame
        Even stamps; rows with NaN keep their place and start no pair.
    times : array of shape (n_rows,), default=None
        Stamps of an array; None: one row is one unit of time. A frame has them in its index.
    n_delays : int, default=None
        Rows that make one point; None: 1 of several channels, 5 of a single one.
    lag : int, default=None
        Rows between them; None: their span is the time in which the autocorrelation falls to 1/e.
    window : int, default=None
        Rows within which two points follow each other and are no pair; None: one mean period.
    horizon : int, default=None
        Rows that pairs are followed; None: ten mean periods, at most a quarter of the rows.
    random_state : int, RandomState or None, default=0
        Of the starts of pairs, if there are more than 2000; fixed, so that the answer repeats.
    return_curve : bool, default=False
        Return ``(value, DivergenceCurve)``: look at it before you trust the slope.

    Returns
    -------
    float
        Per unit of time; over 0 for chaos, near 0 for a cycle, below for a rest.

    Raises
    ------
    ValueError
        For irregular stamps, a constant channel, no complete row, or an orbit that is too short or
        too noisy to come near itself.

    Notes
    -----
    Measured, true value in brackets: Lorenz system, 20,000 rows at dt 0.01, 0.95 to 0.97 from all
    channels and 0.88 to 0.93 from the first (0.906), 0.94 to 1.2 from 5000 rows; logistic map 0.69
    (0.693) and Hénon map 0.43 (0.419) from 2000 rows; Rössler system 0.05 (0.071) from 10,000; a
    cycle 0.000. Noise of 1 % lowers the first to 0.84. It is a glance at data: of a fitted field,
    the Jacobians give more. 20,000 rows take 1 s.

    References
    ----------
    Rosenstein, Collins, De Luca (1993), Physica D 65, 117; Kantz (1994), Phys. Lett. A 185, 77.

    Examples
    --------
    >>> import numpy as np
    >>> x = [0.3]
    >>> for _ in range(2000):
    ...     x.append(4 * x[-1] * (1 - x[-1]))
    >>> round(lyapunov_exponent(x), 1)  # ln 2 = 0.69
    0.7
    >>> lyapunov_exponent(np.ones(2000))
    Traceback (most recent call last):
        ...
    ValueError: Every channel of data must vary; constant: 0. Leave it out.
    """
    runs = read_runs(data, times, "data")
    observed, _ = runs.observed("data")
    check_varies(observed.values, runs.channels, "data")
    step = _common_step(runs)
    blocks = [run.values for run in runs]
    period = mean_period([run for run in observed if len(run.values) > 3] or observed.items)
    if n_delays is None:
        n_delays = 1 if runs.n_channels > 1 else DIMENSION
    check_count("n_delays", n_delays)
    if lag is None:
        lag = max(1, round(decorrelation_lag(blocks) / max(n_delays - 1, 1)))
    n_longest = max(map(len, blocks))
    window = max(1, round(period)) if window is None else check_count("window", window, low=0)
    if horizon is None:
        horizon = max(4, min(round(N_PERIODS * period), n_longest // 4))
    check_count("horizon", horizon, low=4)
    orbit = Orbit.embed(blocks, n_delays, check_count("lag", lag))
    rng = check_random_state(random_state)
    ones, others = orbit.pair(horizon + (n_delays - 1) * lag, window, rng)
    if len(ones) == 0:
        msg = f"Too few points: no two of {n_longest} rows are {window} rows apart and followed by "
        raise ValueError(msg + f"{horizon} more. Pass more rows, or a shorter window or horizon.")
    saturation = orbit.saturation(rng)
    curve = orbit.mean_log_distance(ones, others, horizon, saturation - END)
    fitted = _straight_part(curve, period, saturation)
    elapsed = step * np.arange(len(curve))
    value = float(np.polyfit(elapsed[fitted], curve[fitted], 1)[0])
    return (value, DivergenceCurve(elapsed, curve, fitted)) if return_curve else value


def _straight_part(curve, period, saturation):
    """Rows of the curve behind its start, where neighbours turn, and before its end bends."""
    is_past = ~(curve < saturation - CEILING)
    stop = int(is_past.argmax()) if is_past.any() else len(curve)
    start = max(1, round(TURN * period))
    if stop - start >= max(3, TURN * period):
        return slice(start, stop)
    msg = "The orbit does not come near enough to itself: neighbours begin at "
    msg += f"{np.exp(curve[0] - saturation):.2g} of the distance of any two rows, and growth can "
    raise ValueError(
        msg + f"be read to {np.exp(-CEILING):.2g}. Pass more rows, or less noisy ones."
    )


def _common_step(runs):
    steps = [mean_step(run) for run in runs if len(run.values) > 1]
    if all(map(is_even, runs)) and np.ptp(steps) <= 1e-6 * np.mean(steps):
        return float(np.mean(steps))
    msg = "Expected even stamps; got irregular ones. Interpolate the rows on an even grid first."
    raise TimeIndexError(msg)
