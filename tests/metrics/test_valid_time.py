"""The valid time is the last lead below the threshold: by hand, by loops, in either unit."""

import numpy as np
import pandas as pd
import pytest

from tsnode.metrics import valid_prediction_time


def by_loops(truth, forecast, threshold):
    """Average the sMAPE of the observed entries so far, lead by lead."""
    times = []
    for seen, answer in zip(truth, forecast, strict=True):
        smapes = [
            np.nanmean(200 * np.abs(f - t) / (np.abs(f) + np.abs(t)))
            for t, f in ((seen[:n], answer[:n]) for n in range(1, len(seen) + 1))
        ]
        times.append(next((k for k, error in enumerate(smapes) if error > threshold), len(smapes)))
    return times


def spreading(shape=(30, 25, 3)):
    """Forecasts whose error grows by a factor 1.3 a lead."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=shape)
    forecast = truth + 0.01 * 1.3 ** np.arange(shape[1])[:, None] * rng.normal(size=shape)
    truth[:, 1:][rng.random((shape[0], shape[1] - 1, shape[2])) < 0.2] = np.nan
    return truth, forecast


@pytest.mark.parametrize("threshold", [10.0, 30.0])
def test_times_equal_those_of_the_loop(threshold):
    truth, forecast = spreading()
    expected = by_loops(truth, forecast, threshold)
    times = valid_prediction_time(truth, forecast, threshold=threshold, per_origin=True)
    assert times.tolist() == expected
    mean = valid_prediction_time(truth, forecast, threshold=threshold)
    assert mean == pytest.approx(np.mean(expected))
    assert 1 < np.mean(expected) < 24


def test_an_error_that_grows_by_e_is_valid_for_the_log_of_threshold_over_start():
    # nRMSE 1e-3 e^t passes 0.5 at t = ln 500 = 6.21.
    leads = 0.01 * np.arange(1, 1001)
    truth = np.zeros((1000, 2))
    forecast = 1e-3 * np.exp(leads)[:, None] * [[1.0, 1.0]]
    value = valid_prediction_time(truth, forecast, metric="nrmse", scale=[1.0, 1.0], leads=leads)
    assert value == pytest.approx(np.log(500), abs=0.011)


def test_nrmse_takes_the_spread_of_the_truth_and_forgets_past_errors():
    truth = np.tile([-2.0, 2.0], 10)[:, None]
    forecast = truth.copy()
    forecast[[3, 10]] += [[0.9], [1.1]]
    assert valid_prediction_time(truth, forecast, metric="nrmse") == 10
    assert valid_prediction_time(truth, forecast, metric="nrmse", scale=[1.0]) == 3


def test_lyapunov_times_and_clock_units_are_parts_of_each_other():
    truth, forecast = spreading()
    hours = pd.timedelta_range("6h", periods=25, freq="6h")
    steps = valid_prediction_time(truth, forecast)
    assert valid_prediction_time(truth, forecast, leads=hours) == steps * pd.Timedelta("6h")
    in_days = valid_prediction_time(truth, forecast, leads=hours, lyapunov_time="2D")
    assert in_days == pytest.approx(steps / 8)
    assert valid_prediction_time(truth, forecast, lyapunov_time=2.5) == pytest.approx(steps / 2.5)


def test_a_forecast_that_never_fails_is_valid_to_the_last_lead():
    truth, _ = spreading()
    assert valid_prediction_time(truth, np.nan_to_num(truth)) == 25


@pytest.mark.parametrize("metric", ["smape", "nrmse"])
def test_a_diverged_forecast_is_past_any_threshold(metric):
    truth = np.arange(1.0, 11.0)
    forecast = np.where(np.arange(10) < 4, truth, np.nan)
    assert valid_prediction_time(truth, forecast, metric=metric, threshold=1e6) == 4


def test_zero_forecast_of_zero_is_no_error():
    assert valid_prediction_time(np.zeros(5), np.zeros(5)) == 5


def test_origins_never_observed_are_dropped_and_counted():
    truth, forecast = spreading()
    truth[4] = np.nan
    times, counts = valid_prediction_time(truth, forecast, per_origin=True, return_counts=True)
    assert len(times) == counts.used == 29
    assert counts.dropped == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"forecast": np.ones((5, 2))}, "one shape"),
        ({"truth": np.full((5, 1), np.nan)}, "all entries are NaN"),
        ({"leads": [1, 2, 3]}, "leads must be 5 times over 0"),
        ({"leads": [0, 1, 2, 3, 4]}, "leads must be 5 times over 0"),
        ({"metric": "nrmse"}, "scale must hold one finite number over 0"),
        ({"metric": "rmse"}, "metric must be one of"),
        ({"threshold": -1.0}, "threshold must be"),
        ({"lyapunov_time": 0.0}, "lyapunov_time must be"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(settings, words):
    call = {"truth": np.ones((5, 1)), "forecast": np.ones((5, 1))} | settings
    with pytest.raises(ValueError, match=words):
        valid_prediction_time(**call)
