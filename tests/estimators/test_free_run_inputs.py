"""What free runs, slopes and Jacobians take as states, and what they refuse."""

import numpy as np
import pytest

from tsnode import NeuralODERegressor, ResNetStepRegressor
from tsnode.datasets import make_van_der_pol
from tsnode.inspection import lyapunov_spectrum


@pytest.fixture(scope="module")
def orbit():
    return make_van_der_pol(120, random_state=0)


@pytest.fixture(scope="module")
def field(orbit):
    model = NeuralODERegressor((8,), lookback=None, training="match", random_state=0)
    return model.fit(orbit.index, orbit)


@pytest.fixture(scope="module", params=["field", "step map"])
def model(request, field, orbit):
    if request.param == "field":
        return field
    return ResNetStepRegressor((8,), random_state=0).fit(orbit.index, orbit)


def test_columns_of_a_frame_of_starts_are_found_by_name(model, orbit):
    expected = model.simulate(orbit[:3].to_numpy(), 5)
    np.testing.assert_allclose(model.simulate(orbit[:3][["v", "x"]], 5), expected, rtol=1e-12)
    np.testing.assert_allclose(model.simulate(orbit[:3].assign(other=1.0), 5), expected, rtol=1e-12)
    np.testing.assert_allclose(model.simulate(orbit.iloc[0][::-1], 5), expected[0], rtol=1e-12)
    assert np.abs(expected[:, :, 0] - expected[:, :, 1]).max() > 0.1


@pytest.mark.parametrize("reading", ["vector_field", "jacobian"])
def test_columns_of_a_frame_of_states_are_found_by_name(field, orbit, reading):
    read = getattr(field, reading)
    expected = read(orbit[:3].to_numpy())
    np.testing.assert_allclose(
        read(orbit[:3].assign(other=1.0)[["v", "other", "x"]]), expected, rtol=1e-12
    )
    np.testing.assert_allclose(read(orbit.iloc[0]), expected[0], rtol=1e-12)


def test_columns_of_a_frame_are_found_by_name_for_exponents(field, orbit):
    settings = {"n_steps": 4, "transient": 1}
    expected = lyapunov_spectrum(field, orbit[:2], **settings).exponents
    found = lyapunov_spectrum(field, orbit[:2][["v", "x"]], **settings).exponents
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("start", "words"),
    [
        ([np.nan, 1.0], r"start must hold finite states; got 1 of 1 start.*all channels were"),
        ([[0.0, 1.0], [np.inf, 1.0]], r"got 1 of 2 start\(s\) with NaN or inf"),
        ("x", "states must hold real numbers; got could not convert"),
        ([[1.0, 2.0], [1.0]], "states must hold real numbers; got .*inhomogeneous"),
        ([1j, 2.0], "states must hold real numbers; got complex"),
        ([[[1.0, 2.0]]], r"Expected states of shape \(n, 2\); got \(1, 1, 2\). Pass one column"),
    ],
)
def test_starts_that_are_no_states_are_refused(model, start, words):
    with pytest.raises(ValueError, match=words):
        model.simulate(start, 3)


def test_a_frame_without_the_fitted_channels_is_refused(model, orbit):
    words = r"states must hold the fitted channels \(x, v\); the frame lacks v. Name its columns"
    with pytest.raises(ValueError, match=words):
        model.simulate(orbit[["x"]], 3)


@pytest.mark.parametrize("step", [np.inf, np.nan, 0.0, 1e9, "1h"])
def test_a_step_that_no_solver_can_take_is_refused(field, step):
    with pytest.raises(ValueError, match=r"step must be a number over 0 and at most .*got"):
        field.simulate([1.0, 0.0], 3, step=step)


def test_text_is_no_start_of_exponents(field):
    with pytest.raises(ValueError, match="start must hold real numbers; got could not convert"):
        lyapunov_spectrum(field, "x", 3)
