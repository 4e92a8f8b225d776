"""Optimal control asked wrongly, and of plans that lead far."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.preprocessing import PolynomialFeatures

from tsnode import NeuralODERegressor, ResNetStepRegressor, RidgeLagRegressor, optimise_control
from tsnode.exceptions import ForecastWarning, GridError, HorizonError

from .pushed_laws import PUSH, STAMPS, SWING, rows

HALF = {"setpoint": {"x": 0.5}, "control_weights": {"push": 0.1}}
TWO = PUSH.assign(wind=np.sin(STAMPS))
QUICK = {"n_pieces": 3, "n_starts": 1}
HOURS = pd.date_range("2024-01-01", periods=len(STAMPS), freq="15min", tz="UTC", name="time")


def fitted(X=TWO, y=None, **params):
    settings = {"lookback": None, "training": "match", "calibration": None, "random_state": 0}
    model = NeuralODERegressor((4,), **settings | params)
    return model.fit(X, rows(SWING) if y is None else y)


@pytest.fixture(scope="module")
def model():
    return fitted()


@pytest.fixture(scope="module")
def single():
    return fitted(PUSH)


def steer(model, **changed):
    settings = {"cost": HALF, "bounds": {"push": (-1, 1)}, "horizon": 1.5, "X": TWO + 0.0}
    settings["X"] = settings["X"].set_axis(STAMPS + 10)
    return optimise_control(model, **QUICK | settings | changed)


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"bounds": {"pull": (-1, 1)}}, ValueError, "'push', 'wind'"),
        ({"bounds": (-1, 1)}, ValueError, "Name the drivers"),
        ({"bounds": {"push": (1, -1)}}, ValueError, "low below high"),
        ({"bounds": {"push": (np.nan, 1)}}, ValueError, "low below high"),
        ({"bounds": {"push": 3}}, ValueError, "such a pair"),
        ({"bounds": {"push": ([0, 0], 1)}}, ValueError, "n_pieces"),
        ({"X": None}, ValueError, "known future"),
        ({"X": PUSH.set_axis(STAMPS + 10)}, ValueError, "lacks 'wind'"),
        ({"X": TWO}, HorizonError, "whole horizon"),
        ({"horizon": -1.0}, HorizonError, "positive duration"),
        ({"horizon": "1h"}, HorizonError, "plain number"),
        ({"n_pieces": 0}, ValueError, "n_pieces"),
        ({"start": [1.0]}, ValueError, "shape"),
        ({"start": [1.0, np.nan]}, ValueError, "finite state"),
        ({"guess": np.zeros(4)}, ValueError, "one row a piece"),
        ({"guess": "high"}, ValueError, "numbers of shape.*'high'"),
        ({"series": "a"}, HorizonError, "series=None.*Leave it out"),
        ({"horizon": True}, HorizonError, "plain number"),
        ({"cost": 3}, ValueError, "callable"),
        ({"cost": {"weights": {"x": 1.0}}}, ValueError, "must hold 'setpoint'"),
        ({"cost": {"setpoint": {"y": 1.0}}}, ValueError, "'x', 'v'"),
        ({"cost": {"setpoint": {"x": [1.0, 2.0]}}}, ValueError, "n_pieces"),
        ({"cost": {"setpoint": {"x": "warm"}}}, ValueError, "finite number.*'warm'"),
        ({"cost": lambda x: x["x"].mean()}, ValueError, "three arguments"),
        ({"cost": HALF | {"weights": {"x": -1.0}}}, ValueError, "at least 0"),
        ({"cost": HALF | {"control_weights": {"wind": 1.0}}}, ValueError, "'push'"),
    ],
)
def test_what_makes_no_sense_is_refused(model, changed, error, words):
    with pytest.raises(error, match=words):
        steer(model, **changed)


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (lambda x, u, t: np.square(x["x"]).mean(), "torch can differentiate"),  # noqa: ARG005
        (lambda x, u, t: x.x.mean(), "torch can differentiate"),  # noqa: ARG005
        (lambda x, u, t: x["heat"].mean(), "states 'x', 'v'.*'push'.*asked for 'heat'"),  # noqa: ARG005
        (lambda x, u, t: 1.0, "returns a tensor"),  # noqa: ARG005
        (lambda x, u, t: x["x"], "one number"),  # noqa: ARG005
        (lambda x, u, t: t.mean(), "as a constant"),  # noqa: ARG005
        (lambda x, u, t: x["x"].mean() / 0, "finite cost"),  # noqa: ARG005
    ],
)
def test_a_cost_without_a_gradient_is_refused_with_the_remedy(model, cost, words):
    with pytest.raises(ValueError, match=words):
        steer(model, cost=cost)


def test_what_has_no_driven_law_is_refused():
    ridge = RidgeLagRegressor().fit(PUSH, rows(SWING))
    with pytest.raises(TypeError, match="law of the observed states"):
        optimise_control(ridge, HALF, (-1, 1), 1.0)
    with pytest.raises(ValueError, match="drivers"):
        optimise_control(fitted(STAMPS), HALF, (-1, 1), 1.0)
    with pytest.raises(ValueError, match="not fitted"):
        optimise_control(NeuralODERegressor(), HALF, (-1, 1), 1.0)


def test_pieces_off_the_grid_of_a_map_are_refused():
    made = ResNetStepRegressor((4,), calibration=None, random_state=0).fit(PUSH, rows(SWING))
    with pytest.raises(GridError, match="multiple"):
        optimise_control(made, HALF, (-1, 1), 1.0, n_pieces=3)


def test_a_plan_far_from_the_data_warns(single):
    with pytest.warns(ForecastWarning, match="what fit has seen"):
        plan = optimise_control(single, {"setpoint": {"x": 9.0}}, (-9, 9), 1.0, n_pieces=2)
    assert plan.n_outside > 0


def test_a_driver_that_enters_squared_is_refused():
    made = fitted(PUSH, features=PolynomialFeatures(2, include_bias=False))
    with pytest.raises(ValueError, match="linearly"):
        optimise_control(made, HALF, (-1, 1), 1.0, **QUICK)


def test_the_bounds_may_differ_from_piece_to_piece(single):
    low, high = np.array([-1.0, 0.2, -1.0]), np.array([-0.5, 0.4, 1.0])
    plan = optimise_control(single, HALF, (low, high), 1.5, **QUICK)
    found = plan.control["push"].to_numpy()
    assert (low <= found).all()
    assert (found <= high).all()


def test_the_global_generator_of_torch_stays_as_it_was(single):
    before = torch.get_rng_state()
    optimise_control(single, HALF, (-1, 1), 1.5, n_pieces=3, n_starts=2, max_iter=2)
    assert torch.equal(before, torch.get_rng_state())
