"""Parts of known fields: bounded parameters, polynomials, energies, non-negative states."""

import numpy as np
import pytest
import torch

from tsnode._monomials import exponents_of, name_term
from tsnode.dynamics._bounded import BoundedParameters, middle_of
from tsnode.dynamics._energy_field import SLOPES, EnergyField
from tsnode.dynamics._mlp import ACTIVATIONS
from tsnode.dynamics._polynomial import PolynomialField
from tsnode.dynamics._universal_field import UniversalField

BOUNDS = {
    "between": (-1.0, 2.0, 3.0),
    "powers": (0.01, 1.5, 100.0),
    "above": (1.0, 4.0, np.inf),
    "below": (-np.inf, -2.0, 5.0),
    "free": (-np.inf, 0.5, np.inf),
}


def test_parameters_begin_at_their_start_and_stay_within_bounds():
    theta = BoundedParameters(BOUNDS)
    starts = [start for _, start, _ in BOUNDS.values()]
    assert [v.item() for v in theta.values()] == pytest.approx(starts, rel=1e-12)
    lows, _, highs = np.array(list(BOUNDS.values())).T
    for numbers in (-30.0, -1.0, 1.0, 30.0):
        found = np.array([v.item() for v in theta.values(torch.full((5,), numbers).double())])
        assert (found >= lows - 1e-9).all()
        assert (found <= highs + 1e-9).all()


def test_slopes_are_those_of_differences():
    theta = BoundedParameters(BOUNDS)
    theta.raw.data += 0.3
    ends = [torch.stack(theta.values(theta.raw.detach() + h)) for h in (1e-6, -1e-6)]
    np.testing.assert_allclose(theta.slopes(), (ends[0] - ends[1]) / 2e-6, rtol=1e-6)
    assert (theta.slopes().abs() > 0.01).all()


def test_a_parameter_pressed_to_its_bound_comes_back_a_little():
    theta = BoundedParameters(BOUNDS)
    theta.raw.data += 50.0
    theta.settle()
    high, powers, above, _, free = (v.item() for v in theta.values())
    assert 2.9 < high < 2.95
    assert 80 < powers < 95
    assert above == pytest.approx(1 + 3 * np.exp(4))
    assert free == pytest.approx(0.5 + 0.5 * 50)


def test_the_middle_of_far_bounds_is_that_of_their_powers():
    assert middle_of(0.01, 100.0) == pytest.approx(1.0)
    assert middle_of(2.0, 4.0) == 3.0


def test_a_polynomial_is_the_sum_of_its_terms_in_physical_values():
    field = PolynomialField(2, 1, 3, gain=[2.0, 1.0, 3.0], offset=[1.0, 0.0, -1.0])
    rows = {tuple(row): k for k, row in enumerate(exponents_of(3, 3).tolist())}
    assert len(rows) == 20
    with torch.no_grad():
        field.coefficients[rows[2, 1, 0], 1] = -2.0
        field.coefficients[rows[0, 0, 1], 0] = 4.0
        field.coefficients[rows[0, 0, 0], 0] = 7.0
    field.kept[rows[0, 0, 0], 0] = False
    z, u = torch.tensor([[0.5, 3.0]], dtype=torch.float64), torch.tensor([[1.0]]).double()
    np.testing.assert_allclose(field(0.0, z, u).detach(), [[4 * 2.0, -2 * 2.0**2 * 3]])
    assert name_term((2, 1, 0), ["x", "v", "u"]) == "x^2 v"
    assert name_term((0, 0, 0), ["x", "v", "u"]) == "1"


def energies(z, **params):
    torch.manual_seed(0)
    field = EnergyField(z.shape[1], np.linspace(0.5, 2, z.shape[1]), 0.1, **params)
    (force,) = torch.autograd.grad(field.energy(z).sum(), z)
    return field, force


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_the_gradient_by_hand_is_that_of_autograd(activation):
    z = torch.randn(5, 2, dtype=torch.float64, requires_grad=True)
    pairs = np.array([[0, 1]])
    field, force = energies(z, pairs=pairs, activation=activation, hidden_layer_sizes=(7, 5))
    assert set(SLOPES) == set(ACTIVATIONS)
    torch.testing.assert_close(field.gradient(z), force)


@pytest.mark.parametrize("pairs", [np.array([[0, 2], [3, 1]]), None])
def test_energy_never_rises_and_without_loss_stays(pairs):
    z = torch.randn(200, 4, dtype=torch.float64, requires_grad=True)
    for is_dissipative in (True, False):
        field, force = energies(z, pairs=pairs, is_dissipative=is_dissipative)
        rate = (field(0.0, z) * force).sum(dim=1)
        assert rate.max() < 1e-12
        assert (rate.min() < -1e-3) == is_dissipative


def test_hamilton_equations_hold_in_physical_units():
    z = torch.randn(6, 4, dtype=torch.float64, requires_grad=True)
    field, _ = energies(z, pairs=np.array([[0, 2], [3, 1]]))
    scale, step = np.linspace(0.5, 2, 4), 0.1
    (force,) = torch.autograd.grad(field.physical_energy(z).sum(), z)
    slopes = field(0.0, z).detach().numpy() * scale / step
    force = force.numpy() / scale
    np.testing.assert_allclose(slopes[:, [0, 3]], force[:, [2, 1]], rtol=1e-9)
    np.testing.assert_allclose(slopes[:, [2, 1]], -force[:, [0, 3]], rtol=1e-9)


def test_a_state_at_zero_cannot_fall():
    units = {"center": [3.0, 2.0], "scale": [1.0, 2.0], "factor": [1.0, 0.5]}
    units |= {"origin": 0.0, "step": 1.0}

    def law(t, z, u, theta):  # noqa: ARG001
        return -1.0, -z[:, 0]

    field = UniversalField(2, 0, units, law=law, is_non_negative=True)
    at = torch.tensor([[0.0, 0.0], [-0.5, 1.0], [3.0, 4.0]], dtype=torch.float64)
    z = (at - field.center) / field.scale
    slopes = field(0.0, z) / field.factor
    torch.testing.assert_close(field.frozen()(0.0, z), field(0.0, z))
    # Below zero the law reads zero; far from it the law is as it was.
    np.testing.assert_allclose(slopes[:2, 0], 0, atol=1e-15)
    assert slopes[2].tolist() == pytest.approx([-1.0, -3.0], rel=1e-2)
