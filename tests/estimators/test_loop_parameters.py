"""Parameters of the training loop: penalties, named settings of the net, gradients."""

import numpy as np
import pandas as pd
import pytest
import torch
import torchdiffeq
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from tsnode import NeuralODERegressor, ResNetStepRegressor
from tsnode.datasets import make_damped_pendulum, make_harmonic_oscillator, make_van_der_pol


def small(**params):
    params = {"lookback": None, "random_state": 0} | params
    return NeuralODERegressor((16,), **params)


@pytest.fixture(scope="module")
def swing():
    return make_harmonic_oscillator(
        150, irregular=True, omega=0.8, damping=0.1, mean_step=0.15, random_state=0
    )


# ---------------------------------------------------------------- penalties of the shooting loop


@pytest.fixture(scope="module")
def smoothed():
    """Fits of one noisy cycle, by what is penalised; "nothing" runs the same loop."""
    frame = make_van_der_pol(300, irregular=True, noise=0.1, random_state=0)
    asked = {"nothing": {"jacobian_penalty": 0.0}, "jacobian": {"jacobian_penalty": 5.0},
             "kinetic": {"kinetic_penalty": 5.0}}  # fmt: skip
    fits = {
        name: small(max_epochs=12, **params).fit(frame.index, frame)
        for name, params in asked.items()
    }
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


@pytest.mark.slow
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


@pytest.mark.slow
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
        small(max_epochs=10, early_stopping=False), {"jacobian_penalty": values},
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
