"""Fields as formulas: the right terms, their coefficients, and how far off they are."""

import numpy as np
import pandas as pd
import pytest

from tsnode import NeuralODERegressor, UniversalODERegressor
from tsnode.datasets import make_lorenz63, make_van_der_pol
from tsnode.inspection import equation

from .laws import Lorenz


def linear(t, z, u, theta):  # noqa: ARG001
    x, v = z.unbind(-1)
    return v, theta.mu * v - x


@pytest.fixture(scope="module")
def partly_known():
    frame = make_van_der_pol(150, irregular=True, noise=0.02, random_state=0)
    model = UniversalODERegressor(linear, {"mu": (0, 10)}, remainder="polynomial")
    return model.fit(frame.index, frame)


@pytest.fixture(scope="module")
def network():
    frame = make_van_der_pol(300, noise=0.0, random_state=0)
    model = NeuralODERegressor(lookback=None, training="match", random_state=0)
    return model.fit(frame.index, frame)


def test_the_law_of_lorenz_is_read_off_its_slopes():
    states = make_lorenz63(100, random_state=0).to_numpy()
    found = equation(Lorenz(), states, degree=2)
    expected = {
        "dx0/dt": {"x0": -10, "x1": 10},
        "dx1/dt": {"x0": 28, "x1": -1, "x0 x2": -1},
        "dx2/dt": {"x2": -8 / 3, "x0 x1": 1},
    }
    assert {k: pytest.approx(v, rel=1e-6) for k, v in found.terms.items()} == expected
    assert max(found.errors.values()) < 1e-9
    np.testing.assert_allclose(found.predict(states), Lorenz().vector_field(states), rtol=1e-6)


def test_the_remainder_of_a_known_law_is_named(partly_known):
    found = equation(partly_known, of="remainder")
    assert found.terms["remainder of dx/dt"] == {}
    (term,) = found.terms["remainder of dv/dt"].items()
    assert term == ("x^2 v", pytest.approx(-1.0, rel=0.02))
    assert "remainder of dv/dt = -" in str(found)
    assert str(found).splitlines()[0].startswith("remainder of dx/dt = 0 ")


def test_the_formula_of_a_network_is_its_law_with_an_error(network):
    found = network.equation_
    assert found.terms["dx/dt"] == {"v": pytest.approx(1.0, abs=0.02)}
    assert set(found.terms["dv/dt"]) == {"x", "v", "x^2 v"}
    assert list(found.terms["dv/dt"].values()) == pytest.approx([-1.0, 1.0, -1.0], abs=0.1)
    states = network.observed_states_
    miss = network.vector_field(states) - found.predict(states)
    size = np.sqrt(np.square(network.vector_field(states)).mean(axis=0))
    np.testing.assert_allclose(
        list(found.errors.values()), np.sqrt(np.square(miss).mean(axis=0)) / size, rtol=1e-9
    )
    assert 0 < max(found.errors.values()) < 0.05


def test_a_looser_tolerance_gives_a_shorter_formula(network):
    counts = [
        sum(map(len, equation(network, tolerance=tolerance).terms.values()))
        for tolerance in (0.0, 0.02, 0.5, 1.0)
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[1] > counts[-1]


def test_what_has_no_formula_is_refused(network):
    with pytest.raises(ValueError, match="at least as many states as terms.*5 states and 10 terms"):
        equation(network, network.observed_states_[:5])
    with pytest.raises(TypeError, match="Ask of='field'"):
        equation(network, of="remainder")
    with pytest.raises(ValueError, match="holds no training rows"):
        equation(Lorenz())
    with pytest.raises(TypeError, match="vector_field"):
        equation(3)


def test_a_field_that_reads_time_has_no_formula_of_states():
    frame = pd.DataFrame({"x": np.sin(np.arange(40.0))}, index=pd.Index(np.arange(40.0) / 5))
    model = NeuralODERegressor(autonomous=False, training="match", hidden_layer_sizes=(4,))
    with pytest.raises(ValueError, match="covariates or time"):
        equation(model.fit(frame.index, frame))
