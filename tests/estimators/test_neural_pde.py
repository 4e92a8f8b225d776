"""Neural PDEs: laws found again, edges that hold, other grids."""

import numpy as np
import pandas as pd
import pytest

from tsnode import NeuralPDERegressor, load, save
from tsnode.datasets import make_advection, make_burgers, make_heat


def error(forecast, truth):
    truth = np.asarray(truth)
    return np.sqrt(np.mean(np.square(np.asarray(forecast) - truth))) / truth.std()


def points(frame):
    return frame.columns.get_level_values("x").to_numpy(dtype=float)


@pytest.fixture(scope="module")
def burgers():
    return make_burgers(60, n_points=64, random_state=1)


@pytest.fixture(scope="module")
def model(burgers):
    return NeuralPDERegressor(calibration=None, random_state=0).fit(burgers[:40])


def test_burgers_equation_is_found_in_few_terms(model):
    terms = model.equation_["u"].removeprefix("u_t = ")
    assert {word for word in terms.split() if not word[-1].isdigit()} == {"u", "u_x", "u_xx"}
    assert "u u_x" in terms
    numbers = sorted(float(word) for word in terms.split() if word[-1].isdigit())
    np.testing.assert_allclose(numbers, [-1.0, 0.1], rtol=0.01)


def test_forecasts_follow_the_field_far_from_a_still_one(model, burgers):
    forecast = model.predict(burgers.index[40:])
    still = np.tile(burgers.iloc[39], (20, 1))
    assert error(forecast, burgers[40:]) < 0.01 * error(still, burgers[40:])


def test_a_finer_grid_has_the_error_of_the_own_one(model, burgers):
    fine = make_burgers(60, n_points=128, random_state=1)[40:]
    forecast = model.predict(fine.index, grid=points(fine))
    assert forecast.columns.equals(fine.columns)
    own = error(model.predict(fine.index), burgers[40:])
    assert error(forecast, fine) < 2 * own < 0.01


def test_a_shifted_grid_of_the_same_period_is_a_grid_too(model, burgers):
    gap = points(burgers)[1]
    shifted = model.predict(burgers.index[45:46], grid=points(burgers) + gap)
    plain = model.predict(burgers.index[45:46])
    np.testing.assert_allclose(shifted, np.roll(plain, -1, axis=1), atol=1e-6)


def test_a_saved_law_forecasts_the_same_on_every_grid(model, burgers, tmp_path):
    save(model, tmp_path / "burgers.tsnode", rows="tail")
    same = load(tmp_path / "burgers.tsnode")
    ahead, line = burgers.index[41:43], np.arange(32) * np.pi / 16
    pd.testing.assert_frame_equal(
        same.predict(ahead, grid=line), model.predict(ahead, grid=line), check_exact=True
    )
    assert same.equation_ == model.equation_


def test_the_diffusivity_of_noisy_heat_with_gaps_is_found_with_its_error():
    rods = make_heat(120, n_points=24, noise=0.01, missing=0.1, irregular=True, random_state=0)
    model = NeuralPDERegressor({"diffusion": None}, remainder=None, calibration=None).fit(rods)
    found, spread = model.coefficients_["diffusion"], model.standard_errors_["diffusion"]
    assert found == pytest.approx(0.1, rel=0.02)
    assert abs(found - 0.1) < 3 * spread < 0.01


def test_a_given_coefficient_is_kept_and_the_other_is_found():
    wave = make_advection(40, n_points=32, speed=0.7, random_state=0)
    terms = {"advection": None, "diffusion": 0.0}
    model = NeuralPDERegressor(terms, remainder=None, calibration=None).fit(wave)
    assert model.coefficients_["advection"] == pytest.approx(0.7, rel=1e-3)
    assert model.coefficients_["diffusion"] == 0.0
    assert model.standard_errors_["diffusion"] == 0.0


@pytest.mark.parametrize("boundary", ["dirichlet", "neumann"])
def test_edges_hold_and_the_law_behind_them_is_found(boundary):
    x, times = np.linspace(0, 1, 17), np.linspace(0, 1, 60)
    shape = np.sin if boundary == "dirichlet" else np.cos
    rest = 1 + x if boundary == "dirichlet" else 1 + 0 * x
    waves = [
        size * np.multiply.outer(np.exp(-0.1 * (k * np.pi) ** 2 * times), shape(k * np.pi * x))
        for k, size in ((1, 1.0), (2, 0.5))
    ]
    rod = pd.DataFrame(rest + sum(waves), pd.Index(times, name="time"), columns=x)
    model = NeuralPDERegressor(
        {"diffusion": None}, remainder=None, boundary=boundary, calibration=None
    ).fit(rod)
    assert model.coefficients_["diffusion"] == pytest.approx(0.1, rel=1e-3)
    finer = np.linspace(0, 1, 33)
    later = model.predict(pd.Index([2.0]), grid=finer).to_numpy()[0]
    start = 1 + finer if boundary == "dirichlet" else 1 + 0 * finer
    expected = start + np.exp(-0.2 * np.pi**2) * shape(np.pi * finer)
    np.testing.assert_allclose(later, expected, atol=2e-3)


def test_given_values_hold_the_edges():
    frame = make_heat(30, n_points=16, random_state=0)
    model = NeuralPDERegressor(
        {"diffusion": 0.1}, remainder=None, boundary="dirichlet", boundary_values=(1.0, -1.0)
    ).fit(frame)
    far = model.predict(pd.Index([1000.0])).to_numpy()[0]
    np.testing.assert_allclose(far, np.linspace(1, -1, 16), atol=1e-6)


def test_a_network_learns_what_its_linear_terms_cannot(burgers):
    settings = {"calibration": None, "random_state": 0}
    model = NeuralPDERegressor(remainder="neural", **settings).fit(burgers[:40])
    plain = NeuralPDERegressor(remainder="polynomial", degree=1, **settings).fit(burgers[:40])
    asked = burgers.index[40:50]
    errors = [error(one.predict(asked), burgers[40:50]) for one in (model, plain)]
    assert errors[0] < 0.3 * errors[1]
    assert "network" in model.equation_["u"]


def test_order_of_columns_changes_nothing(model, burgers):
    mixed = burgers.sample(frac=1, axis=1, random_state=0)
    other = NeuralPDERegressor(calibration=None, random_state=0).fit(mixed[:40])
    asked = burgers.index[40:42]
    np.testing.assert_allclose(other.predict(asked)[burgers.columns], model.predict(asked))
