"""A spectrum display draws the numbers of power_spectrum and their distances."""

import numpy as np
import pandas as pd
import pytest

from tsnode import PersistenceRegressor
from tsnode.exceptions import ForecastWarning
from tsnode.metrics import power_spectrum, power_spectrum_distance
from tsnode.plots import PowerSpectrumDisplay

pytestmark = pytest.mark.usefixtures("pyplot")

N_ROWS = 480
HOURS = pd.date_range("2024-01-01", periods=N_ROWS, freq="h", name="time")


def waves(index=HOURS, period=24.0, seed=0):
    """Return a wave of one period in x, of half of it in y, and noise."""
    phase = 2 * np.pi * np.arange(len(index)) / period
    noise = 0.1 * np.random.default_rng(seed).normal(size=(len(index), 2))
    return pd.DataFrame({"x": np.sin(phase), "y": np.cos(2 * phase)}, index=index) + noise


def test_lines_are_the_spectra_of_both_runs_without_the_frequency_0():
    display = PowerSpectrumDisplay.from_predictions(waves(), waves(seed=1), smoothing=2.0)
    for name, seed in (("observed", 0), ("generated", 1)):
        expected = power_spectrum(waves(seed=seed), smoothing=2.0)
        for k in (0, 1):
            line = display.lines_[name][k]
            np.testing.assert_allclose(line.get_ydata(), expected.power[1:, k])
            np.testing.assert_allclose(line.get_xdata(), expected.frequencies[1:])


@pytest.mark.parametrize(
    ("unit", "peak", "label"),
    [
        (None, 1 / 24, "frequency [cycles per hour]"),
        ("D", 1.0, "frequency [cycles per day]"),
        ("min", 1 / 1440, "frequency [cycles per minute]"),
    ],
)
def test_the_peak_stands_at_the_frequency_in_the_asked_unit(unit, peak, label):
    display = PowerSpectrumDisplay.from_predictions(waves(), smoothing=1.0, time_unit=unit)
    (line,) = display.lines_["observed"][:1]
    assert line.get_xdata()[line.get_ydata().argmax()] == pytest.approx(peak)
    assert display.ax_[0].get_xlabel() == label
    assert display.ax_[0].get_ylabel() == "share of variance"


@pytest.mark.parametrize(
    ("index", "unit", "per"),
    [
        (pd.Index(np.arange(N_ROWS) / 10), None, "unit of time"),
        (pd.Index(np.arange(N_ROWS) / 10), "Myr", "Myr"),
        (pd.RangeIndex(N_ROWS), None, "row"),
    ],
)
def test_times_without_a_unit_are_counted_in_what_they_are(index, unit, per):
    display = PowerSpectrumDisplay.from_predictions(waves(index), time_unit=unit)
    assert display.ax_[0].get_xlabel() == f"frequency [cycles per {per}]"


def test_the_legend_holds_the_distance():
    truth, slow = waves(), waves(period=48.0)
    display = PowerSpectrumDisplay.from_predictions(truth, {"slow": slow}, smoothing=2.0)
    expected = power_spectrum_distance(truth, slow, smoothing=2.0)
    assert 0.1 < expected < 1.0
    label = display.ax_[0].get_legend_handles_labels()[1][1]
    assert label == f"slow (distance {expected:.2f})"


def test_on_irregular_stamps_rows_count_by_their_times():
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, 40.0, 400))
    run = np.sin(2 * np.pi * times)
    display = PowerSpectrumDisplay.from_predictions(run, run, times=times, smoothing=1.0)
    for name in ("observed", "generated"):
        (line,) = display.lines_[name]
        assert line.get_xdata()[line.get_ydata().argmax()] == pytest.approx(1.0, abs=0.03)
    np.testing.assert_allclose(display.distances["generated"], 0.0, atol=1e-9)


def test_rows_that_the_truth_lacks_are_left_out_on_both_sides():
    truth = waves()
    truth.iloc[::7, 0] = np.nan
    display = PowerSpectrumDisplay.from_predictions(truth, waves(), smoothing=2.0)
    np.testing.assert_allclose(display.distances["generated"], 0.0, atol=1e-9)
    lines = display.lines_
    np.testing.assert_allclose(
        lines["generated"][1].get_ydata(), lines["observed"][1].get_ydata(), rtol=1e-6
    )


def test_a_run_that_diverged_is_named_and_not_drawn():
    lost = waves()
    lost.iloc[-1] = np.inf
    with pytest.warns(ForecastWarning, match="diverged"):
        display = PowerSpectrumDisplay.from_predictions(waves(), {"lost": lost})
    assert np.isnan(display.lines_["lost"][0].get_ydata()).all()
    assert display.ax_[0].get_legend_handles_labels()[1][1] == "lost, diverged (distance 1.00)"
    display.figure_.canvas.draw()


def test_a_run_that_stands_still_is_named_and_not_drawn():
    display = PowerSpectrumDisplay.from_predictions(waves(), waves() * 0 + 1.0, smoothing=1.0)
    assert not display.lines_["generated"][0].get_ydata().any()
    assert display.ax_[0].get_legend_handles_labels()[1][1] == "generated, at rest (distance 1.00)"
    display.figure_.canvas.draw()


def test_from_estimator_draws_its_free_run_beside_baselines():
    truth = waves()
    model = PersistenceRegressor().fit(truth.index, truth)
    display = PowerSpectrumDisplay.from_estimator(
        model, truth.index, truth, name="model", baselines={"same": model}, channels="y"
    )
    assert list(display.lines_) == ["observed", "model", "same"]
    assert [ax.get_title(loc="left") for ax in display.ax_] == ["y"]
    # A constant has no rhythm; one step ahead, persistence would have the truth's.
    assert display.distances["model"] > 0.9


REFUSALS = {
    "a constant channel": (waves().assign(x=1.0), {}, "must vary; constant: x"),
    "no whole row": (waves() * np.nan, {}, "rows hold NaN"),
    "other channels": (waves(), {"generated": waves()[["x"]]}, "same channels; got x, y and x"),
    "another length": (waves(), {"generated": waves()[:99]}, "equal stamps; got 480 and 99 rows"),
    "few rows": (waves()[:30], {}, "Too few points for the smoothing"),
    "an unknown channel": (waves(), {"channels": ["z"]}, "some of x, y in truth; got z. Name"),
    "an unknown unit": (waves(), {"time_unit": "year"}, "time_unit must be one of 's', 'min'"),
    "text": (waves().assign(x="a"), {}, "must hold real numbers"),
}


@pytest.mark.parametrize(("truth", "options", "words"), REFUSALS.values(), ids=REFUSALS)
def test_runs_without_a_spectrum_are_refused(truth, options, words):
    with pytest.raises(ValueError, match=words):
        PowerSpectrumDisplay.from_predictions(truth, **options)
