"""One-step maps fitted to neighbouring rows."""

import numpy as np
import pytest
import torch

from tsnode.dynamics._fields import NeuralField
from tsnode.exceptions import FitWarning
from tsnode.training._paths import ObservedPath
from tsnode.training._step_match import match_steps

TURN = 0.4
ROTATION = 0.99 * np.array([[np.cos(TURN), -np.sin(TURN)], [np.sin(TURN), np.cos(TURN)]])


def spiral(n=80):
    states = [np.array([1.5, 0.0])]
    for _ in range(n - 1):
        states.append(ROTATION @ states[-1])
    return np.array(states)


def path_of(values, times=None, weights=None, controls=None):
    times = np.arange(float(len(values))) if times is None else times
    weights = np.ones(len(values)) if weights is None else weights
    return ObservedPath(times, values, weights, controls)


def linear_map(kind, paths, n_controls=0, **params):
    field = NeuralField(paths[0].values.shape[1], n_controls, hidden_layer_sizes=())
    report, states = match_steps(field, paths, kind=kind, alpha=1e-10, **params)
    (layer,) = field.mlp.layers
    return layer.weight.detach().numpy(), layer.bias.detach().numpy(), report, states


@pytest.mark.parametrize(("kind", "expected"), [("plain", ROTATION),
                                                ("residual", ROTATION - np.eye(2))])  # fmt: skip
def test_a_linear_map_is_found_exactly(kind, expected):
    weight, bias, report, _ = linear_map(kind, [path_of(spiral())])
    assert weight == pytest.approx(expected, abs=1e-5)
    assert bias == pytest.approx(0, abs=1e-5)
    assert report["pairs"] == "observed"
    assert (report["sigma"] == 0).all()


@pytest.mark.parametrize("kind", ["plain", "residual"])
def test_it_equals_least_squares_on_the_pairs(kind):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(60, 1))
    weights = rng.integers(1, 4, 60).astype(float)
    paths = [path_of(values, weights=weights)]
    # Nothing held out: then the rows stay as observed.
    weight, bias, report, _ = linear_map(kind, paths, validation_fraction=0.0)
    x, change = values[:-1, 0], values[1:, 0] - (values[:-1, 0] if kind == "residual" else 0)
    root = np.sqrt(weights[:-1] * weights[1:])
    design = np.column_stack([x, np.ones(59)]) * root[:, None]
    expected = np.linalg.lstsq(design, change * root, rcond=None)[0]
    assert report["pairs"] == "observed"
    assert [weight[0, 0], bias[0]] == pytest.approx(expected, abs=1e-4)


def test_a_gap_and_the_border_of_two_series_make_no_pair():
    first, second = spiral(60), -2 * spiral(50)
    times = np.r_[0:30, 45:75].astype(float)
    broken = np.r_[first[:30], first[10:40]]
    weight, *_ = linear_map("plain", [path_of(broken, times), path_of(second)])
    assert weight == pytest.approx(ROTATION, abs=1e-5)


def test_missing_entries_leave_the_map_as_it_is():
    values = spiral()
    holed = values.copy()
    holed[np.random.default_rng(1).random(values.shape) < 0.1] = np.nan
    weight, _, _, states = linear_map("plain", [path_of(holed)])
    assert weight == pytest.approx(ROTATION, abs=0.02)
    assert np.isfinite(states[0]).all()
    assert states[0] == pytest.approx(values, abs=0.05)


def test_covariates_enter_at_the_start_of_the_step():
    def force(times):
        return np.cos(1.7 * times)[:, None]

    values = np.zeros((100, 1))
    for k in range(99):
        values[k + 1] = 0.8 * values[k] + 0.5 * np.cos(1.7 * k)
    weight, *_ = linear_map("plain", [path_of(values, controls=force)], n_controls=1)
    assert weight[0] == pytest.approx([0.8, 0.5], abs=1e-4)


def test_noise_on_a_smooth_path_is_taken_out_where_that_forecasts_better():
    rng = np.random.default_rng(2)
    t = np.arange(400.0)
    truth = np.column_stack([np.cos(t / 20), np.sin(t / 20)]) * 1.4
    noisy = truth + 0.2 * rng.normal(size=truth.shape)
    angle = 1 / 20
    exact = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    weight, _, report, _ = linear_map("plain", [path_of(noisy)])
    raw = np.linalg.lstsq(noisy[:-1], noisy[1:], rcond=None)[0].T
    assert report["pairs"] == "smoothed"
    assert report["errors"]["smoothed"] < report["errors"]["observed"]
    assert np.abs(weight - exact).max() < 0.5 * np.abs(raw - exact).max()
    assert report["sigma"] == pytest.approx([0.2, 0.2], rel=0.3)


def test_a_rough_path_keeps_its_rows_as_observed():
    x = [0.3]
    for _ in range(200):
        x.append(3.8 * x[-1] * (1 - x[-1]))
    values = np.array(x)[:, None]
    values = (values - values.mean()) / values.std()
    field = NeuralField(1, hidden_layer_sizes=(16,))
    torch.manual_seed(0)
    report, _ = match_steps(field, [path_of(values)], kind="plain")
    assert report["pairs"] == "observed"
    with torch.no_grad():
        ahead = field.mlp(torch.as_tensor(values[:-1])).numpy()
    assert np.abs(ahead - values[1:]).max() < 0.05


def test_rows_that_are_never_one_step_apart_warn_and_leave_the_map_at_the_mean():
    values = spiral(30)
    field = NeuralField(2, hidden_layer_sizes=(4,))
    with pytest.warns(FitWarning, match="No two neighbouring rows lie one step apart"):
        match_steps(field, [path_of(values, np.arange(0.0, 60.0, 2))], kind="plain")
    with torch.no_grad():
        assert (field.mlp(torch.ones(1, 2, dtype=torch.float64)) == 0).all()


def test_training_on_starts_from_the_map_as_it_is():
    torch.manual_seed(0)
    field = NeuralField(2, hidden_layer_sizes=(8,))
    paths = [path_of(spiral())]
    first, _ = match_steps(field, paths, kind="residual")
    again, _ = match_steps(field, paths, kind="residual", keep_start=True)
    assert again["objective"] <= 1.01 * first["objective"]


def test_many_noisy_pairs_are_all_read_by_mini_batches(monkeypatch):
    monkeypatch.setattr("tsnode.training._step_match.MANY_SLOPES", 1000)
    monkeypatch.setattr("tsnode.training._least_squares.STEPS_PER_ITERATION", 15)
    rng = np.random.default_rng(0)
    times = np.arange(1500.0)
    truth = np.sqrt(2) * np.column_stack([np.cos(0.2 * times), np.sin(0.2 * times)])
    errors, tools = [], []
    for n in (300, 1500):
        values = truth[:n] + 0.2 * rng.normal(size=(n, 2))
        torch.manual_seed(0)
        field = NeuralField(2, hidden_layer_sizes=(16,))
        path = ObservedPath(times[:n], values, np.ones(n))
        report, _ = match_steps(field, [path], kind="residual")
        tools.append(report["tool"])
        with torch.no_grad():
            change = field(0, torch.tensor(truth[:-1])).numpy()
        errors.append(np.square(truth[:-1] + change - truth[1:]).mean())
    assert "stochastic" not in tools[0]
    assert "stochastic" in tools[1]
    assert errors[1] < 0.7 * errors[0]
