"""Long paths are collocated on pieces that are spread over all of them, and judged beside them."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from tsnode.dynamics._fields import NeuralField
from tsnode.training import _collocation
from tsnode.training._collocation import collocate_field
from tsnode.training._linearization import read_weights
from tsnode.training._match import match_field
from tsnode.training._paths import ObservedPath
from tsnode.training._pieces import (
    GAPS_PER_PIECE,
    cut_pieces,
    forecast_error,
    spread_pieces,
    windows_beside,
)

STEP = 0.2


def van_der_pol(_, z):
    return [z[1], (1 - z[0] ** 2) * z[1] - z[0]]


def long_path(n=2500, noise=0.05, seed=0):
    rng = np.random.default_rng(seed)
    times = np.cumsum(np.clip(rng.exponential(size=n), 0.1, 3))
    truth = solve_ivp(
        van_der_pol, (0, STEP * times[-1]), (2.0, 0.0), t_eval=STEP * times, rtol=1e-8, atol=1e-8
    ).y.T
    values = truth + noise * truth.std(0) * rng.normal(size=truth.shape)
    return ObservedPath(times, values, np.ones(n)), truth


@pytest.fixture(scope="module")
def long():
    return long_path()


def matched(path):
    torch.manual_seed(0)
    field = NeuralField(2, hidden_layer_sizes=(24, 24))
    return field, match_field(field, [path], max_iterations=12)


def field_error(field, truth):
    expected = STEP * np.array(van_der_pol(0, truth.T)).T
    with torch.no_grad():
        return np.square(field(0, torch.tensor(truth)).numpy() - expected).mean()


def grid_path(n):
    return ObservedPath(np.arange(float(n)), np.zeros((n, 1)), np.ones(n))


def test_pieces_lie_at_equal_distances_over_all_paths():
    paths = [grid_path(1001), grid_path(501)]
    pieces = spread_pieces(paths, [path.times for path in paths], 5 * GAPS_PER_PIECE)
    assert [(p.path, p.first) for p in pieces] == [(0, 0), (0, 352), (0, 705), (1, 58), (1, 410)]
    assert [p.last - p.first for p in pieces] == [GAPS_PER_PIECE + 1] * 5


def test_a_piece_ends_with_its_path():
    paths = [grid_path(31)] * 40
    pieces = spread_pieces(paths, [path.times for path in paths], 4 * GAPS_PER_PIECE)
    assert [p.last for p in pieces] == [31] * 4


def test_few_gaps_make_no_pieces():
    paths = [grid_path(1001)]
    assert spread_pieces(paths, [paths[0].times], 3 * GAPS_PER_PIECE) == []


def test_no_window_begins_in_a_piece_and_some_begin_elsewhere():
    path = grid_path(1001)
    pieces = spread_pieces([path], [path.times], 5 * GAPS_PER_PIECE)
    windows = windows_beside(pieces, [path], [path.values])
    inside = [(windows.times[:, 0] >= p.first) & (windows.times[:, 0] < p.last) for p in pieces]
    assert not np.any(inside)
    assert len(windows) > 400


def test_the_error_of_the_true_law_is_the_noise(long):
    path, truth = long

    class Law(torch.nn.Module):
        n_controls = 0

        def __init__(self):
            super().__init__()
            self.step = torch.nn.Parameter(torch.tensor(STEP, dtype=torch.float64))

        def forward(self, t, z, u=None):  # noqa: ARG002
            return self.step * torch.stack(van_der_pol(t, z.T), dim=1)

    windows = windows_beside([], [path], [truth])
    noise = np.square(0.05 * truth.std(0)).mean()
    assert forecast_error(Law(), [path], windows) == pytest.approx(noise, rel=0.05)


def test_pieces_of_a_long_path_better_the_match(long):
    path, truth = long
    field, report = matched(path)
    before = field_error(field, truth)
    found = collocate_field(field, [path], report, max_defects=800)
    assert found["tool"] == "collocation of 4 pieces"
    assert found["n_defects"] <= 800
    assert field_error(field, truth) < before / 1.5


def test_a_fit_of_pieces_that_forecasts_worse_is_undone(long, monkeypatch):
    path, _ = long
    field, report = matched(path)
    before = read_weights(field.mlp)
    monkeypatch.setattr(_collocation, "FAVOUR_OF_MATCH", 0.1)
    found = collocate_field(field, [path], report, max_defects=800)
    assert "worse than the match" in found["declined"]
    torch.testing.assert_close(read_weights(field.mlp), before, rtol=1e-12, atol=0)


def test_pieces_that_hold_next_to_nothing_of_the_rows_are_favoured_less(long, monkeypatch):
    path, _ = long
    field, report = matched(path)
    monkeypatch.setattr(_collocation, "FAVOUR_OF_MATCH", np.inf)
    monkeypatch.setattr(_collocation, "FAVOUR_OF_LITTLE", 0.1)
    assert "declined" not in collocate_field(field, [path], report, max_defects=800)
    monkeypatch.setattr(_collocation, "LITTLE", 0.9)
    assert "declined" in collocate_field(field, [path], report, max_defects=800)


def test_pieces_keep_rows_and_smoothed_rows_together(long):
    path, _ = long
    _, report = matched(path)
    pieces = spread_pieces([path], [path.times], 4 * GAPS_PER_PIECE)
    cut, smooth = cut_pieces(pieces, [path], report)
    np.testing.assert_array_equal(cut[2].times, path.times[pieces[2].first : pieces[2].last])
    np.testing.assert_array_equal(
        smooth["slopes"][2], report["slopes"][0][pieces[2].first : pieces[2].last]
    )
