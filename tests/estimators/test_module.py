"""A module of the user's own as field: known laws, structured fields, drivers, step maps."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.integrate import solve_ivp
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from torch import nn

from tsnode import NeuralODERegressor, NNStepRegressor, ResNetStepRegressor
from tsnode.datasets import make_lotka_volterra


class PredatorPrey(nn.Module):
    """The law of Lotka and Volterra; all four rates are unknown."""

    def __init__(self):
        super().__init__()
        self.rates = nn.Parameter(torch.ones(4))

    def forward(self, t, z):  # noqa: ARG002
        a, b, c, d = self.rates
        x, y = z[:, 0], z[:, 1]
        return torch.stack([a * x - b * x * y, d * x * y - c * y], dim=1)


class Hamiltonian(nn.Module):
    """dq/dt = dH/dp, dp/dt = -dH/dq, with a network H."""

    def __init__(self, width=16):
        super().__init__()
        self.energy = nn.Sequential(nn.Linear(2, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, z):
        (slope,) = torch.autograd.grad(self.energy(z).sum(), z, create_graph=True)
        return torch.stack([slope[:, 1], -slope[:, 0]], dim=1)


class Driven(nn.Module):
    """dz/dt = -rate z + gain u, in physical units."""

    def __init__(self):
        super().__init__()
        self.rate = nn.Parameter(torch.tensor(1.0))
        self.gain = nn.Parameter(torch.tensor(1.0))

    def forward(self, t, z, u):  # noqa: ARG002
        return -self.rate * z + self.gain * u


class Pendulum(nn.Module):
    """The known linear part of a pendulum's law, and a network for the rest."""

    def __init__(self, width=12):
        super().__init__()
        self.register_buffer("linear", torch.tensor([[0.0, 1.0], [-1.0, 0.0]]))
        self.rest = nn.Sequential(nn.Linear(2, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, z):
        pull = self.rest(z)
        return z @ self.linear.T + torch.cat([torch.zeros_like(pull), pull], dim=1)


def sequential(n_inputs=2, width=12):
    return nn.Sequential(nn.Linear(n_inputs, width), nn.Tanh(), nn.Linear(width, 2))


def circle(n=150):
    t = np.linspace(0, 20, n)
    return pd.DataFrame({"q": np.cos(t), "p": -np.sin(t)}, index=pd.Index(t, name="t"))


def swing(n=300, noise=0.02):
    """Sample angle and speed of a pendulum with wide swings and friction."""
    t = np.linspace(0, 30, n)
    law = lambda _, z: [z[1], -np.sin(z[0]) - 0.05 * z[1]]  # noqa: E731
    path = solve_ivp(law, (0, 30), [2.0, 0.0], t_eval=t, rtol=1e-9, atol=1e-9).y.T
    path += noise * np.random.default_rng(0).normal(size=path.shape)
    return pd.DataFrame(path, index=pd.Index(t, name="t"), columns=["angle", "speed"])


def fitted(frame, X=None, cls=NeuralODERegressor, **params):
    return cls(**({"random_state": 0} | params)).fit(frame.index if X is None else X, frame)


def module_of(model):
    return model.net_.module_.field.module


# ---------------------------------------------------------------- laws and structures


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_rates_of_a_known_law_are_recovered_from_noise(seed):
    frame = make_lotka_volterra(400, irregular=True, noise=0.05, random_state=seed)
    law = PredatorPrey()
    model = fitted(frame, module=law, module_units="physical")
    assert model.fit_report_["tool"] == "collocation"
    found = module_of(model).rates.detach().numpy()
    np.testing.assert_allclose(found, [1.5, 1.0, 3.0, 1.0], rtol=0.02)
    # In the units of y per time_unit_.
    slope = model.vector_field([2.0, 1.0])
    np.testing.assert_allclose(slope, [1.0, -1.0], atol=0.1)
    # The module given is a pattern: never trained in place.
    assert (law.rates == 1).all()
    assert law.rates.dtype == torch.float32


def test_a_hamiltonian_network_keeps_its_energy():
    frame = circle()
    noisy = frame + 0.03 * np.random.default_rng(0).normal(size=frame.shape)
    model = fitted(noisy, module=Hamiltonian, module__width=10)
    assert model.fit_report_["derivatives"] == "autograd"
    path = model.simulate([1.0, 0.0], 600)
    energy = np.square(path).sum(axis=1)
    assert energy.min() > 0.9
    assert energy.max() < 1.1
    assert np.abs(np.diff(path[:, 0])).max() > 0.1


def test_a_known_part_and_a_network_beat_the_known_part():
    frame = swing()
    model = fitted(frame, module=Pendulum, module_units="physical")
    angles = np.linspace(-1.8, 1.8, 9)
    states = np.c_[angles, np.zeros(9)]
    truth = -np.sin(angles)
    miss = np.abs(model.vector_field(states)[:, 1] - truth).max()
    assert miss < 0.2 * np.abs(-angles - truth).max()
    # The first equation is known exactly, whatever the data say.
    np.testing.assert_allclose(model.vector_field([[0.3, 0.7]])[0, 0], 0.7, rtol=1e-9)


def test_a_driver_reaches_a_law_in_its_own_units():
    stamps = pd.date_range("2013-01-01", periods=200, freq="h")
    hours = np.arange(200.0)
    power = 40 + 20 * np.sin(hours / 5) + 8 * np.cos(hours / 11)
    at = lambda t: np.interp(t, hours, power)  # noqa: E731
    warm = solve_ivp(
        lambda t, z: -0.3 * z + 0.5 * at(t), (0, 199), [50.0], t_eval=hours, rtol=1e-8, max_step=0.5
    ).y.T
    noise = 0.3 * np.random.default_rng(0).normal(size=warm.shape)
    frame = pd.DataFrame(warm + noise, index=stamps, columns=["temperature"])
    X = pd.DataFrame({"power": power}, index=stamps)
    model = fitted(frame, X, module=Driven(), module_units="physical", time_unit="h")
    law = module_of(model)
    assert [law.rate.item(), law.gain.item()] == pytest.approx([0.3, 0.5], rel=0.02)


class Clockwork(nn.Module):
    """dz/dt = gain sin(t)."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(1.0))

    def forward(self, t, z):
        return self.gain * torch.sin(t) * torch.ones_like(z)


def test_a_law_may_read_the_time_in_its_unit():
    t = np.arange(1000.0, 1030.0, 0.1)
    frame = pd.DataFrame({"y": 5 - 3 * np.cos(t)}, index=pd.Index(t))
    model = fitted(frame, module=Clockwork, module_units="physical")
    assert module_of(model).gain.item() == pytest.approx(3.0, rel=0.02)
    found = model.vector_field([[5.0], [5.0]], frame.index[[3, 30]])
    np.testing.assert_allclose(found[:, 0], 3 * np.sin(t[[3, 30]]), atol=0.1)
    with pytest.raises(ValueError, match="one row of X per state"):
        model.vector_field([[5.0]])


@pytest.mark.parametrize("training", ["match", "collocation", "shooting", "auto"])
def test_a_sequential_is_trained_by_every_tool(training):
    frame = circle()
    noisy = frame + 0.02 * np.random.default_rng(0).normal(size=frame.shape)
    loop = {"max_epochs": 2} if training == "shooting" else {}
    model = fitted(noisy, module=sequential, training=training, **loop)
    ahead = model.forecast(10)
    truth = np.c_[np.cos(ahead.index), -np.sin(ahead.index)]
    assert np.abs(ahead.to_numpy() - truth).max() < 0.15
    assert ("shooting" in model.fit_report_) == (training == "shooting")


@pytest.mark.parametrize("cls", [ResNetStepRegressor, NNStepRegressor])
def test_step_maps_take_modules_too(cls):
    model = fitted(circle(), cls=cls, module=sequential, module__width=16)
    ahead = model.forecast(15)
    truth = np.c_[np.cos(ahead.index), -np.sin(ahead.index)]
    assert np.abs(ahead.to_numpy() - truth).max() < 0.05


class Logistic(nn.Module):
    """The next state itself, or the change to it."""

    def __init__(self, is_change):
        super().__init__()
        self.growth = nn.Parameter(torch.tensor(2.5))
        self.is_change = is_change

    def forward(self, z):
        later = self.growth * z * (1 - z)
        return later - z if self.is_change else later


@pytest.mark.parametrize("cls", [ResNetStepRegressor, NNStepRegressor])
def test_a_map_in_physical_units_finds_its_parameter(cls):
    x = [0.3]
    for _ in range(200):
        x.append(3.7 * x[-1] * (1 - x[-1]))
    module = Logistic(cls is ResNetStepRegressor)
    model = cls(module=module, module_units="physical", random_state=0)
    model.fit(np.arange(201.0)[:, None], np.array(x))
    assert module_of(model).growth.item() == pytest.approx(3.7, rel=1e-4)


# ---------------------------------------------------------------- manners of an estimator


def test_clone_and_pickle_keep_module_and_forecasts():
    model = fitted(circle(), module=Hamiltonian(), training="match")
    twin = clone(model)
    assert isinstance(twin.get_params()["module"], Hamiltonian)
    assert twin.module is not model.module
    loaded = pickle.loads(pickle.dumps(model))
    pd.testing.assert_frame_equal(loaded.forecast(5), model.forecast(5))
    again = fitted(circle(), **twin.get_params())
    pd.testing.assert_frame_equal(again.forecast(5), loaded.forecast(5))


def test_a_second_fit_forgets_the_first():
    frame = circle()
    model = fitted(frame, module=sequential(), training="match")
    first = model.forecast(5)
    model.fit(frame.index, -3 * frame[::-1].to_numpy())
    model.fit(frame.index, frame)
    pd.testing.assert_frame_equal(model.forecast(5), first)


def test_partial_fit_goes_on_from_the_trained_module():
    frame = make_lotka_volterra(300, noise=0.05, random_state=0)
    law = {"module": PredatorPrey, "module_units": "physical"}
    model = fitted(frame[:200], **law)
    model.partial_fit(frame.index[200:], frame[200:])
    found = module_of(model).rates.detach().numpy()
    np.testing.assert_allclose(found, [1.5, 1.0, 3.0, 1.0], rtol=0.03)


def test_grid_search_over_parameters_of_the_module():
    frame = circle()
    model = NeuralODERegressor(module=Hamiltonian, training="match", random_state=0)
    search = GridSearchCV(
        model, {"module__width": [1, 12]}, cv=TimeSeriesSplit(2), error_score="raise"
    )
    search.fit(frame.index, frame)
    assert search.best_params_ == {"module__width": 12}
    assert module_of(search.best_estimator_).energy[0].out_features == 12


def test_the_constructor_gets_the_sizes_it_names_and_the_forecaster_its_own():
    class Sized(nn.Sequential):
        def __init__(self, n_states, n_controls, width=4):
            layers = nn.Linear(n_states + n_controls, width), nn.Tanh(), nn.Linear(width, n_states)
            super().__init__(*layers)

    frame = circle()
    X = pd.DataFrame({"a": np.sin(frame.index), "b": np.cos(frame.index)}, index=frame.index)
    model = fitted(frame, X, module=Sized, module__width=7, module__n_substeps=2, max_epochs=1)
    layers = module_of(model)
    assert (layers[0].in_features, layers[0].out_features) == (4, 7)
    assert model.net_.module_.n_substeps == 2


def test_parameters_of_a_class_ask_for_no_loop():
    model = fitted(circle(), module=Hamiltonian, module__width=4, training="match")
    assert "shooting" not in model.fit_report_


class Careful(nn.Module):
    """Frozen weights, a buffer, dropout and batch norm."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 16).requires_grad_(False)
        self.norm, self.drop, self.last = nn.BatchNorm1d(16), nn.Dropout(0.5), nn.Linear(16, 2)
        self.register_buffer("turn", torch.tensor([[0.0, 1.0], [-1.0, 0.0]]))

    def forward(self, z):
        return z @ self.turn.T + self.last(self.drop(self.norm(torch.tanh(self.first(z)))))


@pytest.mark.parametrize("loop", [{}, {"max_epochs": 1}])
def test_frozen_weights_stay_and_predict_draws_nothing(loop):
    given = Careful()
    model = fitted(circle(), module=given, **loop)
    found = module_of(model)
    torch.testing.assert_close(found.first.weight, given.first.weight.double(), rtol=0, atol=0)
    torch.testing.assert_close(found.turn, given.turn.double())
    assert not torch.equal(found.last.weight, given.last.weight.double())
    pd.testing.assert_frame_equal(model.forecast(5), model.forecast(5))


# ---------------------------------------------------------------- at the door


class Mixing(nn.Linear):
    def forward(self, z):
        return super().forward(z - z.mean(dim=0))


REFUSED = {
    "nothing to train": (nn.Tanh(), {}, ValueError, "has none that require a gradient"),
    "wrong shape": (nn.Linear(2, 3), {}, ValueError, r"shape \(3, 2\); got \(3, 3\)"),
    "wrong input": (nn.Linear(5, 2), {}, ValueError, r"rows of shape t \(3, 1\), z \(3, 2\)"),
    "no module": ("tanh", {}, TypeError, "Expected module to be a torch.nn.Module"),
    "no factory": (lambda: 3, {}, TypeError, "to make a torch.nn.Module; got int"),
    "rows that mix": (Mixing(2, 2), {}, ValueError, "every row on its own"),
    "built-in": (nn.Linear(2, 2), {"activation": "relu"}, ValueError, "beside module=.*activation"),
    "history": (nn.Linear(2, 2), {"lookback": 12}, ValueError, "module=, .*lookback=12"),
    "spelling": (Hamiltonian, {"module__with": 3}, TypeError, "module__NAME.*'width'.*'with'"),
    "instance": (Hamiltonian(), {"module__width": 3}, TypeError, "whose constructor takes them"),
    "no law": (None, {"module_units": "physical"}, ValueError, "Set module="),
    "units": (nn.Linear(2, 2), {"module_units": "SI"}, ValueError, "module_units must be one of"),
    "scales": (
        nn.Linear(2, 2),
        {"module_units": "physical", "series_scaling": True},
        ValueError,
        "series_scaling=False",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_module_that_cannot_serve_is_refused_with_the_remedy(case):
    module, params, error, words = REFUSED[case]
    with pytest.raises(error, match=f"(?s){words}"):
        fitted(circle(), module=module, **params)


@pytest.mark.parametrize("gradient", ["forward", "finite_difference"])
def test_a_gradient_that_the_module_cannot_bear_is_refused(gradient):
    loop = {"gradient": gradient, "max_epochs": 1, "training_horizon": 2}
    with pytest.raises(ValueError, match="(?s)Hamiltonian fails.*'backprop' or 'adjoint'"):
        fitted(circle(40), module=Hamiltonian, **loop)
    model = fitted(circle(40), module=PredatorPrey, **loop)
    assert "shooting" in model.fit_report_


def test_a_law_without_u_beside_covariates_is_refused():
    frame = circle()
    X = pd.DataFrame({"a": np.sin(frame.index)}, index=frame.index)
    with pytest.raises(ValueError, match="Give it an argument u"):
        fitted(frame, X, module=PredatorPrey)


def test_forward_with_other_arguments_is_refused():
    class Odd(nn.Module):
        def forward(self, a, b, c, d):
            return a + b + c + d

    with pytest.raises(ValueError, match="Name its arguments t, z and u"):
        fitted(circle(), module=Odd)
