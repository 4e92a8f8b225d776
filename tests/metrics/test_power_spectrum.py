"""Power spectra peak where the waves are, sum to one, and agree on even and irregular stamps."""

import numpy as np
import pandas as pd
import pytest

from tsnode.metrics import power_spectrum


def waves(times):
    return np.stack([np.sin(2 * np.pi * 0.5 * times), 7 + 3 * np.cos(2 * np.pi * times)], axis=1)


def naive_smoothing(power, sigma):
    """Convolve with a Gaussian cut at 4 sigma, mirrored at both ends."""
    reach = int(4 * sigma + 0.5)
    bell = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    padded = np.pad(power, reach, mode="symmetric")
    return np.convolve(padded, bell / bell.sum(), mode="valid")


def test_waves_stand_at_their_frequencies_with_all_of_the_power():
    spectrum = power_spectrum(waves(np.arange(200) / 10), times=np.arange(200) / 10, smoothing=0)
    peaks = spectrum.power.argmax(axis=0)
    np.testing.assert_allclose(spectrum.frequencies[peaks], [0.5, 1.0])
    np.testing.assert_allclose(spectrum.power[peaks, [0, 1]], 1.0)


def test_raw_power_is_the_periodogram_summed_term_by_term():
    values = np.random.default_rng(0).normal(size=30)
    rows, centred = np.arange(30), values - values.mean()
    power = [abs(np.sum(centred * np.exp(-2j * np.pi * k * rows / 30))) ** 2 for k in range(16)]
    spectrum = power_spectrum(values, smoothing=0)
    np.testing.assert_allclose(spectrum.power[:, 0], power / np.sum(power), atol=1e-12)
    np.testing.assert_allclose(spectrum.frequencies, np.arange(16) / 30)


def test_smoothed_power_is_the_convolution_with_a_mirrored_gaussian():
    values = np.random.default_rng(0).normal(size=1000)
    raw = np.abs(np.fft.rfft(values - values.mean())) ** 2
    expected = naive_smoothing(raw, 20.0)
    spectrum = power_spectrum(values)
    np.testing.assert_allclose(spectrum.power[:, 0], expected / expected.sum(), rtol=1e-9)


def test_both_methods_agree_on_even_stamps(orbits):
    fft = power_spectrum(orbits[0], method="fft", smoothing=0)
    sums = power_spectrum(orbits[0], method="lomb_scargle", smoothing=0)
    np.testing.assert_array_equal(fft.frequencies, sums.frequencies)
    np.testing.assert_allclose(sums.power, fft.power, atol=1e-10 * fft.power.max())


def test_waves_on_irregular_stamps_stand_at_their_frequencies():
    gaps = np.random.default_rng(0).exponential(0.1, size=500).clip(0.005, 0.5)
    times = np.cumsum(gaps)
    spectrum = power_spectrum(pd.DataFrame(waves(times), index=times), smoothing=1)
    peaks = spectrum.power.argmax(axis=0)
    np.testing.assert_allclose(spectrum.frequencies[peaks], [0.5, 1.0], atol=0.02)


def test_dropped_rows_leave_the_waves_where_they_were():
    values = waves(np.arange(300) / 10)
    values[np.random.default_rng(0).random(300) < 0.3, 1] = np.nan
    spectrum = power_spectrum(values, times=np.arange(300) / 10, smoothing=0)
    np.testing.assert_allclose(
        spectrum.frequencies[spectrum.power.argmax(axis=0)], [0.5, 1.0], atol=0.02
    )


def test_stamps_give_frequencies_in_the_unit_of_their_step():
    hours = pd.date_range("2024-01-01", periods=240, freq="h", tz="UTC")
    wave = pd.Series(np.sin(2 * np.pi * np.arange(240) / 24), index=hours)
    spectrum = power_spectrum(wave, smoothing=0)
    assert spectrum.unit == "h"
    assert spectrum.frequencies[spectrum.power[:, 0].argmax()] == pytest.approx(1 / 24)


def test_runs_of_equal_stamps_are_averaged():
    runs = np.random.default_rng(0).normal(size=(3, 64, 2))
    mean = np.mean([power_spectrum(run, smoothing=1).power for run in runs], axis=0)
    np.testing.assert_allclose(power_spectrum(runs, smoothing=1).power, mean)


@pytest.mark.parametrize("smoothing", [0.0, 3.0])
def test_power_sums_to_one_and_is_never_negative(smoothing):
    times = np.cumsum(np.random.default_rng(0).exponential(size=150))
    power = power_spectrum(np.sin(times), times=times, smoothing=smoothing).power
    assert power.sum() == pytest.approx(1.0)
    assert power.min() >= 0.0


VARIED = np.random.default_rng(0).normal(size=(100, 2))


@pytest.mark.parametrize(
    ("data", "settings", "words"),
    [
        (VARIED * [0, 1], {}, "must vary; constant: 0"),
        (VARIED[:40], {}, "40 rows have 21 frequencies, smoothing spans 20"),
        (VARIED[:3], {"smoothing": 0}, "Too few points"),
        (np.full((100, 1), np.nan), {}, "all 100 rows hold NaN"),
        (VARIED, {"method": "welch"}, "method must be one of"),
        (VARIED, {"smoothing": -1.0}, "smoothing must be"),
        (VARIED, {"times": np.arange(3)}, "times of data must be 100"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(data, settings, words):
    with pytest.raises(ValueError, match=words):
        power_spectrum(data, **settings)


def test_series_of_other_stamps_are_not_averaged():
    panel = pd.concat({"a": pd.Series(VARIED[:, 0]), "b": pd.Series(VARIED[:80, 0])})
    panel.index = panel.index.set_levels(panel.index.levels[1].astype(float), level=1)
    with pytest.raises(ValueError, match="Pass one series at a time"):
        power_spectrum(panel)
