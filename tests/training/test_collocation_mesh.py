"""The collocation mesh and its Hermite-Simpson defects against autograd and closed forms."""

import numpy as np
import pytest
import torch
from scipy.linalg import expm

from tsnode.dynamics._fields import NeuralField
from tsnode.training._linearization import read_weights, write_weights
from tsnode.training._match import smooth_paths
from tsnode.training._mesh import Defects, build_mesh
from tsnode.training._paths import ObservedPath

LAW = np.array([[-0.1, 1.0], [-1.0, -0.1]])


def controls(times):
    return np.cos(times)[:, None]


def two_paths(n=6):
    rng = np.random.default_rng(0)
    return [
        ObservedPath(
            np.cumsum(rng.uniform(0.5, 2, n)), rng.normal(size=(n, 2)), np.ones(n), controls
        )
        for _ in range(2)
    ]


def laid(paths, h_max=1.0, n_controls=1):
    return build_mesh(
        paths, smooth_paths(paths), h_max, np.array([0.1, 0.2]), n_controls=n_controls
    )


@pytest.fixture
def case():
    torch.manual_seed(0)
    mesh = laid(two_paths())
    field = NeuralField(2, n_controls=1, hidden_layer_sizes=(4, 3))
    states = mesh.start + 0.3 * torch.randn_like(mesh.start)
    return field, mesh, states


def dense_jacobians(field, mesh, states, scale=1.7):
    """Differentiate the defects in states and weights, by central differences."""
    theta = read_weights(field.mlp)

    def defects(x, w):
        write_weights(field.mlp, w)
        return Defects(field, mesh, x, scale, with_derivatives=False).values.reshape(-1)

    def differences(function, point, step=1e-5):
        columns = []
        for unit in torch.eye(point.numel(), dtype=point.dtype):
            shift = step * unit.view_as(point)
            columns.append((function(point + shift) - function(point - shift)) / (2 * step))
        return torch.stack(columns, dim=1)

    in_states = differences(lambda x: defects(x, theta), states)
    in_weights = differences(lambda w: defects(states, w), theta)
    write_weights(field.mlp, theta)
    return in_states, in_weights


def test_products_equal_those_of_difference_quotients(case):
    field, mesh, states = case
    in_states, in_weights = dense_jacobians(field, mesh, states)
    defects = Defects(field, mesh, states, 1.7)
    change, nu = torch.randn_like(states), torch.randn_like(defects.values)
    direction = torch.randn_like(read_weights(field.mlp))
    flat = nu.reshape(-1)
    pairs = {
        "A x": (defects.apply_states(change).reshape(-1), in_states @ change.reshape(-1)),
        "A' nu": (defects.transpose_states(nu).reshape(-1), in_states.T @ flat),
        "J w": (defects.apply_weights(direction).reshape(-1), in_weights @ direction),
        "J' nu": (defects.transpose_weights(nu), in_weights.T @ flat),
        "J J'": (defects.weight_gram(torch.float64), in_weights @ in_weights.T),
    }
    torch.testing.assert_close(
        {name: pair[0] for name, pair in pairs.items()},
        {name: pair[1] for name, pair in pairs.items()},
        rtol=1e-6,
        atol=1e-7,
    )


def test_state_gram_equals_the_dense_product(case):
    field, mesh, states = case
    in_states, _ = dense_jacobians(field, mesh, states)
    variance = torch.rand_like(states)
    defects = Defects(field, mesh, states, 1.7)
    system = torch.zeros(len(in_states), len(in_states), dtype=torch.float64)
    defects.add_state_gram(system, variance)
    expected = (in_states * variance.reshape(-1)) @ in_states.T
    torch.testing.assert_close(system, expected, rtol=1e-6, atol=1e-7)


def defect_size(gap):
    times = np.arange(0, 4 + gap / 2, gap)
    states = np.stack([expm(LAW * t) @ [1.0, 0.0] for t in times])
    mesh = laid([ObservedPath(times, states, np.ones(len(times)))], n_controls=0, h_max=9)
    field = NeuralField(2, hidden_layer_sizes=())
    with torch.no_grad():
        field.mlp.layers[0].weight.copy_(torch.tensor(LAW))
        field.mlp.layers[0].bias.zero_()
    values = Defects(field, mesh, torch.tensor(states), 1.0, with_derivatives=False).values
    return float(values.abs().max())


def test_defects_of_the_true_path_shrink_with_the_fifth_power_of_the_gap():
    assert np.log2(defect_size(0.2) / defect_size(0.1)) == pytest.approx(5, abs=0.2)


def test_no_gap_exceeds_the_longest_and_the_stamps_stay():
    paths = two_paths()
    mesh = laid(paths, h_max=0.4)
    assert float(mesh.gaps.max()) <= 0.4 + 1e-9
    np.testing.assert_allclose(mesh.times[mesh.rows[1]], paths[1].times)
    np.testing.assert_allclose(mesh.observed[mesh.rows[1]], paths[1].values)
    assert int(torch.isfinite(mesh.observed[:, 0]).sum()) == 12


def test_no_gap_joins_two_paths():
    mesh = laid(two_paths(), h_max=99)
    assert len(mesh.gaps) == 10
    assert 5 not in mesh.left.tolist()
