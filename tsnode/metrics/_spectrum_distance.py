"""How unlike the rhythms of two runs are: Hellinger distance of their power spectra."""

import warnings

import numpy as np

from .._constraints import check_choice, check_number
from ..exceptions import ForecastWarning
from ._counts import Counts
from ._power_spectrum import METHODS, have_equal_stamps, run_power
from ._runs import Run, check_varies, read_run_pair


def power_spectrum_distance(
    truth,
    generated=None,
    *,
    smoothing=20.0,
    method="auto",
    per_channel=False,
    times=None,
    generated_times=None,
    return_counts=False,
):
    """Return how unlike the rhythms of a generated run are, by its power spectrum.

    The Hellinger distance sqrt(1 - sum sqrt(p q)) of the two spectra of `power_spectrum`, each of
    sum 1 (D_H of the literature on dynamical systems): what varies how fast, whatever the phase.

    Parameters
    ----------
    truth : array of shape (n_rows, n_channels) or (n_runs, n_rows, n_channels), or frame
        True states. Rows with NaN are dropped on both sides. A backtest frame holds both.
    generated : array or frame of the same channels and as many rows
        Generated states at the same stamps; the two may begin at different times.
    smoothing : float, default=20.0
        Standard deviation in frequency bins; that of the published tables.
    method : {"auto", "fft", "lomb_scargle"}, default="auto"
        "auto" takes the FFT on even stamps.
    per_channel : bool, default=False
        Keep the channels apart.
    times, generated_times : array of shape (n_rows,), default=None
        Stamps of arrays; None: even. ``generated_times=None`` takes those of ``truth``.
    return_counts : bool, default=False
        Return ``(value, Counts)``: rows used, dropped (truth NaN) and generated rows that
        are not finite.

    Returns
    -------
    float, or array of shape (n_channels,)
        From 0, equal spectra, to 1, no common frequency; the mean over runs, then channels. 1 for
        a channel that stands still and, with a ForecastWarning, for a run that holds NaN or inf.

    Raises
    ------
    ValueError
        For other channels, stamps or numbers of rows, a constant true channel, no true row, or too
        few rows for the smoothing.

    Notes
    -----
    Two orbits of the Lorenz system, dt 0.01, differ by 0.06 at 100,000 rows. On even stamps FFT
    and Lomb-Scargle give distances that agree within 1e-8. On irregular stamps variance leaks into
    all frequencies of both spectra and draws them together: compare such distances only with
    others at the same stamps.

    References
    ----------
    Mikhaeil, Monfared, Durstewitz (2022), NeurIPS; Hess et al. (2023), ICML.

    Examples
    --------
    >>> import numpy as np
    >>> times = np.arange(1000) / 10
    >>> truth, slow = np.sin(3 * times), np.sin(times)
    >>> round(power_spectrum_distance(truth, slow, smoothing=2), 1)
    1.0
    >>> round(power_spectrum_distance(truth, np.cos(3 * times), smoothing=2), 1)
    0.0
    >>> power_spectrum_distance(truth, slow[:500])
    Traceback (most recent call last):
        ...
    ValueError: truth and generated must have equal stamps; got 1000 and 500 rows at different \
times. Forecast the true stamps.
    """
    check_choice("method", method, METHODS)
    check_number("smoothing", smoothing, low=0.0)
    if generated_times is None:
        generated_times = times
    true_runs, runs = read_run_pair(truth, generated, times, generated_times)
    pairs = match_runs(true_runs, runs)
    observed, n_dropped = true_runs.observed()
    check_varies(observed.values, observed.channels)
    distances, n_outside = [], 0
    for run, other in pairs:
        kept = np.isfinite(run.values).all(axis=1)
        if not kept.any():
            continue
        answer = other.keep(kept)
        n_outside += int((~np.isfinite(answer.values).all(axis=1)).sum())
        distances.append(_distance(run.keep(kept), answer, smoothing, method))
    if n_outside:
        msg = f"{n_outside} of {len(observed.values)} generated rows are not finite; the distance "
        msg += "of their runs is 1. Look at the runs: they diverged."
        warnings.warn(msg, ForecastWarning, stacklevel=2)
    value = np.mean(distances, axis=0)
    value = value if per_channel else float(value.mean())
    counts = Counts(len(observed.values), n_dropped, n_outside)
    return (value, counts) if return_counts else value


def match_runs(true_runs, runs):
    """Pair the runs, by the name of their series if both have names."""
    others = runs.items
    if true_runs.keys is not None and runs.keys is not None:
        if set(true_runs.keys) != set(runs.keys):
            msg = f"truth and generated must hold the same series; got {true_runs.keys} and "
            msg += f"{runs.keys}. Forecast every series."
            raise ValueError(msg)
        others = [runs.items[runs.keys.index(key)] for key in true_runs.keys]
    if len(true_runs.items) != len(others):
        msg = f"truth and generated must hold as many runs; got {len(true_runs.items)} and "
        msg += f"{len(others)}. Generate one run for every true one."
        raise ValueError(msg)
    pairs = list(zip(true_runs.items, others, strict=True))
    for run, other in pairs:
        # One side without times is taken at the stamps of the other.
        is_untimed = run.times is None or other.times is None
        if is_untimed and len(run.values) == len(other.values):
            continue
        if not have_equal_stamps(run, other):
            msg = f"truth and generated must have equal stamps; got {len(run.values)} and "
            msg += f"{len(other.values)} rows at different times. Forecast the true stamps."
            raise ValueError(msg)
    return [_at_shared_stamps(run, other) for run, other in pairs]


def _at_shared_stamps(run, other):
    times = run.times if run.times is not None else other.times
    return Run(run.values, times), Run(other.values, times)


def _distance(run, other, smoothing, method):
    """Return the Hellinger distance by channel."""
    p = run_power(run, smoothing, method)
    if not np.isfinite(other.values).all():
        return np.ones(p.shape[1])
    q = run_power(other, smoothing, method)
    # Equals 1 - sum sqrt(p q) under the root, but near 0 without the cancellation.
    distance = np.sqrt(np.square(np.sqrt(p) - np.sqrt(q)).sum(axis=0) / 2)
    # Smoothing spreads the truth's slowest rhythms to frequency 0, which are no standing still.
    return np.where(np.ptp(other.values, axis=0) == 0, 1.0, distance)
