"""The generated fields obey their equations: closed forms, another solver, other grids."""

import json

import numpy as np
import pandas as pd
import pytest

from tsnode import datasets
from tsnode.datasets._field_laws import FIELD_LAWS

GENERATORS = {name: getattr(datasets, f"make_{name}") for name in FIELD_LAWS}
fields = pytest.mark.parametrize("name", FIELD_LAWS)


def points(frame):
    return frame.columns.get_level_values("x").to_numpy()


def waves_of(values):
    return np.fft.rfft(values, axis=-1)


def test_waves_of_heat_fade_at_their_rates():
    frame = datasets.make_heat(4, n_points=32, diffusivity=0.3, irregular=True, random_state=0)
    k, times = np.arange(17), frame.index.to_numpy()
    spectra = waves_of(frame.to_numpy())
    expected = spectra[0] * np.exp(-0.3 * np.outer(times, k**2))
    np.testing.assert_allclose(spectra, expected, atol=1e-9)
    assert np.abs(spectra[0]).max() > 5


def test_a_wave_is_carried_along_unchanged():
    frame = datasets.make_advection(3, n_points=64, speed=2 * np.pi, mean_step=0.25, random_state=0)
    first = frame.iloc[0].to_numpy()
    np.testing.assert_allclose(frame.iloc[1], np.roll(first, 16), atol=1e-9)
    assert np.ptp(first) > 1


def test_burgers_is_the_solution_of_cole_and_hopf():
    nu, n = 0.2, 256
    frame = datasets.make_burgers(2, n_points=n, mean_step=1.0, viscosity=nu, random_state=0)
    k = np.fft.fftfreq(n, 1 / n)
    first = np.fft.fft(frame.iloc[0].to_numpy())
    potential = np.fft.ifft(first / np.where(k, 1j * k, 1.0)).real  # u has no mean
    heat = np.fft.fft(np.exp(-potential / (2 * nu))) * np.exp(-nu * k**2)
    expected = -2 * nu * np.fft.ifft(1j * k * heat).real / np.fft.ifft(heat).real
    np.testing.assert_allclose(frame.iloc[1], expected, atol=1e-6)
    assert np.abs(frame.iloc[1] - frame.iloc[0]).max() > 0.3


@fields
def test_slopes_in_time_are_those_of_the_equation(name):
    frame = GENERATORS[name](5, n_points=128, mean_step=1e-3, transient=2.0, random_state=1)
    law, length = FIELD_LAWS[name], frame.attrs["length"]
    u = frame.to_numpy().reshape(5, len(law.channels), 128)
    found = (u[0] - 8 * u[1] + 8 * u[3] - u[4]) / 12e-3
    k, spectrum = 2 * np.pi / length * np.arange(65), waves_of(u[2])
    slope = np.fft.irfft(1j * k * spectrum, 128)
    given = frame.attrs["parameters"]
    expected = np.fft.irfft(law.linear(k, 0.0, **given) * spectrum, 128)
    if law.rest is not None:
        expected = expected + law.rest(u[2], [slope], **given)
    np.testing.assert_allclose(found, expected, atol=2e-4 * np.abs(expected).max())
    assert np.abs(expected).max() > 0.01


@pytest.mark.slow
def test_kuramoto_sivashinsky_stays_on_its_attractor():
    frame = datasets.make_kuramoto_sivashinsky(200, mean_step=1.0, random_state=0)
    assert 1.0 < frame.to_numpy().std() < 1.6  # 1.3 in published runs at length 22
    assert np.abs(frame.mean(axis=1)).max() < 1e-8


@fields
def test_a_finer_grid_shows_the_same_field(name):
    coarse, fine = (
        GENERATORS[name](3, n_points=n, transient=1.0, random_state=2) for n in (64, 128)
    )
    shared = fine.loc[:, [column for column in fine.columns if column in coarse.columns]]
    np.testing.assert_allclose(shared, coarse, atol=1e-9)


def test_two_axes_fade_along_both():
    frame = datasets.make_heat(2, n_points=16, n_axes=2, mean_step=1.0, random_state=0)
    assert frame.columns.names == ["channel", "x", "y"]
    spectra = np.fft.fft2(frame.to_numpy().reshape(2, 16, 16))
    k = np.fft.fftfreq(16, 1 / 16)
    rates = np.exp(-0.1 * (k[:, None] ** 2 + k**2))
    np.testing.assert_allclose(spectra[1], rates * spectra[0], atol=1e-9)


@fields
def test_attrs_are_plain_and_series_start_apart(name):
    frame = GENERATORS[name](2, n_points=16, transient=0.0, n_series=2, random_state=0)
    assert json.loads(json.dumps(frame.attrs)) == frame.attrs
    assert frame.index.names == ["series", "time"]
    starts = frame.xs(0.0, level="time").to_numpy()
    assert np.abs(starts[0] - starts[1]).max() > 0.1


def test_noise_and_missing_leave_the_truth_alone():
    plain = datasets.make_heat(50, irregular=True, random_state=3)
    seen, truth = datasets.make_heat(
        50, irregular=True, noise=0.1, missing=0.2, random_state=3, return_truth=True
    )
    pd.testing.assert_frame_equal(plain, truth)
    assert seen.isna().to_numpy().mean() == pytest.approx(0.2)
    assert np.nanstd(seen - truth) == pytest.approx(0.1 * truth.to_numpy().std(), rel=0.05)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"n_samples": 1}, "n_samples"),
        ({"n_points": 2}, "n_points"),
        ({"length": 0.0}, "length"),
        ({"n_axes": 3}, "n_axes"),
        ({"diffusivity": -1.0}, "diffusivity of heat"),
        ({"missing": 1.0}, "missing"),
    ],
)
def test_impossible_settings_are_refused(settings, word):
    with pytest.raises(ValueError, match=word):
        datasets.make_heat(**settings)
