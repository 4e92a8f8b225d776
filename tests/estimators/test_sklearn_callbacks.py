"""Callbacks of scikit-learn see a fit, its stages and epochs, and may end a stage."""

from collections import Counter

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import make_scorer, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsnode import NeuralODERegressor, PersistenceRegressor

pytest.importorskip("sklearn.callback", reason="callbacks came with scikit-learn 1.9")
from sklearn.callback import ScoringMonitor  # noqa: E402

TIMES = np.linspace(0.0, 12.0, 80)[:, None]
STATES = np.column_stack([np.cos(TIMES[:, 0]), np.sin(TIMES[:, 0])])


class Diary:
    """Writes down all it is told, and stops a stage after ``last`` epochs."""

    max_propagation_depth = None  # a pipeline passes it on

    def __init__(self, last=None):
        self.last = last
        self.events, self.fitted = [], []

    def setup(self, estimator, context):  # noqa: ARG002
        self.events.append(("setup", context.task_name))

    def teardown(self, estimator, context):  # noqa: ARG002
        self.events.append(("teardown", context.task_name))

    def on_fit_task_begin(self, estimator, context):
        self.events.append(("begin", context.task_name))
        self.fitted.append(type(estimator).__name__)

    def on_fit_task_end(self, estimator, context):  # noqa: ARG002
        self.events.append(("end", context.task_name))
        return context.task_name == "epoch" and context.task_id + 1 == self.last

    def counts(self):
        return Counter(self.events)


def looped(**params):
    settings = {"training": "shooting", "lookback": None, "hidden_layer_sizes": (4,)}
    settings |= {"early_stopping": False, "max_epochs": 3, "random_state": 0}
    return NeuralODERegressor(**settings | params)


def test_a_fit_is_told_with_its_stage_and_every_epoch():
    diary = Diary()
    model = looped().set_callbacks(diary).fit(TIMES, STATES)
    assert diary.events[:3] == [("setup", "fit"), ("begin", "fit"), ("begin", "training")]
    assert diary.events[-3:] == [("end", "training"), ("end", "fit"), ("teardown", "fit")]
    assert diary.counts()["end", "epoch"] == len(model.net_.history) == 3


def test_a_callback_that_returns_true_ends_the_training():
    model = looped(max_epochs=50).set_callbacks(Diary(last=2)).fit(TIMES, STATES)
    assert model.net_.report_["stopped"] == "by a callback"
    assert model.net_.report_["n_epochs"] == 2


def test_callbacks_change_no_forecast():
    told = looped().set_callbacks(Diary()).fit(TIMES, STATES).predict(TIMES)
    np.testing.assert_array_equal(told, looped().fit(TIMES, STATES).predict(TIMES))


def test_the_monitor_scores_the_fitted_model():
    monitor = ScoringMonitor(scoring=make_scorer(r2_score))
    model = PersistenceRegressor().set_callbacks(monitor).fit(TIMES, STATES)
    (row,) = monitor.get_logs().data
    assert row["score"] == pytest.approx(r2_score(STATES, model.predict(TIMES)))
    assert 0.9 < row["score"] < 1.0


def test_a_pipeline_passes_its_callbacks_on():
    diary = Diary()
    make_pipeline(StandardScaler(), PersistenceRegressor(time=0)).set_callbacks(diary).fit(
        TIMES, STATES
    )
    assert "PersistenceRegressor" in diary.fitted


def test_a_refused_fit_is_torn_down():
    diary = Diary()
    with pytest.raises(ValueError, match="activation"):
        looped(activation="step").set_callbacks(diary).fit(TIMES, STATES)
    assert diary.events == [("setup", "fit"), ("begin", "fit"), ("teardown", "fit")]


def test_a_clone_keeps_its_callbacks():
    diary = Diary()
    clone(PersistenceRegressor().set_callbacks(diary)).fit(TIMES, STATES)
    assert diary.counts()["end", "fit"] == 1
