"""Defects of the flow against the solver itself and central differences."""

import numpy as np
import pytest
import torch

from tsnode.dynamics._fields import NeuralField
from tsnode.training._field_function import function_of
from tsnode.training._flow_defects import FlowDefects
from tsnode.training._flow_function import FlowFunction
from tsnode.training._match import smooth_paths
from tsnode.training._mesh import build_mesh
from tsnode.training._paths import ObservedPath

SCALE, N_STEPS = 1.7, 3


@pytest.fixture
def case():
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    paths = [
        ObservedPath(np.cumsum(rng.uniform(0.5, 2, 6)), rng.normal(size=(6, 2)), np.ones(6))
        for _ in range(2)
    ]
    mesh = build_mesh(paths, smooth_paths(paths), [path.times for path in paths])
    field = NeuralField(2, 0, (4, 3), "tanh", autonomous=False, time_scale=9.0)
    function = function_of(field)
    states = mesh.start + 0.3 * torch.randn_like(mesh.start)

    def defects(states, with_derivatives=True, dtype=torch.float64):
        flow = FlowFunction(function, N_STEPS, SCALE)
        settings = {"with_derivatives": with_derivatives, "dtype": dtype}
        return FlowDefects(flow, mesh, states, **settings)

    return function, states, defects


def differences(function, point, step=1e-5):
    columns = []
    for unit in torch.eye(point.numel(), dtype=point.dtype):
        shift = step * unit.view_as(point)
        columns.append((function(point + shift) - function(point - shift)).reshape(-1) / 2 / step)
    return torch.stack(columns, dim=1)


def test_values_are_what_the_flow_misses_with_and_without_derivatives(case):
    _, states, defects = case
    found = defects(states)
    torch.testing.assert_close(found.values, defects(states, with_derivatives=False).values)
    # Ten gaps: none from the end of the first series to the start of the second.
    assert found.values.shape == (10, 2)


def test_products_equal_central_differences_in_states_and_weights(case):
    function, states, defects = case
    theta = function.read()

    def of_weights(weights):
        function.write(weights)
        return defects(states, with_derivatives=False).values

    in_states = differences(lambda x: defects(x, with_derivatives=False).values, states)
    in_weights = differences(of_weights, theta)
    function.write(theta)
    found, nu = defects(states), torch.randn(10, 2, dtype=torch.float64)
    change, direction = torch.randn_like(states), torch.randn_like(theta)
    close = {"rtol": 1e-6, "atol": 1e-7}
    for ours, dense in (
        (found.apply_states(change), in_states @ change.reshape(-1)),
        (found.transpose_states(nu), in_states.T @ nu.reshape(-1)),
        (found.apply_weights(direction), in_weights @ direction),
        (found.transpose_weights(nu), in_weights.T @ nu.reshape(-1)),
        (found.weight_gram(torch.float64), in_weights @ in_weights.T),
    ):
        torch.testing.assert_close(ours.reshape(-1), dense.reshape(-1), **close)
    variance = torch.rand_like(states)
    system = torch.zeros(20, 20, dtype=torch.float64)
    found.add_state_gram(system, variance)
    torch.testing.assert_close(system, in_states * variance.reshape(-1) @ in_states.T, **close)


def test_single_precision_serves_the_weights_alone(case):
    _, states, defects = case
    single, double = defects(states, dtype=torch.float32), defects(states)
    nu = torch.ones(10, 2, dtype=torch.float64)
    torch.testing.assert_close(single.values, double.values)
    assert single.transpose_weights(nu).dtype == torch.float64
    torch.testing.assert_close(
        single.transpose_weights(nu), double.transpose_weights(nu), rtol=1e-4, atol=1e-5
    )
    assert single.weight_gram(torch.float32).dtype == torch.float32
