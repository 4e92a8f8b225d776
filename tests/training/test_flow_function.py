"""The flow over gaps as a function: its ends by SciPy's solver, its derivatives by autograd."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from tsnode.dynamics._fields import NeuralField
from tsnode.training._field_function import function_of
from tsnode.training._flow_function import FlowFunction


@pytest.fixture
def field():
    torch.manual_seed(0)
    return NeuralField(2, 0, (7, 5), "tanh", autonomous=False, time_scale=10.0)


@pytest.fixture
def gaps():
    rng = np.random.default_rng(1)
    # More gaps than fit in a block; some shorter than a step, some ten times the median.
    lengths = np.r_[rng.uniform(0.05, 2, 150), 10.0]
    states, times = rng.normal(size=(151, 2)), rng.uniform(0, 9, 151)
    return torch.as_tensor(np.column_stack([states, times, lengths]))


def test_a_gap_ends_where_the_solver_of_scipy_ends(field, gaps):
    flow = FlowFunction(function_of(field), n_steps=8)
    found = flow(gaps[-8:]).detach().numpy()

    def slope(t, x):
        with torch.no_grad():
            return field(torch.tensor(t), torch.as_tensor(x)[None])[0].numpy()

    for row, change in zip(gaps[-8:].numpy(), found, strict=True):
        span = row[2], row[2] + row[3]
        end = solve_ivp(slope, span, row[:2], rtol=1e-10, atol=1e-12).y[:, -1]
        assert change == pytest.approx(end - row[:2], abs=1e-5)


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_derivatives_equal_those_of_autograd(field, gaps, scale):
    flow = FlowFunction(function_of(field), n_steps=3)
    with flow.in_units_of(scale):
        point = flow.linearize(gaps)
        outputs = flow(gaps)
        torch.testing.assert_close(point.outputs, outputs)
        jacobian = point.jacobian()
        for row in (0, 77, 301):
            expected = torch.autograd.grad(
                outputs.reshape(-1)[row], flow.parameters(), retain_graph=True
            )
            torch.testing.assert_close(jacobian[row], flow.flatten(expected))
    direction = torch.randn(flow.n_weights, dtype=torch.float64)
    nu = torch.randn(151, 2, dtype=torch.float64)
    torch.testing.assert_close(point.apply(direction).reshape(-1), jacobian @ direction)
    torch.testing.assert_close(point.transpose(nu), jacobian.T @ nu.reshape(-1))
    torch.testing.assert_close(point.gram(), jacobian @ jacobian.T)


def test_weights_are_counted_in_the_unit_of_the_outputs_and_come_back(field, gaps):
    flow = FlowFunction(function_of(field), n_steps=3)
    before, plain = flow.read(), flow(gaps)
    with flow.in_units_of(4.0):
        torch.testing.assert_close(flow(gaps), plain / 4)
    torch.testing.assert_close(flow.read(), before)


def test_gaps_take_steps_by_their_length():
    class Still:
        n_weights = n_states = 1
        read = write = squares = parameters = flatten = silence = None

    gaps = torch.tensor([[0.0, 0.0, h] for h in (0.01, 0.5, 1.0, 1.4, 2.0, 40.0)])
    found = dict(FlowFunction(Still(), n_steps=4).equal_steps(gaps))
    by_gap = {int(row): n for n, rows in found.items() for row in rows}
    assert by_gap == {0: 1, 1: 2, 2: 4, 3: 6, 4: 8, 5: 182}
