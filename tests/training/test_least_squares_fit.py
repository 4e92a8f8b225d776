"""Least-squares fits of perceptrons against other routes to the same minimum."""

import numpy as np
import pytest
import torch

from tsnode.dynamics._mlp import MLP
from tsnode.training._field_function import LayeredFunction
from tsnode.training._least_squares import fit_function, trace_of_inverse_product
from tsnode.training._linearization import Linearization, read_weights, write_weights


def network(n_inputs=3, hidden=(5, 4), n_outputs=2, activation="tanh", seed=0):
    torch.manual_seed(seed)
    return MLP(n_inputs, hidden, n_outputs, activation)


def fit_mlp(mlp, *data, **settings):
    return fit_function(LayeredFunction(mlp), *data, **settings)


def autograd_jacobian(mlp, inputs):
    """Differentiate all outputs in the flat weights, by torch.func."""
    names = [name for name, _ in mlp.named_parameters()]
    shapes = [p.shape for p in mlp.parameters()]

    def outputs(flat):
        parts = torch.split(flat, [s.numel() for s in shapes])
        weights = {n: p.view(s) for n, p, s in zip(names, parts, shapes, strict=True)}
        return torch.func.functional_call(mlp, weights, (inputs,)).reshape(-1)

    return torch.func.jacrev(outputs)(read_weights(mlp))


CASES = [((5, 4), "tanh"), ((6,), "softplus"), ((), "tanh"), ((4, 3, 5), "silu"), ((7,), "relu")]


@pytest.mark.parametrize(("hidden", "activation"), CASES)
def test_products_equal_those_of_the_autograd_jacobian(hidden, activation):
    mlp = network(hidden=hidden, activation=activation)
    inputs = torch.randn(6, 3, dtype=torch.float64)
    point, full = Linearization(mlp, inputs), autograd_jacobian(mlp, inputs)
    direction, nu = torch.randn(full.shape[1]).double(), torch.randn(6, 2).double()
    torch.testing.assert_close(point.jacobian(), full)
    torch.testing.assert_close(point.gram(), full @ full.T)
    torch.testing.assert_close(point.apply(direction).reshape(-1), full @ direction)
    torch.testing.assert_close(point.transpose(nu), full.T @ nu.reshape(-1))
    assert float(full.abs().max()) > 0


@pytest.mark.parametrize(("hidden", "activation"), CASES)
def test_input_jacobian_equals_autograd(hidden, activation):
    mlp = network(hidden=hidden, activation=activation)
    x = torch.randn(3, dtype=torch.float64)
    expected = torch.func.jacrev(mlp)(x)
    torch.testing.assert_close(Linearization(mlp, x[None]).input_jacobian()[0], expected)


def data(n=60, seed=1):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n, 3))
    targets = np.c_[np.sin(inputs[:, 0]) + inputs[:, 1], inputs[:, 2] ** 2]
    return inputs, targets + 0.05 * rng.normal(size=targets.shape)


@pytest.mark.parametrize("tool", ["dual", "primal"])
def test_levenberg_marquardt_reaches_what_a_long_lbfgs_reaches(tool):
    inputs, targets = data()
    short = fit_mlp(network(), inputs, targets, alpha=0.1, max_iterations=50, tool=tool)
    long = fit_mlp(
        network(), inputs, targets, alpha=0.1, max_iterations=16, tool="lbfgs", tolerance=1e-8
    )
    assert short["objective"] < 1.05 * long["objective"]
    assert short["n_iterations"] < long["n_iterations"] / 3
    assert short["loss"] < 0.1


def test_dual_and_primal_take_the_same_steps():
    inputs, targets = data()
    a, b = network(), network()
    fit_mlp(a, inputs, targets, alpha=0.3, max_iterations=4, tool="dual")
    fit_mlp(b, inputs, targets, alpha=0.3, max_iterations=4, tool="primal")
    torch.testing.assert_close(read_weights(a), read_weights(b), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("tool", ["dual", "primal", "auto"])
def test_a_linear_map_is_ridge_in_closed_form(tool):
    rng = np.random.default_rng(0)
    inputs, weights = rng.normal(size=(50, 3)), rng.uniform(0.5, 2, 50)
    targets = rng.normal(size=(50, 2))
    mlp = network(hidden=())
    fit_mlp(mlp, inputs, targets, weights=weights, alpha=2.0, tool=tool)
    design = np.c_[inputs, np.ones(50)]
    normal = design.T @ (weights[:, None] * design) + 2.0 * np.eye(4)
    expected = np.linalg.solve(normal, design.T @ (weights[:, None] * targets))
    found = np.c_[mlp.layers[0].weight.detach().numpy(), mlp.layers[0].bias.detach().numpy()]
    np.testing.assert_allclose(found, expected.T, atol=1e-9)


def test_weight_two_equals_the_row_twice_and_weight_zero_no_row():
    inputs, targets = data()
    a, b = network(), network()
    weights = np.r_[2.0, np.ones(58), 0.0]
    rows = np.r_[0, np.arange(59)]
    fit_mlp(a, inputs, targets, weights=weights, alpha=0.1, max_iterations=5)
    fit_mlp(b, inputs[rows], targets[rows], alpha=0.1, max_iterations=5)
    torch.testing.assert_close(read_weights(a), read_weights(b), rtol=1e-6, atol=1e-8)


def test_a_missing_target_counts_nothing():
    inputs, targets = data()
    other, mask = targets.copy(), np.ones(targets.shape)
    other[3, 1], mask[3, 1] = np.nan, 0.0
    a, b = network(), network()
    fit_mlp(a, inputs, other, alpha=0.1)
    fit_mlp(b, inputs, targets, weights=mask, alpha=0.1)
    torch.testing.assert_close(read_weights(a), read_weights(b))


@pytest.mark.parametrize("factor", [1e-6, 1e5])
def test_units_of_the_targets_do_not_matter(factor):
    inputs, targets = data()
    a, b = network(), network()
    first = fit_mlp(a, inputs, targets, max_iterations=6)
    second = fit_mlp(b, inputs, factor * targets, max_iterations=6)
    assert second["loss"] == pytest.approx(first["loss"], rel=1e-4)
    assert second["scale"] == pytest.approx(factor * first["scale"])


def test_keeping_the_start_goes_on_where_the_first_fit_ended():
    inputs, targets = data()
    mlp = network()
    first = fit_mlp(mlp, inputs, targets, alpha=0.1, max_iterations=60)
    second = fit_mlp(mlp, inputs, targets, alpha=0.1, max_iterations=1, keep_start=True)
    assert second["objective"] == pytest.approx(first["objective"], rel=1e-2)


def test_evidence_penalises_noise_and_trusts_exact_targets():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(150, 2))
    clean = fit_mlp(network(2, (16,), 1), inputs, np.sin(inputs[:, :1]))
    noise = fit_mlp(network(2, (16,), 1), inputs, rng.normal(size=(150, 1)))
    assert clean["alpha"] < 1e-2 < noise["alpha"]
    assert clean["loss"] < 1e-3
    assert noise["loss"] > 0.5


DEGENERATE = {
    "one row": (np.ones((1, 3)), np.ones((1, 2))),
    "no row": (np.ones((0, 3)), np.ones((0, 2))),
    "constant targets": (np.ones((20, 3)), np.ones((20, 2))),
    "zero targets": (np.ones((20, 3)), np.zeros((20, 2))),
    "no targets": (np.ones((20, 3)), np.full((20, 2), np.nan)),
    "huge inputs": (1e8 * data()[0], data()[1]),
    "huge targets": (data()[0], 1e150 * data()[1]),
}


@pytest.mark.parametrize("tool", ["auto", "dual", "primal", "lbfgs"])
@pytest.mark.parametrize("case", DEGENERATE)
def test_degenerate_data_leave_finite_weights(case, tool):
    mlp = network()
    fit_mlp(mlp, *DEGENERATE[case], tool=tool, max_iterations=10)
    assert bool(torch.isfinite(read_weights(mlp)).all())


def test_writing_what_was_read_changes_nothing():
    mlp, x = network(), torch.randn(4, 3, dtype=torch.float64)
    before = mlp(x)
    write_weights(mlp, read_weights(mlp))
    torch.testing.assert_close(mlp(x), before)


def test_the_estimated_trace_is_that_of_the_inverse_product():
    rng = np.random.default_rng(0)
    root = torch.tensor(rng.normal(size=(300, 60)))
    system = root @ root.T + torch.eye(300, dtype=torch.float64)
    factor = torch.linalg.cholesky(system)
    known = 300 - trace_of_inverse_product(factor)
    inverse = torch.linalg.inv(system)
    assert known == pytest.approx(300 - float(inverse.trace()), rel=0.05)
    matrix = root @ root.T
    exact = float((inverse @ matrix).trace())
    assert trace_of_inverse_product(factor, matrix) == pytest.approx(exact, rel=0.05)


def test_steps_round_bends_need_fewer_iterations():
    teacher, mlps = network(seed=5), [network(seed=6), network(seed=6)]
    inputs = torch.randn(200, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(7))
    targets = (3 * teacher(3 * inputs)).detach().numpy()
    settings = {"alpha": 0.0, "max_iterations": 60, "tolerance": 0.0}
    bent = fit_mlp(mlps[0], inputs.numpy(), targets, bends=True, **settings)
    straight = fit_mlp(mlps[1], inputs.numpy(), targets, **settings)
    assert bent["loss"] < straight["loss"] / 2


def test_a_goal_ends_the_descent():
    inputs = np.linspace(-2, 2, 60)[:, None]
    mlp = network(n_inputs=1, n_outputs=1)
    report = fit_mlp(mlp, inputs, np.sin(inputs), goal=1e-2, max_iterations=100)
    assert report["loss"] < 1e-2
    assert report["n_iterations"] < 20
