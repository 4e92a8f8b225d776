"""Neural PDEs of more than a line of one channel: arrays, several channels, two axes."""

import numpy as np
import pytest

from tsnode import NeuralPDERegressor
from tsnode.datasets import make_heat, make_reaction_diffusion


def error(forecast, truth):
    truth = np.asarray(truth)
    return np.sqrt(np.mean(np.square(np.asarray(forecast) - truth))) / truth.std()


def lines_of(frame):
    return tuple(np.unique(frame.columns.get_level_values(axis)) for axis in ("x", "y"))


def test_arrays_of_two_channels_come_back_as_they_were_given():
    frame = make_reaction_diffusion(30, n_points=16, random_state=0)
    array = np.moveaxis(frame.to_numpy().reshape(30, 2, 16), 1, -1)
    line, times = np.unique(frame.columns.get_level_values("x")), frame.index.to_numpy()[:, None]
    settings = {"remainder": "polynomial", "calibration": None}
    model = NeuralPDERegressor(grid=line, time=0, **settings).fit(times, array)
    named = NeuralPDERegressor(**settings).fit(frame)
    found = model.predict(times[-1:] + 0.5)
    assert found.shape == (1, 16, 2)
    np.testing.assert_allclose(
        np.moveaxis(found, -1, 1).reshape(1, 32), named.predict(frame.index[-1:] + 0.5), atol=1e-9
    )
    assert model.predict(times[-1:], history=array[-1:], grid=np.arange(8) * 1.25).shape == (
        1,
        8,
        2,
    )
    assert model.score(times[1:], array[1:]) == pytest.approx(1.0, abs=1e-3)


def test_two_axes_have_one_law():
    plate = make_heat(40, n_points=12, n_axes=2, noise=0.01, random_state=0)
    model = NeuralPDERegressor({"diffusion": None}, remainder=None, calibration=None).fit(plate)
    assert model.coefficients_["diffusion"] == pytest.approx(0.1, rel=0.03)
    fine = make_heat(50, n_points=24, n_axes=2, random_state=0)[45:46]
    forecast = model.predict(fine.index, grid=lines_of(fine))
    assert forecast.columns.equals(fine.columns)
    assert error(forecast, fine) < 0.05


@pytest.mark.slow
def test_waves_on_a_plate_are_foretold_on_a_finer_one():
    coarse, fine = (
        make_reaction_diffusion(100, n_points=n, n_axes=2, random_state=0) for n in (24, 48)
    )
    model = NeuralPDERegressor(calibration=None, random_state=0).fit(coarse[:70])
    asked = coarse.index[70:]
    own = error(model.predict(asked), coarse.loc[asked])
    assert error(model.predict(asked, grid=lines_of(fine)), fine.loc[asked]) < 2 * own < 0.01
    assert model.equation_["v"].count(" u ") + model.equation_["v"].count(" v ") == 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_diffusivity_of_a_noisy_plate_is_within_two_percent(seed):
    plate = make_heat(60, n_points=24, n_axes=2, noise=0.02, random_state=seed)
    model = NeuralPDERegressor({"diffusion": None}, remainder=None, calibration=None).fit(plate)
    assert model.coefficients_["diffusion"] == pytest.approx(0.1, rel=0.02)
    assert abs(model.coefficients_["diffusion"] - 0.1) < 4 * model.standard_errors_["diffusion"]
