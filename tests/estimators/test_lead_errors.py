"""Errors by lead: quantiles, their finite number, draws."""

import numpy as np
import pytest
from scipy.special import ndtri

from tsnode.estimators.intervals._error_paths import draw_errors
from tsnode.estimators.intervals._lead_errors import (
    LEVELS,
    LeadErrors,
    climate_quantiles,
    group_leads,
)


@pytest.fixture(scope="module")
def walks():
    """Errors of persistence on 4,000 random walks of two channels: sd sqrt(lead), 3 sqrt(lead)."""
    steps = np.random.default_rng(0).normal(size=(4000, 32, 2)) * [1.0, 3.0]
    leads = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    errors = np.cumsum(steps, axis=1)[:, leads.astype(int) - 1].reshape(-1, 2)
    origin = np.repeat(np.arange(4000), len(leads))
    return LeadErrors.of(
        np.tile(leads, 4000), errors, 0 * errors, origin, np.inf, np.zeros((len(LEVELS), 2))
    )


@pytest.mark.parametrize("level", [0.05, 0.5, 0.95])
def test_quantiles_are_those_of_the_law_at_and_between_leads(walks, level):
    leads = np.array([1.0, 6.0, 32.0, 100.0])
    # Linear between the leads 4 and 8, constant beyond the last.
    spread = np.array([1.0, (2 + np.sqrt(8)) / 2, np.sqrt(32), np.sqrt(32)])
    expected = ndtri(level) * spread[:, None] * [1.0, 3.0]
    assert (
        np.abs(walks.at(leads, np.zeros((4, 2)), level) - expected).max() < 0.1 * spread.max() * 3
    )


def test_few_errors_move_the_level_outwards():
    errors = np.arange(1.0, 20.0)[:, None]
    few = LeadErrors.of(
        np.ones(19), errors, errors, np.arange(19), np.inf, np.zeros((len(LEVELS), 1))
    )
    # Conformal: of 19 errors the largest is the bound of 95 % on one side, 19 / 20.
    assert few.at(np.array([1.0]), np.zeros((1, 1)), 0.95).item() == 19.0
    assert few.at(np.array([1.0]), np.zeros((1, 1)), 0.05).item() == 1.0
    assert few.at(np.array([1.0]), np.zeros((1, 1)), 0.5).item() == pytest.approx(10.0, abs=0.5)


def test_overlapping_forecasts_count_once():
    errors = np.random.default_rng(1).normal(size=(150, 1))
    nothing, lead = np.zeros((150, 1)), np.array([10.0])
    many, few = (
        LeadErrors.of(np.full(150, 10.0), errors, nothing, np.arange(150), span, nothing[:1])
        for span in (np.inf, 90.0)
    )
    bound = few.at(lead, nothing[:1], 0.9).item()
    assert many.at(lead, nothing[:1], 0.9).item() < bound == errors.max()


def test_a_channel_without_errors_has_the_spread_of_its_values():
    climate = climate_quantiles(np.column_stack([np.arange(100.0), np.full(100, np.nan)]))
    errors = LeadErrors.of(
        np.ones(50), np.full((50, 2), np.nan), np.zeros((50, 2)), np.arange(50), np.inf, climate
    )
    found = errors.at(np.array([1.0]), np.zeros((1, 2)), 0.95)
    assert found[0, 0] == pytest.approx(49.5 * 0.9, abs=1.5)
    assert found[0, 1] == 0.0


def test_no_errors_at_all_are_the_climate():
    climate = climate_quantiles(np.random.default_rng(0).normal(size=(500, 1)))
    errors = LeadErrors.of(
        np.zeros(0), np.zeros((0, 1)), np.zeros((0, 1)), np.zeros(0, int), 0.0, climate
    )
    assert errors.at(np.array([3.0]), np.zeros((1, 1)), 0.5).item() == pytest.approx(0.0, abs=0.2)
    drawn = draw_errors(
        errors, np.ones(1), np.zeros((1, 1)), np.zeros(1, int), 4000, np.random.RandomState(0)
    )
    assert drawn.std() == pytest.approx(1.0, abs=0.1)


def test_equal_leads_are_never_parted():
    rng = np.random.default_rng(3)
    leads = rng.choice([0.5, 1.0, 1.01, 7.0], size=700)
    group, centers = group_leads(leads)
    for lead in np.unique(leads):
        assert len(np.unique(group[leads == lead])) == 1
    assert np.all(np.diff(centers) > 0)


def test_draws_have_the_spread_of_the_errors_and_go_on_like_them(walks):
    leads = np.array([1.0, 3.0, 6.0, 32.0])
    drawn = draw_errors(
        walks, leads, np.zeros((4, 2)), np.zeros(4, int), 8000, np.random.RandomState(0)
    )[:, 0]
    expected = np.sqrt([1.0, 3.0, 6.0, 32.0])
    assert np.abs(drawn.std(axis=1) / expected - 1).max() < 0.1
    # cov(W_s, W_t) = min(s, t)
    found = np.corrcoef(drawn)[0, 3]
    assert found == pytest.approx(np.sqrt(1 / 32), abs=0.1)
    assert np.corrcoef(drawn)[2, 3] == pytest.approx(np.sqrt(6 / 32), abs=0.12)


def test_forecasts_of_their_own_err_on_their_own(walks):
    drawn = draw_errors(
        walks, np.full(2, 4.0), np.zeros((2, 2)), np.array([0, 1]), 4000, np.random.RandomState(0)
    )[:, 0]
    assert abs(np.corrcoef(drawn)[0, 1]) < 0.06


def test_forecasts_of_their_own_size_have_errors_of_their_own():
    """Of a quantity that ends at 10, low forecasts err upwards and high ones downwards."""
    rng = np.random.default_rng(0)
    forecast = rng.uniform(0, 10, size=(5000, 1))
    error = rng.uniform(-forecast, 10 - forecast)
    found = LeadErrors.of(
        np.ones(5000), error, forecast, np.arange(5000), np.inf, np.zeros((len(LEVELS), 1))
    )
    asked = np.array([[1.0], [3.0], [5.0], [9.0], [20.0]])
    upper = found.at(np.ones(5), asked, 0.95)[:, 0]
    assert upper == pytest.approx([8.5, 6.5, 4.5, 0.5, 0.5], abs=0.7)
    assert np.all(found.at(np.ones(5), asked, 0.05)[:, 0] < upper)
