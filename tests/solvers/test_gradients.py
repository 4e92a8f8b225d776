"""Four ways to the gradient of a solve agree with each other and with closed forms."""

import numpy as np
import pytest
import torch
from torch import nn

from tsnode.dynamics._fields import NeuralField
from tsnode.solvers._gradients import GRADIENTS
from tsnode.solvers._solve import solve
from tsnode.solvers._windows import control_times

TIMES = torch.tensor([[0.0, 0.4, 1.0, 1.3], [0.0, 0.2, 0.7, 0.7]], dtype=torch.float64)
START = torch.tensor([[1.0, -0.5], [0.3, 0.8]], dtype=torch.float64)


class Growth(nn.Module):
    """dz/dt = a z."""

    def __init__(self):
        super().__init__()
        self.a = nn.Parameter(torch.tensor(-0.7, dtype=torch.float64))

    def forward(self, t, z, u=None):  # noqa: ARG002
        return self.a * z


def gradients(field, gradient, *, start=START, times=TIMES, **settings):
    """Loss and its gradients in start and weights, all flat in one array."""
    start = start.clone().requires_grad_()
    states = solve(field, start, times, gradient=gradient, **settings)
    loss = (states * torch.linspace(1, 2, states.numel()).view_as(states)).square().sum()
    inputs = [start, *field.parameters()]
    found = torch.autograd.grad(loss, inputs)
    return np.concatenate([[loss.item()], *(g.detach().numpy().ravel() for g in found)])


WAYS = [(g, m) for g in GRADIENTS for m in ("rk4", "dopri5") if (g, m) != ("forward", "dopri5")]


@pytest.mark.parametrize(("gradient", "method"), WAYS)
def test_the_gradient_of_growth_is_its_closed_form(gradient, method):
    field = Growth()
    start = START.clone().requires_grad_()
    states = solve(
        field, start, TIMES, gradient=gradient, method=method, n_substeps=40, rtol=1e-9, atol=1e-9
    )
    by_rate, by_start = torch.autograd.grad(states.sum(), [field.a, start])
    leads = (TIMES[:, 1:] - TIMES[:, :1])[..., None]
    factor = torch.exp(field.a.detach() * leads)
    expected = (leads * factor * START[:, None]).sum()
    torch.testing.assert_close(by_rate, expected, rtol=1e-6, atol=0)
    torch.testing.assert_close(by_start, factor.sum(1).expand(2, 2), rtol=1e-6, atol=0)


@pytest.fixture(scope="module")
def field():
    torch.manual_seed(0)
    return NeuralField(2, n_controls=1, hidden_layer_sizes=(7, 9), autonomous=False)


def controls(n_substeps):
    return torch.sin(3 * control_times(TIMES, n_substeps))[..., None]


@pytest.mark.parametrize(
    ("gradient", "rtol"), [("forward", 1e-10), ("finite_difference", 1e-6), ("adjoint", 1e-3)]
)
@pytest.mark.parametrize(
    "method",
    [
        "rk4",
        pytest.param("heun", marks=pytest.mark.slow),
        pytest.param("midpoint", marks=pytest.mark.slow),
    ],
)
def test_all_agree_on_a_driven_network(gradient, rtol, method, field):
    n_substeps = {"rk4": 10}.get(method, 40)
    settings = {"method": method, "n_substeps": n_substeps, "controls": controls(n_substeps)}
    expected = gradients(field, "backprop", **settings)
    found = gradients(field, gradient, **settings)
    assert found == pytest.approx(expected, rel=rtol, abs=rtol * np.abs(expected).max())
    assert np.abs(expected[1:]).max() > 1


def test_an_adaptive_adjoint_agrees_within_its_tolerance(field):
    settings = {"method": "dopri5", "controls": controls(1), "rtol": 1e-9, "atol": 1e-9}
    expected = gradients(field, "backprop", **settings)
    found = gradients(field, "adjoint", **settings)
    # By the seminorm the integral of the weights' gradient steers no step.
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-5 * np.abs(expected).max())


def kept_bytes(gradient, n_substeps):
    """Bytes that wait for the backward pass."""
    torch.manual_seed(0)
    field, kept = NeuralField(2, hidden_layer_sizes=(16,)), [0]

    def pack(tensor):
        kept[0] += tensor.numel() * tensor.element_size()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        solve(field, START, TIMES, gradient=gradient, n_substeps=n_substeps)
    return kept[0]


@pytest.mark.parametrize("gradient", GRADIENTS[1:])
def test_what_is_kept_does_not_grow_with_the_number_of_steps(gradient):
    assert kept_bytes(gradient, 20) == kept_bytes(gradient, 5) > 0
    assert kept_bytes("backprop", 20) > 3 * kept_bytes("backprop", 5)


def test_an_unknown_way_is_refused_with_the_list():
    with pytest.raises(ValueError, match="gradient must be one of 'backprop', .*got 'tape'"):
        solve(Growth(), START, TIMES, gradient="tape")


def test_dual_numbers_through_adaptive_steps_are_refused_with_the_remedy():
    with pytest.raises(ValueError, match="fixed steps beside gradient='forward'.*'dopri5'.*'rk4'"):
        solve(Growth(), START, TIMES, gradient="forward", method="dopri5")
