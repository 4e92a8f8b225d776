"""A forecast display draws the given interval as a band, and refuses frames that do not fit."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from tsnode import PersistenceRegressor
from tsnode.plots import ForecastDisplay

pytestmark = pytest.mark.usefixtures("pyplot")


def frame(n_rows=4, columns=("temp", "wind")):
    index = pd.date_range("2024-01-01", periods=n_rows, freq="h", name="time")
    values = np.arange(float(n_rows))[:, None] + np.arange(len(columns)) * 10
    return pd.DataFrame(values, index=index, columns=list(columns))


def table():
    """Forecasts of two channels from one origin, in the long form of a backtest."""
    stamps = frame().index
    rows = [
        (0, stamps[0], stamp - stamps[0], stamp, channel, 1.0 * k, 2.0 * k, k - 1.0, k + 1.0)
        for k, stamp in enumerate(stamps[1:])
        for channel in ("temp", "wind")
    ]
    names = ["series", "origin", "lead", "stamp", "channel", "truth", "forecast", "lower", "upper"]
    return pd.DataFrame(rows, columns=names).astype({"channel": "category"})


def test_the_band_spans_the_bounds():
    display = ForecastDisplay.from_predictions(frame(), lower=frame() - 1, upper=frame() + 2)
    (band,) = display.ax_[1].collections
    heights = band.get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (10.0 - 1, 13.0 + 2)


@pytest.mark.parametrize(("coverage", "label"), [(None, "interval"), (0.9, "90 % interval")])
def test_the_band_says_its_coverage(coverage, label):
    bounds = {"lower": frame() - 1, "upper": frame() + 1, "coverage": coverage}
    display = ForecastDisplay.from_predictions(frame(), **bounds)
    assert label in display.ax_[0].get_legend_handles_labels()[1]


def test_one_origin_of_a_backtest_frame_holds_forecast_truth_and_bounds():
    display = ForecastDisplay.from_predictions(table(), lower="lower", upper="upper")
    assert list(display.forecast.columns) == ["temp", "wind"]
    assert display.forecast["wind"].tolist() == [0.0, 2.0, 4.0]
    assert display.truth["temp"].tolist() == [0.0, 1.0, 2.0]
    assert display.lower["temp"].tolist() == [-1.0, 0.0, 1.0]
    assert display.upper["temp"].tolist() == [1.0, 2.0, 3.0]
    assert display.forecast.index.tolist() == frame().index[1:].tolist()


def test_several_origins_are_refused_with_the_way_to_select_one():
    later = table().assign(origin=frame().index[1])
    with pytest.raises(ValueError, match=r"one origin.*got 2 origins.*found\['origin'\] =="):
        ForecastDisplay.from_predictions(pd.concat([table(), later]))


SHORT = frame(3)
REFUSALS = {
    "other channels of the truth": ({"truth": frame()[["temp"]]}, "truth must hold.*lacks wind"),
    "other channels of the history": ({"history": frame()[["wind"]]}, "history must.*lacks temp"),
    "one bound": ({"lower": frame()}, "given together; got lower alone"),
    "bounds of another length": (
        {"lower": SHORT, "upper": SHORT},
        r"stamps of the forecast \(4 rows\); got 3 rows, 3 of them shared. Reindex",
    ),
    "bounds that cross": (
        {"lower": frame() + 1, "upper": frame()},
        "lower must not lie above upper; it does in 8 of 8 entries. Swap them",
    ),
}


@pytest.mark.parametrize(("given", "words"), REFUSALS.values(), ids=REFUSALS)
def test_frames_that_do_not_fit_the_forecast_are_refused(given, words):
    with pytest.raises(ValueError, match=words):
        ForecastDisplay.from_predictions(frame(), **given)


def test_a_panel_is_refused_with_the_way_to_select_a_series():
    panel = pd.concat({"a": frame()}, names=["station"])
    with pytest.raises(ValueError, match=r"one series; got .* station, time. Select one: .*xs"):
        ForecastDisplay.from_predictions(panel)


def test_a_forecast_that_is_nan_throughout_is_refused():
    with pytest.raises(ValueError, match=r"forecast must hold a finite number; got 8 .*diverged"):
        ForecastDisplay.from_predictions(frame() * np.nan)


def test_the_interval_of_an_estimator_is_drawn_with_its_coverage():
    index = pd.date_range("2024-01-01", periods=300, freq="h", name="time")
    walk = pd.DataFrame({"walk": np.random.default_rng(0).normal(size=300).cumsum()}, index)
    model = PersistenceRegressor().fit(index[:200], walk[:200])
    display = ForecastDisplay.from_estimator(
        model, index[200:206], history=walk[:200], coverage=0.8, ax=Figure().subplots()
    )
    lower, upper = model.predict_interval(index[200:206], coverage=0.8)
    pd.testing.assert_frame_equal(display.lower, lower)
    pd.testing.assert_frame_equal(display.upper, upper)
    assert "80 % interval" in display.ax_[0].get_legend_handles_labels()[1]
