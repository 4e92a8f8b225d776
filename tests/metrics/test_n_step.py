"""The error by lead equals its closed form, drops what was not observed and skips no divergence."""

import numpy as np
import pandas as pd
import pytest

from tsnode.metrics import n_step_error


def random_case(shape=(7, 5, 3)):
    rng = np.random.default_rng(0)
    truth, forecast = rng.normal(size=(2, *shape))
    truth[rng.random(shape) < 0.3] = np.nan
    return truth, forecast


def by_hand(truth, forecast, lead, loss):
    """Loop over channels and origins: the slow second route."""
    means = []
    for channel in range(truth.shape[2]):
        pairs = zip(truth[:, lead, channel], forecast[:, lead, channel], strict=True)
        means.append(np.mean([loss(f - t) for t, f in pairs if not np.isnan(t)]))
    return means


@pytest.mark.parametrize(
    ("metric", "loss", "finish"),
    [("mse", np.square, np.array), ("mae", np.abs, np.array), ("rmse", np.square, np.sqrt)],
)
def test_curve_equals_the_loop_over_observed_pairs(metric, loss, finish):
    truth, forecast = random_case()
    expected = [np.mean(finish(by_hand(truth, forecast, lead, loss))) for lead in range(5)]
    curve = n_step_error(truth, forecast, metric=metric)
    np.testing.assert_allclose(curve, expected, rtol=1e-12)
    assert np.all(curve > 0.1)


def test_one_lead_is_the_entry_of_the_curve_counted_from_one():
    truth, forecast = random_case()
    assert n_step_error(truth, forecast, 1) == n_step_error(truth, forecast)[0]
    assert n_step_error(truth, forecast, 5) == n_step_error(truth, forecast)[4]


@pytest.mark.parametrize(("metric", "expected"), [("mse", 4.0), ("mae", 2.0), ("rmse", 2.0)])
def test_a_constant_offset_has_its_closed_form(metric, expected):
    truth = np.zeros((3, 2, 2))
    assert n_step_error(truth, truth + 2.0, 2, metric=metric) == expected


def test_scale_divides_each_channel_by_its_own_spread():
    truth, forecast = random_case()
    scale = np.array([1.0, 10.0, 0.1])
    plain = n_step_error(truth, forecast, 2, per_channel=True)
    scaled = n_step_error(truth, forecast, 2, per_channel=True, scale=scale)
    np.testing.assert_allclose(scaled, plain / scale**2)


def test_every_channel_weighs_the_same_however_many_gaps_it_has():
    truth = np.zeros((10, 1, 2))
    truth[1:, 0, 0] = np.nan
    forecast = np.tile([3.0, 1.0], (10, 1, 1))
    assert n_step_error(truth, forecast, 1) == pytest.approx((9.0 + 1.0) / 2)


def test_a_channel_never_observed_at_a_lead_is_left_out_of_the_mean():
    truth = np.zeros((4, 1, 2))
    truth[:, 0, 1] = np.nan
    forecast = np.full((4, 1, 2), 2.0)
    assert n_step_error(truth, forecast, 1) == 4.0
    assert np.isnan(n_step_error(truth, forecast, 1, per_channel=True)[1])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_diverged_forecast_of_an_observed_entry_is_never_skipped(value):
    truth, forecast = np.zeros((2, 3, 2, 2))
    forecast[1, 0, 1] = value
    curve = n_step_error(truth, forecast)
    assert np.isnan(curve[0])
    assert curve[1] == 0.0


def test_a_diverged_forecast_where_nothing_was_observed_does_not_count():
    truth, forecast = np.zeros((2, 3, 2, 2))
    truth[1, 0, 1] = forecast[1, 0, 1] = np.nan
    assert n_step_error(truth, forecast).tolist() == [0.0, 0.0]


def test_a_lead_never_observed_is_nan_without_a_warning():
    truth = np.zeros((3, 2, 1))
    truth[:, 1] = np.nan
    np.testing.assert_array_equal(n_step_error(truth, np.zeros_like(truth)), [0.0, np.nan])


def test_a_run_from_one_origin_has_its_rows_as_leads():
    truth, forecast = random_case((1, 5, 3))
    curve = n_step_error(truth, forecast)
    np.testing.assert_array_equal(n_step_error(truth[0], forecast[0]), curve)
    single = n_step_error(truth[0, :, 0], forecast[0, :, 0], 2)
    assert single == n_step_error(truth, forecast, 2, per_channel=True)[0]


def test_frames_are_matched_by_stamp_and_channel():
    truth, forecast = (pd.DataFrame(part[0], columns=list("abc")) for part in random_case())
    shuffled = forecast.sample(frac=1.0, random_state=0)[["c", "a", "b"]]
    expected = n_step_error(truth.to_numpy(), forecast.to_numpy())
    np.testing.assert_array_equal(n_step_error(truth, shuffled), expected)


@pytest.mark.parametrize("metric", ["mse", "rmse", "mae"])
def test_baseline_divides_lead_by_lead_and_channel_by_channel(metric):
    truth, forecast = random_case()
    other = forecast[::-1] * 2
    settings = {"metric": metric, "per_channel": True}
    error, base = (n_step_error(truth, each, **settings) for each in (forecast, other))
    ratio = n_step_error(truth, forecast, baseline=other, **settings)
    np.testing.assert_allclose(ratio, error / base)
    mean = n_step_error(truth, forecast, 2, baseline=other, metric=metric)
    assert mean == pytest.approx((error / base)[1].mean())


def test_values_at_the_origins_are_the_forecast_of_persistence():
    truth, forecast = random_case()
    origin = np.random.default_rng(1).normal(size=(7, 3))
    held = np.repeat(origin[:, None], 5, axis=1)
    expected = n_step_error(truth, forecast, baseline=held)
    np.testing.assert_array_equal(n_step_error(truth, forecast, baseline=origin), expected)
    single = n_step_error(truth[0], forecast[0], baseline=origin[0])
    np.testing.assert_array_equal(
        single, n_step_error(truth[:1], forecast[:1], baseline=origin[:1])
    )


def test_entries_are_counted_at_one_lead_and_over_all():
    truth, forecast = random_case()
    n_observed = int(np.isfinite(truth).sum())
    _, counts = n_step_error(truth, forecast, return_counts=True)
    assert (counts.used, counts.dropped) == (n_observed, 105 - n_observed)
    _, counts = n_step_error(truth, forecast, 2, return_counts=True)
    assert counts.used == np.isfinite(truth[:, 1]).sum()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"forecast": np.zeros((2, 3, 2))}, r"one shape \(origin, lead, channel\)"),
        ({"truth": np.zeros((2, 3))}, "last axis of length 1"),
        ({"truth": np.full((2, 3, 1), np.nan)}, "all entries are NaN"),
        ({"truth": np.full((2, 3, 1), np.inf)}, "got inf"),
        ({"metric": "mape"}, "metric must be one of 'mse', 'rmse', 'mae'"),
        ({"n": 4}, "n must be a lead from 1 to 3"),
        ({"baseline": np.zeros((2, 1))}, "its error is 0 at lead 1 of channel 0"),
        ({"baseline": np.ones((3, 1))}, "truth and baseline must have one shape"),
        ({"baseline": np.ones((2, 1)), "scale": [1.0]}, "the scale cancels"),
        ({"n": 0}, "n must be a lead from 1 to 3"),
        ({"n": "6h"}, "n must be a lead from 1 to 3"),
        ({"scale": [0.0]}, "finite number over 0 per channel"),
        ({"scale": [1.0, 2.0]}, "finite number over 0 per channel"),
    ],
)
def test_wrong_arguments_are_refused_by_name(arguments, words):
    call = {"truth": np.zeros((2, 3, 1)), "forecast": np.zeros((2, 3, 1))} | arguments
    with pytest.raises(ValueError, match=words):
        n_step_error(**call)


@pytest.mark.parametrize(
    ("forecast", "words"),
    [
        (pd.DataFrame(np.zeros((3, 2)), columns=["a", "c"]), "same channels; got a, b and a, c"),
        (pd.DataFrame(np.zeros((2, 2)), columns=["a", "b"]), "same stamps; got 3 and 2, of which"),
        (pd.DataFrame(np.zeros((3, 2)), [1, 2, 3], ["a", "b"]), "of which 2 are shared"),
    ],
)
def test_frames_of_other_stamps_or_channels_are_refused(forecast, words):
    truth = pd.DataFrame(np.zeros((3, 2)), columns=["a", "b"])
    with pytest.raises(ValueError, match=words):
        n_step_error(truth, forecast)


def test_a_missing_forecast_is_refused():
    with pytest.raises(TypeError, match="Pass both, or a backtest frame"):
        n_step_error(np.zeros((2, 3, 1)))


@pytest.mark.parametrize("scale", ["persistence", [1.0], [[1.0, 2.0]], [0.0, 1.0], [np.inf, 1.0]])
def test_a_scale_that_cannot_divide_two_channels_is_refused(scale):
    with pytest.raises(ValueError, match=r"scale must hold one finite number over 0 .*\(2\); got"):
        n_step_error(np.ones((3, 2, 2)), np.zeros((3, 2, 2)), scale=scale)
