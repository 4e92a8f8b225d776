"""A flow's log-density has the closed form of a linear field, and pays for its costs."""

import math

import numpy as np
import pytest
import torch
from scipy.linalg import expm

from tsnode.models._flow import Flow
from tsnode.solvers._flow_solve import FlowSolve
from tsnode.training._seeds import seeded

A = np.array([[0.4, -0.9], [0.7, -0.2]])
COVARIANCE = np.array([[1.0, 0.3], [0.3, 0.5]])
MEAN = np.array([0.5, -1.0])
NORMAL = {"weights": np.ones(1), "means": MEAN[None], "covariances": COVARIANCE[None]}
ROWS = np.random.default_rng(0).normal(size=(6, 2))


def linear_flow():
    flow = Flow(NORMAL, hidden_layer_sizes=()).double().eval()
    with torch.no_grad():
        flow.field.mlp.layers[0].weight[:, :2] = torch.as_tensor(A)
    return flow


def curved_flow(**settings):
    with seeded(0):
        flow = Flow(NORMAL, hidden_layer_sizes=(8, 8), **settings)
        torch.nn.init.normal_(flow.field.mlp.layers[-1].weight, std=0.2)
    return flow


def normal_log_density(rows, mean, covariance):
    miss = rows - mean
    squares = (miss @ np.linalg.inv(covariance) * miss).sum(1)
    return -0.5 * (squares + np.linalg.slogdet(2 * np.pi * covariance)[1])


@pytest.mark.parametrize("method", ["rk4", "dopri5", "midpoint"])
def test_a_linear_field_carries_a_gaussian_to_the_gaussian_of_its_exponential(method):
    solver = FlowSolve(method, n_steps=400 if method == "midpoint" else 40, rtol=1e-9, atol=1e-9)
    found = linear_flow().log_density(torch.tensor(ROWS), solver=solver).detach().numpy()
    growth = expm(A)
    expected = normal_log_density(ROWS, growth @ MEAN, growth @ COVARIANCE @ growth.T)
    assert abs(np.trace(A)) > 0.1
    assert found == pytest.approx(expected, abs=1e-5)


def test_push_undoes_the_way_back():
    flow, x = curved_flow().double().eval(), torch.tensor(ROWS)
    solver = FlowSolve(n_steps=60)
    z, _ = solver.traced(flow.field.along(), x, 1.0, 0.0)
    assert (z - x).abs().max() > 0.1
    torch.testing.assert_close(flow.push(z, solver=solver), x, atol=1e-6, rtol=0)


def test_a_mixture_as_base_is_the_sum_of_its_parts():
    base = {"weights": np.array([0.3, 0.7]), "means": np.array([MEAN, [2.0, 0.0]]),
            "covariances": np.array([COVARIANCE, np.eye(2)])}  # fmt: skip
    parts = [
        math.log(w) + normal_log_density(ROWS, m, c)
        for w, m, c in zip(base["weights"], base["means"], base["covariances"], strict=True)
    ]
    found = Flow(base).base_log_density(torch.tensor(ROWS, dtype=torch.float32)).numpy()
    assert found == pytest.approx(np.logaddexp(*parts), abs=1e-5)


def test_training_tells_what_the_field_costs_along_the_paths():
    flow, x = curved_flow().train(), torch.tensor(ROWS, dtype=torch.float32)
    _, kinetic, jacobian, miss = flow(x).detach().mean(0)
    along = flow.field.along()
    z, _ = FlowSolve(n_steps=6).traced(along, x, 1.0, 0.0)
    speed = 0.5 * along.slope(0.0, z).square().sum(1).mean()
    assert 0.3 < kinetic / speed < 3
    assert jacobian > 0.01
    assert 0 <= miss < 0.01


def test_a_field_that_the_steps_do_not_resolve_is_told():
    flow, x = curved_flow().train(), torch.tensor(ROWS, dtype=torch.float32)
    smooth = flow(x)[:, 3].mean()
    with torch.no_grad():
        flow.field.mlp.layers[0].weight.mul_(6)
    assert flow(x)[:, 3].mean() > 10 * smooth


def test_an_estimated_trace_has_the_exact_mean():
    exact = curved_flow().train()
    rough = curved_flow(trace="hutchinson").train()
    x = torch.tensor(ROWS, dtype=torch.float32)
    with seeded(1), torch.no_grad():
        draws = rough(x.repeat(400, 1))[:, 0].reshape(400, 6)
    assert draws.std(0).max() > 0.01
    miss = (draws.mean(0) - exact(x)[:, 0].detach()).abs()
    assert (miss <= 4 * draws.std(0) / 20 + 1e-6).all()


def test_every_step_of_rk4_calls_the_field_four_times():
    solver = FlowSolve(n_steps=5)
    curved_flow().log_density(torch.tensor(ROWS, dtype=torch.float32), solver=solver)
    assert solver.n_calls == 20
