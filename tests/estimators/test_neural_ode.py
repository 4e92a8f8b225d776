"""A neural ODE on observed states: its forecasts, its field and its clock."""

import numpy as np
import pandas as pd
import pytest
import torch
import torchdiffeq
from scipy.integrate import solve_ivp
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from tsnode import NeuralODERegressor, ResNetStepRegressor
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


# ---------------------------------------------------------------- backwards


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


# ---------------------------------------------------------------- the field


def test_the_field_is_the_law_in_physical_units(model):
    assert model.vector_field(STATES) == pytest.approx(STATES @ LAW.T, abs=0.02)
    assert model.vector_field(STATES[0]).shape == (2,)


def test_the_jacobian_equals_finite_differences_and_the_law(model):
    found = model.jacobian(STATES)
    eps = 1e-5
    shifts = eps * np.eye(2)
    columns = [
        (model.vector_field(STATES + s) - model.vector_field(STATES - s)) / (2 * eps)
        for s in shifts
    ]
    assert found == pytest.approx(np.stack(columns, axis=2), abs=1e-7)
    assert found == pytest.approx(np.broadcast_to(LAW, (3, 2, 2)), abs=0.1)
    assert model.jacobian(STATES[0]) == pytest.approx(found[0])


def test_units_of_the_states_carry_over_to_field_and_jacobian(swing):
    factors = np.array([1000.0, 0.01])
    plain, scaled = (
        small(training="match").fit(frame.index, frame) for frame in (swing, swing * factors)
    )
    expected = plain.vector_field(STATES) * factors
    assert scaled.vector_field(STATES * factors) == pytest.approx(expected, rel=1e-5)
    expected = plain.jacobian(STATES) * factors[:, None] / factors
    assert scaled.jacobian(STATES * factors) == pytest.approx(expected, rel=1e-5)


def test_simulate_from_the_last_state_equals_the_forecast(model, swing):
    path = model.simulate(swing.iloc[-1], 10, step=0.3)
    asked = swing.index[-1] + 0.3 * np.arange(1, 11)
    # The data are without noise, so that the state is all but the observation.
    assert path[1:] == pytest.approx(model.predict(pd.Index(asked)).to_numpy(), abs=2e-3)
    assert path[0].tolist() == swing.iloc[-1].tolist()
    expected = exact(swing.iloc[-1], 3.0)
    assert path[-1] == pytest.approx(expected, abs=0.02)


def test_simulate_takes_median_steps_unless_told(model, swing):
    step = np.median(np.diff(swing.index))
    default = model.simulate(STATES[0], 4)
    assert default == pytest.approx(model.simulate(STATES[0], 4, step=step))


def test_a_latent_model_has_no_field_of_the_states(swing):
    latent = small(lookback=10).fit(swing.index, swing)
    with pytest.raises(ValueError, match="Refit with lookback=None"):
        latent.vector_field(STATES)


@pytest.mark.parametrize("states", [np.zeros((3, 1)), np.zeros(3), np.zeros((2, 2, 2))])
def test_states_of_another_width_are_refused(model, states):
    with pytest.raises(ValueError, match=r"states of shape \(n, 2\)"):
        model.vector_field(states)


# ---------------------------------------------------------------- covariates and time


def force(t):
    return np.sin(1.3 * t) + 0.5 * np.cos(0.4 * t)


def other_force(t):
    return np.cos(0.9 * t)


def respond(u, times, start):
    """Solve dx/dt = -x + u(t)."""
    span = (times[0], times[-1])
    return solve_ivp(
        lambda t, x: -x + u(t), span, [start], t_eval=times, rtol=1e-9, max_step=0.05
    ).y[0]


@pytest.fixture(scope="module")
def forced():
    times = np.r_[0.0, np.sort(np.random.default_rng(0).uniform(0, 30, 299))]
    known = pd.DataFrame({"u": force(times)}, index=times)
    y = pd.Series(respond(force, times, 0.5), times)
    return small().fit(known, y), y


def test_the_response_to_a_force_never_seen_is_right(forced):
    model, y = forced
    last = y.index[-1]
    # u jumps at the last row; the first asked row stands right behind it.
    ahead = last + np.r_[1e-6, np.linspace(0.1, 8, 80)]
    found = model.predict(pd.DataFrame({"u": other_force(ahead)}, index=ahead))
    truth = respond(other_force, np.r_[last, ahead], y.iloc[-1])[1:]
    assert np.abs(found - truth).max() < 0.05
    assert truth.std() > 0.3
    unforced = y.iloc[-1] * np.exp(-(ahead - last))
    assert np.abs(unforced - truth).max() > 0.3


def test_the_field_with_covariates_is_the_law(forced):
    model, _ = forced
    states, u = np.array([[0.3], [-0.2], [0.1]]), np.array([0.5, -0.5, 0.0])
    rows = pd.DataFrame({"u": u}, index=np.arange(3.0))
    assert model.vector_field(states, rows)[:, 0] == pytest.approx(u - states[:, 0], abs=0.03)
    assert model.jacobian(states, rows).ravel() == pytest.approx([-1.0] * 3, abs=0.05)


def test_a_field_with_covariates_asks_for_them(forced):
    model, _ = forced
    with pytest.raises(ValueError, match="Expected X with the stamps of the states"):
        model.vector_field([[0.0]])
    with pytest.raises(ValueError, match="one row of X per state"):
        model.vector_field([[0.0]], pd.DataFrame({"u": [0.0, 1.0]}, index=[0.0, 1.0]))
    with pytest.raises(ValueError, match="field without covariates"):
        model.simulate([0.0], 3)


def test_a_law_that_changes_with_time_is_learned_if_time_is_fed():
    times = np.linspace(0, 6, 120)
    values = np.sin(times) ** 2  # slope sin(2 t): at one state it has two signs
    model = small(autonomous=False).fit(times[:, None], values)
    asked = np.array([1.0, 2.5, 4.0, 5.0])[:, None]
    found = model.vector_field(np.sin(asked) ** 2, asked)
    assert found == pytest.approx(np.sin(2 * asked), abs=0.1)
    with pytest.raises(ValueError, match="Expected X with the stamps"):
        model.vector_field([[0.5]])


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


# ---------------------------------------------------------------- series of several sizes


def sized_panel():
    wave = make_harmonic_oscillator(80, mean_step=0.2)
    return pd.concat({"small": wave, "large": 1000 * wave + 500}, names=["series"])


def test_series_scaling_makes_series_of_any_size_alike():
    data = sized_panel()
    ahead = small(series_scaling=True, training="match").fit(data.index, data).forecast(5)
    expected = 1000 * ahead.loc["small"] + 500
    np.testing.assert_allclose(ahead.loc["large"], expected, rtol=1e-3)


def test_an_unseen_series_is_scaled_by_its_history_and_changes_no_other():
    data = sized_panel()
    model = small(series_scaling=True, training="match").fit(data.index, data)
    new = pd.concat({"new": 50 * data.loc["small"] - 7}, names=["series"])
    asked = pd.MultiIndex.from_product([["small", "new"], [16.5, 17.0]], names=["series", "time"])
    both = model.predict(asked, history=new)
    assert np.abs(both.loc["new"] - (50 * both.loc["small"] - 7)).max(axis=None) < 0.05
    more = data.loc[["small"]] + 3.0
    history = pd.concat([new, more])
    alone = model.predict(asked[:2], history=more)
    pd.testing.assert_frame_equal(model.predict(asked, history=history).loc[["small"]], alone)


def test_a_series_scale_stays_when_rows_are_added():
    data = sized_panel()
    model = clone(small(series_scaling=True, training="match")).fit(data.index, data)
    before = [scale.copy() for scale in model._series_scale(model._observed)]
    later = data.rename(index=lambda t: t + 16.0, level=1) * 3
    model.partial_fit(later.index, later)
    np.testing.assert_array_equal(model._series_scale(model._observed), before)


# ---------------------------------------------------------------- penalties of the shooting loop


@pytest.fixture(scope="module")
def smoothed():
    """Fits of one noisy cycle, by what is penalised; "nothing" runs the same loop."""
    frame = make_van_der_pol(300, irregular=True, noise=0.1, random_state=0)
    asked = {"nothing": {"jacobian_penalty": 0.0}, "jacobian": {"jacobian_penalty": 5.0},
             "kinetic": {"kinetic_penalty": 5.0}}  # fmt: skip
    fits = {name: small(**params).fit(frame.index, frame) for name, params in asked.items()}
    return frame, fits


def count_calls(model, frame):
    """Field calls of one adaptive solve over 50 time units from 16 observed states."""
    calls = []

    def field(t, z):
        calls.append(t)
        with torch.no_grad():
            return model._path.field(t, z)

    starts = torch.tensor(((frame - model._center) / model._scale).to_numpy()[:16])
    span = torch.tensor([0.0, 50.0 / model._step], dtype=torch.float64)
    torchdiffeq.odeint(field, starts, span, method="dopri5", rtol=1e-6, atol=1e-8)
    return len(calls)


def test_each_penalty_lowers_what_it_penalises(smoothed):
    frame, fits = smoothed
    steepness = {name: np.square(m.jacobian(frame)).mean() for name, m in fits.items()}
    speed = {name: np.square(m.vector_field(frame)).mean() for name, m in fits.items()}
    assert steepness["jacobian"] < 0.5 * steepness["nothing"]
    assert speed["kinetic"] < 0.85 * speed["nothing"]
    assert speed["nothing"] > 0.1


def test_the_jacobian_along_the_data_is_penalised_by_name(swing):
    params = {"jacobian_penalty": 1.0, "jacobian_along": "data", "max_epochs": 2}
    model = small(**params, early_stopping=False).fit(swing.index, swing)
    assert [p.penalty.__name__ for p in model.net_.penalties] == ["jacobian_penalty_along_data"]


@pytest.mark.parametrize("penalised", ["jacobian", "kinetic"])
def test_a_penalised_field_takes_no_more_calls_of_an_adaptive_solver(penalised, smoothed):
    frame, fits = smoothed
    assert 100 < count_calls(fits[penalised], frame) <= count_calls(fits["nothing"], frame)


@pytest.mark.parametrize("name", ["jacobian_penalty", "kinetic_penalty"])
def test_a_penalty_is_never_lost_to_a_tool_without_it(name, swing):
    params = {"lookback": "auto", "max_epochs": 2, name: 1.0}
    model = small(**params).fit(swing.index, swing)
    assert "chosen" not in model.fit_report_
    assert model.fit_report_["tool"].endswith("then shooting")
    assert [penalty.weight for penalty in model.net_.penalties] == [1.0]
    with pytest.raises(ValueError, match=f"training='match'.*{name}"):
        small(training="match", **{name: 0.0}).fit(swing.index, swing)
    with pytest.raises(ValueError, match=f"{name}=1.0.*beside lookback=10"):
        small(**{name: 1.0, "lookback": 10}).fit(swing.index, swing)
    with pytest.raises(ValueError, match=f"{name} must be a number at least 0"):
        small(**{name: -1.0}).fit(swing.index, swing)
    with pytest.raises(TypeError, match=name):
        ResNetStepRegressor(**{name: 1.0}).fit(swing.index, swing)


def test_alpha_reaches_the_shooting_loop(swing):
    params = {"training": "shooting", "max_epochs": 5, "early_stopping": False}
    none, zero, large = (
        small(alpha=alpha, **params).fit(swing.index, swing).net_ for alpha in (None, 0.0, 1e3)
    )
    assert none.penalties == zero.penalties == ()
    (penalty,) = large.penalties
    # 150 rows of 2 states, each the target of up to 10 windows.
    assert penalty.weight == pytest.approx(1e3 / (2 * sum(range(140, 150))))
    held, free = (penalty.penalty(net.module_, {}, None).item() for net in (large, zero))
    assert held < 0.5 * free


def test_a_grid_search_over_a_penalty_ranks_different_fits(swing):
    values = [0.0, 100.0]
    search = GridSearchCV(
        small(max_epochs=3, early_stopping=False), {"jacobian_penalty": values},
        cv=TimeSeriesSplit(2),
    ).fit(swing.index.to_numpy()[:, None], swing.to_numpy())  # fmt: skip
    assert search.best_params_ == {"jacobian_penalty": 0.0}
    scores = search.cv_results_["mean_test_score"]
    assert scores[0] > scores[1]
    assert clone(search.best_estimator_).get_params()["jacobian_penalty"] == 0.0


# ---------------------------------------------------------------- parameters of the loop


def test_named_parameters_of_the_loop_reach_the_net(swing):
    frame = swing.iloc[:60]
    params = {"gradient_clip": 0.5, "ema_decay": 0.9, "lead_weights": "inverse",
              "optimizer": "adamw", "optimizer__weight_decay": 0.3}  # fmt: skip
    model = small(**params, max_epochs=2, early_stopping=False).fit(frame.index, frame)
    net = model.net_
    assert (net.gradient_clip, net.ema_decay) == (0.5, 0.9)
    assert isinstance(net.optimizer_, torch.optim.AdamW)
    assert net.optimizer_.param_groups[0]["weight_decay"] == 0.3
    assert net.criterion_.lead_weights[:2].tolist() == [1.0, 0.5]
    assert {name: clone(model).get_params()[name] for name in params} == params


@pytest.mark.parametrize(
    "params", [{"gradient_clip": 1.0}, {"ema_decay": 0.5}, {"lead_weights": [2.0, 1.0]},
               {"optimizer": "SGD"}],
    ids=lambda params: next(iter(params)),
)  # fmt: skip
def test_a_named_parameter_of_the_loop_asks_for_it(params, swing):
    frame = swing.iloc[:60]
    model = small(**params, lookback=None)
    with pytest.raises(ValueError, match=f"training='match'.*{next(iter(params))}"):
        clone(model).set_params(training="match").fit(frame.index, frame)
    model.set_params(training_horizon=2, max_epochs=1).fit(frame.index, frame)
    assert "shooting" in model.fit_report_


@pytest.mark.parametrize(
    ("params", "message"),
    [({"gradient_clip": 0}, "gradient_clip must be a number over 0"),
     ({"ema_decay": 1.0}, "ema_decay must be a number at least 0 and at most 0.9999"),
     ({"lead_weights": "near"}, "lead_weights must be None, 'inverse' or"),
     ({"lead_weights": [0.0, 1.0]}, "lead_weights must be None, 'inverse' or"),
     ({"lead_weights": [1.0]}, "each of the 10 rows of training_horizon; got 1"),
     ({"optimizer": "Adan"}, "did you mean 'Adam'"),
     ({"optimizer": "LBFGS", "gradient_clip": 1.0}, "beside L-BFGS.*gradient"),
     ({"optimizer": "LBFGS", "lookback": 10}, "optimizer='LBFGS'.*beside lookback=10"),
     ({"lead_weights": [1.0, 1.0], "lookback": 10}, "lead_weights=.*beside lookback=10")],
)  # fmt: skip
def test_a_wrong_parameter_of_the_loop_is_refused(params, message, swing):
    with pytest.raises(ValueError, match=message):
        small(**params).fit(swing.index, swing)


@pytest.mark.parametrize(
    ("params", "message"),
    [({"jacobian_along": "data"}, "jacobian_penalty beside jacobian_along"),
     ({"jacobian_along": "law", "jacobian_penalty": 1.0}, "jacobian_along must be one of"),
     ({"forcing": 2.0}, "forcing must be None, a number from 0 to 1"),
     ({"window_starts": "free"}, "window_starts must be one of None, 'smoothed', 'learned'"),
     ({"window_starts": "learned", "optimizer": "LBFGS"}, "L-BFGS beside window_starts"),
     ({"window_starts": "learned", "training": "match"}, "training='match'.*window_starts"),
     ({"forcing": 0.0, "training": "collocation"}, "training='collocation'.*forcing"),
     ({"forcing": "linear", "lookback": 10}, "forcing='linear'.*beside lookback=10")],
)  # fmt: skip
def test_a_pull_or_a_start_that_cannot_be_is_refused(params, message, swing):
    with pytest.raises(ValueError, match=message):
        small(**params).fit(swing.index, swing)


def test_learned_starts_and_a_pull_reach_the_loop_and_the_report(swing):
    frame = swing.iloc[:80] + 0.05 * np.random.default_rng(0).normal(size=(80, 2))
    params = {"window_starts": "learned", "forcing": 0.2, "max_epochs": 2}
    model = small(**params, training_horizon=3, early_stopping=False).fit(frame.index, frame)
    shifts = model.fit_report_["shooting"]["start_shift"]
    assert len(shifts) == 2
    assert 0 < min(shifts) <= max(shifts) < 0.5
    assert model.net_.forcing == 0.2
    smoothed = small(window_starts="smoothed", max_epochs=1).fit(frame.index, frame)
    assert "start_shift" not in smoothed.fit_report_["shooting"]


def test_the_history_takes_clipping_averaging_and_an_optimizer_by_name():
    frame = make_damped_pendulum(600, random_state=0)
    params = {"lookback": 8, "training_horizon": 4, "max_epochs": 1, "optimizer": "Rprop"}
    net = small(**params, ema_decay=0.5, gradient_clip=2.0).fit(frame.index, frame).net_
    assert isinstance(net.optimizer_, torch.optim.Rprop)
    assert (net.gradient_clip, net.ema_decay) == (2.0, 0.5)


def test_l_bfgs_by_name_fits_the_states(swing):
    model = small(optimizer="lbfgs", max_epochs=3, early_stopping=False).fit(swing.index, swing)
    assert isinstance(model.net_.optimizer_, torch.optim.LBFGS)
    losses = model.net_.history[:, "train_loss"]
    assert 0 < losses[-1] < 1


# ---------------------------------------------------------------- gradients


@pytest.mark.parametrize("gradient", ["adjoint", "forward", "finite_difference"])
def test_every_gradient_trains_the_same_model(gradient, swing):
    params = {"training": "shooting", "max_epochs": 2, "alpha": 30.0, "early_stopping": False}
    frame = swing.iloc[:60]
    asked = pd.Index(frame.index[-1] + 0.3 * np.arange(1, 6))
    expected, found = (
        small(**params, gradient=name).fit(frame.index, frame).predict(asked)
        for name in ("backprop", gradient)
    )
    assert found.to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-3)
    untrained = small(training="match", alpha=30.0).fit(frame.index, frame).predict(asked)
    assert np.abs(expected - untrained).to_numpy().max() > 20 * np.abs(expected - found).max().max()


def test_a_gradient_asks_for_the_loop(swing):
    frame = swing.iloc[:60]
    model = small(gradient="adjoint", max_epochs=1).fit(frame.index, frame)
    assert "shooting" in model.fit_report_["tool"]
    with pytest.raises(ValueError, match="training='match'.*'gradient'"):
        small(gradient="adjoint", training="match").fit(frame.index, frame)
    with pytest.raises(ValueError, match="gradient must be one of"):
        small(gradient="tape").fit(frame.index, frame)


# A power of two rounds nothing, so that it may change nothing. Any other unit (3 as much as 1e200)
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
