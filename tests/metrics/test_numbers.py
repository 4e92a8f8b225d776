"""Every metric reads numbers and NaN of any kind, and refuses what is no number or time."""

import numpy as np
import pandas as pd
import pytest

from tsnode.exceptions import TimeIndexError
from tsnode.metrics import (
    crps,
    kl_divergence,
    lyapunov_exponent,
    n_step_error,
    pinball_loss,
    power_spectrum,
    power_spectrum_distance,
    valid_prediction_time,
    wasserstein_distance,
)

HOURS = pd.date_range("2024-01-01", periods=100, freq="h", tz="UTC")
TRUTH, OTHER = (
    pd.DataFrame(values, HOURS, ["a", "b"])
    for values in np.random.default_rng(0).normal(size=(2, 100, 2))
)
PAIRED = {
    "kl_divergence": kl_divergence,
    "wasserstein_distance": wasserstein_distance,
    "power_spectrum_distance": power_spectrum_distance,
    "n_step_error": n_step_error,
    "pinball_loss": pinball_loss,
    "valid_prediction_time": valid_prediction_time,
}
OF_STATES = ["kl_divergence", "wasserstein_distance", "power_spectrum_distance"]
paired = pytest.mark.parametrize("metric", PAIRED.values(), ids=PAIRED)
of_states = pytest.mark.parametrize("metric", [PAIRED[name] for name in OF_STATES], ids=OF_STATES)


def with_gap(frame, dtype, missing):
    gappy = frame.astype(dtype)
    gappy.iloc[3, 0] = missing
    return gappy


@paired
@pytest.mark.parametrize(
    ("dtype", "missing"), [("Float64", pd.NA), (object, None)], ids=["masked", "object"]
)
def test_any_kind_of_missing_is_nan(metric, dtype, missing):
    plain = metric(with_gap(TRUTH, float, np.nan), OTHER)
    np.testing.assert_array_equal(metric(with_gap(TRUTH, dtype, missing), OTHER), plain)


@paired
def test_lists_are_read_as_arrays(metric):
    plain = metric(TRUTH.to_numpy(), OTHER.to_numpy())
    np.testing.assert_array_equal(metric(TRUTH.values.tolist(), OTHER.values.tolist()), plain)


@paired
def test_input_is_left_as_it_was(metric):
    truth, other = TRUTH.copy(), OTHER.copy()
    metric(truth, other)
    pd.testing.assert_frame_equal(truth, TRUTH)
    pd.testing.assert_frame_equal(other, OTHER)


@paired
def test_columns_of_text_are_refused_by_name(metric):
    with pytest.raises(ValueError, match="must hold real numbers; got other values in station"):
        metric(TRUTH.assign(station="EWR"), OTHER.assign(station="EWR"))


@paired
@pytest.mark.parametrize("values", [np.ones((9, 1)) * 1j, np.full((9, 1), "x")])
def test_arrays_of_other_values_are_refused(metric, values):
    with pytest.raises(ValueError, match="must hold real numbers"):
        metric(values, np.ones((9, 1)))


@of_states
def test_missing_stamps_are_refused(metric):
    stamps = HOURS[:3].append(pd.DatetimeIndex([pd.NaT], tz="UTC")).append(HOURS[4:])
    with pytest.raises(TimeIndexError, match="got 1 that are missing"):
        metric(TRUTH.set_axis(stamps), OTHER)


@of_states
def test_repeated_stamps_are_refused(metric):
    with pytest.raises(TimeIndexError, match="got 100 of them again"):
        metric(pd.concat([TRUTH, TRUTH]), OTHER)


@of_states
def test_times_of_two_kinds_are_refused(metric):
    with pytest.raises(TimeIndexError, match="Expected times of kind datetime"):
        metric(TRUTH, OTHER.set_axis(np.arange(100.0)))


@pytest.mark.parametrize("metric", [power_spectrum, lyapunov_exponent])
def test_metrics_of_one_run_refuse_text(metric):
    with pytest.raises(ValueError, match="data must hold real numbers; got other values in b"):
        metric(TRUTH.assign(b="x"))


def test_a_forecast_near_the_largest_float_is_nan_without_a_warning():
    assert np.isnan(n_step_error(TRUTH, OTHER * 1e308, 3))
    assert np.isnan(pinball_loss(TRUTH, OTHER * 1e308))
    assert np.isnan(crps(TRUTH, OTHER * 1e308, spread=OTHER * 0 + 1))
