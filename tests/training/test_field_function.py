"""Derivatives of any field against those of the layers, and what a field may be made of."""

import numpy as np
import pytest
import torch
from torch import nn

from tsnode.dynamics._fields import NeuralField
from tsnode.dynamics._module_field import ModuleField
from tsnode.training import _derived_linearization
from tsnode.training._derived_linearization import ROUTES
from tsnode.training._field_function import DerivedFunction, LayeredFunction, function_of
from tsnode.training._least_squares import fit_function


@pytest.fixture
def rows():
    generator = torch.Generator().manual_seed(1)
    sizes = {"t": (9,), "z": (9, 2), "u": (9, 1)}
    return {n: torch.randn(*s, dtype=torch.float64, generator=generator) for n, s in sizes.items()}


@pytest.fixture
def pair():
    """Both views of one driven, non-autonomous perceptron at the same points."""
    torch.manual_seed(0)
    field = NeuralField(2, 1, (5, 4), autonomous=False)
    layered, derived = function_of(field), DerivedFunction(field)
    # Weights as they are, for the comparison.
    derived._units = [1.0] * len(derived._units)
    return layered, derived


def compare(layered, derived, rows):
    a, b = (function.linearize(function.inputs(**rows)) for function in (layered, derived))
    direction, nu = torch.randn(a.n_weights).double(), torch.randn(9, 2).double()
    found, expected = (
        {
            "outputs": point.outputs,
            "J": point.jacobian(),
            "J J'": point.gram(),
            "J v": point.apply(direction),
            "J' nu": point.transpose(nu),
            "combined": point.gram_of(lambda matrix: matrix[::2] - matrix[1::2], torch.float64),
            "in z": point.input_jacobian()[:, :, :2],
        }
        for point in (b, a)
    )
    torch.testing.assert_close(found, expected)
    assert float(a.gram().abs().min()) > 0


def test_products_equal_those_layer_by_layer(pair, rows):
    compare(*pair, rows)


@pytest.mark.parametrize("route", ROUTES[1:])
def test_every_route_finds_the_same_rows(pair, rows, route):
    layered, derived = pair
    derived.route = route
    compare(layered, derived, rows)


def test_blocks_find_what_one_jacobian_finds(pair, rows, monkeypatch):
    layered, derived = pair
    # Two points a block.
    monkeypatch.setattr(_derived_linearization, "MAX_ENTRIES", 8 * layered.n_weights)
    assert derived.linearize(derived.inputs(**rows))._size == 2
    compare(layered, derived, rows)


def test_products_are_in_units_of_the_scale(pair, rows):
    _, derived = pair
    plain = derived.linearize(derived.inputs(**rows))
    with derived.in_units_of(4.0):
        scaled = derived.linearize(derived.inputs(**rows))
        found = scaled.jacobian(), scaled.outputs, scaled.input_jacobian(), scaled.gram()
        torch.testing.assert_close(scaled.transpose(scaled.outputs), _product(scaled))
    expected = plain.jacobian() / 4, plain.outputs / 4, plain.input_jacobian() / 4
    torch.testing.assert_close(found[:3], expected)
    torch.testing.assert_close(found[3], plain.gram() / 16)


def _product(point):
    return point.jacobian().T @ point.outputs.reshape(-1)


class Decay(nn.Module):
    """-rate z with a rate that is small and a shift that is large."""

    def __init__(self):
        super().__init__()
        self.rate = nn.Parameter(torch.tensor(0.01))
        self.shift = nn.Parameter(torch.tensor(1e4))

    def forward(self, z):
        return -self.rate * z + 1e-5 * self.shift

    def values(self):
        return [self.rate.item(), self.shift.item()]


def test_weights_count_in_parts_of_their_size_at_the_start():
    function = function_of(ModuleField(Decay(), 1))
    torch.testing.assert_close(function.read(), torch.ones(2, dtype=torch.float64))
    function.write(torch.tensor([2.0, 3.0], dtype=torch.float64))
    assert function.field.module.values() == pytest.approx([0.02, 3e4])
    assert function.squares().item() == pytest.approx(13.0)
    point = function.linearize(function.inputs(0.0, torch.ones(1, 1, dtype=torch.float64)))
    torch.testing.assert_close(point.jacobian(), torch.tensor([[-0.01, 0.1]]).double())


@pytest.mark.parametrize("tool", ["auto", "dual", "primal", "lbfgs"])
def test_a_law_is_found_by_every_tool(tool):
    states = np.linspace(-3, 3, 40)[:, None]
    function = function_of(ModuleField(Decay(), 1))
    inputs = function.inputs(0.0, torch.tensor(states)).numpy()
    report = fit_function(function, inputs, -0.05 * states + 0.3, tool=tool)
    assert function.field.module.values() == pytest.approx([0.05, 3e4], rel=1e-3)
    assert report["derivatives"] == "torch.func"


class Hamiltonian(nn.Module):
    def __init__(self):
        super().__init__()
        self.energy = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))

    def forward(self, z):
        (slope,) = torch.autograd.grad(self.energy(z).sum(), z, create_graph=True)
        return torch.stack([slope[:, 1], -slope[:, 0]], dim=1)


class InPlace(nn.Module):
    def __init__(self):
        super().__init__()
        self.pull = nn.Parameter(torch.tensor(2.0))

    def forward(self, t, z):  # noqa: ARG002
        out = torch.zeros(len(z), 2, dtype=z.dtype)
        out[:, 0] = z[:, 1]
        out[:, 1] = -self.pull * z[:, 0]
        return out


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.pull = nn.Parameter(torch.tensor(2.0))

    def forward(self, z):
        return torch.stack([-self.pull * row if row[0] > 0 else row for row in z])


class _Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.from_numpy(np.square(x.detach().numpy()))

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        # numpy: nothing that torch could vectorise
        return torch.from_numpy(2 * x.numpy() * grad.numpy())


class Custom(nn.Module):
    def __init__(self):
        super().__init__()
        self.pull = nn.Parameter(torch.tensor(2.0))

    def forward(self, z):
        return _Square.apply(self.pull * z)


FIELDS = {
    Hamiltonian: "autograd",
    InPlace: "autograd",
    Branching: "autograd",
    Custom: "autograd, row by row",
}


@pytest.mark.parametrize(("module", "route"), FIELDS.items())
def test_fields_that_cannot_be_vectorised_take_another_route(module, route):
    torch.manual_seed(0)
    field = ModuleField(module(), 2, needs_grad=module is Hamiltonian)
    function = function_of(field)
    assert function.route == route
    z = torch.randn(20, 2, dtype=torch.float64)
    inputs = function.inputs(0.0, z)
    # Asked for products only after the weights have moved, as a rejected step does.
    point = function.linearize(inputs)
    step, theta = 1e-6, function.read()
    direction = torch.randn_like(theta)

    def moved(sign):
        function.write(theta + sign * step * direction)
        return function(inputs).detach()

    quotient = (moved(1) - moved(-1)) / (2 * step)
    torch.testing.assert_close(point.apply(direction), quotient, rtol=1e-6, atol=1e-8)
    assert float(quotient.abs().max()) > 0


def test_dispatch_is_by_the_type_itself():
    class Other(NeuralField):
        def forward(self, t, z, u=None):
            return super().forward(t, z, u) - z

    assert isinstance(function_of(NeuralField(2)), LayeredFunction)
    assert isinstance(function_of(Other(2)), DerivedFunction)


def test_frozen_parameters_are_no_weights():
    module = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2))
    module[0].requires_grad_(False)
    assert function_of(ModuleField(module, 2)).n_weights == 3 * 2 + 2
