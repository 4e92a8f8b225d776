"""Fields march as their equations say: closed forms, order of the step, rows by themselves."""

import numpy as np
import pytest

from tsnode.dynamics._field_grid import FieldGrid, derivatives_up_to, symbols
from tsnode.dynamics._field_law import FieldLaw, library
from tsnode.solvers._field_march import FieldMarch, phi

DERIVATIVES = derivatives_up_to(2, 1)
TERMS = library(1, DERIVATIVES, 2, 2)


def law(**coefs):
    names = {"u": (0,), "u_x": (1,), "u_xx": (2,), "u u_x": (0, 1), "u u": (0, 0)}
    table = np.zeros((1, len(TERMS)))
    for name, value in coefs.items():
        table[0, TERMS.index(names[name.replace("__", " ")])] = value
    return FieldLaw(1, DERIVATIVES, TERMS, table)


def march(of, n=32, boundary="periodic", steepness=(0.0, 0.0, 0.0), length=2 * np.pi):
    gap = length / n if boundary == "periodic" else length / (n - 1)
    grid = FieldGrid((n,), (gap,), boundary)
    return FieldMarch(of, grid, symbols(grid, DERIVATIVES), np.array(steepness))


@pytest.mark.parametrize("z", [0.0, 1e-4, -0.5, 1.5, -30.0, 2j])
def test_phi_functions_are_their_integrals(z):
    at, weight = np.polynomial.legendre.leggauss(40)
    s, weight = (at + 1) / 2, weight / 2
    expected = [np.sum(weight * np.exp((1 - s) * z) * p) for p in (1.0, s, s**2 / 2)]
    np.testing.assert_allclose(np.ravel(phi(np.array(z + 0j))), expected, atol=1e-10)


def test_a_logistic_field_follows_its_closed_form():
    solver = march(law(u=1.0, u__u=-1.0), steepness=(2.0, 0.0, 0.0))
    start = np.full((1, 1, 32), 0.1)
    found = solver.states_at(start, [0, 0], [1.3, 4.0])[:, 0, 0]
    expected = 1 / (1 + 9 * np.exp([-1.3, -4.0]))
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_smaller_steps_are_better_by_the_fourth_order():
    start = np.sin(np.arange(32) * np.pi / 16)[None, None]
    solvers = [
        march(law(u_xx=0.2, u__u_x=-1.0), steepness=(radius, 0.0, 0.0)) for radius in (4.7, 9.5, 60)
    ]
    assert solvers[0].step == 2 * solvers[1].step == 1 / 3
    coarse, fine, exact = (one.states_at(start, [0], [1.0]) for one in solvers)
    errors = [np.abs(one - exact).max() for one in (coarse, fine)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4, abs=0.7)


@pytest.mark.parametrize("boundary", ["dirichlet", "neumann"])
def test_heat_between_edges_fades_to_what_they_hold(boundary):
    x = np.linspace(0, np.pi, 17)
    shape = np.sin if boundary == "dirichlet" else np.cos
    rest = 1 + 2 * x if boundary == "dirichlet" else np.full(17, 5.0)
    start = (rest + shape(2 * x))[None, None]
    solver = march(law(u_xx=0.5), 17, boundary, length=np.pi)
    found = solver.states_at(start, [0], [0.7])[0, 0]
    np.testing.assert_allclose(found, rest + shape(2 * x) * np.exp(-1.4), atol=1e-4)


def test_reactions_keep_the_values_of_held_edges():
    solver = march(law(u=1.0, u_xx=0.3), 17, "dirichlet", length=np.pi)
    start = np.linspace(1.0, 2.0, 17)[None, None]
    found = solver.states_at(start, [0], [2.0])[0, 0]
    np.testing.assert_allclose(found[[0, -1]], [1.0, 2.0])
    assert found[8] > 2


def test_a_field_that_explodes_is_nan_and_others_are_not():
    solver = march(law(u__u=1.0), steepness=(8.0, 0.0, 0.0))
    starts = np.stack([np.full((1, 32), 1.0), np.full((1, 32), -1.0)])
    found = solver.states_at(starts, [0, 1], [3.0, 3.0])
    assert np.isnan(found[0]).all()
    np.testing.assert_allclose(found[1], -0.25, atol=1e-3)
