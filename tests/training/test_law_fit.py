"""The fit of a law: its linear algebra against dense matrices, its parameters against the truth."""

import numpy as np
import pytest
import torch

from tsnode.datasets import make_van_der_pol
from tsnode.dynamics._bounded import BoundedParameters
from tsnode.dynamics._universal_field import UniversalField
from tsnode.training._defects import Defects
from tsnode.training._field_function import function_of
from tsnode.training._law_fit import fit_law
from tsnode.training._layout import lay_points
from tsnode.training._linearised_law import LinearisedLaw, banded_covariance
from tsnode.training._match import smooth_paths
from tsnode.training._mesh import Observations, build_mesh
from tsnode.training._paths import ObservedPath
from tsnode.training._term_selection import select_terms


def van_der_pol(t, z, u, theta):  # noqa: ARG001
    x, v = z.unbind(-1)
    return v, theta.mu * (1 - x**2) * v - theta.stiffness * x


def linear(t, z, u, theta):  # noqa: ARG001
    x, v = z.unbind(-1)
    return v, theta.mu * v - theta.stiffness * x


def problem(n=60, seed=0, start=2.0):
    """Field, path and smoothed path in standardised units of two cut series."""
    frame = make_van_der_pol(n, irregular=True, noise=0.02, random_state=seed)
    t, y = frame.index.to_numpy(), frame.to_numpy()
    step, center, scale = np.median(np.diff(t)), y.mean(axis=0), y.std(axis=0)
    times, values = (t - t[0]) / step, (y - center) / scale
    half = n // 2
    paths = [
        ObservedPath(times[part], values[part], np.ones(half))
        for part in (slice(0, half), slice(half, 2 * half))
    ]
    units = {"center": center, "scale": scale, "factor": step / scale, "origin": t[0], "step": step}
    theta = BoundedParameters({"mu": (0.0, start, 10.0), "stiffness": (0.01, 1.0, 100.0)})
    return UniversalField(2, 0, units, law=van_der_pol, theta=theta), paths, smooth_paths(paths)


@pytest.fixture(scope="module")
def linearised():
    field, paths, smooth = problem()
    mesh = build_mesh(paths, smooth, lay_points(field, paths, smooth))
    observations = Observations(mesh, paths, smooth["sigma"])
    defects = Defects(function_of(field), mesh, mesh.start, 1.0)
    law = LinearisedLaw(defects, observations, mesh.start, 0.01, np.ones(2, dtype=bool))
    return law, defects, observations, mesh


def dense(defects, observations, mesh, q=0.01):
    process = q**2 * mesh.gaps
    system = torch.diag(process.expand(-1, 2).reshape(-1))
    defects.add_state_gram(system, observations.variance)
    return system.numpy()


def test_the_band_holds_the_dense_covariance(linearised):
    _, defects, observations, mesh = linearised
    band = banded_covariance(defects, observations.variance, 0.01**2 * mesh.gaps)
    system = dense(defects, observations, mesh)
    rows = [np.diagonal(system, -k) for k in range(4)]
    for k, row in enumerate(rows):
        np.testing.assert_allclose(band[k, : len(row)], row, atol=1e-15)
    # Farther away there is nothing, and two paths do not know of each other.
    assert np.abs(np.tril(system, -4)).max() == 0


def test_information_and_step_are_those_of_dense_matrices(linearised):
    law, defects, observations, mesh = linearised
    inverse = np.linalg.inv(dense(defects, observations, mesh))
    rows = defects.weight_rows(torch.float64).numpy()
    np.testing.assert_allclose(law.information, rows.T @ inverse @ rows, rtol=1e-6)
    np.testing.assert_allclose(law.force, -rows.T @ inverse @ law.constant, rtol=1e-6)
    nu = -inverse @ (law.constant + rows @ [0.1, 0.2])
    change = observations.variance * defects.transpose_states(torch.as_tensor(nu).view(-1, 2))
    found = law.change_of_states(np.array([0.1, 0.2]))
    np.testing.assert_allclose(found, law.pull + change, rtol=1e-6, atol=1e-12)


def test_the_evidence_is_the_density_of_the_defects(linearised):
    law, defects, observations, mesh = linearised
    weights, prior = np.array([0.3, -0.2]), np.array([2.0, 5.0])
    rows = defects.weight_rows(torch.float64).numpy()
    system = dense(defects, observations, mesh) + rows @ np.diag(1 / prior) @ rows.T
    rest = law.constant - rows @ weights
    expected = -0.5 * (rest @ np.linalg.solve(system, rest) + np.linalg.slogdet(system)[1])
    assert law.log_evidence(weights, prior) == pytest.approx(expected, rel=1e-9)


def test_parameters_are_found_from_a_far_start():
    field, paths, smooth = problem(n=120, start=8.0)
    found = fit_law(field, paths, smooth)
    mu, stiffness = (float(v.detach()) for v in field.theta.values())
    assert [mu, stiffness] == pytest.approx([1.0, 1.0], abs=0.02)
    errors = found["standard_errors"]
    assert (errors < 0.01).all()
    assert (np.abs([mu - 1, stiffness - 1]) < 3.5 * errors).all()


def test_slack_is_what_the_law_is_held_to():
    field, paths, smooth = problem(n=80)
    loose, strict = (fit_law(field, paths, smooth, slack=slack) for slack in (0.05, 0.001))
    assert loose["q"] == pytest.approx(50 * strict["q"])
    assert (loose["standard_errors"] > 1.5 * strict["standard_errors"]).all()


def test_a_wrong_law_is_not_held_to():
    field, paths, smooth = problem(n=120)
    strict = fit_law(field, paths, smooth)["q"]
    field._law = (linear,)
    assert fit_law(field, paths, smooth)["q"] > 100 * strict


def test_terms_without_a_trace_in_the_data_are_left_out():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 12))
    truth = np.zeros(12)
    truth[[0, 5]] = 1.0, -0.5
    target = rows @ truth + 0.1 * rng.normal(size=200)
    covariance = 0.01 * np.linalg.inv(rows.T @ rows)
    weights = np.linalg.lstsq(rows, target, rcond=None)[0]
    candidates = np.arange(12) > 0
    kept, found = select_terms(weights, covariance, candidates, 200)
    assert np.flatnonzero(kept).tolist() == [0, 5]
    # The rest moves to where least squares without the others puts it.
    again = np.linalg.lstsq(rows[:, [0, 5]], target, rcond=None)[0]
    np.testing.assert_allclose(found[[0, 5]], again, rtol=1e-9)
