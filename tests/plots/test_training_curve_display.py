"""A training display draws the losses of the epochs and marks whose weights were kept."""

from types import SimpleNamespace

import pandas as pd
import pytest

from tsnode.estimators._fit_report import FitReport
from tsnode.plots import TrainingCurveDisplay

pytestmark = pytest.mark.usefixtures("pyplot")


LOSSES = {"epoch": [1, 2, 3], "train_loss": [4.0, 2.0, 1.0], "valid_loss": [5.0, 3.0, 4.0]}


def trained(**columns):
    report = FitReport(tool="match", kept_epoch=2, history={**LOSSES, **columns})
    return SimpleNamespace(fit_report_=report)


def test_both_losses_are_drawn_by_epoch():
    display = TrainingCurveDisplay.from_estimator(trained())
    for name, drawn in {"train_loss": "training", "valid_loss": "validation"}.items():
        line = display.lines_[drawn]
        assert line.get_xdata().tolist() == [1, 2, 3]
        assert line.get_ydata().tolist() == LOSSES[name]


def test_axes_are_labelled_and_the_loss_is_logarithmic():
    ax = TrainingCurveDisplay.from_estimator(trained()).ax_
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("epoch", "loss", "log")


def test_the_best_epoch_is_marked():
    display = TrainingCurveDisplay.from_estimator(trained())
    assert display.best_.get_xdata() == [2, 2]
    assert "epoch 2" in display.best_.get_label()
    # Kept because its validation loss is the lowest.
    assert min(LOSSES["valid_loss"]) == LOSSES["valid_loss"][2 - 1]


def test_a_loss_that_was_not_measured_is_left_out():
    display = TrainingCurveDisplay.from_estimator(trained(valid_loss=[None] * 3))
    assert list(display.lines_) == ["training"]


def test_a_loss_below_zero_is_drawn_on_a_linear_axis():
    display = TrainingCurveDisplay.from_estimator(trained(train_loss=[1.0, 0.0, -1.0]))
    assert display.ax_.get_yscale() == "linear"


def test_a_fit_without_a_loop_is_refused_with_the_remedy():
    model = trained()
    del model.fit_report_["history"]
    with pytest.raises(ValueError, match=r"training loop.*'match'.*max_epochs="):
        TrainingCurveDisplay.from_estimator(model)


def test_an_estimator_without_a_report_is_refused():
    with pytest.raises(ValueError, match=r"fit_report_.*SimpleNamespace.*Fit it"):
        TrainingCurveDisplay.from_estimator(SimpleNamespace())


def test_given_axes_are_used(pyplot):
    _, ax = pyplot.subplots()
    display = TrainingCurveDisplay.from_estimator(trained(), ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure


@pytest.mark.parametrize("form", [dict, pd.DataFrame])
def test_losses_recorded_elsewhere_can_be_drawn(form):
    display = TrainingCurveDisplay.from_predictions(form(LOSSES), kept_epoch=2)
    assert display.lines_["validation"].get_ydata().tolist() == LOSSES["valid_loss"]
    assert display.best_.get_xdata() == [2, 2]


def test_rows_of_a_net_s_history_can_be_drawn():
    rows = [{"epoch": 1, "train_loss": 2.0, "dur": 0.1}, {"epoch": 2, "train_loss": 1.0}]
    display = TrainingCurveDisplay.from_predictions(rows)
    assert display.lines_["training"].get_ydata().tolist() == [2.0, 1.0]


@pytest.mark.parametrize(
    ("history", "words"),
    [
        ({"epoch": [1, 2]}, "lacks train_loss. Rename"),
        ({"epoch": [1, 2], "train_loss": [1.0]}, "columns of one length"),
        ({"epoch": [1], "train_loss": [float("nan")]}, "must hold a finite number"),
    ],
)
def test_histories_that_are_none_are_refused(history, words):
    with pytest.raises(ValueError, match=words):
        TrainingCurveDisplay.from_predictions(history)
