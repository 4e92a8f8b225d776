"""How far the values of each channel must be moved: Wasserstein distance of its distribution."""

import warnings
from dataclasses import replace

import numpy as np
from scipy import stats

from ..exceptions import ForecastWarning
from ._counts import Counts
from ._runs import Runs, check_varies, read_run_pair


def wasserstein_distance(
    truth, generated=None, *, times=None, generated_times=None, return_counts=False
):
    """Return how far the values of each channel must be moved to become the true ones.

    The first Wasserstein distance of each channel's distribution, integral |F - G| dx: unlike
    `kl_divergence` it has the unit of the channel, needs no bins and few points, and sees no
    relation between channels.

    Parameters
    ----------
    truth : array of shape (n_rows, n_channels) or (n_runs, n_rows, n_channels), or frame
        NaN entries are dropped, channel by channel. An index of times weighs each row by the time
        it stands for. A backtest frame holds both sides.
    generated : array or frame with the same channels, of any length
    times, generated_times : array of shape (n_rows,), default=None
        Stamps of arrays; None: all rows weigh alike.
    return_counts : bool, default=False
        Return ``(value, Counts)``: entries used, dropped (true, NaN) and not finite (generated).

    Returns
    -------
    array of shape (n_channels,)
        In the units of the channels, at least 0. inf, with a ForecastWarning, for a channel whose
        generated values are not all finite.

    Raises
    ------
    ValueError
        For other channels, a constant true channel, or a channel without a true value.

    References
    ----------
    Villani (2009), Optimal Transport, Springer, chapter 6; computed by
    ``scipy.stats.wasserstein_distance``.

    Examples
    --------
    >>> truth = [[0.0, 10.0], [1.0, 30.0]]
    >>> wasserstein_distance(truth, [[3.0, 30.0], [2.0, 10.0]]).tolist()
    [2.0, 0.0]
    >>> wasserstein_distance(truth, [[0.0], [1.0]])
    Traceback (most recent call last):
        ...
    ValueError: truth and generated must have the same channels; got 2 and 1. Select them alike.
    """
    true_runs, runs = read_run_pair(truth, generated, times, generated_times)
    distances, counts = [], np.zeros(3, dtype=int)
    for k in range(true_runs.n_channels):
        channel, n_dropped = _channel(true_runs, k).observed()
        check_varies(channel.values, channel.channels)
        other = _channel(runs, k)
        n_infinite = int((~np.isfinite(other.values)).sum())
        counts += (len(channel.values), n_dropped, n_infinite)
        distances.append(np.inf if n_infinite else _distance(channel, other))
    if counts[2]:
        msg = f"{counts[2]} generated values are not finite; the distance of their channels is "
        msg += "inf. Look at the run: it diverged."
        warnings.warn(msg, ForecastWarning, stacklevel=2)
    value = np.array(distances)
    return (value, Counts(*counts.tolist())) if return_counts else value


def _channel(runs, k):
    name = None if runs.channels is None else [runs.channels[k]]
    return Runs([replace(run, values=run.values[:, [k]]) for run in runs], name)


def _distance(truth, generated):
    return stats.wasserstein_distance(
        truth.values[:, 0], generated.values[:, 0], truth.durations(), generated.durations()
    )
