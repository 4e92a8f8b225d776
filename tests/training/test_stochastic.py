"""Mini-batches fit very many targets as well as an exact solve, and forgive a rate too high."""

import numpy as np
import pytest
import torch

from tsnode.dynamics._mlp import MLP
from tsnode.training import _stochastic
from tsnode.training._field_function import LayeredFunction
from tsnode.training._least_squares import fit_function


def noisy_map(n=6000, noise=0.1, seed=0):
    """See a linear map through noise, at more rows than a mini-batch holds."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n, 2))
    truth = inputs @ np.array([[1.0, -0.5], [0.3, 2.0]]) + 0.2
    return inputs, truth + noise * rng.normal(size=truth.shape)


def fit(inputs, targets, *, hidden=(), keep_from=None, **settings):
    torch.manual_seed(0)
    function = keep_from or LayeredFunction(MLP(2, hidden, 2))
    report = fit_function(
        function, inputs, targets, tool="stochastic", keep_start=bool(keep_from), **settings
    )
    return function, report


def test_a_linear_map_is_that_of_the_normal_equations():
    inputs, targets = noisy_map()
    function, report = fit(inputs, targets)
    design = np.column_stack([inputs, np.ones(len(inputs))])
    solution = np.linalg.lstsq(design, targets, rcond=None)[0]
    np.testing.assert_allclose(
        function.mlp.layers[0].weight.detach().numpy(), solution[:2].T, atol=5e-3
    )
    assert report["tool"] == "stochastic"
    assert report["loss"] == pytest.approx(0.01 / np.square(targets).mean(), rel=0.05)


def test_weights_and_missing_targets_count_as_in_least_squares():
    inputs, targets = noisy_map(2000)
    doubled = np.concatenate([inputs, inputs[:500]]), np.concatenate([targets, targets[:500]])
    weights = np.r_[np.full(500, 2.0), np.ones(1500)]
    wrong = np.r_[targets, np.full((300, 2), np.nan)]
    weighted, _ = fit(np.r_[inputs, np.ones((300, 2))], wrong, weights=np.r_[weights, np.ones(300)])
    repeated, _ = fit(*doubled)
    torch.testing.assert_close(weighted.read(), repeated.read(), atol=1e-2, rtol=0)


def test_a_rate_that_is_too_high_is_lowered(monkeypatch):
    monkeypatch.setattr(_stochastic, "RATE", 30.0)
    monkeypatch.setattr(_stochastic, "RATE_SHARES", (1.0, 3e-4))
    inputs, targets = noisy_map(1000)
    _, report = fit(inputs, targets, hidden=(16, 16), max_iterations=8)
    assert report["n_iterations"] == 2 * 8 * 75
    assert report["loss"] < 0.1


def test_a_fit_that_cannot_be_bettered_stays_as_it_was(monkeypatch):
    inputs, targets = noisy_map(1000)
    function, _ = fit(inputs, targets, hidden=(8,))
    monkeypatch.setattr(_stochastic, "RATE_OF_KNOWN", 1e3)
    monkeypatch.setattr(_stochastic, "RATE_SHARES", (1.0, 0.9))
    before = function.read()
    fit(inputs, targets, keep_from=function, max_iterations=1)
    torch.testing.assert_close(function.read(), before, atol=1e-12, rtol=0)


def test_the_same_seed_gives_the_same_weights():
    data = noisy_map(1000)
    one, other = (fit(*data, hidden=(8,), max_iterations=4)[0].read() for _ in range(2))
    assert torch.equal(one, other)
