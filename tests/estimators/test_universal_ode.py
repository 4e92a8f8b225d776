"""A known law with unknown parameters: what is recovered, and how surely."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone

from tsnode import UniversalODERegressor
from tsnode.datasets import make_lotka_volterra, make_van_der_pol
from tsnode.exceptions import FitWarning


def whole(t, z, u, theta):  # noqa: ARG001
    x, v = z[:, 0], z[:, 1]
    return torch.stack([v, theta["mu"] * (1 - x**2) * v - x], dim=1)


def linear(t, z, u, theta):  # noqa: ARG001
    x, v = z.unbind(-1)
    return v, theta.mu * v - x


MU = {"mu": (0.0, 10.0)}


def oscillator(seed=0, n=200, mu=1.0):
    return make_van_der_pol(n, epsilon=mu, irregular=True, noise=0.02, random_state=seed)


def fit(frame, law=None, parameters=None, **params):
    return UniversalODERegressor(law, parameters, random_state=0, **params).fit(frame.index, frame)


@pytest.fixture(scope="module")
def partly_known():
    return fit(oscillator(), linear, MU, remainder="polynomial")


@pytest.fixture(scope="module")
def known():
    return fit(oscillator(), whole, MU, remainder=None)


def test_the_parameter_of_a_whole_law_is_found_within_one_percent(known):
    assert known.parameters_["mu"] == pytest.approx(1.0, rel=0.01)
    assert abs(known.parameters_["mu"] - 1) < 3 * known.standard_errors_["mu"] < 0.01
    # Nothing of the slope is left to learn.
    np.testing.assert_allclose(known.vector_field([2.0, 0.5])[0], 0.5, rtol=1e-12)
    assert (known.remainder_at([[2.0, 0.5]]) == 0).all()


def test_the_parameter_of_a_part_is_found_beside_what_is_not_known(partly_known):
    assert partly_known.parameters_["mu"] == pytest.approx(1.0, rel=0.01)
    error = abs(partly_known.parameters_["mu"] - 1)
    assert error < 3 * partly_known.standard_errors_["mu"] < 0.02


def test_the_remainder_is_what_the_law_leaves_out(partly_known):
    states = np.array([[1.0, 2.0], [-0.5, 1.5], [2.0, -1.0]])
    found = partly_known.remainder_at(states)
    expected = -(states[:, 0] ** 2) * states[:, 1]
    np.testing.assert_allclose(found[:, 1], expected, rtol=0.02)
    assert (found[:, 0] == 0).all()
    field = partly_known.vector_field(states) - found
    np.testing.assert_allclose(field, np.c_[states[:, 1], states @ [-1, 1]], rtol=0.01, atol=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(("law", "remainder"), [(whole, None), (linear, "polynomial")])
@pytest.mark.parametrize("mu", [1.0, 3.0])
def test_standard_errors_cover_the_truth_over_seeds(law, remainder, mu):
    parts = []
    for seed in range(24):
        model = fit(oscillator(seed, mu=mu), law, MU, remainder=remainder)
        miss = model.parameters_["mu"] - mu
        assert abs(miss) < 0.01 * mu
        parts.append(miss / model.standard_errors_["mu"])
    assert 0.5 < np.sqrt(np.mean(np.square(parts))) < 1.6


@pytest.mark.slow
def test_standard_errors_shrink_as_noise_does():
    frames = [
        make_van_der_pol(200, irregular=True, noise=noise, random_state=1)
        for noise in (0.02, 0.002)
    ]
    noisy, clean = (fit(frame, whole, MU, remainder=None) for frame in frames)
    ratio = noisy.standard_errors_["mu"] / clean.standard_errors_["mu"]
    assert ratio == pytest.approx(10, rel=0.25)


@pytest.mark.slow
def test_units_of_the_states_and_of_time_carry_over(known):
    frame = oscillator()
    index = pd.Timestamp("2020-01-01") + pd.to_timedelta(frame.index, unit="h")

    def scaled(t, z, u, theta):  # noqa: ARG001 - x in thousandths, v in hundreds
        x, v = z[:, 0] / 1000, z[:, 1] * 100
        return 1000 * v, (theta.mu * (1 - x**2) * v - x) / 100

    other = (frame * [1000, 0.01]).set_axis(index)
    model = fit(other, scaled, MU, remainder=None, time_unit="h")
    assert model.parameters_["mu"] == pytest.approx(known.parameters_["mu"], rel=1e-3)
    found, expected = model.standard_errors_["mu"], known.standard_errors_["mu"]
    assert found == pytest.approx(expected, rel=0.05)


@pytest.mark.slow
def test_auto_takes_the_simplest_that_forecasts_as_well():
    frame, small = oscillator(n=120), {"hidden_layer_sizes": (4,)}
    report = fit(frame, whole, MU, **small).fit_report_
    assert report["chosen"] == "law alone"
    assert set(report["errors"]) == {"law alone", "polynomial", "neural"}
    partly = fit(frame, linear, MU, **small)
    assert partly.fit_report_["chosen"] == "polynomial"
    errors = partly.fit_report_["errors"]
    assert errors["polynomial"] < 0.05 * errors["law alone"]
    assert partly.parameters_["mu"] == pytest.approx(1.0, rel=0.01)


@pytest.mark.slow
def test_a_network_learns_what_the_law_leaves_out_and_says_how_little_is_known_of_mu():
    frame = oscillator(n=150)
    model = fit(frame, linear, MU, remainder="neural", hidden_layer_sizes=(8,))
    truth = np.c_[frame["v"], (1 - frame["x"] ** 2) * frame["v"] - frame["x"]]
    miss = model.vector_field(frame) - truth
    assert np.sqrt(np.square(miss).mean()) < 0.05 * truth.std()
    # The data decide the sum of both, not the parts.
    assert model.standard_errors_["mu"] > 0.2
    assert abs(model.parameters_["mu"] - 1) < 3 * model.standard_errors_["mu"]


def test_a_parameter_pressed_to_its_bound_is_reported():
    with pytest.warns(FitWarning, match="mu = 0.* of 0 to 10"):
        fit(oscillator(), linear, MU, remainder=None)


def test_a_driven_law_reads_time_and_covariates_in_its_units():
    hours = np.arange(160.0)
    power = 40 + 20 * np.sin(hours / 5)
    stamps = pd.date_range("2013-01-01", periods=160, freq="h")
    # Exact for a linear law whose driver is a sine.
    wave = 0.5 * 20 * (0.3 * np.sin(hours / 5) - 0.2 * np.cos(hours / 5)) / (0.3**2 + 0.2**2)
    warm = 0.5 * 40 / 0.3 + wave + 0.1 * np.random.default_rng(0).normal(size=160)
    X = pd.DataFrame({"power": power}, index=stamps)

    def law(t, z, u, theta):  # noqa: ARG001
        return theta.gain * u - theta.rate * z

    parameters = {"rate": (0, 1, np.inf), "gain": (0.01, 10)}
    model = UniversalODERegressor(law, parameters, remainder=None, time_unit="h")
    model.fit(X, pd.DataFrame({"warm": warm}, index=stamps))
    assert model.parameters_ == pytest.approx({"rate": 0.3, "gain": 0.5}, rel=0.03)


def test_clone_pickle_and_warm_start_keep_the_law(partly_known):
    frame = oscillator()
    assert clone(partly_known).known_dynamics is linear
    copy = pickle.loads(pickle.dumps(partly_known))
    pd.testing.assert_frame_equal(copy.forecast(3), partly_known.forecast(3))
    assert copy.parameters_ == partly_known.parameters_
    again = copy.set_params(warm_start=True).fit(frame.index, frame)
    assert again.parameters_["mu"] == pytest.approx(partly_known.parameters_["mu"], abs=1e-3)


def test_training_on_moves_the_parameters_by_the_new_rows(known):
    frame = oscillator()
    model = fit(frame.iloc[:80], whole, MU, remainder=None)
    before = model.standard_errors_["mu"]
    model.partial_fit(frame.index[80:], frame.iloc[80:])
    assert model.parameters_["mu"] == pytest.approx(known.parameters_["mu"], abs=0.01)
    assert model.standard_errors_["mu"] < 0.8 * before


def test_many_rates_are_found_at_once():
    frame = make_lotka_volterra(200, irregular=True, noise=0.05, random_state=0)

    def law(t, z, u, theta):  # noqa: ARG001
        x, y = z.unbind(-1)
        return theta.a * x - theta.b * x * y, theta.d * x * y - theta.c * y

    model = fit(frame, law, dict.fromkeys("abcd", (0.01, 100)), remainder=None)
    truth, errors = np.array([1.5, 1.0, 3.0, 1.0]), np.array([*model.standard_errors_.values()])
    miss = np.array([*model.parameters_.values()]) - truth
    assert (np.abs(miss) < 0.02 * truth).all()
    assert (np.abs(miss) < 3.5 * errors).all()
