"""The controlled forecaster: one solve for many starts, and its law behind the last row."""

import numpy as np
import torch

from tsnode.models._controlled_forecaster import ControlledForecaster
from tsnode.solvers._control_paths import control_slopes, path_values

RANDOM = np.random.default_rng(0)
TIMES = np.cumsum(RANDOM.uniform(0.5, 2, (3, 9)), axis=1)
VALUES = np.where(RANDOM.random((3, 9, 2)) < 0.3, np.nan, RANDOM.normal(size=(3, 9, 2)))
LEADS = torch.tensor([[0.0, 1.3, 4.0]] * 3, dtype=torch.float64)


def module(n_drivers=0):
    torch.manual_seed(0)
    return ControlledForecaster(
        5, 2, n_drivers, max_lead=4.0, latent_dim=4, hidden_layer_sizes=(8,)
    )


def paths(n_rows):
    knots = path_values(VALUES[:, :n_rows], "hermite", 9)
    slopes = control_slopes(TIMES[:, :n_rows], knots, "hermite")
    return torch.as_tensor(knots[:, 0]), torch.as_tensor(slopes)


def test_a_solve_gives_the_forecasts_of_all_its_rows():
    net = module()
    leads = LEADS.repeat(1, 2)
    together = net(*paths(9), torch.tensor([[8.0, 3.0]] * 3), leads)
    for n_rows, part in ((9, together[:, :3]), (4, together[:, 3:])):
        alone = net(*paths(n_rows), torch.full((3, 1), n_rows - 1.0), LEADS)
        torch.testing.assert_close(part, alone)
    assert (together[:, :3] - together[:, 3:]).abs().min() > 1e-6


def test_behind_the_last_row_the_path_is_one_on_which_time_goes_on():
    net = module()
    ahead = np.concatenate([TIMES, TIMES[:, -1:] + np.arange(1, 5)], axis=1)
    held = np.concatenate([path_values(VALUES, "linear", 9)] + 4 * [
        path_values(VALUES, "linear", 9)[:, -1:]], axis=1)  # fmt: skip
    slopes = torch.as_tensor(control_slopes(ahead, held, "linear"))
    states = net.driven.states(torch.as_tensor(held[:, 0]), slopes)
    expected = net.driven.head(states[:, [8, 12]])
    found = net.follow(states[:, 8], LEADS[:, [0, 2]])
    torch.testing.assert_close(found, expected)


def test_drivers_of_two_starts_are_those_of_each_alone():
    net = module(n_drivers=1)
    first, slopes = paths(9)
    u = torch.as_tensor(RANDOM.normal(size=(3, 8, 3, 1)))
    first, slopes = torch.cat([first, u[:, 0, 0]], dim=1), torch.cat([slopes, u], dim=3)
    nodes, at_leads = (torch.as_tensor(RANDOM.normal(size=(3, 2, n, 1))) for n in (11, 3))
    places = torch.tensor([[8.0, 3.0]] * 3)
    drivers = [part.flatten(1, 2) for part in (nodes, at_leads)]
    together = net(first, slopes, places, LEADS.repeat(1, 2), *drivers)
    for k in range(2):
        own = nodes[:, k], at_leads[:, k]
        alone = net(first, slopes, places[:, [k]], LEADS, *own)
        torch.testing.assert_close(together[:, 3 * k : 3 * k + 3], alone)
