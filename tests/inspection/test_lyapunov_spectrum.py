"""Lyapunov exponents of laws and of fitted fields: eigenvalues, published figures, traces."""

import numpy as np
import pytest

from tsnode.datasets import make_lorenz63
from tsnode.inspection import lyapunov_spectrum
from tsnode.inspection._lyapunov_spectrum import kaplan_yorke_dimension

from .laws import Linear, Lorenz


@pytest.fixture(scope="module")
def lorenz():
    starts = make_lorenz63(60, mean_step=1.0, random_state=0).to_numpy()
    return lyapunov_spectrum(Lorenz(), starts, 200)


def test_the_exponents_of_the_lorenz_law_are_the_published_ones(lorenz):
    # Sprott (2003), Chaos and Time-Series Analysis, Table A.5: 0.9056, 0, -14.5723.
    errors = np.maximum(lorenz.standard_errors, 0.002)
    assert np.all(np.abs(lorenz.exponents - [0.9056, 0.0, -14.5723]) < 4 * errors)
    assert np.all(lorenz.standard_errors < 0.03)


def test_their_sum_is_the_trace_of_the_jacobian(lorenz):
    assert lorenz.exponents.sum() == pytest.approx(-(10 + 1 + 8 / 3), abs=1e-3)
    assert lorenz.by_start.sum(axis=1) == pytest.approx(np.full(60, -41 / 3), abs=1e-2)


def test_the_attractor_of_lorenz_has_the_published_dimension(lorenz):
    assert lorenz.dimension == pytest.approx(2.062, abs=0.005)


def test_the_standard_error_tells_the_scatter_of_means(lorenz):
    halves = [lorenz.by_start[k::6].mean(axis=0)[0] for k in range(6)]
    assert np.std(halves, ddof=1) == pytest.approx(np.sqrt(6) * lorenz.standard_errors[0], rel=0.7)


@pytest.mark.parametrize(
    "matrix",
    [
        [[-0.5, 2.0], [-2.0, -0.5]],
        [[0.3, 1.0], [0.0, -1.5]],
        [[-1.0, 5.0, 0.0], [0.0, -2.0, 3.0], [0.0, 0.0, -4.0]],
    ],
    ids=["spiral", "saddle", "triangular"],
)
def test_the_exponents_of_a_linear_law_are_the_real_parts_of_its_eigenvalues(matrix):
    found = lyapunov_spectrum(Linear(matrix), np.ones(len(matrix)) * 1e-3, 400, step=0.1)
    true = np.sort(np.linalg.eigvals(np.array(matrix)).real)[::-1]
    assert found.exponents == pytest.approx(true, abs=0.01)
    assert np.isnan(found.standard_errors).all()


def test_fewer_exponents_are_the_largest():
    found = lyapunov_spectrum(
        Linear(np.diag([-3.0, -1.0, -2.0])), [1, 1, 1], 200, 0.1, n_exponents=2
    )
    assert found.exponents == pytest.approx([-1, -2], abs=3e-3)


def test_a_fitted_linear_law_shows_its_eigenvalues(fitted):
    found = lyapunov_spectrum(fitted, [3.0, 1.0], 300)
    own = np.linalg.eigvals(fitted.jacobian([3.0, 1.0])).real
    assert found.exponents == pytest.approx(np.sort(own)[::-1], abs=0.01)
    assert found.exponents == pytest.approx([-0.2, -0.2], abs=0.02)
    assert found.unit == fitted.time_unit_


@pytest.mark.parametrize(
    ("exponents", "n_states", "dimension"),
    [
        ([0.5, 0.0, -1.0], 3, 2.5), ([0.0, -1.0], 2, 1.0), ([0.3, -0.1, -0.1], 4, np.nan),
        ([0.2, 0.1], 2, 2.0), ([-0.1], 3, 0.0),
    ],
)  # fmt: skip
def test_the_kaplan_yorke_dimension_in_closed_form(exponents, n_states, dimension):
    found = kaplan_yorke_dimension(np.array(exponents), n_states)
    assert found == pytest.approx(dimension, nan_ok=True)
