"""Stencils on grids with edges: exact where they must be, and the mirrors behind the edges."""

import numpy as np
import pytest

from tsnode.dynamics._field_grid import (
    BOUNDARIES,
    FieldGrid,
    derivatives_up_to,
    resample,
    stencil,
    symbols,
)

# A wave that each boundary allows, on [0, 2 pi[ or [0, pi].
WAVES = {"periodic": np.sin, "dirichlet": np.sin, "neumann": np.cos}
CURVES = {"periodic": np.cos, "dirichlet": np.cos, "neumann": lambda x: -np.sin(x)}


def line(boundary, n):
    return np.linspace(0, 2 * np.pi if boundary == "periodic" else np.pi, n,
                       endpoint=boundary != "periodic")  # fmt: skip


def derivative(grid, values, orders):
    return grid.back(symbols(grid, (orders,))[0] * grid.transform(values))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_stencils_are_exact_for_polynomials(order):
    at = np.arange(-4.0, 5.0)
    for power in range(9):
        expected = float(np.prod(range(1, order + 1))) if power == order else 0.0
        assert stencil(order, 4) @ at**power == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_derivatives_of_waves_are_right_up_to_the_edge(boundary):
    x = line(boundary, 33)
    grid = FieldGrid((33,), (x[1] - x[0],), boundary)
    np.testing.assert_allclose(
        derivative(grid, WAVES[boundary](x), (1,)), CURVES[boundary](x), atol=1e-6
    )
    np.testing.assert_allclose(
        derivative(grid, WAVES[boundary](x), (2,)), -WAVES[boundary](x), atol=1e-6
    )


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_two_axes_are_told_apart(boundary):
    x, y = line(boundary, 33), line(boundary, 25)
    grid = FieldGrid((33, 25), (x[1] - x[0], y[1] - y[0]), boundary)
    wave, curve = WAVES[boundary], CURVES[boundary]
    values = np.multiply.outer(wave(x), wave(2 * y))
    np.testing.assert_allclose(derivative(grid, values, (0, 2)), -4 * values, atol=2e-3)
    mixed = np.multiply.outer(curve(x), 2 * curve(2 * y))
    np.testing.assert_allclose(derivative(grid, values, (1, 1)), mixed, atol=2e-3)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_a_smooth_field_is_the_same_on_a_finer_grid(boundary):
    x, fine = line(boundary, 17), line(boundary, 33 if boundary != "periodic" else 34)
    tilt = 1.0 if boundary == "dirichlet" else 0.0
    old = FieldGrid((17,), (1.0,), boundary)
    new = FieldGrid((len(fine),), ((fine[1] - fine[0]) / (x[1] - x[0]),), boundary)
    found = resample(WAVES[boundary](2 * x) + 3 + tilt * x, old, new)
    np.testing.assert_allclose(found, WAVES[boundary](2 * fine) + 3 + tilt * fine, atol=1e-9)


def test_a_lift_takes_the_edges_off():
    grid = FieldGrid((5,), (1.0,), "dirichlet")
    values = np.array([2.0, 7.0, 1.0, 3.0, 4.0])
    assert (grid.lift(values)[[0, -1]] == [2.0, 4.0]).all()
    square = FieldGrid((4, 4), (1.0, 1.0), "dirichlet")
    assert (square.lift(np.full((4, 4), 3.0)) == 3.0).all()


def test_a_grid_of_few_points_knows_what_it_cannot_tell():
    assert FieldGrid((2,), (1.0,), "periodic").most_order == 0
    assert FieldGrid((3,), (1.0,), "neumann").most_order == 2
    assert FieldGrid((64, 5), (1.0, 1.0), "periodic").most_order == 4
    assert len(derivatives_up_to(2, 2)) == 6
