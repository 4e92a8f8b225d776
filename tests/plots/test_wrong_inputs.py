"""Displays refuse what they cannot draw by one sentence with a remedy."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from tsnode import PersistenceRegressor
from tsnode.plots import (
    ForecastDisplay,
    NStepErrorDisplay,
    PhasePortraitDisplay,
    PowerSpectrumDisplay,
    TrainingCurveDisplay,
)

pytestmark = pytest.mark.usefixtures("pyplot")
STAMPS = pd.date_range("2024-01-01", periods=40, freq="h", name="time")
WAVES = pd.DataFrame({"x": np.sin(np.arange(40.0)), "y": np.cos(np.arange(40.0))}, STAMPS)
PAST, AHEAD = WAVES[:30], WAVES[30:]
ONES = np.ones((3, 2, 1))


@pytest.fixture(scope="module")
def model():
    return PersistenceRegressor().fit(PAST.index, PAST)


REFUSED = {
    "text as forecast": ({"forecast": AHEAD.assign(x="high")}, "forecast must hold real numbers"),
    "an index of text": (
        {"forecast": AHEAD.set_axis(AHEAD.index.astype(str))},
        "forecast must have an index of times; got (str|object). Convert",
    ),
    "a history on another axis": (
        {"forecast": AHEAD, "history": PAST.set_axis(np.arange(30.0))},
        r"history must have an index of times like those of the forecast \(stamps without a zone\)"
        "; got numbers",
    ),
    "a truth in a zone": (
        {"forecast": AHEAD, "truth": AHEAD.tz_localize("UTC")},
        "truth must have .*got stamps with a zone. Convert",
    ),
    "no rows of history": (
        {"forecast": AHEAD, "history": PAST[:0]},
        "history must hold rows; got none. Leave it out",
    ),
}


@pytest.mark.parametrize(("frames", "words"), REFUSED.values(), ids=REFUSED)
def test_frames_that_share_no_axis_of_time_are_refused(frames, words):
    with pytest.raises(ValueError, match=words):
        ForecastDisplay.from_predictions(**frames)


def test_a_single_earlier_forecast_needs_no_list():
    display = ForecastDisplay.from_predictions(AHEAD, earlier=PAST)
    assert [len(frame) for frame in display.earlier] == [30]


@pytest.mark.parametrize(
    ("history", "error", "words"),
    [
        (WAVES[:35], ValueError, "X must hold stamps after the last row.*got 4 of 10 bef"),
        (PAST.to_numpy(), TypeError, "Expected a DataFrame or Series with a time index; got ndarr"),
        (
            PAST.tz_localize("UTC"),
            ValueError,
            "history must have an index of times like those",
        ),
    ],
)
def test_a_history_that_does_not_end_before_the_forecast_is_refused(model, history, error, words):
    with pytest.raises(error, match=words):
        ForecastDisplay.from_estimator(model, AHEAD.index, history=history)


def test_an_array_beside_a_history_is_refused(model):
    with pytest.raises(TypeError, match="Expected X with a time index beside history=; got ndarr"):
        ForecastDisplay.from_estimator(model, np.ones((3, 1)), history=PAST)


def test_estimators_that_are_no_forecasters_are_refused():
    line = LinearRegression().fit(PAST[["x"]], PAST["y"])
    with pytest.raises(TypeError, match="Expected a forecaster.*got a LinearRegression. Use a"):
        ForecastDisplay.from_estimator(line, AHEAD[["x"]])
    with pytest.raises(TypeError, match="Expected a forecaster.*got a LinearRegression. Use a"):
        NStepErrorDisplay.from_estimator(line, WAVES, start=STAMPS[30], leads=["1h"])


def test_unlike_numbers_of_rows_are_refused(model):
    with pytest.raises(ValueError, match="same number of rows; got 20 and 40. Align them"):
        PowerSpectrumDisplay.from_estimator(model, STAMPS[:20], WAVES)


def test_units_that_name_no_channel_are_refused():
    for draw in (ForecastDisplay, PhasePortraitDisplay):
        with pytest.raises(TypeError, match="units must be a dict of channels.*got 'm'. Write"):
            draw.from_predictions(WAVES, units="m")


@pytest.mark.parametrize(("ax", "got"), [("x", ".*x.*"), (None, "2")])
def test_what_is_no_single_axes_is_refused(pyplot, ax, got):
    ax = pyplot.subplots(2)[1] if ax is None else ax
    with pytest.raises(ValueError, match=f"ax must hold one axes; got {got}. Pass ax=None"):
        NStepErrorDisplay.from_predictions(ONES, {"model": ONES}, ax=ax)


@pytest.mark.parametrize("leads", [["1h", "2h"], [pd.Timedelta("1h"), pd.Timedelta("2h")]])
def test_leads_may_be_a_list_of_durations(leads):
    display = NStepErrorDisplay.from_predictions(ONES, {"model": ONES}, leads=leads)
    assert display.lines_["model"].get_xdata().tolist() == [60.0, 120.0]
    assert display.ax_.get_xlabel() == "lead [minutes]"


@pytest.mark.parametrize("leads", [["soon", "late"], 3.0])
def test_leads_that_are_no_durations_are_refused(leads):
    with pytest.raises(ValueError, match="leads must hold one duration for each of 2 leads fore"):
        NStepErrorDisplay.from_predictions(ONES, {"model": ONES}, leads=leads)


@pytest.mark.parametrize("history", ["x", None])
def test_a_history_of_losses_that_is_no_table_is_refused(history):
    with pytest.raises(TypeError, match="history must be a DataFrame, a dict.*Pass fit_report_"):
        TrainingCurveDisplay.from_predictions(history)


def test_losses_in_words_are_refused():
    with pytest.raises(ValueError, match="history must hold losses as numbers; could not.*Pass"):
        TrainingCurveDisplay.from_predictions({"epoch": [1], "train_loss": ["low"]})
