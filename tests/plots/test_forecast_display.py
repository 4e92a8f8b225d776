"""A forecast display draws one panel a channel, with the given numbers and units."""

import numpy as np
import pandas as pd
import pytest

from tsnode.plots import ForecastDisplay

pytestmark = pytest.mark.usefixtures("pyplot")


def frame(start=0, n_rows=6, units=True):
    index = pd.date_range("2024-01-01", periods=n_rows, freq="h", tz="UTC", name="time")
    index = index + pd.Timedelta(hours=start)
    values = np.arange(n_rows, dtype=float) + start
    data = pd.DataFrame({"temp": values, "wind": -values}, index=index)
    data.attrs["units"] = {"temp": "degC"} if units else {}
    return data


def lines(ax):
    return {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}


class Climber:
    """Forecasts the lead in hours, from the horizon it is asked with."""

    def predict(self, X, history=None, horizon=None):
        lead = np.arange(1.0, len(X) + 1) if history is None else horizon / pd.Timedelta("1h")
        return pd.DataFrame({"temp": lead, "wind": lead}, index=X)


def test_there_is_one_panel_a_channel_that_shares_its_time_axis():
    display = ForecastDisplay.from_predictions(frame(6), history=frame())
    assert len(display.ax_) == 2
    assert display.ax_[0].get_shared_x_axes().joined(*display.ax_)
    assert display.figure_ is display.ax_[0].figure


def test_history_truth_and_forecast_are_drawn_as_given():
    display = ForecastDisplay.from_predictions(frame(6), history=frame(), truth=frame(6) + 1)
    drawn = lines(display.ax_[1])
    assert drawn["observed"].get_ydata().tolist() == frame()["wind"].tolist()
    assert drawn["observed later"].get_ydata().tolist() == (frame(6) + 1)["wind"].tolist()
    assert drawn["forecast"].get_ydata().tolist() == frame(6)["wind"].tolist()


def test_earlier_forecasts_share_one_label():
    display = ForecastDisplay.from_predictions(frame(6), earlier=[frame(0), frame(3)])
    drawn = [line.get_label() for line in display.ax_[0].lines]
    assert drawn.count("earlier forecasts") == 1
    assert len(drawn) == 3


def test_axes_carry_names_and_units():
    display = ForecastDisplay.from_predictions(frame(6), history=frame())
    assert display.ax_[0].get_ylabel() == "temp\n[degC]"
    assert display.ax_[1].get_ylabel() == "wind"
    assert display.ax_[1].get_xlabel() == "time [UTC]"


def test_given_units_win_over_those_of_the_frame():
    display = ForecastDisplay.from_predictions(frame(6), units={"temp": "K"})
    assert display.ax_[0].get_ylabel() == "temp\n[K]"


def test_from_estimator_forecasts_the_asked_stamps():
    display = ForecastDisplay.from_estimator(Climber(), frame(6).index)
    assert display.forecast["temp"].tolist() == [1, 2, 3, 4, 5, 6]


def test_from_estimator_starts_at_the_end_of_the_given_history():
    display = ForecastDisplay.from_estimator(Climber(), frame(8).index, history=frame())
    assert display.forecast["temp"].tolist() == [3, 4, 5, 6, 7, 8]


INDEXES = {
    "floats": pd.Index([0.0, 0.5, 2.0], name="t"),
    "timedeltas": pd.to_timedelta([1, 2, 3], unit="h"),
    "periods": pd.period_range("2024-01", periods=3, freq="M"),
    "naive stamps": pd.date_range("2024-01-01", periods=3),
}


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_every_kind_of_time_can_be_drawn(index):
    display = ForecastDisplay.from_predictions(pd.Series([1.0, 2.0, 3.0], index, name="x"))
    display.figure_.canvas.draw()
    assert display.ax_[0].lines[0].get_ydata().tolist() == [1.0, 2.0, 3.0]


def test_days_are_written_with_their_month():
    days = pd.date_range("2013-12-28", "2014-01-02", freq="6h")
    display = ForecastDisplay.from_predictions(pd.Series(1.0, days, name="x"))
    display.figure_.canvas.draw()
    labels = [label.get_text() for label in display.ax_[-1].get_xticklabels()]
    assert "29 Dec" in labels
    assert "01 Jan" in labels


def test_given_axes_are_used(pyplot):
    _, axes = pyplot.subplots(2, 1)
    display = ForecastDisplay.from_predictions(frame(6), ax=axes)
    assert display.ax_[0] is axes[0]


def test_too_few_axes_are_refused(pyplot):
    _, ax = pyplot.subplots()
    with pytest.raises(ValueError, match="one axes for each of 2 channels"):
        ForecastDisplay.from_predictions(frame(6), ax=ax)


def test_a_bare_array_is_refused():
    with pytest.raises(TypeError, match="wrap the array with its index"):
        ForecastDisplay.from_predictions(np.zeros((3, 2)))
