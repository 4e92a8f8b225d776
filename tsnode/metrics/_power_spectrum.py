"""Share of each channel's variance by frequency, on even and on irregular stamps."""

from typing import NamedTuple

import numpy as np
from scipy.fft import rfft
from scipy.ndimage import gaussian_filter1d

from .._constraints import check_choice, check_number
from ._lomb_scargle import lomb_scargle
from ._runs import check_varies, read_runs

METHODS = ("auto", "fft", "lomb_scargle")
EVEN = 1e-6  # of the mean gap: stamps that are floats of an even grid differ by rounding only


class PowerSpectrum(NamedTuple):
    """Share of the variance by frequency.

    Attributes
    ----------
    frequencies : array of shape (n_frequencies,)
        In cycles per ``unit``, from 0 to half a cycle per mean step.
    power : array of shape (n_frequencies, n_channels)
        Sums to 1 over the frequencies.
    unit : str or None
        Unit of time: "s", "min", "h" or "D"; None: that of float times, or one row.
    """

    frequencies: np.ndarray
    power: np.ndarray
    unit: str | None


def power_spectrum(data, *, times=None, smoothing=20.0, method="auto"):
    """Return the share of each channel's variance by frequency.

    Each channel is standardised; abs(rfft)**2, or the Lomb-Scargle periodogram at the same
    frequencies; a Gaussian of ``smoothing`` bins over it; the sum is set to 1.

    Parameters
    ----------
    data : array of shape (n_rows,), (n_rows, n_channels) or (n_runs, n_rows, n_channels), or frame
        Rows with NaN are dropped, what is left is irregular. Runs must have equal stamps; their
        spectra are averaged.
    times : array of shape (n_rows,), default=None
        Stamps of an array; None: one row is one unit of time. A frame has them in its index.
    smoothing : float, default=20.0
        Standard deviation of the Gaussian, in frequency bins of one cycle per length of the run;
        that of the published tables. 0 leaves the raw periodogram, whose bins scatter by 100 %.
    method : {"auto", "fft", "lomb_scargle"}, default="auto"
        "auto" takes the FFT on even stamps.

    Returns
    -------
    PowerSpectrum
        ``(frequencies, power, unit)``.

    Raises
    ------
    ValueError
        For a constant channel, no complete row, or too few rows for the smoothing.

    Notes
    -----
    On even stamps both methods agree within 1e-10 of the largest power. On irregular stamps the
    variance leaks evenly over all frequencies, more the less even they are: compare spectra of
    equal stamps only. 100,000 irregular rows of 3 channels take 0.3 s.

    See Also
    --------
    power_spectrum_distance : How unlike two spectra are.

    Examples
    --------
    >>> import numpy as np
    >>> times = np.arange(400) / 10
    >>> spectrum = power_spectrum(np.sin(2 * np.pi * times), times=times, smoothing=2)
    >>> float(spectrum.frequencies[spectrum.power[:, 0].argmax()])
    1.0
    >>> power_spectrum(np.ones(400))
    Traceback (most recent call last):
        ...
    ValueError: Every channel of data must vary; constant: 0. Leave it out.
    """
    check_choice("method", method, METHODS)
    check_number("smoothing", smoothing, low=0.0)
    runs, _ = read_runs(data, times, "data").observed("data")
    check_equal_stamps(runs)
    check_varies(runs.values, runs.channels, "data")
    power = np.mean([run_power(run, smoothing, method) for run in runs], axis=0)
    unit = None if runs.clock is None else runs.clock.unit
    return PowerSpectrum(run_frequencies(runs.items[0]), power, unit)


def run_frequencies(run):
    """Return the frequencies of an even run of as many rows and the same length."""
    n_rows = len(run.values)
    return np.arange(n_rows // 2 + 1) / (n_rows * mean_step(run))


def run_power(run, smoothing, method):
    """Return the normalised power of one run, shape (n_frequencies, n_channels)."""
    n_rows = len(run.values)
    check_rows(n_rows, smoothing)
    # Scaled first: the square of a run that diverged, yet is finite, would overflow.
    peak = np.abs(run.values).max(axis=0)
    values = run.values / np.where(peak > 0, peak, 1.0)
    # By its range: rounding of the mean would give a run that stands still a spread.
    stands = np.ptp(values, axis=0) == 0
    values = np.where(stands, 0.0, values - values.mean(axis=0))
    # A run that stands still has all of its power at frequency 0, where no other has any.
    values = values / np.where(stands, 1.0, values.std(axis=0))
    if method == "fft" or (method == "auto" and is_even(run)):
        power = np.abs(rfft(values, axis=0)) ** 2
    else:
        frequency_step = 1 / (n_rows * mean_step(run))
        times = np.arange(n_rows, dtype=float) if run.times is None else run.times
        power = lomb_scargle(times, values, np.ones(n_rows), frequency_step, n_rows // 2 + 1)
        power[0] = 0.0  # the mean was removed
    if smoothing > 0:
        power = gaussian_filter1d(power, smoothing, axis=0)
    # Rounding of the sums on irregular stamps may fall below 0.
    power = np.maximum(power, 0.0)
    power[0, stands] = 1.0
    return power / power.sum(axis=0)


def is_even(run):
    """Whether the rows follow each other in equal steps."""
    if run.times is None or len(run.times) < 3:
        return True
    step = mean_step(run)
    return bool(np.abs(np.diff(run.times) - step).max() <= EVEN * step)


def mean_step(run):
    """Return the mean gap between rows."""
    return 1.0 if run.times is None else (run.times[-1] - run.times[0]) / (len(run.times) - 1)


def have_equal_stamps(run, other):
    """Whether two runs have rows at the same times after their first."""
    if len(run.values) != len(other.values):
        return False
    if run.times is None and other.times is None:
        return True
    times, others = (
        np.arange(len(one.values), dtype=float) if one.times is None else one.times - one.times[0]
        for one in (run, other)
    )
    return bool(np.abs(times - others).max() <= EVEN * max(times[-1], 1e-300))


def check_equal_stamps(runs):
    """Refuse runs whose spectra have no common frequencies."""
    first = runs.items[0]
    if all(have_equal_stamps(first, run) for run in runs):
        return
    msg = f"Expected runs with equal stamps after their first; got {len(runs.items)} that differ. "
    msg += "Pass one series at a time."
    raise ValueError(msg)


def check_rows(n_rows, smoothing):
    """Refuse runs so short that the smoothing leaves no shape."""
    n_frequencies = n_rows // 2 + 1
    if n_rows >= 4 and n_frequencies >= 2 * smoothing:
        return
    msg = f"Too few points for the smoothing: {n_rows} rows have {n_frequencies} frequencies, "
    msg += f"smoothing spans {smoothing:g}. Pass more rows or less smoothing."
    raise ValueError(msg)
