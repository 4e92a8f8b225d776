"""Weights by normal equations over many pieces: the same step as the dense solve, further on."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from tsnode.dynamics._fields import NeuralField
from tsnode.training import _many_pieces
from tsnode.training._collocation import collocate_field
from tsnode.training._field_count import FieldCount
from tsnode.training._field_function import function_of
from tsnode.training._gauss_newton import GaussNewton
from tsnode.training._layout import lay_points, slope_scale
from tsnode.training._linearization import read_weights
from tsnode.training._many_pieces import NormalEquations, _PieceStates, _Run, collocate_many
from tsnode.training._match import match_field
from tsnode.training._mesh import Observations, build_mesh
from tsnode.training._paths import ObservedPath

STEP = 0.2


def van_der_pol(_, z):
    return [z[1], (1 - z[0] ** 2) * z[1] - z[0]]


def long_path(n, noise=0.05):
    rng = np.random.default_rng(0)
    times = np.cumsum(np.clip(rng.exponential(size=n), 0.1, 3))
    truth = solve_ivp(
        van_der_pol, (0, STEP * times[-1]), (2.0, 0.0), t_eval=STEP * times, rtol=1e-8, atol=1e-8
    ).y.T
    values = truth + noise * truth.std(0) * rng.normal(size=truth.shape)
    return ObservedPath(times, values, np.ones(n)), truth


@pytest.fixture(scope="module")
def long():
    return long_path(6000)


@pytest.fixture(autouse=True)
def _not_too_many(monkeypatch):
    monkeypatch.setattr(_many_pieces, "MOST_PIECES", 30)


def matched(path, sizes=(24, 24)):
    torch.manual_seed(0)
    field = NeuralField(2, hidden_layer_sizes=sizes)
    return field, match_field(field, [path], max_iterations=12)


def field_error(field, truth):
    expected = STEP * np.array(van_der_pol(0, truth.T)).T
    with torch.no_grad():
        return np.square(field(0, torch.tensor(truth)).numpy() - expected).mean()


@torch.no_grad()
def test_a_step_equals_that_of_the_dense_solve_over_all_defects(monkeypatch):
    monkeypatch.setattr(NormalEquations, "dtype", torch.float64)
    path, _ = long_path(60)
    field, smooth = matched(path, (6, 5))
    alpha, q, damping, scale = 2.0, 0.1, 30.0, slope_scale(smooth)
    sigma, function = smooth["sigma"], function_of(field)
    layouts = lay_points(field, [path], smooth)
    with function.in_units_of(scale):
        mesh = build_mesh([path], smooth, layouts)
        dense = GaussNewton(
            function, mesh, Observations(mesh, [path], sigma), scale, alpha, q, sigma
        )
        dense.dtype = torch.float64
        states, weights = dense.linearize(mesh.start)(damping)

        piece = _PieceStates(function, path, smooth, layouts, sigma, scale, field)
        piece.linearize(q)
        normal = NormalEquations(function.n_weights + 1, "cpu")
        normal.add(piece.whitened_rows(torch.float64))
        theta = function.read()
        _Run(function, [piece], alpha, q, None)._step(normal.lower(), damping)
        moved = function.read() - theta
    assert moved.abs().max() > 1e-3
    torch.testing.assert_close(moved, weights, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(piece.points, mesh.start + states, rtol=1e-6, atol=1e-9)


def test_normal_equations_are_the_product_of_all_rows(monkeypatch):
    monkeypatch.setattr(_many_pieces, "N_COLUMNS_AT_ONCE", 3)
    monkeypatch.setattr(_many_pieces, "N_ROWS_AT_ONCE", 8)
    rows = torch.randn(20, 7, generator=torch.Generator().manual_seed(0))
    normal = NormalEquations(7, "cpu")
    for part in rows.split([5, 4, 4, 7]):
        normal.add(part)
    expected = (rows.T @ rows).tril()
    torch.testing.assert_close(normal.lower().tril(), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
def test_many_pieces_find_a_better_field_than_few(long):
    path, truth = long
    errors = []
    for refines in (False, True):
        field, smooth = matched(path)
        report = collocate_field(field, [path], smooth, max_defects=1000, refines=refines)
        errors.append(field_error(field, truth))
    assert report["refined"]["n_pieces"] == 30
    assert report["tool"] == f"collocation of {report['refined']['n_pieces']} pieces"
    assert errors[1] < 0.75 * errors[0]


@pytest.mark.slow
def test_a_field_that_forecasts_worse_is_taken_back(long, monkeypatch):
    path, _ = long
    few, smooth = matched(path)
    collocate_field(few, [path], smooth, max_defects=1000)

    def spoil(field, *_, **settings):
        found = collocate_many(field, *_, **settings)
        with torch.no_grad():
            field.mlp.layers[-1].weight.mul_(1.5)
        return found

    monkeypatch.setattr("tsnode.training._collocation.collocate_many", spoil)
    field, smooth = matched(path)
    report = collocate_field(field, [path], smooth, max_defects=1000, refines=True)
    assert report["tool"] == "collocation of 5 pieces"
    torch.testing.assert_close(read_weights(field.mlp), read_weights(few.mlp), rtol=0, atol=1e-12)


def test_ctrl_c_keeps_the_last_accepted_weights(long, monkeypatch):
    path, _ = long
    few, smooth = matched(path)
    collocate_field(few, [path], smooth, max_defects=1000)

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(_Run, "_step", interrupt)
    field, smooth = matched(path)
    report = collocate_field(field, [path], smooth, max_defects=1000, refines=True)
    assert report["stopped"] == "interrupted"
    torch.testing.assert_close(read_weights(field.mlp), read_weights(few.mlp), rtol=0, atol=1e-12)


@pytest.mark.slow
def test_states_that_leave_the_law_leave_the_field_of_few_pieces(long, monkeypatch):
    path, _ = long
    few, smooth = matched(path)
    collocate_field(few, [path], smooth, max_defects=1000)
    monkeypatch.setattr(_PieceStates, "after", lambda piece, *_: piece.points * torch.nan)
    field, smooth = matched(path)
    report = collocate_field(field, [path], smooth, max_defects=1000, refines=True)
    assert report["tool"] == "collocation of 5 pieces"
    assert "no longer finite" in report["refined"]["declined"]
    torch.testing.assert_close(read_weights(field.mlp), read_weights(few.mlp), rtol=0, atol=1e-12)


def test_a_spent_count_ends_it_behind_an_iteration(long):
    path, _ = long
    field, smooth = matched(path)
    few = collocate_field(field, [path], smooth, max_defects=1000)
    count = FieldCount(1)
    count.by_stage["before"] = 1
    many = collocate_many(
        field, [path], smooth, lay_points(field, [path], smooth),
        alpha=few["alpha"], q=few["q"], sigma=smooth["sigma"], n_gaps=500, count=count,
    )  # fmt: skip
    assert (many["stopped"], many["n_iterations"]) == ("budget", 0)


def test_too_many_weights_are_left_to_few_pieces(long, monkeypatch):
    monkeypatch.setattr(_many_pieces, "MAX_WEIGHTS", 100)
    path, _ = long
    field, smooth = matched(path)
    report = collocate_field(field, [path], smooth, max_defects=1000, refines=True)
    assert report["tool"] == "collocation of 5 pieces"
    assert "refined" not in report


def test_not_many_more_pieces_are_not_worth_the_time(long):
    path, _ = long
    field, smooth = matched(path)
    layouts = lay_points(field, [path], smooth)
    settings = {"alpha": 1.0, "q": 0.1, "sigma": smooth["sigma"], "n_gaps": 2000}
    assert collocate_many(field, [path], smooth, layouts, **settings) == {}


def test_half_of_the_gaps_are_left_to_judge(long, monkeypatch):
    monkeypatch.setattr(_many_pieces, "MOST_PIECES", 10_000)
    path, _ = long
    field, smooth = matched(path, (4,))
    layouts = lay_points(field, [path], smooth)
    settings = {"alpha": 1.0, "q": 0.1, "sigma": smooth["sigma"], "n_gaps": 500}
    found = collocate_many(field, [path], smooth, layouts, **settings)
    n_gaps = sum(len(points) - 1 for points in layouts)
    assert 0.4 * n_gaps < len(found["pieces"]) * 90 <= 0.5 * n_gaps
