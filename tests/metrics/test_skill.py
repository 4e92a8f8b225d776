"""Skill is one without error, zero as the baseline, and blind to units."""

import numpy as np
import pytest

from tsnode.metrics import skill_score

RNG = np.random.default_rng(0)
TRUTH, FORECAST, OTHER = RNG.normal(size=(3, 20, 4, 2))


def test_skill_is_the_share_of_the_squared_error_saved():
    ours, theirs = (((each - TRUTH) ** 2).mean(axis=0) for each in (FORECAST, OTHER))
    expected = (1 - ours / theirs).mean(axis=1)
    np.testing.assert_allclose(skill_score(TRUTH, FORECAST, OTHER), expected)
    assert np.abs(expected).min() > 0.01


def test_perfect_equal_and_doubled_errors_have_their_closed_forms():
    assert skill_score(TRUTH, TRUTH, OTHER, 2) == 1.0
    assert skill_score(TRUTH, OTHER, OTHER, 2) == 0.0
    assert skill_score(TRUTH, TRUTH + 2, TRUTH + 1, 2) == pytest.approx(-3.0)
    assert skill_score(TRUTH, TRUTH + 2, TRUTH + 1, 2, metric="mae") == pytest.approx(-1.0)


def test_units_of_the_channels_do_not_matter():
    units = np.array([1e3, 1e-3])
    scaled = skill_score(TRUTH * units, FORECAST * units, OTHER * units, 1)
    assert scaled == pytest.approx(skill_score(TRUTH, FORECAST, OTHER, 1))


def test_values_at_the_origins_stand_for_persistence():
    held = np.repeat(OTHER[:, :1], 4, axis=1)
    by_origin = skill_score(TRUTH, FORECAST, OTHER[:, 0])
    np.testing.assert_array_equal(by_origin, skill_score(TRUTH, FORECAST, held))


def test_entries_are_counted():
    truth = TRUTH.copy()
    truth[:5, 0, 0] = np.nan
    _, counts = skill_score(truth, FORECAST, OTHER, 1, return_counts=True)
    assert (counts.used, counts.dropped) == (35, 5)


def test_arrays_without_a_baseline_are_refused():
    with pytest.raises(TypeError, match="Expected baseline beside the truth"):
        skill_score(TRUTH, FORECAST)


def test_a_constant_channel_that_the_baseline_hits_is_refused():
    truth = TRUTH.copy()
    truth[..., 1] = 7.0
    with pytest.raises(ValueError, match="its error is 0 at lead 1 of channel 1"):
        skill_score(truth, FORECAST, truth[:, 0] + [1.0, 0.0])
