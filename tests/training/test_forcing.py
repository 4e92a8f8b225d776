"""Forcing: what the state is pulled to, by how much, and that every solver does the same."""

import numpy as np
import pytest
import torch

from tsnode.dynamics._fields import NeuralField
from tsnode.models._state_forecaster import StateForecaster
from tsnode.training._forcing import forcing_of_epoch
from tsnode.training._shooting import shoot

RNG = np.random.default_rng(0)


def linear(kind="ode", **params):
    """dz/dt = A z, or z' = A z."""
    model = StateForecaster(NeuralField(2, hidden_layer_sizes=()), kind=kind, **params)
    (layer,) = model.field.mlp.layers
    layer.weight.data = torch.tensor([[-0.3, 0.8], [-0.5, 0.1]], dtype=torch.float64)
    layer.bias.data.zero_()
    return model


def batch(n_windows=5, n_leads=4):
    rng = np.random.default_rng(5)
    times = np.cumsum(rng.uniform(0.1, 0.5, (n_windows, n_leads + 1)), axis=1)
    times[-1, 3:] = times[-1, 2]
    data = rng.normal(size=(n_windows, n_leads, 2))
    data[1, :, 0], data[2, 1] = np.nan, np.nan
    z0 = rng.normal(size=(n_windows, 2))
    return {name: torch.as_tensor(v) for name, v in
            {"z0": z0, "times": times, "forced": data}.items()}  # fmt: skip


def by_exponentials(model, inputs, share):
    """States by matrix exponentials, pulled by the formula in numpy."""
    matrix = model.field.mlp.layers[0].weight.detach()
    z, states = inputs["z0"].numpy().copy(), []
    for lead in range(4):
        gaps = inputs["times"][:, lead + 1] - inputs["times"][:, lead]
        maps = torch.linalg.matrix_exp(gaps[:, None, None] * matrix).numpy()
        z = np.einsum("bij,bj->bi", maps, z)
        states.append(z)
        data = inputs["forced"][:, lead].numpy()
        z = np.where(np.isnan(data), z, (1 - share) * z + share * np.nan_to_num(data))
    return np.stack(states, axis=1)


SOLVERS = [{"method": m} for m in ("rk4", "midpoint", "heun3", "dopri5", "bosh3", "explicit_adams")]
SOLVERS += [{"gradient": g} for g in ("adjoint", "forward", "finite_difference")]
SOLVERS += [{"gradient": "adjoint", "method": "dopri5"}]


@pytest.mark.parametrize("share", [0.3, 1.0])
@pytest.mark.parametrize("params", SOLVERS, ids=str)
def test_every_solver_pulls_the_state_as_the_formula_says(params, share):
    model = linear(**params, rtol=1e-8, atol=1e-10, n_substeps=40)
    inputs = batch()
    found = model(**inputs, forcing=torch.tensor(share)).detach().numpy()
    np.testing.assert_allclose(found, by_exponentials(model, inputs, share), atol=2e-5)
    free = model(inputs["z0"], inputs["times"]).detach().numpy()
    np.testing.assert_allclose(found[:, 0], free[:, 0], atol=1e-5)
    assert np.abs(found - free).max() > 0.1


@pytest.mark.parametrize("params", SOLVERS[6:], ids=str)
def test_every_gradient_of_a_forced_solve_is_the_same(params):
    inputs = batch()

    def slope(**params):
        model = linear(**params, rtol=1e-9, atol=1e-11, n_substeps=20)
        model(**inputs, forcing=torch.tensor(0.4)).square().sum().backward()
        return model.field.mlp.layers[0].weight.grad

    torch.testing.assert_close(slope(**params), slope(), rtol=1e-5, atol=1e-6)
    assert slope().abs().max() > 1


def test_full_forcing_of_whole_data_makes_one_step_forecasts():
    model, inputs = linear("plain"), batch()
    inputs["forced"] = torch.nan_to_num(inputs["forced"])
    found = model(**inputs, forcing=torch.tensor(1.0))
    starts = torch.cat([inputs["z0"][:, None], inputs["forced"][:, :-1]], dim=1)
    torch.testing.assert_close(found, model.field(0.0, starts))


def test_the_gradient_of_a_stretching_map_is_bounded_by_the_pull():
    """|dz_n/dz_0| = (2 (1 - a))^(n - 1) * 2 for z' = 2 z."""
    model = StateForecaster(NeuralField(1, hidden_layer_sizes=()), kind="plain")
    model.field.mlp.layers[0].weight.data.fill_(2.0)
    z0 = torch.ones(1, 1, dtype=torch.float64, requires_grad=True)
    times = torch.arange(21.0, dtype=torch.float64)[None]
    data = torch.zeros(1, 20, 1, dtype=torch.float64)
    last = model(z0, times, forced=data, forcing=torch.tensor(0.6, dtype=torch.float64))[0, -1, 0]
    (slope,) = torch.autograd.grad(last, z0)
    assert slope.item() == pytest.approx(2 * 0.8**19)


@pytest.mark.parametrize(
    ("forcing", "first", "middle", "last"),
    [(None, 0, 0, 0), (0.25, 0.25, 0.25, 0.25), ("linear", 1, 0.5, 0), ("exponential", 1, 0.1, 0),
     (lambda epoch: 1 / epoch, 1, 1 / 6, 1 / 20)],
)  # fmt: skip
def test_the_pull_of_every_epoch(forcing, first, middle, last):
    found = [forcing_of_epoch(forcing, epoch, 20) for epoch in (1, 6, 20)]
    assert found == pytest.approx([first, middle, last])


@pytest.mark.parametrize("forcing", ["cubic", 1.5, True, lambda _: 2.0])
def test_a_wrong_pull_is_refused(forcing):
    with pytest.raises(ValueError, match="forcing must.*from 0 to 1"):
        forcing_of_epoch(forcing, 1, 10)


def lorenz(n_rows=600, dt=0.05):
    def slope(z):
        x, y, w = z
        return np.array([10 * (y - x), x * (28 - w) - y, x * y - 8 / 3 * w])

    z, rows = np.array([1.0, 1.0, 25.0]), []
    for _ in range(n_rows + 100):
        for _ in range(5):
            h = dt / 5
            a = slope(z)
            b = slope(z + h / 2 * a)
            c = slope(z + h / 2 * b)
            z = z + h / 6 * (a + 2 * b + 2 * c + slope(z + h * c))
        rows.append(z)
    rows = np.array(rows[100:])
    rows = (rows - rows.mean(0)) / rows.std(0)
    return [(np.arange(float(n_rows)), rows, rows.copy(), np.ones(n_rows), None)]


def test_shooting_forces_observed_targets_only_and_validates_free():
    series = lorenz(60)
    values = series[0][2]
    values[RNG.random(values.shape) < 0.3] = np.nan
    torch.manual_seed(0)
    model = StateForecaster(NeuralField(3, hidden_layer_sizes=(8,)), kind="residual")
    seen = []

    class Spy(StateForecaster):
        def forward(self, z0, times, controls=None, forced=None, forcing=None):
            seen.append((self.training, forced, forcing))
            return super().forward(z0, times, controls, forced, forcing)

    model.__class__ = Spy
    shoot(model, series, training_horizon=3, forcing=0.5, max_epochs=2, curriculum=None)
    trained = [(forced, forcing) for training, forced, forcing in seen if training]
    assert {forcing.item() for _, forcing in trained} == {0.5}
    share = torch.isfinite(torch.cat([forced.flatten() for forced, _ in trained])).double().mean()
    assert 0.55 < share < 0.75
    assert [forced for training, forced, _ in seen if not training] == [None] * 3


def one_step_error(forcing, seed):
    """Error one row ahead on the newer half, after training on windows of one time unit."""
    times, states, values, weights, _ = lorenz(1200)[0]
    torch.manual_seed(seed)
    model = StateForecaster(NeuralField(3, hidden_layer_sizes=(32,)))
    net, _ = shoot(
        model, [(times[:600], states[:600], values[:600], weights[:600], None)],
        training_horizon=20, forcing=forcing, max_epochs=30, curriculum=None, seed=seed,
    )  # fmt: skip
    starts = torch.as_tensor(states[600:-1])
    ahead = net.predict({"z0": starts, "times": np.tile([0.0, 1.0], (len(starts), 1))})
    return np.mean((ahead[:, 0] - values[601:]) ** 2)


@pytest.mark.slow
def test_forcing_finds_the_law_of_a_chaotic_system_from_long_windows():
    free, forced = (
        np.median([one_step_error(forcing, seed) for seed in range(3)]) for forcing in (None, 0.3)
    )
    assert forced < 0.7 * free
