"""Learned starts: they find the posterior mean, stay near the smoothed states, and stay out."""

import pickle

import numpy as np
import pytest
import torch

from tsnode.dynamics._fields import NeuralField
from tsnode.models._state_forecaster import StateForecaster
from tsnode.training._shooting import shoot
from tsnode.training._window_starts import LearnedStarts

MATRIX = np.array([[0.0, 1.0], [-1.0, 0.0]])
NOISE = np.array([0.1, 0.2])


def rotation(n_rows=120, seed=0):
    """Rows of dz/dt = A z one tenth of a turn apart, noisy; smoothed states off by a spread."""
    rng = np.random.default_rng(seed)
    times = 0.6 * np.arange(n_rows)
    z = np.c_[np.cos(times), -np.sin(times)]
    spreads = np.tile(NOISE / 2, (n_rows, 1))
    states = z + spreads * rng.normal(size=z.shape)
    return [(times, states, z + NOISE * rng.normal(size=z.shape), np.ones(n_rows), None)], [spreads]


def linear_model():
    model = StateForecaster(NeuralField(2, hidden_layer_sizes=()), n_substeps=4)
    (layer,) = model.field.mlp.layers
    layer.weight.data = torch.as_tensor(MATRIX)
    layer.bias.data.zero_()
    return model


def closed_form(z0, spread, y, n_leads=4, gap=0.6):
    """Posterior mean of a start under N(z0, spread^2) and errors of one noise per channel.

    The loss weighs errors of all channels alike, and shifts by sigma^2.
    """
    step = torch.linalg.matrix_exp(gap * torch.as_tensor(MATRIX)).numpy()
    design, pull = np.zeros((2 * n_leads, 2)), np.diag((NOISE / spread) ** 2)
    power = np.eye(2)
    for lead in range(n_leads):
        power = step @ power
        design[2 * lead : 2 * lead + 2] = power
    return np.linalg.solve(design.T @ design + pull, design.T @ y.ravel() + pull @ z0)


def test_a_start_under_a_known_law_finds_its_posterior_mean():
    ((times, states, values, *_),), (spreads,) = rotation()
    starts = LearnedStarts(100, torch.as_tensor(NOISE))
    rows = np.arange(100)[:, None] + np.arange(1, 5)
    inputs = {"z0": torch.as_tensor(states[:100]), "window": torch.arange(100.0),
              "z0_spread": torch.as_tensor(spreads[:100])}  # fmt: skip
    targets = torch.as_tensor(values[rows])
    stamps = torch.as_tensor(times[np.c_[np.arange(100), rows]])
    model = linear_model()
    for k in range(200):
        z0 = starts.take(inputs)
        loss = (model(z0, stamps) - targets).square().sum() + starts.penalty()
        loss.backward()
        starts.step(0.98**k)
    expected = [closed_form(states[k], spreads[k], values[rows[k]]) for k in range(100)]
    np.testing.assert_allclose(starts.take(inputs).detach().numpy(), expected, atol=2e-3)
    assert np.abs(np.array(expected) - states[:100]).max() > 0.05


def test_a_step_moves_the_rows_of_the_batch_alone():
    starts = LearnedStarts(50, torch.ones(2, dtype=torch.float64))
    rows = torch.tensor([3, 17])
    batch = {"z0": torch.zeros(2, 2, dtype=torch.float64), "window": rows.double(),
             "z0_spread": torch.ones(2, 2, dtype=torch.float64)}  # fmt: skip
    starts.take(batch).sum().backward()
    starts.step()
    moved = starts.shift.abs().sum(1).nonzero()[:, 0]
    assert moved.tolist() == rows.tolist()
    assert starts.shift[rows].flatten().tolist() == pytest.approx([-0.1] * 4)


def learned(series, spreads, model=None, **params):
    params = {"training_horizon": 4, "max_epochs": 20, "lr": 1e-9, "curriculum": None} | params
    return shoot(model or linear_model(), series, spreads=spreads, noise=NOISE, **params)


def test_shooting_brings_the_starts_closer_to_the_truth_than_the_smoother_left_them():
    series, spreads = rotation(300)
    net, report = learned(series, spreads, max_epochs=40)
    # Under the law, prior and four noisy rows ahead leave less than the prior's spread of one.
    assert 0.3 < min(report["start_shift"]) < max(report["start_shift"]) < 1.5
    plain, _ = shoot(linear_model(), series, training_horizon=4, max_epochs=1, lr=1e-9)
    assert net.report_["start_loss"] == plain.report_["start_loss"]
    assert net.history[-1, "train_loss"] < net.history[0, "train_loss"]


def test_starts_without_spread_do_not_move():
    series, spreads = rotation()
    _, report = learned(series, [0 * spreads[0]])
    assert report["start_shift"].tolist() == [0.0, 0.0]
    net, _ = learned(series, [0 * spreads[0]], lr=0.01)
    plain, _ = shoot(linear_model(), series, training_horizon=4, max_epochs=20, lr=0.01,
                     curriculum=None)  # fmt: skip
    for name, weight in plain.module_.state_dict().items():
        torch.testing.assert_close(net.module_.state_dict()[name], weight)


def test_one_wild_observation_cannot_carry_its_starts_away():
    series, spreads = rotation()
    series[0][2][60] = 50.0
    _, report = learned(series, spreads, validation_fraction=0)
    # Twenty epochs of steps of a tenth of a spread.
    assert max(report["start_shift"]) < 2.0


def test_the_net_pickles_and_forecasts_from_given_starts():
    series, spreads = rotation()
    net, _ = learned(series, spreads, max_epochs=2)
    loaded = pickle.loads(pickle.dumps(net))
    inputs = {"z0": np.ones((1, 2)), "times": np.arange(4.0)[None]}
    np.testing.assert_array_equal(loaded.predict(inputs), net.predict(inputs))
    assert net.starts_ is None


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_learned_starts_and_forcing_agree_on_cuda_and_cpu():
    series, spreads = rotation()
    reports = [learned(series, spreads, forcing=0.3, device=d)[1] for d in ("cpu", "cuda")]
    assert reports[0]["start_shift"] == pytest.approx(reports[1]["start_shift"], rel=1e-4)
