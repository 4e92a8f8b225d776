"""Matching a field to smoothed slopes recovers the law of the data."""

import numpy as np
import pytest
import torch
from scipy.linalg import expm

from tsnode.dynamics._fields import NeuralField
from tsnode.training._match import match_field, smooth_paths
from tsnode.training._paths import ObservedPath

LAW = np.array([[-0.02, 0.3], [-0.3, -0.02]])


def spiral(times, start=(1.0, 0.0)):
    return np.stack([expm(LAW * t) @ np.array(start) for t in times])


def path(n=200, noise=0.0, seed=0, missing=0.0):
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(0.2, 0.6, n))
    values = spiral(times) + noise * rng.normal(size=(n, 2))
    values[rng.random((n, 2)) < missing] = np.nan
    return ObservedPath(times, values, np.ones(n))


def learned_law(field):
    (layer,) = field.mlp.layers
    return layer.weight.detach().numpy()


@pytest.mark.parametrize(
    ("noise", "missing", "error"), [(0.0, 0.0, 1e-3), (0.0, 0.3, 1e-2), (0.02, 0.0, 0.03)]
)
def test_match_recovers_a_known_linear_field(noise, missing, error):
    field = NeuralField(2, hidden_layer_sizes=())
    report = match_field(field, [path(noise=noise, missing=missing)])
    np.testing.assert_allclose(learned_law(field), LAW, atol=error)
    assert report["tool"].startswith("match")


def test_paths_of_a_panel_are_matched_together():
    field = NeuralField(2, hidden_layer_sizes=())
    paths = [path(n=40, seed=k, noise=0.01) for k in range(6)]
    report = match_field(field, paths)
    np.testing.assert_allclose(learned_law(field), LAW, atol=0.03)
    assert [len(x) for x in report["states"]] == [40] * 6
    np.testing.assert_allclose(report["sigma"], 0.01, rtol=0.3)


def test_a_control_enters_the_field():
    times = np.arange(300) * 0.2
    # dz/dt = cos(t) is the control itself.
    field = NeuralField(1, n_controls=1, hidden_layer_sizes=())
    driven = ObservedPath(times, np.sin(times)[:, None], np.ones(300), lambda t: np.cos(t)[:, None])
    match_field(field, [driven])
    np.testing.assert_allclose(learned_law(field), [[0.0, 1.0]], atol=2e-3)


def test_time_enters_a_field_that_is_not_autonomous():
    times = np.arange(100) * 0.1
    field = NeuralField(1, hidden_layer_sizes=(), autonomous=False)
    match_field(field, [ObservedPath(times, times[:, None] ** 2, np.ones(100))])
    slope = field(torch.tensor([4.0]), torch.tensor([[16.0]], dtype=torch.float64))
    assert slope.item() == pytest.approx(8.0, abs=0.05)


def test_rows_of_weight_two_equal_those_rows_measured_twice_as_well():
    a, b = path(noise=0.05), path(noise=0.05)
    twice = ObservedPath(b.times, b.values, 2 * b.weights)
    first, second = smooth_paths([a]), smooth_paths([twice])
    np.testing.assert_allclose(first["states"][0], second["states"][0], atol=1e-4)
    np.testing.assert_allclose(second["sigma"], first["sigma"] * np.sqrt(2), rtol=1e-3)


@pytest.mark.parametrize("n", [1, 2, 3, 8])
def test_a_few_rows_leave_finite_weights(n):
    torch.manual_seed(0)
    field = NeuralField(2)
    match_field(field, [path(n=n)])
    assert all(bool(torch.isfinite(p).all()) for p in field.parameters())


def test_a_channel_without_any_value_is_survived():
    values = np.c_[np.sin(np.arange(50.0) / 5), np.full(50, np.nan)]
    field = NeuralField(2)
    match_field(field, [ObservedPath(np.arange(50.0), values, np.ones(50))])
    assert all(bool(torch.isfinite(p).all()) for p in field.parameters())


def test_a_nonlinear_field_is_matched_closely():
    times = np.arange(400) * 0.1
    states = np.c_[np.sin(times), np.cos(times)] * (1 + 0.3 * np.cos(times / 9))[:, None]
    slopes = np.gradient(states, times, axis=0, edge_order=2)
    torch.manual_seed(0)
    field = NeuralField(2, hidden_layer_sizes=(32,), autonomous=False)
    match_field(field, [ObservedPath(times, states, np.ones(400))])
    with torch.no_grad():
        found = field(torch.tensor(times), torch.tensor(states)).numpy()
    assert np.square(found - slopes).mean() < 1e-2 * np.square(slopes).mean()
