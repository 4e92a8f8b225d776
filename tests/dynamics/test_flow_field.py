"""The divergence of a flow's field is exact, and its estimate unbiased."""

from itertools import product

import pytest
import torch

from tsnode.dynamics._flow_field import SLOPES, FlowField
from tsnode.training._seeds import seeded

LAYERS = [(), (7,), (7, 6), (7, 6, 5)]


def moving_field(layers=(7, 6), activation="tanh", n_context=2):
    with seeded(0):
        field = FlowField(3, n_context, layers, activation).double()
        torch.nn.init.normal_(field.mlp.layers[-1].weight)
        return field, torch.randn(5, 3).double(), torch.randn(5, n_context).double()


def derivatives(field, t, z, u):
    """Jacobian of every row by automatic differentiation, (batch, n_states, n_states)."""
    rows = [
        torch.autograd.functional.jacobian(
            lambda one, k=k: field(t, one[None], u[k : k + 1])[0], z[k]
        )
        for k in range(len(z))
    ]
    return torch.stack(rows)


def test_it_begins_without_motion():
    field = FlowField(3, hidden_layer_sizes=(7, 6))
    assert field(0.3, torch.randn(5, 3)).abs().max() == 0


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("activation", SLOPES)
def test_the_trace_is_that_of_automatic_differentiation(layers, activation):
    field, z, u = moving_field(layers, activation)
    slope, trace = field.along(u).with_trace(0.3, z)
    by_torch = torch.diagonal(derivatives(field, 0.3, z, u), dim1=1, dim2=2).sum(1)
    assert by_torch.abs().max() > 1e-2
    torch.testing.assert_close(trace, by_torch)
    torch.testing.assert_close(slope, field(0.3, z, u))


def test_the_mean_over_all_signs_is_the_trace():
    field, z, u = moving_field()
    along = field.along(u)
    estimates = []
    for signs in product((-1.0, 1.0), repeat=3):
        v = torch.tensor(signs).double().expand(5, 3)
        estimates.append((along.with_product(0.3, z, v)[1] * v).sum(1))
    assert torch.stack(estimates).std(0).min() > 1e-3
    torch.testing.assert_close(torch.stack(estimates).mean(0), along.with_trace(0.3, z)[1])


def test_the_jacobian_of_every_second_row_is_its_own():
    field, z, u = moving_field()
    _, rows = field.along(u).with_jacobian(0.3, z[::2], every=2)
    torch.testing.assert_close(rows.permute(1, 2, 0), derivatives(field, 0.3, z, u)[::2])


def test_a_time_for_every_row_is_the_time_of_that_row():
    field, z, u = moving_field()
    times = torch.linspace(0, 1, 5).double()
    single = [field(float(t), z[k : k + 1], u[k : k + 1])[0] for k, t in enumerate(times)]
    torch.testing.assert_close(field(times, z, u), torch.stack(single))
