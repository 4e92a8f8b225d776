"""A neural ODE on observed states: its forecasts, its clock, its tools and solvers."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import solve_ivp

from tsnode import NeuralODERegressor
from tsnode.datasets import make_damped_pendulum, make_harmonic_oscillator, make_van_der_pol
from tsnode.exceptions import ForecastWarning

OMEGA, DAMPING = 0.8, 0.1
LAW = np.array([[0.0, 1.0], [-(OMEGA**2), -2 * DAMPING * OMEGA]])
STATES = np.array([[0.5, 0.2], [-0.3, 0.4], [0.1, -0.5]])


def small(**params):
    params = {"lookback": None, "random_state": 0} | params
    return NeuralODERegressor((16,), **params)


@pytest.fixture(scope="module")
def swing():
    return make_harmonic_oscillator(
        150, irregular=True, omega=OMEGA, damping=DAMPING, mean_step=0.15, random_state=0
    )


@pytest.fixture(scope="module")
def model(swing):
    return small().fit(swing.index, swing)


def exact(start, elapsed):
    return solve_ivp(lambda _, z: LAW @ z, (0, elapsed), start, rtol=1e-10, atol=1e-12).y[:, -1]


def test_the_first_stamp_is_reached_backwards_from_the_second(model, swing):
    found = model.predict(swing.index[:1]).to_numpy()[0]
    gap = swing.index[1] - swing.index[0]
    assert found == pytest.approx(exact(swing.iloc[1], -gap), abs=5e-3)
    assert np.abs(swing.iloc[1] - swing.iloc[0]).max() > 0.05


def test_stamps_before_the_first_are_reached_backwards_from_it(model, swing):
    found = model.predict(pd.Index([-0.8, -0.3])).to_numpy()
    expected = np.stack([exact(swing.iloc[0], lead) for lead in (-0.8, -0.3)])
    assert found == pytest.approx(expected, abs=0.03)
    assert np.abs(expected - swing.iloc[0].to_numpy()).max() > 0.1


def test_the_first_stamp_does_not_know_its_own_observation():
    noisy = make_van_der_pol(150, noise=0.1, random_state=0)
    model = small(training="match").fit(noisy.index, noisy)
    assert max(model._path._filter.noise) > 0.01
    other = noisy[:1] + 5.0
    first = noisy.index[:1]
    expected = model.predict(first)
    pd.testing.assert_frame_equal(model.predict(first, history=other), expected)
    second = noisy.index[1:2]
    assert (model.predict(second, history=other) != model.predict(second)).all(axis=None)


# ---------------------------------------------------------------- the clock


@pytest.mark.parametrize("params", [{}, {"lookback": 20}, {"max_epochs": 2}],
                         ids=["states", "history", "shooting"])  # fmt: skip
@pytest.mark.parametrize(("scale", "shift"), [(1.0, 1234.0), (3600.0, 0.0)],
                         ids=["shifted", "seconds"])  # fmt: skip
def test_another_clock_gives_the_same_forecasts(params, scale, shift):
    frame = make_van_der_pol(200, irregular=True, noise=0.02, random_state=0)
    times, values = frame.index.to_numpy()[:, None], frame.to_numpy()
    asked = times[-1] + np.linspace(0.05, 2, 15)[:, None]
    expected = small(**params).fit(times, values).predict(asked)
    moved = small(**params).fit(times * scale + shift, values)
    found = moved.predict(asked * scale + shift)
    assert np.abs((found - expected) / values.std(axis=0)).max() < 1e-3
    assert np.abs(np.diff(expected, axis=0)).max() > 0.1


@pytest.mark.parametrize("unit", ["s", "min", "D"])
def test_the_unit_scales_the_field_and_not_the_forecast(unit):
    index = pd.date_range("2013", periods=100, freq="h")
    frame = make_harmonic_oscillator(100, mean_step=0.2).set_axis(index)
    hours, other = (
        small(training="match", time_unit=name).fit(index, frame) for name in (None, unit)
    )
    np.testing.assert_allclose(other.forecast(5), hours.forecast(5), atol=1e-6)
    per_hour = pd.Timedelta(f"1{unit}") / pd.Timedelta("1h")
    expected = hours.vector_field(STATES) * per_hour
    assert other.vector_field(STATES) == pytest.approx(expected, rel=1e-5)
    assert (hours.time_unit_, other.time_unit_) == ("h", unit)


# ---------------------------------------------------------------- solvers, tools, divergence


@pytest.mark.parametrize(
    ("method", "accuracy"),
    [("euler", 0.03), ("midpoint", 1e-3), ("heun", 1e-3), ("dopri5", 1e-3),
     ("exponential_euler", 1e-3)],
)  # fmt: skip
def test_every_solver_gives_the_same_forecast(method, accuracy):
    frame = make_damped_pendulum(120, random_state=0)
    params = {"training": "match"}
    expected = small(**params).fit(frame.index, frame).forecast(15)
    found = small(method=method, **params).fit(frame.index, frame).forecast(15)
    assert np.abs((found - expected) / frame.std()).max(axis=None) < accuracy
    assert np.abs(expected - frame.iloc[-1]).max(axis=None) > 0.1


@pytest.mark.parametrize("training", ["match", "collocation", "linear"])
@pytest.mark.parametrize(
    "params", [{"max_epochs": 3}, {"lr": 0.1}, {"curriculum": "linear"},
               {"optimizer__weight_decay": 0.1}],
    ids=lambda params: next(iter(params)),
)  # fmt: skip
def test_a_parameter_of_the_loop_beside_a_tool_without_one_is_refused(training, params, swing):
    lookback = 10 if training == "linear" else None
    if_both = f"training='{training}'.*{next(iter(params))}"
    model = small(training=training, **params).set_params(lookback=lookback)
    with pytest.raises(ValueError, match=if_both + "|lookback"):
        model.fit(swing.index, swing)


@pytest.mark.parametrize(
    ("params", "words"),
    [({"training": "linear"}, "lookback=None.*beside training='linear'"),
     ({"training": "match", "lookback": 5}, "training='match'.*beside lookback=5"),
     ({"curriculum": "linear", "lookback": 5}, "curriculum='linear'.*beside lookback=5"),
     ({"method": "euler", "latent_dim": 4, "lookback": "auto"}, "'euler'.*beside latent_dim=4"),
     ({"training_horizon": 3, "training": "match"}, "training='match'.*'training_horizon'"),
     ({"n_iter_no_change": 3, "training": "match"}, "training='match'.*'n_iter_no_change'"),
     ({"method": "rk5"}, "method must be one of"), ({"rtol": 0}, "rtol must be"),
     ({"latent_dim": 1.5}, "latent_dim must be"), ({"activation": "tan"}, "activation must be"),
     ({"validation_fraction": 0.95}, "validation_fraction")],
)  # fmt: skip
def test_parameters_that_do_not_go_together_are_refused(params, words, swing):
    with pytest.raises(ValueError, match=words):
        small(**params).fit(swing.index, swing)


def test_a_curriculum_is_never_lost_to_a_path_without_windows(swing):
    model = small(lookback="auto", curriculum="linear", max_epochs=2).fit(swing.index, swing)
    assert model.fit_report_["shooting"]["n_epochs"] <= 2
    assert "chosen" not in model.fit_report_


@pytest.mark.parametrize("lookback", [None, 10])
def test_verbose_says_which_tool_fitted(lookback, swing, capsys):
    model = small(lookback=lookback, verbose=1, training="auto").fit(swing.index, swing)
    assert f"fitted by {model.fit_report_['tool']}" in capsys.readouterr().out


def test_diverging_forecasts_are_nan_with_one_warning_that_names_the_first():
    times = np.linspace(0, 10, 30)
    # A huge tolerance: whole steps, because thousands of them lie before the overflow.
    model = small(activation="relu", training="match", rtol=1e9)
    grown = model.fit(times[:, None], np.exp(times))
    asked = np.array([1500.0, 10.5, 1200.0])[:, None]
    with pytest.warns(ForecastWarning, match="2 forecast.*the first at 1200.0") as found:
        ahead = grown.predict(asked)
    assert len(found) == 1
    assert np.isnan(ahead).tolist() == [True, False, True]
    assert ahead[1] == pytest.approx(np.exp(10.5), rel=0.2)


# rounds the data, and an iterative fit of exact data multiplies that: 6e-6 to 3e-5 were measured.
@pytest.mark.parametrize(
    ("unit", "off"), [(2.0**-664, 0), (2.0**664, 0), (1e-200, 1e-4), (1e200, 1e-4)]
)
def test_a_tiny_or_huge_unit_only_scales_the_forecast(swing, unit, off):
    index, values = np.arange(60.0), swing.to_numpy()[:60]
    plain, scaled = (small().fit(index[:, None], k * values) for k in (1.0, unit))
    expected = plain.predict([[61.0]])
    assert np.abs(expected).max() > 0.01
    assert scaled.predict([[61.0]]) / unit == pytest.approx(expected, rel=off, abs=0)
