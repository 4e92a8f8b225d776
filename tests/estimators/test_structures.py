"""Structures of the field: energy that stays or falls, states that stay non-negative."""

import numpy as np
import pandas as pd
import pytest

import tsnode
from tsnode import UniversalODERegressor
from tsnode.datasets import make_damped_pendulum, make_harmonic_oscillator, make_lotka_volterra


def fit(frame, **params):
    params = {"hidden_layer_sizes": (12,), "random_state": 0} | params
    return UniversalODERegressor(**params).fit(frame.index, frame)


@pytest.fixture(scope="module")
def pendulum():
    return fit(
        make_damped_pendulum(200, irregular=True, noise=0.02, random_state=0),
        structure="dissipative",
    )


@pytest.fixture(scope="module")
def prey():
    frame = make_lotka_volterra(150, irregular=True, noise=0.05, random_state=0)
    return fit(frame, structure="non_negative", remainder="polynomial", degree=2)


@pytest.mark.parametrize("start", [[2.0, 0.0], [1.0, 3.0], [-1.5, -2.0]])
def test_energy_never_rises_in_a_dissipative_model(pendulum, start):
    path = pendulum.simulate(start, 400)
    energy = pendulum.energy(path)
    assert np.diff(energy).max() <= 0
    # As much is lost as the law loses, whose energy is known.
    true = np.square(path[:, 1]) / 2 - 9.81 * np.cos(path[:, 0])
    assert energy[0] - energy[-1] == pytest.approx(true[0] - true[-1], rel=0.2)


def test_a_dissipative_model_follows_the_pendulum(pendulum):
    truth = make_damped_pendulum(260, noise=0.0)
    found = pendulum.simulate(truth.iloc[0], 60, step=float(np.diff(truth.index[:2])[0]))
    spread = truth.std().to_numpy()
    assert np.abs((found - truth.iloc[:61]) / spread).to_numpy().max() < 0.15


def test_energy_stays_in_a_hamiltonian_model():
    frame = make_harmonic_oscillator(150, irregular=True, noise=0.02, random_state=0)
    model = fit(frame, structure="hamiltonian")
    path = model.simulate([1.0, 0.0], 500)
    energy = model.energy(path)
    assert np.ptp(energy) < 1e-5 * np.ptp(model.energy(frame))
    assert np.ptp(path[:, 0]) > 1


def test_pairs_name_coordinates_and_momenta():
    frame = make_harmonic_oscillator(150, irregular=True, noise=0.02, random_state=0)
    turned = frame.iloc[:, ::-1]
    names = tuple(frame.columns)
    model = fit(turned, structure="hamiltonian", pairs=[names], training="match")
    same = fit(frame, structure="hamiltonian", training="match")
    found = model.vector_field([0.5, 1.0])
    assert found == pytest.approx(same.vector_field([1.0, 0.5])[::-1], rel=0.1, abs=0.05)


@pytest.mark.parametrize("start", [[2.0, 1.0], [0.05, 3.0], [0.0, 1.0], [0.3, 1e-4]])
def test_states_stay_non_negative(prey, start):
    path = prey.simulate(start, 300)
    assert path.min() >= 0
    assert path.max() > 0.9


def test_forecasts_from_a_negative_start_are_not_negative(prey):
    history = pd.DataFrame([[-0.2, -0.1]], index=[21.0], columns=["prey", "predator"])
    history.columns = prey.container_.columns
    ahead = prey.predict(pd.Index(np.linspace(21.0, 24.0, 20)), history=history)
    assert ahead.to_numpy().min() >= 0


@pytest.mark.parametrize("name", ["pendulum", "prey"])
def test_a_saved_structure_answers_to_the_last_bit(name, request, tmp_path):
    model = request.getfixturevalue(name)
    tsnode.save(model, tmp_path / "model.tsnode")
    loaded = tsnode.load(tmp_path / "model.tsnode")
    pd.testing.assert_frame_equal(loaded.forecast(5), model.forecast(5), check_exact=True)
    states = model.forecast(5)
    np.testing.assert_array_equal(loaded.vector_field(states), model.vector_field(states))
