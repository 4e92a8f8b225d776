"""An error display reads the frame of a backtest as metrics do, and refuses what does not fit."""

import numpy as np
import pandas as pd
import pytest

from tsnode.metrics import n_step_error
from tsnode.plots import NStepErrorDisplay

pytestmark = pytest.mark.usefixtures("pyplot")


def table():
    """Two origins, three leads, two channels; the baseline stands in a column."""
    rng = np.random.default_rng(0)
    origin, lead, channel = np.meshgrid([0, 1], [1, 2, 3], ["x", "y"], indexing="ij")
    found = pd.DataFrame({"origin": origin.ravel(), "channel": channel.ravel()})
    found["lead"] = pd.to_timedelta(lead.ravel(), unit="h")
    found[["truth", "forecast", "persistence"]] = rng.normal(size=(12, 3))
    return found


def test_a_backtest_frame_gives_curves_and_leads():
    found = table()
    labels = {"model": "forecast", "last value": "persistence"}
    display = NStepErrorDisplay.from_predictions(found, labels)
    assert list(display.lines_) == ["model", "last value"]
    expected = ((found["truth"] - found["persistence"]) ** 2).groupby(found["lead"]).mean()
    np.testing.assert_allclose(display.lines_["last value"].get_ydata(), expected)
    assert display.lines_["model"].get_xdata().tolist() == [1.0, 2.0, 3.0]
    assert display.ax_.get_xlabel() == "lead [hours]"


@pytest.mark.parametrize(
    ("forecasts", "names"),
    [
        (None, ["forecast"]),
        ("persistence", ["persistence"]),
        (["forecast", "persistence"], ["forecast", "persistence"]),
    ],
)
def test_columns_of_a_backtest_frame_name_themselves(forecasts, names):
    display = NStepErrorDisplay.from_predictions(table(), forecasts)
    assert list(display.lines_) == names
    expected = n_step_error(table(), names[0])
    np.testing.assert_array_equal(display.errors[names[0]], expected)


TRUTH = np.arange(12.0).reshape(2, 3, 2)
REFUSALS = {
    "other leads": ({"model": TRUTH[:, :2]}, {}, "one shape"),
    "other channels": ({"model": TRUTH[..., :1]}, {}, "one shape"),
    "no forecaster": ({}, {}, "at least one forecaster"),
    "other number of leads": ({"model": TRUTH}, {"leads": [1.0, 2.0]}, "each of 3 leads .*got 2"),
    "constant channel": ({"model": TRUTH}, {"scale": [1.0, 0.0]}, "Leave out constant channels"),
}


@pytest.mark.parametrize(("forecasts", "options", "words"), REFUSALS.values(), ids=REFUSALS)
def test_forecasts_that_do_not_fit_the_truth_are_refused(forecasts, options, words):
    with pytest.raises(ValueError, match=words):
        NStepErrorDisplay.from_predictions(TRUTH, forecasts, **options)


def test_a_truth_that_was_never_observed_is_refused():
    with pytest.raises(ValueError, match="all entries are NaN"):
        NStepErrorDisplay.from_predictions(TRUTH * np.nan, {"model": TRUTH})


def test_forecasts_without_a_name_are_refused():
    with pytest.raises(TypeError, match=r"dict of labels to arrays; got ndarray.*\{'label': "):
        NStepErrorDisplay.from_predictions(TRUTH, TRUTH)


def test_a_column_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="Expected a column 'ridge'"):
        NStepErrorDisplay.from_predictions(table(), ["forecast", "ridge"])
