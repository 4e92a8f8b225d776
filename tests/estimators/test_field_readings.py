"""What a fitted field shows: slopes, Jacobians and free runs, with covariates and time."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.integrate import solve_ivp
from sklearn.preprocessing import StandardScaler

from tsnode import NeuralODERegressor
from tsnode.datasets import make_harmonic_oscillator
from tsnode.exceptions import ForecastWarning

OMEGA, DAMPING = 0.8, 0.1
LAW = np.array([[0.0, 1.0], [-(OMEGA**2), -2 * DAMPING * OMEGA]])
STATES = np.array([[0.5, 0.2], [-0.3, 0.4], [0.1, -0.5]])


def small(**params):
    params = {"lookback": None, "random_state": 0} | params
    return NeuralODERegressor((16,), **params)


@pytest.fixture(scope="module")
def swing():
    return make_harmonic_oscillator(
        150, irregular=True, omega=OMEGA, damping=DAMPING, mean_step=0.15, random_state=0
    )


@pytest.fixture(scope="module")
def model(swing):
    return small().fit(swing.index, swing)


def exact(start, elapsed):
    return solve_ivp(lambda _, z: LAW @ z, (0, elapsed), start, rtol=1e-10, atol=1e-12).y[:, -1]


def test_the_field_is_the_law_in_physical_units(model):
    assert model.vector_field(STATES) == pytest.approx(STATES @ LAW.T, abs=0.02)
    assert model.vector_field(STATES[0]).shape == (2,)


def test_the_jacobian_equals_finite_differences_and_the_law(model):
    found = model.jacobian(STATES)
    eps = 1e-5
    shifts = eps * np.eye(2)
    columns = [
        (model.vector_field(STATES + s) - model.vector_field(STATES - s)) / (2 * eps)
        for s in shifts
    ]
    assert found == pytest.approx(np.stack(columns, axis=2), abs=1e-7)
    assert found == pytest.approx(np.broadcast_to(LAW, (3, 2, 2)), abs=0.1)
    assert model.jacobian(STATES[0]) == pytest.approx(found[0])


def test_units_of_the_states_carry_over_to_field_and_jacobian(swing):
    factors = np.array([1000.0, 0.01])
    plain, scaled = (
        small(training="match").fit(frame.index, frame) for frame in (swing, swing * factors)
    )
    expected = plain.vector_field(STATES) * factors
    assert scaled.vector_field(STATES * factors) == pytest.approx(expected, rel=1e-5)
    expected = plain.jacobian(STATES) * factors[:, None] / factors
    assert scaled.jacobian(STATES * factors) == pytest.approx(expected, rel=1e-5)


def test_simulate_from_the_last_state_equals_the_forecast(model, swing):
    path = model.simulate(swing.iloc[-1], 10, step=0.3)
    asked = swing.index[-1] + 0.3 * np.arange(1, 11)
    # The data are without noise, so that the state is all but the observation.
    assert path[1:] == pytest.approx(model.predict(pd.Index(asked)).to_numpy(), abs=2e-3)
    assert path[0].tolist() == swing.iloc[-1].tolist()
    expected = exact(swing.iloc[-1], 3.0)
    assert path[-1] == pytest.approx(expected, abs=0.02)


def test_simulate_takes_median_steps_unless_told(model, swing):
    step = np.median(np.diff(swing.index))
    default = model.simulate(STATES[0], 4)
    assert default == pytest.approx(model.simulate(STATES[0], 4, step=step))


def test_a_latent_model_has_no_field_of_the_states(swing):
    latent = small(lookback=10).fit(swing.index, swing)
    with pytest.raises(ValueError, match="Refit with lookback=None"):
        latent.vector_field(STATES)


@pytest.mark.parametrize("states", [np.zeros((3, 1)), np.zeros(3), np.zeros((2, 2, 2))])
def test_states_of_another_width_are_refused(model, states):
    with pytest.raises(ValueError, match=r"states of shape \(n, 2\)"):
        model.vector_field(states)


# ---------------------------------------------------------------- covariates and time


def force(t):
    return np.sin(1.3 * t) + 0.5 * np.cos(0.4 * t)


def other_force(t):
    return np.cos(0.9 * t)


def respond(u, times, start):
    """Solve dx/dt = -x + u(t)."""
    span = (times[0], times[-1])
    return solve_ivp(
        lambda t, x: -x + u(t), span, [start], t_eval=times, rtol=1e-9, max_step=0.05
    ).y[0]


@pytest.fixture(scope="module")
def forced():
    times = np.r_[0.0, np.sort(np.random.default_rng(0).uniform(0, 30, 299))]
    known = pd.DataFrame({"u": force(times)}, index=times)
    y = pd.Series(respond(force, times, 0.5), times)
    return small().fit(known, y), y


def test_the_response_to_a_force_never_seen_is_right(forced):
    model, y = forced
    last = y.index[-1]
    # u jumps at the last row; the first asked row stands right behind it.
    ahead = last + np.r_[1e-6, np.linspace(0.1, 8, 80)]
    found = model.predict(pd.DataFrame({"u": other_force(ahead)}, index=ahead))
    truth = respond(other_force, np.r_[last, ahead], y.iloc[-1])[1:]
    assert np.abs(found - truth).max() < 0.05
    assert truth.std() > 0.3
    unforced = y.iloc[-1] * np.exp(-(ahead - last))
    assert np.abs(unforced - truth).max() > 0.3


def test_the_field_with_covariates_is_the_law(forced):
    model, _ = forced
    states, u = np.array([[0.3], [-0.2], [0.1]]), np.array([0.5, -0.5, 0.0])
    rows = pd.DataFrame({"u": u}, index=np.arange(3.0))
    assert model.vector_field(states, rows)[:, 0] == pytest.approx(u - states[:, 0], abs=0.03)
    assert model.jacobian(states, rows).ravel() == pytest.approx([-1.0] * 3, abs=0.05)


def test_a_field_with_covariates_asks_for_them(forced):
    model, _ = forced
    with pytest.raises(ValueError, match="Expected X with the stamps of the states"):
        model.vector_field([[0.0]])
    with pytest.raises(ValueError, match="one row of X per state"):
        model.vector_field([[0.0]], pd.DataFrame({"u": [0.0, 1.0]}, index=[0.0, 1.0]))
    with pytest.raises(ValueError, match="law without covariates"):
        model.simulate([0.0], 3)


def test_a_law_that_changes_with_time_is_learned_if_time_is_fed():
    times = np.linspace(0, 6, 120)
    values = np.sin(times) ** 2  # slope sin(2 t): at one state it has two signs
    model = small(autonomous=False).fit(times[:, None], values)
    asked = np.array([1.0, 2.5, 4.0, 5.0])[:, None]
    found = model.vector_field(np.sin(asked) ** 2, asked)
    assert found == pytest.approx(np.sin(2 * asked), abs=0.1)
    with pytest.raises(ValueError, match="Expected X with the stamps"):
        model.vector_field([[0.5]])


# ---------------------------------------------------------------- free runs


def test_many_runs_together_equal_each_alone(model):
    together = model.simulate(STATES, 50, step=0.2)
    assert together.shape == (3, 51, 2)
    alone = [model.simulate(state, 50, step=0.2) for state in STATES]
    np.testing.assert_allclose(together, np.stack(alone), rtol=0, atol=1e-12)
    assert np.abs(together[0] - together[1]).max() > 0.1


@pytest.mark.parametrize(("method", "off"), [("exponential_euler", 1e-3), ("dopri5", 1e-3),
                                             ("LSODA", 1e-3), ("midpoint", 1e-3)])  # fmt: skip
def test_long_runs_of_every_kind_of_solver_agree(model, method, off, monkeypatch):
    monkeypatch.setattr("tsnode.estimators.paths._state_path.N_STEPS_AT_ONCE", 7)
    expected = model.simulate(STATES, 30, step=0.2)
    other = copy.deepcopy(model).set_params(method=method)
    assert other.simulate(STATES, 30, step=0.2) == pytest.approx(expected, abs=off)


def test_a_run_that_diverges_is_nan_from_there_on_with_one_warning():
    class Explosion(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.nothing = torch.nn.Parameter(torch.zeros(()))

        def forward(self, z):
            return z**3 + 0.0 * self.nothing

    frame = make_harmonic_oscillator(40, mean_step=0.05)
    model = NeuralODERegressor(module=Explosion(), module_units="physical", training="match")
    model.fit(frame.index, frame)
    with pytest.warns(ForecastWarning, match=r"1 of 2 run\(s\) diverge.* from start 1 at t = "):
        paths = model.simulate([[0.01, 0.01], [9.0, 9.0]], 40, step=0.05)
    assert np.isfinite(paths[0]).all()
    lost = np.isnan(paths[1]).all(axis=1)
    assert 0 < lost.argmax() < 10
    assert lost[lost.argmax() :].all()


def test_a_field_of_transformed_states_is_refused(swing):
    model = small(target_transformer=StandardScaler(), training="match").fit(swing.index, swing)
    with pytest.raises(ValueError, match="no target_transformer.*StandardScaler.*Refit without"):
        model.simulate(STATES, 3)
