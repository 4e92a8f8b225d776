"""Optimal controls by other routes: Riccati, the algebraic equation, bounds, bang-bang."""

import numpy as np
import pytest
import torch
from scipy.linalg import solve_discrete_are
from scipy.optimize import minimize_scalar

from tsnode import NeuralODERegressor, optimise_control

from .pushed_laws import CART, SWING, exact_model, follow, hold, riccati_push

REST = {"x": 0.0, "v": 0.0}


@pytest.fixture(scope="module")
def swing():
    return exact_model(SWING)


@pytest.fixture(scope="module")
def cart():
    return exact_model(CART)


@pytest.fixture(scope="module")
def regulated(swing):
    cost = {"setpoint": REST, "weights": {"x": 2.0, "v": 1.0}, "control_weights": {"push": 0.5}}
    return optimise_control(swing, cost, (None, None), 10.0, start=[1.5, -1.0], n_starts=1)


def test_a_linear_law_under_a_quadratic_cost_is_regulated_as_by_riccati(regulated):
    known = riccati_push(SWING, [1.5, -1.0], 0.5, 20, [2.0, 1.0], 0.5)
    assert regulated.control["push"].to_numpy() == pytest.approx(known, abs=1e-4)
    assert np.abs(known).max() > 1
    states = follow(SWING, [1.5, -1.0], known, 0.5)
    assert regulated.states.to_numpy() == pytest.approx(states, abs=1e-4)
    cost = (states**2 @ [2.0, 1.0]).mean() + 0.5 * (known**2).mean()
    assert regulated.cost == pytest.approx(cost, rel=1e-5)


def test_the_first_push_of_a_long_horizon_is_that_of_the_algebraic_equation(regulated):
    f, g = hold(SWING, 0.5)
    p = solve_discrete_are(f, g, np.diag([2.0, 1.0]), np.array([[0.5]]))
    gain = np.linalg.solve(0.5 + g.T @ p @ g, g.T @ p @ f)
    assert regulated.control["push"].iloc[0] == pytest.approx(-(gain @ [1.5, -1.0])[0], abs=1e-3)


def test_active_bounds_hold_and_the_cost_cannot_be_lowered_within_them(swing, regulated):
    cost = {"setpoint": REST, "weights": {"x": 2.0, "v": 1.0}, "control_weights": {"push": 0.5}}
    plan = optimise_control(swing, cost, (-0.3, 0.5), 10.0, start=[1.5, -1.0], n_starts=1)
    pushes = plan.control["push"].to_numpy()
    assert pushes.max() == 0.5 < regulated.control["push"].max()
    assert plan.cost > regulated.cost

    def cost_of(pushes):
        states = follow(SWING, [1.5, -1.0], pushes, 0.5)
        return (states**2 @ [2.0, 1.0]).mean() + 0.5 * (pushes**2).mean()

    assert cost_of(pushes) == pytest.approx(plan.cost, rel=1e-5)
    for k, size in [(0, -1e-2), (1, -1e-2), (5, 1e-2), (9, -1e-2), (15, 1e-2)]:
        moved = pushes.copy()
        moved[k] = np.clip(moved[k] + size, -0.3, 0.5)
        assert cost_of(moved) > cost_of(pushes)


def ending(model, horizon):
    cost = {"setpoint": REST, "weights": {"x": 0.0, "v": 0.0}, "final_weights": {"x": 1, "v": 1}}
    return optimise_control(model, cost, (-1, 1), horizon, start=[1.0, 0.0], n_starts=1)


def test_the_shortest_way_of_a_cart_to_rest_is_full_push_and_full_brake(cart):
    # From distance 1 with |u| <= 1 in 2 units of time (Bryson and Ho 1975, section 3.9).
    plan = ending(cart, 2.0)
    assert plan.cost < 1e-5
    assert plan.control["push"].to_numpy() == pytest.approx(np.repeat([-1.0, 1.0], 10), abs=0.05)


def test_in_less_than_the_shortest_time_the_push_switches_once_and_misses(cart):
    def miss(switch, end=1.6):
        rest = end - switch
        speed = -switch + rest
        return (1 - switch**2 / 2 - switch * rest + rest**2 / 2) ** 2 + speed**2

    plan = ending(cart, 1.6)
    known = minimize_scalar(miss, bounds=(0, 1.6), method="bounded").fun
    assert plan.cost == pytest.approx(known, rel=0.02)
    assert known > 0.01
    pushes = plan.control["push"].to_numpy()
    assert (np.abs(np.abs(pushes) - 1) > 1e-6).sum() <= 1
    assert (np.diff(np.sign(pushes)) != 0).sum() == 1


class Blowing(torch.nn.Module):
    """dz/dt = z^2 + u, which is infinite within a unit of time from 1 on."""

    def __init__(self):
        super().__init__()
        self.size = torch.nn.Parameter(torch.ones(1, dtype=torch.float64))

    def forward(self, t, z, u):  # noqa: ARG002
        return self.size * z**2 + u


@pytest.mark.filterwarnings("ignore::tsnode.exceptions.ForecastWarning")
def test_a_law_that_explodes_under_the_wrong_push_is_held_by_the_right_one():
    t, push = np.arange(0, 6, 0.2), np.tile([-1.0, -1.0, 0.6, 0.6, -0.5], 6)
    z = np.full(30, 0.2)
    for k in range(29):
        z[k + 1] = z[k] + 0.2 * (z[k] ** 2 + push[k])
    model = NeuralODERegressor(
        module=Blowing, module_units="physical", lookback=None, training="match", calibration=None
    ).fit(np.column_stack([t, push]), z)
    with torch.no_grad():
        model._path.field.module.size.fill_(1.0)
    cost = {"setpoint": {0: 0.5}, "control_weights": {1: 1e-3}}
    settings = {
        "n_pieces": 8,
        "max_iter": 40,
        "start": [0.9],
        "guess": np.full(8, 0.5),
        "random_state": 0,
    }
    with pytest.raises(ValueError, match="guess="):
        optimise_control(model, cost, (-2, 1), 4.0, n_starts=1, **settings)
    plan = optimise_control(model, cost, (-2, 1), 4.0, n_starts=2, **settings)
    assert plan.states[2:] == pytest.approx(0.5, abs=0.08)
    # The push that balances z^2 at 0.5.
    assert plan.control[1:, 1].mean() == pytest.approx(-0.25, abs=0.1)
