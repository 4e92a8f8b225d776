"""Simultaneous collocation improves a matched field and says when it is not for the data."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from tsnode.dynamics._fields import NeuralField
from tsnode.dynamics._module_field import ModuleField
from tsnode.training._collocation import collocate_field
from tsnode.training._linearization import read_weights
from tsnode.training._match import match_field, smooth_paths
from tsnode.training._paths import ObservedPath

# Per step of 0.2; both channels have a standard deviation near 1.5, so no standardising here.
STEP = 0.2


def van_der_pol(_, z):
    return [z[1], (1 - z[0] ** 2) * z[1] - z[0]]


def noisy_path(n=160, noise=0.05, seed=0, missing=0.0, start=(2.0, 0.0)):
    rng = np.random.default_rng(seed)
    times = np.cumsum(np.clip(rng.exponential(size=n), 0.1, 3))
    truth = solve_ivp(
        van_der_pol, (0, STEP * times[-1]), start, t_eval=STEP * times, rtol=1e-9, atol=1e-9
    ).y.T
    values = truth + noise * truth.std(0) * rng.normal(size=truth.shape)
    values[rng.random(values.shape) < missing] = np.nan
    return ObservedPath(times, values, np.ones(n)), truth


def field_error(field, truth):
    """Mean squared error of the slope along the true orbit, per step."""
    expected = STEP * np.array(van_der_pol(0, truth.T)).T
    with torch.no_grad():
        return np.square(field(0, torch.tensor(truth)).numpy() - expected).mean()


def matched(paths, **settings):
    torch.manual_seed(0)
    field = NeuralField(2, hidden_layer_sizes=(24, 24), **settings)
    return field, match_field(field, paths)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_collocation_beats_match_by_a_factor_of_three(missing):
    path, truth = noisy_path(n=300, missing=missing)
    field, report = matched([path])
    before = field_error(field, truth)
    found = collocate_field(field, [path], report)
    assert field_error(field, truth) < before / 3
    states = found["states"][0]
    assert np.std(states - truth) < 0.5 * np.std(report["states"][0] - truth)
    np.testing.assert_allclose(found["sigma"], 0.05 * truth.std(0), rtol=0.25)


def test_series_of_a_panel_are_solved_together():
    panel = [noisy_path(n=100, seed=k, start=(1.5 - k, 1.0)) for k in range(3)]
    paths = [path for path, _ in panel]
    truth = np.concatenate([truth for _, truth in panel])
    field, report = matched(paths)
    before = field_error(field, truth)
    found = collocate_field(field, paths, report)
    assert [len(x) for x in found["states"]] == [100] * 3
    assert field_error(field, truth) < before / 2


def test_a_driven_field_is_improved_too():
    times = np.arange(150) * 1.0
    rng = np.random.default_rng(0)
    # dz/dt = -0.3 z + u
    truth = solve_ivp(
        lambda t, z: -0.3 * z + np.sin(t / 3), (0, 150), [0.0], t_eval=times, rtol=1e-9
    ).y.T
    path = ObservedPath(
        times,
        truth + 0.1 * rng.normal(size=truth.shape),
        np.ones(150),
        lambda t: np.sin(t / 3)[:, None],
    )
    field = NeuralField(1, n_controls=1, hidden_layer_sizes=())
    report = match_field(field, [path])
    collocate_field(field, [path], report)
    law = field.mlp.layers[0].weight.detach().numpy()
    np.testing.assert_allclose(law, [[-0.3, 1.0]], atol=0.05)


def smooth_path(n):
    times = np.arange(float(n))
    return ObservedPath(times, np.sin(times[:, None] / 20 + [0, 1]), np.ones(n))


DECLINED = {
    "too many for 50 defects": (noisy_path(n=60)[0], 50),
    "no series has two rows": (smooth_path(1), 3000),
    "without noise": (smooth_path(400), 3000),
}


@pytest.mark.parametrize("reason", DECLINED)
def test_it_declines_with_a_reason_and_leaves_the_field(reason):
    path, limit = DECLINED[reason]
    field, report = matched([path])
    before = read_weights(field.mlp)
    found = collocate_field(field, [path], report, max_defects=limit)
    assert reason in found["declined"]
    torch.testing.assert_close(read_weights(field.mlp), before, rtol=0, atol=0)


def test_it_declines_large_fields_without_layers():
    path, _ = noisy_path(n=300)
    wide = torch.nn.Sequential(
        torch.nn.Linear(2, 600), torch.nn.Tanh(), torch.nn.Linear(600, 600), torch.nn.Linear(600, 2)
    )
    found = collocate_field(ModuleField(wide, 2), [path], smooth_paths([path]))
    assert "weights without layers" in found["declined"]


@pytest.mark.parametrize("n", [2, 3, 12])
def test_a_few_rows_leave_finite_weights(n):
    path, _ = noisy_path(n=n)
    field, report = matched([path])
    collocate_field(field, [path], report)
    assert bool(torch.isfinite(read_weights(field.mlp)).all())


def test_constant_values_leave_finite_weights():
    path = ObservedPath(np.arange(20.0), np.zeros((20, 2)), np.ones(20))
    field, report = matched([path])
    collocate_field(field, [path], report)
    assert bool(torch.isfinite(read_weights(field.mlp)).all())
