"""Adaptive steps row by row in one batch: accuracy, independence, rows that never arrive."""

import math

import numpy as np
import pytest
import torch

from tsnode.solvers._adaptive_rows import PAIRS, solve_rows_adaptively
from tsnode.solvers._integrate import integrate_requests

STARTS = torch.tensor([[1.0, 0.0], [0.3, 2.0], [-2.0, 0.1]], dtype=torch.float64)


class Counted:
    """A van der Pol oscillator of its own stiffness per row, and the rows it was asked for."""

    def __init__(self, mu=1.0):
        self.mu, self.n_rows = mu, 0

    def __call__(self, t, z, _=None):
        self.n_rows += len(z)
        x, v = z.unbind(1)
        return torch.stack([v, self.mu * (1 - x**2) * v - x + 0 * t], dim=1)


@pytest.mark.parametrize("method", PAIRS)
def test_tables_are_consistent(method):
    pair = PAIRS[method]
    assert [sum(row) for row in pair.a] == pytest.approx(list(pair.nodes))
    assert sum(pair.error) == pytest.approx(0, abs=1e-15)
    # Both solutions of the pair fulfil the conditions of their order for z' = t^k.
    for k in range(1, pair.order - 1):
        powers = [node**k for node in pair.nodes]
        weights = (*pair.a[-1], 0)
        assert np.dot(weights, powers) == pytest.approx(1 / (k + 1))
        assert np.dot(pair.error, powers) == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize("method", PAIRS)
@pytest.mark.parametrize("rtol", [1e-3, 1e-6])
def test_the_error_is_of_the_size_of_the_tolerance(method, rtol):
    found = solve_rows_adaptively(
        Counted(), STARTS, 0.0, 5.0, method=method, rtol=rtol, atol=rtol / 10
    )
    exact = solve_rows_adaptively(Counted(), STARTS, 0.0, 5.0, rtol=1e-11, atol=1e-12)
    error = float((found - exact).abs().max())
    assert 1e-3 * rtol < error < 30 * rtol


def test_time_enters_where_the_stage_is():
    found = solve_rows_adaptively(
        lambda t, z, _: t[:, None] * z, STARTS, 0.5, 2.0, rtol=1e-9, atol=1e-10
    )
    assert found.numpy() == pytest.approx(STARTS.numpy() * math.exp(2 - 0.125), rel=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize("method", PAIRS)
def test_a_row_alone_is_the_row_among_others_and_torchdiffeq_agrees(method):
    settings = {"method": method, "rtol": 1e-7, "atol": 1e-8}
    together = Counted()
    found = solve_rows_adaptively(together, STARTS, 0.0, 4.0, **settings)
    fields = [Counted() for _ in STARTS]
    alone = [
        solve_rows_adaptively(f, z[None], 0.0, 4.0, **settings)
        for f, z in zip(fields, STARTS, strict=True)
    ]
    assert torch.allclose(torch.cat(alone), found, rtol=1e-12)
    assert sum(f.n_rows for f in fields) == together.n_rows
    peers = Counted()
    expected = integrate_requests(
        peers, STARTS, np.zeros(3), np.arange(3), np.full(3, 4.0), **settings
    )
    assert torch.allclose(found, expected, atol=2e-5)
    assert together.n_rows < 1.5 * peers.n_rows


def test_a_row_that_blows_up_is_nan_and_the_others_are_not():
    starts = torch.tensor([[1.0], [0.1], [-1.0]], dtype=torch.float64)
    found = solve_rows_adaptively(lambda t, z, u: z**2, starts, 0.0, 2.0, rtol=1e-6, atol=1e-8)  # noqa: ARG005
    assert torch.isfinite(found).flatten().tolist() == [False, True, True]
    assert found[1:, 0].numpy() == pytest.approx([0.1 / 0.8, -1 / 3], rel=1e-5)
