"""The linear latent ODE: elementary functions against the matrix exponential, and bounds."""

import numpy as np
import pytest
import torch

from tsnode.dynamics._damped_field import DampedField
from tsnode.dynamics._linear_latent import LinearLatent, latent_modes


@pytest.mark.parametrize("periods", [(), (24.0,), (24.0, 12.0)])
@pytest.mark.parametrize("lead", [0.0, 0.7, 30.0])
def test_the_basis_is_the_readout_of_the_matrix_exponential(periods, lead):
    ode = LinearLatent(*latent_modes(periods))
    matrix, readout = ode.matrices()
    expected = readout @ torch.linalg.matrix_exp(lead * matrix)
    torch.testing.assert_close(ode.basis(torch.tensor(lead, dtype=torch.float64)), expected)
    assert expected.abs().max() > 0.5


def test_decays_too_slow_to_tell_apart_within_the_leads_are_left_out():
    rates, _ = latent_modes((), max_lead=12.0)
    np.testing.assert_allclose(1 / rates, [2, 6, 18, 120])


@pytest.mark.parametrize(("periods", "n_states"), [((), 5), ((24.0,), 9), ((24.0, 12.0), 11)])
def test_states_are_counted_with_two_for_a_rotation(periods, n_states):
    ode = LinearLatent(*latent_modes(periods))
    assert ode.n_states == n_states == ode.basis(torch.zeros(3, dtype=torch.float64)).shape[-1]


def test_no_elementary_function_leaves_one_at_any_lead():
    ode = LinearLatent(*latent_modes((24.0, 12.0)))
    leads = torch.logspace(-3, 7, 500, dtype=torch.float64)
    assert float(ode.basis(leads).abs().max()) <= 1.0


def test_paths_add_up_the_states_of_each_channel():
    ode = LinearLatent(*latent_modes((24.0,)))
    z0 = torch.randn(4, 3, ode.n_states, dtype=torch.float64)
    leads = torch.rand(4, 6, dtype=torch.float64)
    paths = ode(leads, z0)
    torch.testing.assert_close(paths[2, 5, 1], ode.basis(leads[2, 5]) @ z0[2, 1])


def test_exponential_euler_tends_to_the_slope_of_the_damped_field():
    field = DampedField(5, 2)
    state, inputs = torch.randn(1, 3, 5).double(), torch.randn(1, 3, 2).double()
    slope = (field.step(state, inputs, 1e-6) - state) / 1e-6
    torch.testing.assert_close(slope, field(0.0, state, inputs), rtol=1e-4, atol=1e-6)
    assert float(slope.detach().abs().max()) > 1e-2


def test_hidden_states_stay_within_one_under_any_inputs():
    field = DampedField(5, 2, activation="relu")
    state = torch.zeros(1, 1, 5, dtype=torch.float64)
    inputs = torch.as_tensor(1e6 * np.random.default_rng(0).normal(size=(200, 1, 1, 2)))
    path = [state := field.step(state, u, 4.0) for u in inputs]
    assert float(torch.cat(path).detach().abs().max()) <= 1.0
