"""Bases of flows: the mixture that held-out rows choose, and the weights of members."""

import numpy as np
import pytest

from tsnode.training._flow_bases import (
    exceeds_zero,
    gaussian_base,
    mixture_base,
    refit_mixture,
    sample_base,
    stack,
)
from tsnode.training._mixture_em import mixture_scores


def ones(rows):
    return np.ones(len(rows))


def chosen(rows, held_out):
    return mixture_base(rows, ones(rows), held_out, ones(held_out), 0)


def clusters(n, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(scale=0.2, size=(n, 2)) + 3.0 * random.integers(3, size=n)[:, None]


def test_three_clusters_are_three_components():
    base = chosen(clusters(300), clusters(100, seed=1))
    # Five fits that agree.
    assert sorted(base["means"][:, 0]) == pytest.approx(5 * [0] + 5 * [3] + 5 * [6], abs=0.1)
    assert base["weights"].sum() == pytest.approx(1)
    assert base["covariances"].shape == (15, 2, 2)


def test_one_gaussian_needs_no_mixture():
    random = np.random.default_rng(0)
    assert chosen(random.normal(size=(300, 2)), random.normal(size=(150, 2))) is None


def test_draws_from_a_base_have_its_moments():
    base = gaussian_base(clusters(300), np.ones(300))
    rows = sample_base(base, 20_000, np.random.RandomState(0))
    assert rows.mean(0) == pytest.approx(base["means"][0], abs=0.1)
    assert np.cov(rows.T) == pytest.approx(base["covariances"][0], abs=0.3)
    direct = -np.log(2 * np.pi) - 0.5 * np.linalg.slogdet(base["covariances"][0])[1] - 1.0
    assert mixture_scores(base, rows).mean() == pytest.approx(direct, abs=0.03)


def test_the_weights_of_members_are_the_best_of_a_fine_grid():
    random = np.random.default_rng(0)
    densities = random.normal(size=(2, 400)) + np.array([[0.3], [0.0]])
    grid = np.linspace(0.001, 0.999, 999)
    mixed = np.logaddexp(
        np.log(grid)[:, None] + densities[0], np.log(1 - grid)[:, None] + densities[1]
    ).mean(1)
    weights = stack(densities, np.ones(400))
    assert 0.55 < weights[0] < 0.95
    assert weights[0] == pytest.approx(grid[mixed.argmax()], abs=0.01)


def test_a_refit_follows_more_rows_and_keeps_its_parts():
    base = chosen(clusters(120), clusters(60, seed=1))
    more = clusters(2000, seed=2) + 0.1
    again = refit_mixture(base, more, ones(more))
    assert again["means"].shape == base["means"].shape
    assert again["weights"].sum() == pytest.approx(1)
    assert sorted(again["means"][:, 0]) == pytest.approx(
        5 * [0.1] + 5 * [3.1] + 5 * [6.1], abs=0.03
    )


def test_a_gain_of_few_heavy_rows_is_no_gain():
    gains = np.random.default_rng(0).normal(1, 1, size=60)
    gains[:2] = 0.1, 2.0
    assert exceeds_zero(gains, np.ones(60))
    # As good as two rows: a mean of 1.05 with a standard error of 0.67.
    assert not exceeds_zero(gains, np.where(np.arange(60) < 2, 1e6, 1.0))
