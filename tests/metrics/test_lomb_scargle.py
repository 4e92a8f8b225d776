"""The gridded periodogram equals SciPy's sums and a least-squares fit frequency by frequency."""

import numpy as np
import pytest
import scipy.signal

from tsnode.metrics._lomb_scargle import fourier_sums, lomb_scargle


def irregular(n_rows):
    rng = np.random.default_rng(n_rows)
    times = 5.0 + np.cumsum(rng.exponential(size=n_rows).clip(0.05, 5.0))
    values = rng.normal(size=(n_rows, 2))
    span = (times[-1] - times[0]) * n_rows / (n_rows - 1)
    return times, values - values.mean(axis=0), 1 / span


def one_fit(times, values, weights, frequency):
    """Half of the weighted sum of squares that a wave of this frequency explains."""
    phases = 2 * np.pi * frequency * times
    waves = np.stack([np.cos(phases), np.sin(phases)], axis=1) * np.sqrt(weights)[:, None]
    target = values * np.sqrt(weights)
    return 0.5 * target @ waves @ np.linalg.lstsq(waves, target, rcond=None)[0]


@pytest.mark.parametrize("n_rows", [10, 301, 1000])
def test_power_equals_scipys(n_rows):
    times, values, step = irregular(n_rows)
    power = lomb_scargle(times, values, np.ones(n_rows), step, n_rows // 2 + 1)[1:]
    frequencies = 2 * np.pi * step * np.arange(1, n_rows // 2 + 1)
    expected = scipy.signal.lombscargle(times, values[:, 1], frequencies)
    np.testing.assert_allclose(power[:, 1], expected, atol=1e-9 * expected.max())
    assert expected.max() > 1


def test_weighted_power_equals_the_fit_of_each_wave():
    times, values, step = irregular(200)
    weights = np.random.default_rng(0).uniform(0.2, 2.0, size=200)
    power = lomb_scargle(times, values, weights, step, 101)[1:, 0]
    expected = [one_fit(times, values[:, 0], weights, step * k) for k in range(1, 101)]
    np.testing.assert_allclose(power, expected, atol=1e-9 * max(expected))


@pytest.mark.parametrize("n_rows", [9, 100, 1001])
def test_power_on_even_stamps_is_that_of_the_fft(n_rows):
    values = np.random.default_rng(0).normal(size=(n_rows, 1))
    values -= values.mean(axis=0)
    times = 0.1 * np.arange(n_rows)
    power = lomb_scargle(times, values, np.ones(n_rows), 1 / (0.1 * n_rows), n_rows // 2 + 1)
    expected = np.abs(np.fft.rfft(values, axis=0)) ** 2 / n_rows
    np.testing.assert_allclose(power, expected, atol=1e-9 * expected.max())


def test_fourier_sums_equal_the_sums_term_by_term():
    rng = np.random.default_rng(0)
    phases, values = rng.uniform(0, 2 * np.pi, size=50), rng.normal(size=50)
    expected = [np.sum(values * np.exp(-1j * k * phases)) for k in range(40)]
    np.testing.assert_allclose(fourier_sums(phases, values, 40), expected, atol=1e-10)
