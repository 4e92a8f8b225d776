"""Plans of optimal control: what predict says of them, costs, starts, solvers, maps."""

import copy

import numpy as np
import pandas as pd
import pytest

from tsnode import NeuralODERegressor, ResNetStepRegressor, optimise_control

from .pushed_laws import PUSH, STAMPS, SWING, exact_model, rows

CLOSE = {"setpoint": {"x": 0.5}, "control_weights": {"push": 0.1}}


@pytest.fixture(scope="module")
def swing():
    return exact_model(SWING)


@pytest.fixture(scope="module")
def in_columns():
    """Model of a swing with the push, and a wind that does nothing, as columns of X."""
    X = PUSH.assign(wind=np.sin(STAMPS))
    model = NeuralODERegressor((8,), lookback=None, training="match", calibration=None)
    return model.set_params(random_state=0).fit(X, rows(SWING))


def wind(start=10.0, end=14.0):
    stamps = pd.Index(np.arange(start, end, 0.3), name="time")
    return pd.DataFrame({"wind": np.sin(stamps)}, stamps)


def test_predict_gives_the_states_of_a_plan_in_columns(in_columns):
    plan = optimise_control(in_columns, CLOSE, {"push": (-1, 1)}, 3.0, n_pieces=6, X=wind())
    assert plan.success
    assert list(plan.control) == ["push", "wind"]
    found = in_columns.predict(plan.control)
    assert found.to_numpy() == pytest.approx(plan.states.to_numpy(), abs=1e-9)
    known = np.interp(plan.control.index, wind().index, wind()["wind"])
    assert plan.control["wind"].to_numpy() == pytest.approx(known)


def test_predict_gives_the_states_of_a_plan_in_a_table(swing):
    plan = optimise_control(swing, CLOSE, {"push": (-1, 1)}, 1.5, n_pieces=3, n_starts=1)
    model = copy.deepcopy(swing)
    model.features_.set_params(table=plan.table)
    found = model.predict(plan.states.index)
    assert found.to_numpy() == pytest.approx(plan.states.to_numpy(), abs=1e-9)
    assert plan.table.loc[:9.9, "push"].equals(PUSH.loc[:9.9, "push"])
    assert plan.control.index[0] == STAMPS[-1]
    # What was asked has changed nothing.
    assert swing.features_.table is not plan.table


def test_a_cost_in_torch_is_the_same_as_in_words(in_columns):
    settings = {"n_pieces": 6, "X": wind(), "n_starts": 1}
    plans = [
        optimise_control(in_columns, cost, {"push": (-1, 1)}, 3.0, **settings)
        for cost in (
            CLOSE,
            lambda x, u, t: ((x["x"] - 0.5) ** 2).mean() + 0.1 * (u["push"] ** 2).mean(),  # noqa: ARG005
        )
    ]
    assert plans[0].cost == pytest.approx(plans[1].cost, rel=1e-9)
    assert plans[0].control.equals(plans[1].control)


def test_elapsed_time_begins_at_the_last_known_row(in_columns):
    seen = []

    def cost(x, u, t):
        seen.append(t.tolist())
        return (u["push"] ** 2).mean() + ((x["x"] - 0.5) ** 2).mean()

    optimise_control(in_columns, cost, {"push": (-1, 1)}, 3.0, n_pieces=3, X=wind(), n_starts=1)
    assert seen[0] == [1.0, 2.0, 3.0]


def test_a_step_map_is_steered_on_its_grid():
    X = np.column_stack([STAMPS, PUSH["push"]])
    model = ResNetStepRegressor((8,), calibration=None, random_state=0)
    model.fit(X, rows(SWING).to_numpy())
    plan = optimise_control(
        model, {"setpoint": {0: 0.3}}, {1: (-2, 2)}, 3.0, n_pieces=6, n_starts=1
    )
    assert plan.control[:, 0] == pytest.approx(10 + 0.5 * np.arange(1, 7))
    assert model.predict(plan.control) == pytest.approx(plan.states, abs=1e-9)
    assert np.abs(plan.states[2:, 0] - 0.3).max() < 0.1


@pytest.mark.slow
def test_another_solver_leads_to_the_same_plan(in_columns):
    settings = {"n_pieces": 6, "X": wind(), "n_starts": 1}
    plans = []
    for method in ("rk4", "dopri5", "exponential_euler"):
        model = copy.deepcopy(in_columns).set_params(method=method)
        plans.append(optimise_control(model, CLOSE, {"push": (-1, 1)}, 3.0, **settings).control)
    assert plans[1]["push"].to_numpy() == pytest.approx(plans[0]["push"].to_numpy(), abs=2e-3)
    assert plans[2]["push"].to_numpy() == pytest.approx(plans[0]["push"].to_numpy(), abs=2e-2)


def test_a_plan_is_reproducible_by_random_state(swing):
    settings = {"n_pieces": 4, "n_starts": 2, "random_state": 3, "max_iter": 3}
    cost = {"setpoint": {"x": 0.5}}
    first, again = (optimise_control(swing, cost, (-1, 1), 2.0, **settings) for _ in range(2))
    assert first.control.equals(again.control)


def test_update_moves_the_start_of_the_plan(swing):
    model = copy.deepcopy(swing)
    table = pd.concat([PUSH, pd.DataFrame({"push": [0.0]}, pd.Index([11.0]))])
    model.features_.set_params(table=table)
    model.update(pd.Index([11.0], name="time"), pd.DataFrame({"x": [0.5], "v": [0.0]}, [11.0]))
    plan = optimise_control(model, {"setpoint": {"x": 0.5}}, (-1, 1), 2.0, n_pieces=4, n_starts=1)
    assert plan.control.index[0] == 11.0
    # The push that balances the spring.
    assert plan.control["push"].to_numpy() == pytest.approx([0.5] * 4, abs=0.05)
