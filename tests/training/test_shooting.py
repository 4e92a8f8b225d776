"""Shooting for states: the law is found despite missing entries, weights and controls."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.interpolate import make_smoothing_spline

from tsnode.dynamics._fields import NeuralField
from tsnode.exceptions import FitError
from tsnode.models._state_forecaster import StateForecaster
from tsnode.training._shooting import shoot, shooting_data

RNG = np.random.default_rng(0)


def spiral(n_rows, t0=0.0, seed=0):
    """Rows of dz/dt = A z, A = [[-0.03, 1], [-1, -0.03]], on exponential gaps of mean 0.3."""
    rng = np.random.default_rng(seed)
    times = t0 + np.cumsum(0.3 * rng.exponential(size=n_rows).clip(0.1, 3))
    lead = times - times[0]
    z = 2 * np.exp(-0.03 * lead)[:, None] * np.c_[np.cos(lead), -np.sin(lead)]
    return times, z, z.copy(), np.ones(n_rows), None


def linear_model(kind="ode"):
    return StateForecaster(NeuralField(2, hidden_layer_sizes=()), kind=kind)


def fit(series, model=None, **params):
    torch.manual_seed(0)
    defaults = {"training_horizon": 4, "max_epochs": 30, "lr": 0.05, "batch_size": 16}
    return shoot(model or linear_model(), series, **{**defaults, **params})


def matrix_of(net):
    return net.module_.field.mlp.layers[0].weight.detach().numpy()


MATRIX = np.array([[-0.03, 1.0], [-1.0, -0.03]])


@pytest.mark.parametrize("curriculum", [None, "linear", "doubling", lambda epoch: epoch])
def test_it_finds_the_law_of_a_linear_system(curriculum):
    net, report = fit([spiral(200)], curriculum=curriculum)
    np.testing.assert_allclose(matrix_of(net), MATRIX, atol=0.02)
    assert report["valid_loss"] < 1e-3 * report["start_loss"]


def test_missing_entries_are_left_out():
    times, states, values, weights, _ = spiral(200)
    values[RNG.random(values.shape) < 0.4] = np.nan
    net, _ = fit([(times, states, values, weights, None)], batch_size=40)
    np.testing.assert_allclose(matrix_of(net), MATRIX, atol=0.02)


def test_rows_of_weight_zero_are_not_learned_from():
    times, states, values, weights, _ = spiral(200)
    spoilt = RNG.random(200) < 0.3
    values[spoilt], weights[spoilt] = 30.0, 0.0
    net, _ = fit([(times, states, values, weights, None)], batch_size=40)
    np.testing.assert_allclose(matrix_of(net), MATRIX, atol=0.02)


def test_controls_of_every_series_reach_the_field():
    def driven(phase):
        times = np.arange(100) * 0.2
        z = 0.5 * (np.cos(times + phase) + np.sin(times + phase))[:, None]  # dz/dt = -z + cos
        return times, z, z.copy(), np.ones(100), lambda t: np.cos(t + phase)[:, None]

    model = StateForecaster(NeuralField(1, 1, hidden_layer_sizes=()))
    net, _ = fit([driven(0.0), driven(2.0)], model, batch_size=40)
    np.testing.assert_allclose(matrix_of(net), [[-1.0, 1.0]], atol=0.03)


def test_a_map_learns_the_matrix_of_one_step():
    lead = np.arange(150) * 0.3
    z = 2 * np.exp(-0.02 * lead)[:, None] * np.c_[np.cos(lead), -np.sin(lead)]
    net, _ = fit([(np.arange(150.0), z, z.copy(), np.ones(150), None)], linear_model("plain"))
    cos, sin = np.cos(0.3), np.sin(0.3)
    expected = np.exp(-0.006) * np.array([[cos, sin], [-sin, cos]])
    np.testing.assert_allclose(matrix_of(net), expected, atol=0.01)


def test_the_same_seed_gives_the_same_weights():
    first, again, other = (fit([spiral(60)], max_epochs=2, seed=s)[0] for s in (1, 1, 2))
    np.testing.assert_array_equal(matrix_of(first), matrix_of(again))
    assert np.abs(matrix_of(first) - matrix_of(other)).max() > 0


def test_long_series_start_fewer_windows(monkeypatch):
    monkeypatch.setattr("tsnode.training._shooting.N_MOST_WINDOWS", 50)
    X, y, windows = shooting_data(linear_model(), [spiral(200)], 3)
    assert len(windows) == len(y) == len(X["z0"]) == 50


def test_training_without_validation_uses_every_window():
    _, report = fit([spiral(30)], validation_fraction=0, max_epochs=2)
    assert (report["n_windows"], report["n_validation_windows"]) == (29, 0)
    assert report["valid_loss"] is None


def test_nothing_to_learn_from_is_refused():
    times, states, values, weights, _ = spiral(20)
    with pytest.raises(FitError, match="observed row"):
        fit([(times, states, np.full_like(values, np.nan), weights, None)])


def test_l_bfgs_finds_the_law_and_starts_anew_with_every_horizon():
    net, report = fit([spiral(200)], optimizer="LBFGS", lr=None, batch_size=None, max_epochs=12)
    np.testing.assert_allclose(matrix_of(net), MATRIX, atol=0.005)
    assert report["valid_loss"] < 1e-3 * report["start_loss"]
    (state,) = net.optimizer_.state.values()
    # The curriculum is over after half of the epochs: less than five iterations in each.
    assert 0 < state["n_iter"] <= 5 * 7


def test_lead_weights_reach_the_loss_and_a_short_horizon_uses_the_first():
    net, _ = fit([spiral(60)], lead_weights="inverse", max_epochs=2)
    assert net.criterion_.lead_weights.tolist() == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])
    net, _ = fit([spiral(60)], lead_weights=[4, 3, 2, 1, 0], max_epochs=2)
    assert net.criterion_.lead_weights.tolist() == [4, 3, 2, 1]
    error = torch.ones(1, 2, 1, dtype=torch.float64) * torch.tensor([[[1.0], [3.0]]])
    assert net.get_loss(error, 0 * error).item() == pytest.approx((4 * 1 + 3 * 9) / 7)
    with pytest.raises(ValueError, match="each of the 4 rows.*got 2"):
        fit([spiral(60)], lead_weights=[1, 2])


@pytest.mark.parametrize("curriculum", ["cubic", lambda _: "far"])
def test_a_wrong_curriculum_is_refused(curriculum):
    with pytest.raises(ValueError, match="curriculum must"):
        fit([spiral(20)], curriculum=curriculum)


@pytest.mark.slow
def test_shooting_improves_a_rough_van_der_pol_field_under_noise():
    """1,000 irregular rows, 5 % noise; free runs of 50 rows on the same cycle."""
    rng = np.random.default_rng(0)
    times = np.cumsum(0.1 * rng.exponential(size=1_000).clip(0.05, 5))
    truth = _van_der_pol(times)
    truth = (truth - truth.mean(0)) / truth.std(0)
    noisy = truth + 0.05 * rng.normal(size=truth.shape)
    unit = np.median(np.diff(times))
    smooth = [make_smoothing_spline(times / unit, noisy[:, j]) for j in range(2)]
    states = np.stack([path(times / unit) for path in smooth], axis=1)
    slopes = np.stack([path.derivative()(times / unit) for path in smooth], axis=1)
    model = _matched(StateForecaster(NeuralField(2)), states, slopes)
    net, _ = shoot(model, [(times / unit, states, noisy, np.ones(1_000), None)])
    before, after = (_free_run_error(m, times / unit, truth) for m in (model, net.module_))
    assert after < 0.7 * before
    assert after < 2e-3


def _van_der_pol(times):
    def slope(t, z):  # noqa: ARG001
        return [z[1], (1 - z[0] ** 2) * z[1] - z[0]]

    span = (times[0], times[-1])
    return solve_ivp(slope, span, [2.0, 0.0], t_eval=times, rtol=1e-9, atol=1e-9).y.T


def _matched(model, states, slopes):
    torch.manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(150):
        optimizer.zero_grad()
        slope = model.field(0.0, torch.as_tensor(states))
        ((slope - torch.as_tensor(slopes)) ** 2).mean().backward()
        optimizer.step()
    return model


def _free_run_error(model, times, truth):
    starts = np.arange(0, 940, 47)
    row, lead = np.divmod(np.arange(20 * 50), 50)
    at = starts[row] + lead + 1
    z0 = torch.as_tensor(truth[starts])
    states = model.answer(z0, times[starts], row, times[at], step=0.5)
    return np.mean((states.numpy() - truth[at]) ** 2)
