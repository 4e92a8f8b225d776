"""A fit report is a dict of plain Python that says in words what was chosen and why."""

import copy
import json
import pickle
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tsnode.estimators import NeuralODERegressor, NNStepRegressor, ResNetStepRegressor
from tsnode.estimators._fit_report import COLUMNS, FitReport
from tsnode.training._recovery import Recovery

NO_LOOP = SimpleNamespace(history=[])
FOUND = {
    "tool": "match by lm",
    "chosen": "states",
    "errors": {"states": 0.0123456, "history": np.inf},
    "n_iterations": 40,
    "loss": np.float64(0.25),
    "sigma": np.array([0.5, 0.125]),
    "alpha": [[0.25, 1.0] * 6, [4.0, 0.5] * 6],
    "collocation": {"tool": "collocation", "declined": "458 defects <\nmore", "seconds": 0.5},
    "seconds": 0.75,
    "from_the_future": {"depth": 3},
}


def report(found=FOUND, net=NO_LOOP, columns=("temp", "wind<b>")):
    return FitReport.of(found, net, columns=columns, seconds=2.5)


def rows_of(shown):
    """Text by label of what is printed, one line each."""
    lines = [line.strip().split("  ", maxsplit=1) for line in repr(shown).splitlines()[1:]]
    return {label: text.strip() for label, text in lines}


def wave(n_rows=80):
    index = pd.date_range("2024-01-01", periods=n_rows, freq="h")
    phase = np.arange(n_rows) / 5
    noise = np.random.default_rng(0).normal(scale=0.05, size=(n_rows, 2))
    return pd.DataFrame({"temp": np.sin(phase), "wind": np.cos(phase)}, index=index) + noise


@pytest.fixture(scope="module")
def looped():
    data = wave()
    model = NeuralODERegressor(
        lookback=None, max_epochs=3, early_stopping=False, hidden_layer_sizes=(4,), random_state=0
    )
    return model.fit(data.index, data)


def test_a_report_is_a_dict_of_plain_python():
    shown = report()
    assert shown["loss"] == 0.25
    assert "chosen" in shown
    assert "declined" not in shown
    assert shown["sigma"] == [0.5, 0.125]
    assert json.loads(json.dumps(shown)) == shown
    assert shown == dict(shown)


@pytest.mark.parametrize("twin", [lambda r: pickle.loads(pickle.dumps(r)), copy.deepcopy])
def test_a_copy_is_equal_and_still_a_report(twin):
    shown = report()
    assert twin(shown) == shown
    assert repr(twin(shown)) == repr(shown)


def test_the_tool_and_what_it_was_chosen_by_come_first():
    rows = rows_of(report())
    assert list(rows)[:3] == ["tool", "chosen", "errors of candidates"]
    assert rows["tool"] == "match by lm"
    assert rows["errors of candidates"].startswith("states 0.01235, history inf")
    assert "newest rows" in rows["errors of candidates"]


def test_a_stage_says_why_it_declined_its_iterations_loss_and_seconds():
    rows = rows_of(report())
    assert rows["collocation"].startswith("declined 458 defects < more")
    assert "seconds 0.5" in rows["collocation"]
    assert rows["match"] == "seconds 0.75, n_iterations 40, loss 0.25"
    assert rows["total seconds"] == "2.5"


def test_noise_has_the_names_of_the_columns_and_its_unit():
    assert rows_of(report())["noise (sigma)"] == "temp: 0.5, wind<b>: 0.125 (standardised units)"


@pytest.mark.parametrize("columns", [(None, None), ("temp",)])
def test_noise_of_unknown_columns_is_numbered_by_its_place(columns):
    text = rows_of(report(columns=columns))["noise (sigma)"]
    assert text == "0.5, 0.125 (standardised units)"


def test_a_long_list_is_shortened_to_its_range():
    assert rows_of(report())["alpha"] == "0.25 to 4 (24 values)"


def test_nothing_is_hidden():
    assert rows_of(report())["from_the_future"] == "depth 3"


def test_warnings_and_recoveries_have_a_line_each():
    found = {**FOUND, "warnings": ["too few", "too\nlong"], "recoveries": [{"epoch": 2}]}
    lines = [" ".join(line.split()) for line in repr(report(found)).splitlines()]
    assert [line for line in lines if line.startswith("warnings")] == [
        "warnings too few",
        "warnings too long",
    ]
    assert "recoveries epoch 2" in lines


def test_html_holds_the_same_rows_escaped():
    shown = report()
    table = shown._repr_html_()
    assert table.count("<tr>") == len(rows_of(shown))
    assert "wind&lt;b&gt;: 0.125" in table
    assert "<b>" not in table


def test_the_history_without_a_loop_is_an_empty_frame():
    history = report().history
    assert history.empty
    assert list(history.columns) == list(COLUMNS)
    assert "history" not in report()


def test_the_history_is_that_of_the_net(looped):
    history = looped.fit_report_.history
    assert history["epoch"].tolist() == [1, 2, 3]
    assert history["train_loss"].tolist() == looped.net_.history[:, "train_loss"]
    assert history["seconds"].tolist() == looped.net_.history[:, "dur"]
    # Nothing validates here: all rows train.
    assert history["valid_loss"].isna().all()
    assert looped.fit_report_["kept_epoch"] == 3


def test_a_recorded_learning_rate_is_read_from_the_net_and_a_recovery_told():
    rows = [
        {"epoch": 1, "train_loss": 2.0, "dur": 0.5, "event_lr": 0.1, "train_batch_count": 4},
        {"epoch": 2, "train_loss": np.nan, "valid_loss": 3.0, "dur": 0.5, "train_loss_best": True},
    ]
    note = Recovery("a loss was nan", "lr was cut", 2, 1, series=3, time=0.5)
    net = SimpleNamespace(history=rows, report_={"best_epoch": 1})
    found = {**FOUND, "recoveries": [note]}
    shown = FitReport.of(found, net, columns=(), seconds=1.0, place=lambda k, t: f"{t} of {k}")
    expected = {"epoch": [1, 2], "train_loss": [2.0, None], "valid_loss": [None, 3.0],
                "seconds": [0.5, 0.5], "lr": [0.1, None]}  # fmt: skip
    assert shown["history"] == expected
    assert shown["kept_epoch"] == 1
    sentence = "In epoch 2, batch 1, a loss was nan (window from 0.5 of 3): lr was cut."
    assert shown["recoveries"] == [sentence]
    assert shown == pickle.loads(pickle.dumps(shown))


@pytest.mark.parametrize("kind", [NNStepRegressor, ResNetStepRegressor])
def test_a_fitted_step_map_reports_noise_by_column(kind):
    data = wave()
    model = kind(hidden_layer_sizes=(4,), random_state=0).fit(data.index, data)
    shown = model.fit_report_
    assert isinstance(shown, FitReport)
    assert json.loads(json.dumps(shown)) == shown
    first = f"temp: {shown['sigma'][0]:.4g}"
    assert first in repr(shown)


def test_a_fitted_ode_reports_its_loop(looped):
    rows = rows_of(looped.fit_report_)
    assert rows["tool"].endswith("then shooting")
    assert rows["history"].startswith("3 epochs")
    assert "valid_loss not measured" in rows["history"]
    assert rows["total seconds"] == f"{looped.fit_report_['seconds']:.4g}"
