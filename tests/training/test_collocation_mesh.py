"""The collocation mesh and its Hermite-Simpson defects against autograd and closed forms."""

import numpy as np
import pytest
import torch
from scipy.linalg import expm

from tsnode.dynamics._fields import NeuralField
from tsnode.training._defects import Defects
from tsnode.training._field_function import function_of
from tsnode.training._layout import MOST_PARTS, lay_freely, lay_stamps
from tsnode.training._linearization import read_weights, write_weights
from tsnode.training._match import smooth_paths
from tsnode.training._mesh import FREE_VARIANCE, Observations, build_mesh, hermite
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
    layouts = [lay_stamps(path.times, h_max) for path in paths]
    return build_mesh(paths, smooth_paths(paths), layouts, n_controls=n_controls)


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
        return Defects(function_of(field), mesh, x, scale, with_derivatives=False).values.reshape(
            -1
        )

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
    defects = Defects(function_of(field), mesh, states, 1.7)
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
    defects = Defects(function_of(field), mesh, states, 1.7)
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
    values = Defects(
        function_of(field), mesh, torch.tensor(states), 1.0, with_derivatives=False
    ).values
    return float(values.abs().max())


def test_defects_of_the_true_path_shrink_with_the_fifth_power_of_the_gap():
    assert np.log2(defect_size(0.2) / defect_size(0.1)) == pytest.approx(5, abs=0.2)


def test_no_gap_exceeds_the_longest_and_the_stamps_stay():
    paths = two_paths()
    mesh = laid(paths, h_max=0.4)
    assert float(mesh.gaps.max()) <= 0.4 + 1e-9
    assert set(paths[1].times) <= set(mesh.times[mesh.pieces[1]])


def test_no_gap_joins_two_paths():
    mesh = laid(two_paths(), h_max=99)
    assert len(mesh.gaps) == 10
    assert 5 not in mesh.left.tolist()


# ---------------------------------------------------------------- a mesh free of the stamps


def test_a_free_mesh_is_dense_where_the_path_is_fast():
    times = np.linspace(0, 10, 2001)
    slopes = np.where(times < 8, 0.5, 4.0)[:, None] * [1.0, 0.1]
    points = lay_freely(times, slopes, 0.2)
    typical = np.sqrt(np.square(slopes[:, 0]).mean())
    for slope, inside in ((0.5, points < 7.8), (4.0, points > 8.2)):
        expected = 0.2 / np.sqrt((slope**2 + typical**2) / 2)
        np.testing.assert_allclose(np.diff(points[inside]), expected, rtol=0.02)
    assert points[[0, -1]].tolist() == [0, 10]


@pytest.mark.parametrize("n", [1, 2])
def test_a_path_that_stands_still_has_its_ends_alone(n):
    times = np.arange(float(n))
    assert set(lay_freely(times, np.zeros((n, 2)), 0.2)) == set(times)


def seen_from(points, times, values, sigma=0.1):
    path = ObservedPath(times, values, np.ones(len(times)))
    mesh = build_mesh([path], smooth_paths([path]), [points])
    return mesh, Observations(mesh, [path], np.full(values.shape[1], sigma))


def test_between_the_points_states_are_cubics():
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, 5, 40))
    times[[0, -1]] = 0, 5
    points = np.linspace(0, 5, 7)
    states, slopes = rng.normal(size=(2, 7, 2))
    _, observations = seen_from(points, times, rng.normal(size=(40, 2)))
    found = observations.states(torch.tensor(states), torch.tensor(slopes))
    np.testing.assert_allclose(found, hermite(points, states, slopes, times), atol=1e-12)


def test_at_the_stamps_the_pull_is_all_of_the_residual():
    rng = np.random.default_rng(1)
    times = np.arange(6.0)
    values = rng.normal(size=(6, 2))
    values[2, 0] = np.nan
    mesh, observations = seen_from(times, times, values)
    points, slopes = torch.zeros(6, 2), torch.ones(6, 2)
    pull = observations.pull(points.double(), slopes.double())
    np.testing.assert_allclose(pull, np.nan_to_num(values), atol=1e-12)
    assert float(observations.variance[2, 0]) == pytest.approx(FREE_VARIANCE)
    assert float(observations.variance[0, 0]) == pytest.approx(0.01)
    misfit = float(observations.misfit(points.double(), slopes.double()))
    assert misfit == pytest.approx(np.nansum(values**2) / 0.01)


def test_many_stamps_in_a_gap_pull_like_their_mean():
    times = np.linspace(0, 4, 401)
    noise = 0.1 * np.random.default_rng(2).normal(size=(401, 1))
    _, observations = seen_from(np.arange(5.0), times, 0.3 + noise)
    pull = observations.pull(torch.zeros(5, 1).double(), torch.zeros(5, 1).double())
    assert pull.numpy() == pytest.approx(0.3, abs=0.04)
    # About a hundred observations stand behind an inner point.
    assert float(observations.variance[2, 0]) == pytest.approx(0.1**2 / 100, rel=0.02)


def test_a_mesh_never_grows_with_the_ratio_of_the_gaps():
    times = np.array([0.0, 1.0, 2.0, 1e16])
    assert len(lay_stamps(times, 1.0)) == MOST_PARTS + 3
    assert len(lay_freely(times, np.ones((4, 1)), 0.5)) == 4 + MOST_PARTS + 1


def test_a_free_mesh_of_a_long_path_is_as_dense_as_one_of_its_parts():
    times = np.arange(60_000.0)
    slopes = np.ones((60_000, 1))
    part = len(lay_freely(times[:6000], slopes[:6000], 2.0))
    assert len(lay_freely(times, slopes, 2.0)) == pytest.approx(10 * part, rel=1e-3)
