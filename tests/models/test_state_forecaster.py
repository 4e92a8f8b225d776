"""The forecaster of whole states: ODE and step maps in windows and at asked times."""

import pickle

import numpy as np
import pytest
import torch

from tsnode.dynamics._fields import NeuralField
from tsnode.models._state_forecaster import KINDS, StateForecaster

RNG = np.random.default_rng(0)
STARTS = torch.as_tensor(RNG.normal(size=(50, 2)))
MAPS = ["residual", "plain"]


class Linear(torch.nn.Module):
    """f(t, z, u) = z A + u."""

    def __init__(self):
        super().__init__()
        self.matrix = torch.nn.Parameter(torch.tensor([[0.5, 0.3], [-0.4, 0.2]]).double())

    def forward(self, t, z, u=None):  # noqa: ARG002
        return z @ self.matrix + (0 if u is None else u)


MATRICES = {"plain": Linear().matrix, "residual": Linear().matrix + torch.eye(2)}


def steps_of_length_one(n_steps):
    return torch.arange(n_steps + 1.0, dtype=torch.float64).expand(50, -1)


@pytest.mark.parametrize("kind", MAPS)
def test_a_map_is_iterated_as_its_matrix_power(kind):
    states = StateForecaster(Linear(), kind=kind)(STARTS, steps_of_length_one(4))
    power = torch.linalg.matrix_power(MATRICES[kind], 4)
    torch.testing.assert_close(states[:, -1], STARTS @ power)


def test_an_ode_follows_the_matrix_exponential():
    model = StateForecaster(Linear(), n_substeps=20)
    states = model(STARTS, steps_of_length_one(3))
    torch.testing.assert_close(states[:, -1], STARTS @ torch.matrix_exp(3 * Linear().matrix))


@pytest.mark.parametrize("kind", KINDS)
def test_windows_and_asked_times_agree(kind):
    model = StateForecaster(NeuralField(2, 1), kind=kind, n_substeps=4)
    times = steps_of_length_one(5)
    controls = torch.sin(model.control_times(times))[..., None]
    row, lead = np.divmod(np.arange(50 * 5), 5)
    asked = model.answer(
        STARTS, np.zeros(50), row, lead + 1.0, step={"ode": 0.25}.get(kind, 1.0),
        control=lambda rows, t: np.sin(t)[:, None] + 0 * rows[:, None],
    )  # fmt: skip
    torch.testing.assert_close(asked.reshape(50, 5, 2), model(STARTS, times, controls).detach())


@pytest.mark.parametrize("kind", MAPS)
def test_between_steps_a_map_answers_linearly(kind):
    model = StateForecaster(Linear(), kind=kind)
    whole = model(STARTS, steps_of_length_one(3)).detach()
    asked = model.answer(STARTS, np.full(50, 7.0), np.arange(50), np.full(50, 9.3))
    torch.testing.assert_close(asked, 0.7 * whole[:, 1] + 0.3 * whole[:, 2])


@pytest.mark.parametrize("kind", KINDS)
def test_one_answer_alone_equals_the_same_among_many(kind):
    model = StateForecaster(NeuralField(2), kind=kind)
    t0, row = RNG.uniform(0, 9, 50), RNG.integers(50, size=400)
    times = t0[row] + RNG.uniform(0, 20, 400)
    many = model.answer(STARTS, t0, row, times, step=0.7)
    alone = model.answer(STARTS[row[:1]], t0[row[:1]], [0], times[:1], step=0.7)
    torch.testing.assert_close(alone, many[:1], rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", MAPS)
def test_a_map_refuses_to_go_backwards(kind):
    with pytest.raises(ValueError, match="backwards"):
        StateForecaster(Linear(), kind=kind).answer(STARTS, np.zeros(50), [3], [-1.0])


@pytest.mark.parametrize("kind", KINDS)
def test_it_pickles(kind):
    model = StateForecaster(NeuralField(2), kind=kind)
    again = pickle.loads(pickle.dumps(model))
    times = steps_of_length_one(2)
    torch.testing.assert_close(again(STARTS, times), model(STARTS, times), rtol=0, atol=0)
