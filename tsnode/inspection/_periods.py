"""Periods that stand out of red noise: lines of the spectrum, one after the other."""

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from ..metrics import power_spectrum
from ._red_noise import log_chance, red_background
from ._spectrum_views import Path, views

FALSE_ALARMS = 0.005  # nominal, of all channels; measured, up to 3 % where all are noise
LEAST_ROWS = 24
MOST_LINES = 6
LEAST_SHARE = 0.01  # of the variance: what is less is no dominant period, however sure
SAME = 0.05  # of the frequency: a line and what modulates it are one
TRIALS_PER_BIN = 2.5  # a frequency that may lie between bins has more chances to fit noise
N_CANDIDATES = 2
ECHO = 5  # bins beside the pattern's line that slow motion is mirrored to
MOST_REFINED = 4096
GIANT = 0.5  # share of a series' span: rows on either side of such a gap are two series


def describe_periods(rows):
    """Return the periods of every channel of the longest series.

    Parameters
    ----------
    rows : ReportRows

    Returns
    -------
    DataFrame
        Columns ``channel``, ``period`` (in the clock's unit), ``share`` (of the channel's
        variance), ``n_cycles`` in the data, ``harmonic_of`` (the period of which it is a
        half, a third, ..., else NaN); by channel, the strongest first.

    Notes
    -----
    A period must be seen three times and stand out of noise of any colour: white and AR(1) noise
    alone are said to have one in 0 to 3 % of the reports. Of over 32,768 rows two spectra are
    taken: of averages over the whole time, and of the newest rows for what is too fast for these.
    """
    path_of = _longest_stretch(rows)
    table = []
    for k, name in enumerate(rows.channels):
        path = path_of(k)
        for frequency, share in find_lines(path.times, path.values, len(rows.channels)):
            cycles = frequency * np.ptp(path.times)
            table.append((name, 1 / frequency, share, cycles))
    columns = ["channel", "period", "share", "n_cycles"]
    frame = pd.DataFrame(table, columns=columns).astype({c: float for c in columns[1:]})
    frame["harmonic_of"] = [_fundamental(row, frame) for row in frame.itertuples()]
    return frame


def find_lines(times, values, n_channels=1):
    """Return (frequency, share of the variance) of every significant line, the strongest first.

    Parameters
    ----------
    times : array of shape (n_rows,), increasing
    values : array of shape (n_rows,), without NaN
    n_channels : int
        How many are asked: more have more chances to be wrong.
    """
    if len(values) < LEAST_ROWS or np.ptp(values) <= 1e-9 * np.abs(values).max():
        return []
    times = times - times[0]
    values = values - values.mean()
    whole = Path(times, values / np.abs(values).max())
    found = []
    for path, judge, low, high in views(whole):
        for line in _lines_of(path, low, high, FALSE_ALARMS / n_channels):
            share = _share(line, judge)
            if share >= LEAST_SHARE:
                found.append((line, share))
    return sorted(found, key=lambda pair: -pair[1])


def _share(line, path):
    """Share of the variance around a slow course that a wave explains."""
    slow, both = _waves(path.times, []), _waves(path.times, [line])
    rest = np.square(_without(both, path.values)).mean()
    return float(1 - rest / np.square(_without(slow, path.values)).mean())


def _lines_of(path, low, high, risk):
    """Frequencies of the significant lines of one path; each is taken out before the next."""
    found = []
    while len(found) < MOST_LINES:
        rest = _without(_waves(path.times, found), path.values)
        candidates, limit = _candidates(path.times, rest, found, low, high, risk)
        tested = [_tested(k, spectrum, path, found, rest, low) for k, spectrum in candidates]
        chance, line = min(tested, default=(0.0, None))
        if chance > limit or _is_echo(line, path.times, rest, found):
            break
        found.append(_slowest(line, path.times, rest, low))
    return found


def _slowest(line, times, rest, low):
    """Twice or three times the period, if that explains more.

    Rows of the daytime only show half of a daily wave, and half a day nearly as well.
    """
    width = 1 / np.ptp(times)
    others = [line / n for n in (2, 3) if line / n >= max(low, 2 * width)]
    others = [_refined(other, width, times, rest) for other in others]
    return min([line, *others], key=lambda f: np.square(_without(_waves(times, [f]), rest)).sum())


def _candidates(times, rest, found, low, high, risk):
    """Bins that stand out most, with the spectrum; and the log chance to beat."""
    if np.square(rest).mean() <= 1e-20:
        return [], -np.inf
    frequencies, power = _spectrum(times, rest)
    first = int(np.searchsorted(frequencies, low * (1 - 1e-9)))
    if len(power) - first < 6:
        return [], -np.inf
    ratio = np.zeros(len(power))
    ratio[first:] = power[first:] / red_background(power[first:], first, len(power))
    for line in found:
        ratio[np.abs(frequencies - line) < _width(line, frequencies[1])] = 0.0
    ratio[frequencies > high] = 0.0
    limit = np.log(risk / (TRIALS_PER_BIN * (len(power) - first)))
    bins = []
    while len(bins) < N_CANDIDATES and ratio.max() > 0:
        bins.append((int(ratio.argmax()), frequencies))
        ratio[max(bins[-1][0] - 2, 0) : bins[-1][0] + 3] = 0.0
    return bins, limit


def _tested(k, frequencies, path, found, rest, low):
    """Log chance of the wave that fits best near a bin, and its frequency.

    The noise is that of what is left without the wave, which on irregular stamps leaks over all
    frequencies.
    """
    line = _refined(frequencies[k], frequencies[1], path.times, rest)
    left = _without(_waves(path.times, [*found, line]), path.values)
    gain = np.square(rest).sum() - np.square(left).sum()
    if np.square(left).sum() <= 1e-12 * np.square(rest).sum():
        return -np.inf, line
    _, power = _spectrum(path.times, left)
    first = int(np.searchsorted(frequencies, low * (1 - 1e-9)))
    return log_chance(gain, power, k, first), line


def _is_echo(line, times, rest, found):
    """Whether slow motion, seen through the pattern of the stamps, may look like this wave.

    Rows that miss every weekend, or every night, show the power of low frequencies again beside
    that of the pattern, in the share that the pattern's own spectrum has there.
    """
    bin_width = 1 / np.ptp(times)
    reach = min(ECHO * bin_width, line / 2)
    shifts = np.linspace(-reach, reach, 4 * ECHO + 1)
    pattern = max(abs(np.exp(-2j * np.pi * (line + d) * times).mean()) ** 2 for d in shifts)
    left = _without(_waves(times, [*found, line]), rest)
    share = 1 - np.square(left).sum() / np.square(rest).sum()
    return share < pattern


def _spectrum(times, values):
    """Frequencies, and the sum of squares that the wave of each takes away."""
    spectrum = power_spectrum(values, times=times, smoothing=0)
    frequencies, power = spectrum.frequencies, spectrum.power[:, 0]
    # Its sum is 1; on irregular stamps, where all leaks, that is no fixed share of the variance.
    top = int(power.argmax())
    wave = _waves(times, [frequencies[top]])[:, -2:]
    taken = np.square(values).sum() - np.square(_without(wave, values)).sum()
    return frequencies, power * taken / power[top]


def _refined(frequency, width, times, rest):
    """Frequency near a bin whose wave leaves least."""
    if len(times) > MOST_REFINED:
        # A wave of many cycles is as well seen in some of the rows, at random distances.
        pick = np.sort(np.random.default_rng(0).choice(len(times), MOST_REFINED, replace=False))
        times, rest = times[pick], rest[pick]

    def left(shift):
        return np.square(_without(_waves(times, [frequency + shift * width]), rest)).sum()

    bounds = (-0.6 if frequency > 1.6 * width else 0.0), 0.6
    found = minimize_scalar(left, bounds=bounds, method="bounded", options={"xatol": 1e-3})
    return float(frequency + found.x * width)


def _waves(times, frequencies):
    """Level, trend, the wave of one cycle, and those of the given frequencies."""
    span = times[-1] - times[0]
    elapsed = times - times[0]
    angles = [2 * np.pi * elapsed * f for f in (1 / span, *frequencies)]
    waves = [wave(angle) for angle in angles for wave in (np.cos, np.sin)]
    return np.column_stack([np.ones(len(times)), elapsed / span - 0.5, *waves])


def _without(waves, values):
    """Return what least squares leaves of the values."""
    normal = waves.T @ waves
    normal[np.diag_indices_from(normal)] *= 1 + 1e-10
    return values - waves @ np.linalg.solve(normal, waves.T @ values)


def _width(line, bin_width):
    return max(2.5 * bin_width, SAME * line)


def _fundamental(row, frame):
    """Longest period of the channel of which this one is a whole fraction."""
    others = frame[(frame.channel == row.channel) & (frame.period > 1.5 * row.period)]
    ratios = others.period.to_numpy() / row.period
    fits = np.abs(ratios - np.round(ratios)) < 0.02 * np.round(ratios)
    fits &= np.round(ratios) <= 8
    # Of chance: only what is stronger can have a given one as its harmonic.
    fits &= others.share.to_numpy() > row.share
    return float(others.period.to_numpy()[fits].max()) if fits.any() else np.nan


def _longest_stretch(rows):
    """Observed rows of a channel in the longest series, without a gap longer than the rest."""
    series = rows.series
    inside = series.rows(rows.longest)
    times = series.times[inside]
    gaps = np.diff(times)
    cut = np.flatnonzero(gaps > GIANT * np.ptp(times)) if len(times) > 1 else []
    bounds = [0, *(k + 1 for k in cut), len(times)]
    low, high = max(zip(bounds[:-1], bounds[1:], strict=True), key=lambda pair: pair[1] - pair[0])
    times, values = times[low:high], series.values[inside][low:high]

    def path_of(channel):
        seen = np.isfinite(values[:, channel])
        return Path(times[seen], values[seen, channel])

    return path_of
