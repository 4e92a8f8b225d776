"""The noise of a linearised law: what maximises its evidence, and what regular rows hide."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

from tsnode.dynamics._fields import NeuralField
from tsnode.training._collocation import collocate_field
from tsnode.training._defects import Defects
from tsnode.training._field_function import function_of
from tsnode.training._layout import lay_stamps
from tsnode.training._match import match_field
from tsnode.training._mesh import Observations, build_mesh
from tsnode.training._noise_evidence import noise_by_evidence
from tsnode.training._paths import ObservedPath

STEP, Q, ALPHA = 0.2, 0.02, 2.0


def van_der_pol(n, step=STEP, noise=0.02, seed=0, irregular=False):
    """Rows of van der Pol with noise in parts of its deviation, times in mean steps."""
    random = np.random.default_rng(seed)
    gaps = np.clip(random.exponential(size=n), 0.1, 3) if irregular else np.ones(n)
    times = np.cumsum(gaps)
    truth = solve_ivp(
        lambda _, z: [z[1], (1 - z[0] ** 2) * z[1] - z[0]], (0, step * times[-1]), [2.0, 0.0],
        t_eval=step * times, rtol=1e-9, atol=1e-9,
    ).y.T  # fmt: skip
    truth /= truth.std(axis=0)
    return ObservedPath(times, truth + noise * random.normal(size=truth.shape), np.ones(n)), truth


def test_its_fixed_point_maximises_the_evidence_of_a_dense_computation():
    path, _ = van_der_pol(60, noise=0.1)
    path.values[5:9, 1] = np.nan
    torch.manual_seed(0)
    field = NeuralField(2, hidden_layer_sizes=(8,))
    smooth = match_field(field, [path])
    mesh = build_mesh([path], smooth, [lay_stamps(path.times, 1.0)])
    function = function_of(field)
    defects = Defects(function, mesh, mesh.start, 1.0)
    rows, theta = defects.weight_rows(torch.float64), function.read()

    def seen_at(log_sigma):
        return Observations(mesh, [path], np.exp(log_sigma))

    def covariance(observations):
        system = rows @ rows.T / ALPHA + Q**2 * torch.eye(len(rows), dtype=torch.float64)
        defects.add_state_gram(system, observations.variance)
        return system

    def deviance(log_sigma):
        observations = seen_at(log_sigma)
        pull = observations.pull(mesh.start, defects.slopes)
        rest = defects.values + defects.apply_states(pull) - defects.apply_weights(theta)
        system, rest = covariance(observations), rest.reshape(-1, 1)
        power = (rest.T @ torch.linalg.solve(system, rest)).item()
        return power + torch.linalg.slogdet(system)[1].item()

    expected = np.exp(minimize(deviance, np.log([0.1, 0.1]), method="Nelder-Mead").x)
    sigma = torch.tensor([0.1, 0.1], dtype=torch.float64)
    for _ in range(60):
        observations = seen_at(sigma.log().numpy())
        system = covariance(observations)
        sigma = noise_by_evidence(
            defects, observations, lambda v, s=system: torch.linalg.solve(s, v), theta, mesh.start
        )
    # Traces are estimated from 32 random vectors.
    np.testing.assert_allclose(sigma.numpy(), expected, rtol=0.05)
    np.testing.assert_allclose(expected, [0.1, 0.1], rtol=0.5)


def fitted(path):
    torch.manual_seed(0)
    field = NeuralField(2, hidden_layer_sizes=(16, 16))
    report = match_field(field, [path])
    return report, collocate_field(field, [path], report)


def test_noise_that_far_and_regular_rows_hide_from_the_smoother_is_found():
    path, truth = van_der_pol(250)
    report, found = fitted(path)
    assert report["sigma"][1] < 0.002
    assert found["noise"] == pytest.approx([0.02, 0.02], rel=0.15)
    assert np.std(found["states"][0] - truth) < 0.5 * 0.02


def test_noise_that_the_smoother_told_right_stands():
    path, _ = van_der_pol(250, irregular=True, noise=0.05)
    report, found = fitted(path)
    assert found["noise"].tolist() == report["sigma"].tolist()
