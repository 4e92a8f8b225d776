"""The error by lead equals its closed form, drops what was not observed and skips no divergence."""

import numpy as np
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


def test_nothing_observed_gives_nan_without_a_warning():
    truth = np.full((3, 2, 1), np.nan)
    assert np.isnan(n_step_error(truth, np.zeros_like(truth))).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"forecast": np.zeros((2, 3, 2))}, r"one shape \(origin, lead, channel\)"),
        ({"truth": np.zeros((2, 3)), "forecast": np.zeros((2, 3))}, "last axis of length 1"),
        ({"metric": "mape"}, "metric must be one of mse, rmse, mae"),
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
