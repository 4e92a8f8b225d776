"""The lead at which calibrated errors reach a tolerance, on errors that are known."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import tsnode
from tsnode import NeuralODERegressor, PersistenceRegressor
from tsnode.estimators._tail import cut_tail
from tsnode.inspection import fixed_points, trust_horizon
from tsnode.inspection._trust_horizon import error_sizes


@pytest.fixture(scope="module")
def walk():
    """Return persistence on two random walks, hourly; the second takes steps of 10."""
    steps = np.random.default_rng(0).normal(size=(6000, 2)) * [1.0, 10.0]
    hours = pd.date_range("2026-01-01", periods=6000, freq="h")
    frame = pd.DataFrame(steps.cumsum(axis=0), hours, columns=["a", "b"])
    return PersistenceRegressor().fit(hours, frame)


@pytest.fixture(scope="module")
def ramp():
    """Return persistence on a ramp of slope 2, in plain numbers of time."""
    times = np.arange(0.0, 300.0, 0.5)
    return PersistenceRegressor(time=0).fit(times[:, None], 2.0 * times)


@pytest.mark.parametrize("coverage", [0.5, 0.9])
def test_persistence_of_a_walk_is_trusted_for_the_square_of_the_tolerance(walk, coverage):
    size = norm.ppf(0.5 + coverage / 2) * np.sqrt(10)
    found = trust_horizon(walk, {"a": size, "b": 10 * size}, coverage=coverage)
    hours = found["horizon"] / pd.Timedelta("1h")
    assert hours.tolist() == pytest.approx([10, 10], rel=0.2)
    assert found["is_reached"].all()


def test_at_the_horizon_the_interval_is_as_wide_as_the_tolerance(walk):
    horizon = trust_horizon(walk, {"a": 5.0}).loc["a", "horizon"]
    stamp = pd.DatetimeIndex([pd.Timestamp("2026-01-01") + pd.Timedelta("5999h") + horizon])
    lower, upper = walk.predict_interval(stamp)
    assert float((upper - lower)["a"].iloc[0]) / 2 == pytest.approx(5.0, rel=0.1)


def test_an_error_that_grows_evenly_reaches_the_tolerance_by_the_rule_of_three(ramp):
    found = trust_horizon(ramp, 7.0)
    assert found["horizon"].tolist() == pytest.approx([3.5], rel=0.15)
    assert found.index.tolist() == ["x0"]


def test_a_tolerance_below_the_first_error_gives_no_time(walk, ramp):
    assert trust_horizon(ramp, 0.1)["horizon"].tolist() == [0.0]
    assert trust_horizon(walk, 0.01)["horizon"].tolist() == [pd.Timedelta(0)] * 2


def test_a_tolerance_that_is_never_reached_says_how_far_was_looked(walk, ramp):
    found = trust_horizon(walk, 1e6)
    assert found["horizon"].isna().all()
    assert not found["is_reached"].any()
    assert (found["longest_lead"] > pd.Timedelta("100h")).all()
    assert np.isnan(trust_horizon(ramp, 1e6)["horizon"].iloc[0])


def test_the_horizon_grows_with_the_tolerance_and_shrinks_with_coverage(walk):
    wide = [trust_horizon(walk, {"a": size}).loc["a", "horizon"] for size in (2.0, 4.0, 8.0)]
    sure = [
        trust_horizon(walk, {"a": 4.0}, coverage=c)["horizon"].iloc[0] for c in (0.5, 0.8, 0.95)
    ]
    assert wide == sorted(wide)
    assert wide[0] < wide[-1]
    assert sure == sorted(sure, reverse=True)
    assert sure[0] > sure[-1]


def test_a_relative_tolerance_is_in_standard_deviations(walk):
    spreads = walk.observed_states_.std(axis=0)
    found = trust_horizon(walk, 0.2, relative=True)
    assert found["tolerance"].tolist() == pytest.approx((0.2 * spreads).tolist())
    pd.testing.assert_frame_equal(found, trust_horizon(walk, 0.2 * spreads))


def test_sizes_hold_the_share_of_errors_that_was_asked(walk):
    sizes = error_sizes(walk.lead_errors_, 0.8)
    steps = walk.observed_states_
    lead = int(round(walk.lead_errors_.leads[3]))
    misses = np.abs(steps[lead:] - steps[:-lead])[-1200:]
    assert (misses <= sizes[3]).mean() == pytest.approx(0.8, abs=0.06)


def test_a_law_that_is_known_is_trusted_as_far_as_was_looked(focus):
    # The focus turns with amplitude 1 and decays; all of its data lie on one orbit.
    found = trust_horizon(focus, 0.05)
    assert found["horizon"].isna().all()
    assert (found["longest_lead"] > 0.2).all()


class NoErrors:
    pass


@pytest.mark.parametrize(
    ("estimator", "words"),
    [(NoErrors(), "knows its errors by lead.*got NoErrors"), (PersistenceRegressor, "the class")],
)
def test_what_has_no_calibrated_errors_is_refused(estimator, words):
    with pytest.raises(TypeError, match=words):
        trust_horizon(estimator, 1.0)


@pytest.mark.parametrize(
    ("tolerance", "settings", "words"),
    [
        (0.0, {}, "tolerance must be a number over 0"),
        (np.nan, {}, "tolerance must be a number over 0"),
        ("2 K", {}, "tolerance must be a number over 0"),
        ([1.0], {}, "one number a channel .2: a, b.; got 1"),
        ({"c": 1.0}, {}, "must name fitted channels .a, b.; got c"),
        ({}, {}, "must name fitted channels"),
        (1.0, {"coverage": 90}, "coverage must be"),
        (1.0, {"coverage": 0.0}, "coverage must be"),
        (1.0, {"relative": "yes"}, "relative must be True or False"),
    ],
)
def test_wrong_settings_of_the_horizon_are_refused(walk, tolerance, settings, words):
    with pytest.raises(ValueError, match=words):
        trust_horizon(walk, tolerance, **settings)


def test_an_uncalibrated_model_says_how_to_calibrate():
    times = np.arange(30.0)[:, None]
    model = tsnode.NNStepRegressor((2,), calibration=None).fit(times, np.sin(times[:, 0]))
    with pytest.raises(ValueError, match="Set calibration='auto'"):
        trust_horizon(model, 1.0)


def test_a_tail_takes_only_tolerances_in_units_of_y(walk, tmp_path):
    before = trust_horizon(walk, 5.0)
    tsnode.save(walk, tmp_path / "walk", rows="tail")
    again = tsnode.load(tmp_path / "walk")
    pd.testing.assert_frame_equal(trust_horizon(again, 5.0), before)
    with pytest.raises(ValueError, match="saved with rows='tail'. Pass tolerance in the units"):
        trust_horizon(again, 0.5, relative=True)
    assert again.observed_states_ is None


def test_a_field_saved_as_a_tail_asks_for_starts(focus):
    tail = cut_tail(focus)
    with pytest.raises(ValueError, match="Pass starts="):
        fixed_points(tail)
    assert fixed_points(tail, [[0.0, 0.0]], anywhere=True).points[0] == pytest.approx([1, -2])


def test_series_scaled_by_themselves_are_trusted_in_parts_of_their_spread():
    values = np.random.default_rng(0).normal(size=300).cumsum()
    index = pd.MultiIndex.from_product([["a", "b"], np.arange(300.0)])
    panel = pd.Series(np.r_[values, 100 * values], index, name="level")
    model = NeuralODERegressor(lookback=4, training="linear", series_scaling=True)
    model.fit(panel.index, panel)
    assert 1 <= trust_horizon(model, 0.5, relative=True).loc["level", "horizon"] < 60
    with pytest.raises(ValueError, match=r"relative=True.*series_scaling=True.*got relative=False"):
        trust_horizon(model, 0.5)
