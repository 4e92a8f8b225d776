"""ContinuousNormalizingFlow: callbacks of scikit-learn and verbose show a fit, and end it."""

import numpy as np
import pytest

from tsnode import ContinuousNormalizingFlow

CHEAP = {"hidden_layer_sizes": (4,), "n_steps": 2, "max_epochs": 3, "batch_size": 40,
         "random_state": 0}  # fmt: skip
ROWS = np.repeat([[0.0, 0.0], [20.0, 4.0]], 24, axis=0)
ROWS = ROWS + 0.5 * np.random.default_rng(0).normal(size=ROWS.shape)


class Diary:
    """Writes down the ends of tasks, and stops at epochs and candidates of this number."""

    def __init__(self, last=None):
        self.last = last
        self.events = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):  # noqa: ARG002
        self.events.append(("teardown", context.task_name))

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):  # noqa: ARG002
        self.events.append(context.task_name)
        return context.task_name == "epoch" and context.task_id + 1 == self.last


def told(last=None, **params):
    pytest.importorskip("sklearn.callback", reason="callbacks came with scikit-learn 1.9")
    diary = Diary(last)
    model = ContinuousNormalizingFlow(**CHEAP | params).set_callbacks(diary).fit(ROWS)
    return model, diary.events


def test_callbacks_see_the_mixtures_tried_and_the_epochs_of_every_flow():
    model, events = told()
    stages = [event for event in events if event != "epoch"]
    assert model.members_ == ["normal", "mixture"]
    assert stages == ["training", "mixtures", "training", "fit", ("teardown", "fit")]
    first, second = (k for k, event in enumerate(events) if event == "training")
    assert events[:first] == ["epoch"] * 3
    assert events[second - 3 : second] == ["epoch"] * 3
    assert events.count("epoch") > 8


def test_callbacks_change_no_density():
    model, _ = told(base="normal")
    silent = ContinuousNormalizingFlow(base="normal", **CHEAP).fit(ROWS)
    assert (model.score_samples(ROWS) == silent.score_samples(ROWS)).all()


def test_a_callback_that_returns_true_ends_every_stage():
    model, events = told(last=1, max_epochs=50)
    assert model.fit_report_["stopped"] == "by a callback"
    assert [net.report_["n_epochs"] for net in model.net_] == [1, 1]
    assert model.fit_report_["mixture"]["n_components"] == 2 * 5
    assert events.count("epoch") == 3


def test_verbose_prints_every_stage(capsys):
    ContinuousNormalizingFlow(verbose=1, **CHEAP).fit(ROWS)
    printed = capsys.readouterr().out
    assert "[tsnode] mixtures: 1 of " in printed
    assert printed.count("[tsnode] training: 3 of 3") == 2
