"""What shooting does about failures, and what Ctrl-C leaves of the least-squares fits."""

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from tsnode.dynamics._fields import NeuralField
from tsnode.exceptions import FitError
from tsnode.models._state_forecaster import StateForecaster
from tsnode.solvers import _integrate
from tsnode.solvers._failures import SolverError
from tsnode.solvers._integrate import integrate_windows
from tsnode.training import _gauss_newton, _least_squares
from tsnode.training._collocation import collocate_field
from tsnode.training._field_function import LayeredFunction
from tsnode.training._linearization import read_weights
from tsnode.training._match import match_field
from tsnode.training._paths import ObservedPath
from tsnode.training._shooting import shoot

TIMES = 0.3 * np.arange(80.0)
STATES = np.c_[np.cos(TIMES), -np.sin(TIMES)]
STATES = STATES + np.random.default_rng(0).normal(scale=0.02, size=STATES.shape)


def series(shift=0.0):
    return TIMES + shift, STATES, STATES.copy(), np.ones(len(TIMES)), None


def forecaster(**params):
    torch.manual_seed(0)
    return StateForecaster(NeuralField(2, hidden_layer_sizes=(8,)), **params)


def train(model, rows=None, **params):
    defaults = {"training_horizon": 8, "curriculum": None, "max_epochs": 8, "batch_size": 64}
    return shoot(model, [series()] if rows is None else rows, **{**defaults, **params})


class Poison(Callback):
    """Makes a weight NaN before batches, from epoch 2 on."""

    def on_batch_begin(self, net, training=False, **kwargs):  # noqa: ARG002
        if training and len(net.history) > 1:
            next(net.module_.parameters()).data[0, 0] = np.nan


def test_the_remedies_are_tried_in_turn_and_told():
    net, report = train(forecaster(), net_params={"callbacks": [Poison()]})
    done = [note.done for note in report["recoveries"]]
    assert done == [
        "the learning rate was cut to a tenth",
        "the horizon was cut from 8 to 4 rows",
        "training went on with a quarter of the solver's step",
        "the learning rate was cut to a tenth",
        "training ended there, since no remedy was left",
    ]
    assert report["stopped"] == "diverged"
    assert report["valid_loss"] <= report["start_loss"]
    assert net.module_.n_substeps == 1


@pytest.mark.parametrize("gradient", ["backprop", "adjoint"])
def test_an_adaptive_solver_that_gives_up_is_replaced_for_the_training(gradient, monkeypatch):
    monkeypatch.setattr(_integrate, "N_MOST_STEPS_PER_GAP", 5)
    model = forecaster(method="dopri5", rtol=1e-11, atol=0.0, gradient=gradient)
    net, report = train(model, validation_fraction=0.0, lr=0.3)
    assert report["recoveries"][0].what == "the solver ran out of steps"
    assert report["recoveries"][2].done == "training went on with rk4 instead of dopri5"
    assert report["n_epochs"] == 8
    assert net.module_.method == "dopri5"
    losses = net.history[3:, "train_loss"]
    assert losses[-1] < 0.7 * losses[0]


HARD_FIELDS = {
    "out of steps": lambda t, z, u: -1e5 * (z - torch.cos(t)[:, None]),  # noqa: ARG005
    "not finite": lambda t, z, u: torch.nan * z,  # noqa: ARG005
    "to nothing": lambda t, z, u: 10 * z**2,  # noqa: ARG005
}


@pytest.mark.parametrize("words", HARD_FIELDS)
def test_a_solver_says_why_it_gave_up(words):
    z0, times = (torch.tensor([x], dtype=torch.float64) for x in ([1.0], [0.0, 1.0]))
    with pytest.raises(SolverError, match=words):
        integrate_windows(HARD_FIELDS[words], z0, times, method="dopri5", rtol=1e-6, atol=0.0)


class Cliff(StateForecaster):
    """Forecasts NaN for windows that start far out."""

    def forward(self, z0, times, controls=None):
        far = z0.abs().max(dim=1).values > 50
        ahead = super().forward(z0, times, controls)
        return torch.where(far[:, None, None], torch.nan, ahead)


def test_a_note_names_series_and_stamp_of_the_window():
    times, states, values, weights, _ = series(shift=1000.0)
    states = states.copy()
    states[7] = 100.0
    model = Cliff(forecaster().field)
    rows = [series(), (times, states, values, weights, None)]
    with pytest.raises(FitError, match="look for outliers"):
        train(model, rows, validation_fraction=0.0, batch_size=500)
    _, report = train(model, rows, validation_fraction=0.5, batch_size=500, max_epochs=1)
    note = report["recoveries"][0]
    assert (note.series, note.time) == (1, times[7])
    assert note.in_series(np.array([4, 9])).series == 9
    sentence = note.sentence(lambda k, t: f"{t:.1f} of {k}")
    assert "(window from 1002.1 of 1)" in sentence


# ---------------------------------------------------------------- Ctrl-C


def interrupt_at(monkeypatch, cls, call, name="objective"):
    """Press Ctrl-C at that call of a method."""
    n_calls = iter(range(1, 10_000))
    plain = getattr(cls, name)

    def pressed(*args):
        if next(n_calls) == call:
            raise KeyboardInterrupt
        return plain(*args)

    monkeypatch.setattr(cls, name, pressed)


def observed():
    return [ObservedPath(TIMES / 0.3, STATES, np.ones(len(TIMES)))]


@pytest.mark.parametrize(
    ("max_flops", "pressed"),
    [(np.inf, (_least_squares._Problem, 8)), (0.0, (LayeredFunction, 60, "squares"))],
    ids=["levenberg-marquardt", "l-bfgs"],
)
def test_ctrl_c_in_a_match_keeps_the_last_accepted_step(monkeypatch, max_flops, pressed):
    monkeypatch.setattr(_least_squares, "MAX_FLOPS", max_flops)
    field = forecaster().field
    interrupt_at(monkeypatch, *pressed)
    found = match_field(field, observed(), max_iterations=40)
    assert found["stopped"] == "interrupted"
    assert found["loss"] < 0.3
    assert torch.isfinite(read_weights(field.mlp)).all()


def test_ctrl_c_before_the_first_step_is_ctrl_c_and_changes_nothing(monkeypatch):
    field = forecaster().field
    before = read_weights(field.mlp)
    interrupt_at(monkeypatch, _least_squares._Problem, 1)
    with pytest.raises(KeyboardInterrupt):
        match_field(field, observed(), keep_start=True)
    np.testing.assert_allclose(read_weights(field.mlp), before, rtol=1e-12)


def test_ctrl_c_in_collocation_keeps_the_last_accepted_step(monkeypatch):
    field = forecaster().field
    matched = match_field(field, observed())
    before = read_weights(field.mlp)
    interrupt_at(monkeypatch, _gauss_newton.GaussNewton, 5)
    found = collocate_field(field, observed(), matched)
    assert found["stopped"] == "interrupted"
    assert 1 < found["n_iterations"] < 12
    after = read_weights(field.mlp)
    assert torch.isfinite(after).all()
    assert (after - before).abs().max() > 1e-6
