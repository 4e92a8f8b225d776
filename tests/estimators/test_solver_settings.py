"""The solver may be changed after fit: predict follows, and no answer depends on the others."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import solve_ivp

from tsnode import NeuralODERegressor
from tsnode.datasets import make_van_der_pol
from tsnode.solvers._solve import DIFFERENTIABLE, METHODS
from tsnode.solvers._stiff import SCIPY_METHODS


@pytest.fixture(scope="module")
def cycle():
    return make_van_der_pol(120, irregular=True, random_state=0)


@pytest.fixture(scope="module")
def fitted(cycle):
    model = NeuralODERegressor((16,), lookback=None, training="match", random_state=0)
    return model.fit(cycle.index, cycle)


def changed(fitted, **params):
    return copy.deepcopy(fitted).set_params(**params)


def fine(model, leads):
    """Solve the fitted field from its last start by SciPy at the finest tolerance."""
    last = model._observed.times[-1]
    start = model.predict(pd.Index([last + 1e-9])).to_numpy()[0]
    return solve_ivp(
        lambda t, y: model.vector_field(y),  # noqa: ARG005
        (0, leads[-1]), start, t_eval=leads, rtol=1e-11, atol=1e-12,
    ).y.T  # fmt: skip


@pytest.mark.parametrize(
    "method",
    ["rk4", pytest.param("midpoint", marks=pytest.mark.slow), "dopri5", "LSODA", "Radau", "BDF"],
)
def test_a_tighter_tolerance_after_fit_comes_closer_to_a_fine_solve(method, fitted, cycle):
    leads = np.array([0.5, 1.3, 2.0])
    asked = pd.Index(cycle.index[-1] + leads)
    expected = fine(fitted, leads)
    errors = [
        np.abs(changed(fitted, method=method, rtol=r, atol=r).predict(asked) - expected).to_numpy()
        for r in (1e-3, 1e-7)
    ]
    loose, tight = (error.max() for error in errors)
    assert tight < 2e-5
    assert tight < 0.2 * loose


@pytest.mark.parametrize(
    "method", [pytest.param(m, marks=[pytest.mark.slow] * (m == "explicit_adams")) for m in METHODS]
)
def test_the_answer_to_one_stamp_does_not_depend_on_the_others(method, fitted, cycle):
    model = changed(fitted, method=method)
    asked = pd.Index(cycle.index[-1] + np.array([0.03, 0.31, 0.3100001, 0.9, 2.2]))
    together = model.predict(asked)
    assert np.isfinite(together.to_numpy()).all()
    alone = pd.concat([model.predict(asked[[k]]) for k in range(len(asked))])
    np.testing.assert_allclose(alone, together, rtol=0, atol=1e-9)


def test_another_solver_changes_simulate_too(fitted, cycle):
    start = cycle.iloc[-1]
    before, coarse, after = (
        model.simulate(start, 20, step=0.1)
        for model in (fitted, changed(fitted, method="euler"), changed(fitted, method="Radau"))
    )
    assert np.abs(coarse - before).max() > 5e-3
    assert after == pytest.approx(before, abs=2e-3)


def test_predict_leaves_no_trace_and_a_change_back_gives_the_first_answer(fitted, cycle):
    asked = pd.Index(cycle.index[-1] + np.array([0.4, 1.0]))
    first = fitted.predict(asked)
    model = changed(fitted, method="midpoint", rtol=1e-6)
    names = dict(vars(model))
    other = model.predict(asked)
    assert vars(model) == names
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(model)).predict(asked), other)
    pd.testing.assert_frame_equal(model.set_params(method="rk4", rtol=1e-4).predict(asked), first)
    assert (other != first).any(axis=None)


@pytest.mark.parametrize(
    ("params", "words"),
    [({"method": "rk5"}, "method must be one of"), ({"rtol": 0}, "rtol must be"),
     ({"atol": -1.0}, "atol must be")],
)  # fmt: skip
def test_settings_are_checked_at_the_door_of_predict(params, words, fitted, cycle):
    with pytest.raises(ValueError, match=words):
        changed(fitted, **params).predict(cycle.index)


def test_a_latent_state_keeps_its_own_solver(cycle):
    latent = NeuralODERegressor((16,), lookback=10, latent_dim=0, random_state=0)
    latent.fit(cycle.index, cycle)
    with pytest.raises(ValueError, match="latent state with a solver of its own.*lookback=None"):
        latent.set_params(method="Radau").predict(cycle.index)


def test_training_on_takes_the_solver_of_now(fitted, cycle):
    model = changed(fitted, method="midpoint")
    model.partial_fit(cycle.index, cycle)
    assert model.net_.module_.method == "midpoint"


# ---------------------------------------------------------------- SciPy's methods only predict


@pytest.mark.parametrize("method", SCIPY_METHODS)
@pytest.mark.parametrize("params", [{"training": "shooting"}, {"max_epochs": 2},
                                    {"training_horizon": 4}])  # fmt: skip
def test_shooting_through_scipy_is_refused_with_the_way_around(method, params, cycle):
    model = NeuralODERegressor((8,), lookback=None, method=method, **params)
    words = f"differentiable.*{method!r}.*then set_params\\(method={method!r}\\)"
    with pytest.raises(ValueError, match=words):
        model.fit(cycle.index, cycle)


def test_the_way_around_works_and_tools_without_solver_take_scipy_at_once(cycle):
    frame = cycle.iloc[:40]
    shot = NeuralODERegressor((8,), lookback=None, max_epochs=1, random_state=0)
    shot.fit(frame.index, frame)
    asked = pd.Index(frame.index[-1] + np.array([0.5, 1.0]))
    before = shot.predict(asked)
    after = shot.set_params(method="Radau", rtol=1e-6).predict(asked)
    np.testing.assert_allclose(after, before, atol=1e-3)
    assert (after != before).any(axis=None)
    direct = NeuralODERegressor((8,), lookback=None, training="match", method="LSODA")
    assert np.isfinite(direct.fit(frame.index, frame).predict(asked).to_numpy()).all()
    assert set(METHODS) - set(DIFFERENTIABLE) == set(SCIPY_METHODS)
