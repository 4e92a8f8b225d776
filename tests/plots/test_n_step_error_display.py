"""An error display draws the curve of n_step_error, the model first."""

import numpy as np
import pandas as pd
import pytest

from tsnode.metrics import n_step_error
from tsnode.plots import NStepErrorDisplay

pytestmark = pytest.mark.usefixtures("pyplot")


def case():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(20, 4, 2))
    return truth, {name: truth + rng.normal(size=truth.shape) for name in ("model", "naive")}


@pytest.mark.parametrize("metric", ["mse", "mae", "rmse"])
def test_the_curves_are_those_of_the_metric(metric):
    truth, forecasts = case()
    display = NStepErrorDisplay.from_predictions(truth, forecasts, metric=metric)
    for name, forecast in forecasts.items():
        expected = n_step_error(truth, forecast, metric=metric)
        np.testing.assert_array_equal(display.lines_[name].get_ydata(), expected)


def test_the_model_is_drawn_thickest_and_on_top():
    display = NStepErrorDisplay.from_predictions(*case())
    model, naive = display.lines_.values()
    assert model.get_linewidth() > naive.get_linewidth()
    assert model.get_zorder() > naive.get_zorder()


@pytest.mark.parametrize(
    ("leads", "label", "last"),
    [
        (None, "lead [steps]", 4),
        (pd.timedelta_range("1h", periods=4, freq="h"), "lead [hours]", 4),
        (pd.timedelta_range("1D", periods=4, freq="D"), "lead [days]", 4),
        (pd.timedelta_range("10min", periods=4, freq="10min"), "lead [minutes]", 40),
        (np.array([0.5, 1.0, 1.5, 2.0]), "lead [units of time]", 2.0),
    ],
)
def test_the_lead_axis_has_a_readable_unit(leads, label, last):
    display = NStepErrorDisplay.from_predictions(*case(), leads=leads)
    assert display.ax_.get_xlabel() == label
    assert display.lines_["model"].get_xdata()[-1] == last


@pytest.mark.parametrize(
    ("scale", "label"), [(None, "mean squared error"), ([2, 2], "mean squared error [variance]")]
)
def test_the_error_axis_says_whether_it_is_scaled(scale, label):
    display = NStepErrorDisplay.from_predictions(*case(), scale=scale)
    assert display.ax_.get_ylabel() == label


class Last:
    """Forecasts the row that it may start from."""

    def predict(self, X, *, history, horizon):
        return history.iloc[history.index.get_indexer(X - horizon, method="pad")]


def test_from_estimator_forecasts_from_rolling_origins():
    index = pd.date_range("2024-01-01", periods=30, freq="h")
    ramp = pd.DataFrame({"x": np.arange(30.0)}, index=index)
    leads = pd.timedelta_range("1h", periods=3, freq="h")
    display = NStepErrorDisplay.from_estimator(Last(), ramp, start=index[10], leads=leads)
    # Persistence of a ramp of slope one misses by the lead.
    assert display.errors["Last"].tolist() == [1.0, 4.0, 9.0]


def test_given_axes_are_used(pyplot):
    _, ax = pyplot.subplots()
    assert NStepErrorDisplay.from_predictions(*case(), ax=ax).ax_ is ax


def test_baselines_are_forecast_from_the_same_origins():
    index = pd.date_range("2024-01-01", periods=30, freq="h")
    ramp = pd.DataFrame({"x": np.arange(30.0)}, index=index)
    leads = pd.timedelta_range("1h", periods=3, freq="h")
    display = NStepErrorDisplay.from_estimator(
        Last(), ramp, start=index[10], leads=leads, name="model", baselines={"last": Last()}
    )
    assert list(display.lines_) == ["model", "last"]
    np.testing.assert_array_equal(display.errors["model"], display.errors["last"])


@pytest.mark.parametrize(
    ("metric", "unit", "label"),
    [
        ("mse", "K", "mean squared error [K²]"),
        ("mse", "m/s", "mean squared error [(m/s)²]"),
        ("mae", "m/s", "mean absolute error [m/s]"),
    ],
)
def test_the_error_axis_carries_the_unit_of_the_channels(metric, unit, label):
    display = NStepErrorDisplay.from_predictions(*case(), metric=metric, unit=unit)
    assert display.ax_.get_ylabel() == label


def test_two_forecasters_of_one_label_are_refused():
    with pytest.raises(ValueError, match="other labels than the model; got 'Last' twice"):
        NStepErrorDisplay.from_estimator(Last(), None, start=0, leads=[1], baselines={"Last": 0})
