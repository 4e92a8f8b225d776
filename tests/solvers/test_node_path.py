"""Paths on equal steps: right to the order of the method, at the nodes and between them."""

import numpy as np
import pytest
import torch

from tsnode.solvers._node_path import between_nodes, count_steps, node_times, solve_nodes


def turn(t, z, u=None):  # noqa: ARG001
    return torch.stack([z[:, 1], -z[:, 0]], dim=1)


def error(step):
    z0 = torch.tensor([[1.0, 0.0], [0.0, 2.0]], dtype=torch.float64)
    times = torch.linspace(0, 6, 50, dtype=torch.float64).expand(2, -1)
    nodes = solve_nodes(turn, z0, count_steps(6.0, step), step)
    found = between_nodes(*nodes, step, times)
    truth = torch.stack([torch.cos(times[0]), -torch.sin(times[0])], dim=1)
    return float((found[0] - truth).abs().max())


def test_halving_the_step_shrinks_the_error_by_the_fourth_order():
    assert np.log2(error(0.2) / error(0.1)) == pytest.approx(4.0, abs=0.4)


def test_controls_enter_at_ends_and_middles_of_steps():
    # dz/dt = u(t) = 3 t^2 is integrated exactly by Simpson's rule, and by the cubic between.
    step, n_steps = 0.5, 4
    u = (3 * node_times(n_steps, step) ** 2)[None, :, None]
    z0 = torch.zeros(1, 1, dtype=torch.float64)
    nodes = solve_nodes(lambda t, z, u: u, z0, n_steps, step, u)  # noqa: ARG005
    times = torch.tensor([[0.0, 0.3, 1.1, 2.0]], dtype=torch.float64)
    np.testing.assert_allclose(between_nodes(*nodes, step, times)[0, :, 0], times[0] ** 3)


def test_a_time_alone_has_the_state_it_has_among_others():
    z0 = torch.tensor([[1.0, 0.5]], dtype=torch.float64)
    many = torch.tensor([[0.2, 1.7, 9.3]], dtype=torch.float64)
    together = between_nodes(*solve_nodes(turn, z0, count_steps(9.3, 0.4), 0.4), 0.4, many)
    alone = between_nodes(*solve_nodes(turn, z0, count_steps(1.7, 0.4), 0.4), 0.4, many[:, 1:2])
    np.testing.assert_allclose(alone[0, 0], together[0, 1], rtol=1e-13)
