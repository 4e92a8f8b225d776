"""Penalties of the training loss: their value, their gradient, and what training makes of them."""

import copy
import pickle

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import jacrev, vmap

from tsnode.dynamics._fields import NeuralField
from tsnode.models._state_forecaster import StateForecaster
from tsnode.training._penalties import (
    jacobian_penalty,
    jacobian_penalty_along_data,
    kinetic_penalty,
    squared_jacobian,
    weight_penalty,
)
from tsnode.training._shooting import shoot

SMOOTHNESS = [jacobian_penalty, kinetic_penalty]


def model(n_states, hidden=(16,), **params):
    torch.manual_seed(0)
    return StateForecaster(NeuralField(n_states, hidden_layer_sizes=hidden, **params))


def batch(n_states, n_windows=6):
    """Windows of three leads; the last one has only one, the rest is padding."""
    rng = np.random.default_rng(1)
    times = np.cumsum(rng.uniform(0.1, 0.5, (n_windows, 4)), axis=1)
    times[-1, 2:] = times[-1, 1]
    z0 = rng.normal(size=(n_windows, n_states))
    return {"z0": torch.as_tensor(z0), "times": torch.as_tensor(times)}


def points(inputs, y_pred):
    """Join starts and forecasts, without the padding."""
    states = torch.cat([inputs["z0"][:, None], y_pred], dim=1).detach()
    return torch.cat([states[:-1].flatten(0, 1), states[-1, :2]])


# ---------------------------------------------------------------- value


@pytest.mark.parametrize("n_states", [1, 3, 8])
def test_a_linear_field_has_the_penalties_of_its_matrix(n_states):
    linear, inputs = model(n_states, hidden=()), batch(n_states)
    y_pred = linear(**inputs)
    (layer,) = linear.field.mlp.layers
    A, b = layer.weight.detach(), layer.bias.detach()
    found = jacobian_penalty(linear, inputs, y_pred).item()
    assert found == pytest.approx(A.square().sum().item() / n_states, rel=1e-12)
    speeds = (points(inputs, y_pred) @ A.T + b).square().sum(dim=1)
    found = kinetic_penalty(linear, inputs, y_pred).item()
    assert found == pytest.approx(speeds.mean().item() / n_states, rel=1e-12)
    assert found > 0.01


def test_along_the_data_the_jacobian_is_that_of_the_data():
    """Two routes: a linear field has one Jacobian; of a curved one torch.func has it."""
    linear, curved, inputs = model(2, hidden=()), model(2), batch(2)
    data = torch.as_tensor(np.random.default_rng(3).normal(size=(6, 3, 2)))
    inputs["states"] = data
    (layer,) = linear.field.mlp.layers
    expected = layer.weight.square().sum().item() / 2
    assert jacobian_penalty_along_data(linear, inputs, None).item() == pytest.approx(expected)
    jacobians = vmap(jacrev(lambda z: curved.field.mlp(z)))(points(inputs, data))
    expected = jacobians.square().sum(dim=(1, 2)).mean().item() / 2
    found = jacobian_penalty_along_data(curved, inputs, None).item()
    assert found == pytest.approx(expected, rel=1e-12)
    elsewhere = {**inputs, "states": data + 3.0}
    assert abs(jacobian_penalty_along_data(curved, elsewhere, None).item() / found - 1) > 0.01


def test_a_point_has_the_time_and_the_control_of_its_own_stamp():
    one = model(1, hidden=(), n_controls=1, autonomous=False)
    (layer,) = one.field.mlp.layers
    nn.init.zeros_(layer.bias)
    layer.weight.data = torch.tensor([[0.0, 2.0, 3.0]], dtype=torch.float64)  # f = 2 u + 3 t
    inputs = batch(1)
    inputs["controls"] = torch.as_tensor(one.control_times(inputs["times"]))[..., None] ** 2
    found = kinetic_penalty(one, inputs, one(**inputs)).item()
    t = np.r_[inputs["times"][:-1].numpy().ravel(), inputs["times"][-1, :2]]
    assert found == pytest.approx(np.mean((2 * t**2 + 3 * t) ** 2), rel=1e-12)


def test_the_mean_of_many_estimates_is_the_exact_jacobian():
    field = model(12).field
    z = torch.randn(5, 12, dtype=torch.float64)
    jacobians = vmap(jacrev(lambda z: field.mlp(z)))(z)
    exact = jacobians.square().sum(dim=(1, 2)).detach()
    draws = torch.stack([squared_jacobian(field, 0.0, z).detach() for _ in range(2000)])
    error = draws.mean(dim=0) - exact
    assert (error.abs() < 4 * draws.std(dim=0) / 2000**0.5).all()
    assert (draws.std(dim=0) > 0.1 * exact).all()
    assert squared_jacobian(model(8).field, 0.0, z[:, :8]).std() > 0


@pytest.mark.parametrize("penalty", SMOOTHNESS)
@pytest.mark.parametrize("n_states", [3, 12])
def test_the_gradient_goes_through_field_and_points(penalty, n_states):
    here, inputs = model(n_states), batch(n_states)
    direction = [torch.randn_like(p) for p in here.parameters()]

    def value(step):
        moved = copy.deepcopy(here)
        for parameter, change in zip(moved.parameters(), direction, strict=True):
            parameter.data += step * change
        torch.manual_seed(7)
        return penalty(moved, inputs, moved(**inputs)), moved

    total, moved = value(0.0)
    slopes = torch.autograd.grad(total, list(moved.parameters()), materialize_grads=True)
    found = sum((s * d).sum() for s, d in zip(slopes, direction, strict=True)).item()
    expected = (value(1e-5)[0] - value(-1e-5)[0]).item() / 2e-5
    assert found == pytest.approx(expected, rel=1e-6)
    assert abs(expected) > 1e-3


# ---------------------------------------------------------------- training


def test_shooting_penalises_the_jacobian_along_the_data():
    free, held = (
        fit(jacobian_penalty=w, jacobian_along="data", max_epochs=20)[0] for w in (0.0, 100.0)
    )
    (penalty,) = held.penalties
    assert penalty.penalty is jacobian_penalty_along_data
    at_data = {**batch(2), "states": torch.as_tensor(rows()[0][1][:18].reshape(6, 3, 2))}
    before, after = (jacobian_penalty_along_data(n.module_, at_data, None) for n in (free, held))
    assert after < 0.5 * before


def rows(n_rows=80):
    rng = np.random.default_rng(0)
    times = np.arange(float(n_rows))
    z = np.c_[np.cos(0.3 * times), np.sin(0.3 * times)] + 0.1 * rng.normal(size=(n_rows, 2))
    return [(times, z, z.copy(), np.ones(n_rows), None)]


def fit(start=None, **params):
    params = {"training_horizon": 3, "max_epochs": 3, "lr": 0.01} | params
    return shoot(start or model(2), rows(), **params)


def test_the_penalties_are_in_the_training_loss_and_in_no_validation_loss():
    plain, penalised = fit(jacobian_penalty=0.0)[0], fit(jacobian_penalty=5.0, alpha=1e3)[0]
    assert penalised.report_["start_loss"] == plain.report_["start_loss"]
    inputs = batch(2)
    y_pred = penalised.infer(inputs)
    args = (y_pred, torch.zeros_like(y_pred), inputs)
    validation = penalised.get_loss(*args).item()
    assert validation == pytest.approx(y_pred.square().mean().item())
    # All windows but the newest, which validate, have three leads of two states.
    module, n_targets = penalised.module_, 3 * 2 * len(penalised.train_split.train)
    added = 5 * jacobian_penalty(module, inputs, y_pred)
    added += 1e3 / n_targets * weight_penalty(module, inputs, y_pred)
    found = penalised.get_loss(*args, training=True).item()
    assert found == pytest.approx(validation + added.item())
    assert added.item() > 0.1


def test_alpha_gives_the_closed_form_ridge_of_a_linear_map():
    """|Y - [Z 1] theta|^2 + alpha |theta|^2, the bias penalised too."""
    linear = StateForecaster(NeuralField(2, hidden_layer_sizes=()), kind="plain")
    series, alpha = rows(), 30.0
    net, _ = shoot(
        linear, series, training_horizon=1, validation_fraction=0, alpha=alpha, lr=0.02,
        max_epochs=400, batch_size=100,
    )  # fmt: skip
    z = series[0][1]
    design = np.c_[z[:-1], np.ones(len(z) - 1)]
    gram = design.T @ design
    expected, free = (np.linalg.solve(gram + a * np.eye(3), design.T @ z[1:]) for a in (alpha, 0))
    (layer,) = net.module_.field.mlp.layers
    found = torch.cat([layer.weight.T, layer.bias[None]]).detach().numpy()
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert np.square(expected).sum() < 0.7 * np.square(free).sum()


def test_a_penalised_fit_keeps_the_last_weights_though_validation_prefers_the_start():
    start = fit(jacobian_penalty=0.0, max_epochs=60)[0].module_
    net, report = fit(start, jacobian_penalty=100.0, max_epochs=10)
    assert report["valid_loss"] > 2 * report["start_loss"]
    assert report["best_epoch"] == report["n_epochs"] == 10
    inputs = batch(2)
    before, after = (jacobian_penalty(m, inputs, m(**inputs)) for m in (start, net.module_))
    assert after < 0.5 * before
    again, _ = fit(start, alpha=1e-9, lr=10.0, max_epochs=2)
    assert again.report_["best_epoch"] == 0


def test_patience_counts_the_validation_loss_without_penalties():
    start = fit(jacobian_penalty=0.0, max_epochs=60)[0].module_
    params = {"n_iter_no_change": 3, "curriculum": None, "max_epochs": 50}
    _, report = fit(start, jacobian_penalty=100.0, **params)
    assert (report["stopped"], report["n_epochs"], report["best_epoch"]) == ("early", 3, 3)


def test_estimates_of_many_states_are_reproducible_and_the_net_pickles():
    z = np.random.default_rng(0).normal(size=(30, 12))
    series = [(np.arange(30.0), z, z.copy(), np.ones(30), None)]
    first, again, other = (
        shoot(model(12), series, jacobian_penalty=1.0, max_epochs=2, seed=seed)[0]
        for seed in (1, 1, 2)
    )
    states = [pickle.loads(pickle.dumps(net)).module_.state_dict() for net in (first, again)]
    torch.testing.assert_close(*states, rtol=0, atol=0)
    name = "field.mlp.layers.0.weight"
    assert (first.module_.state_dict()[name] != other.module_.state_dict()[name]).any()
