"""A fit that fails on the way, is interrupted or runs beside others ends well, and says so."""

import joblib
import numpy as np
import pandas as pd
import pytest
from skorch.callbacks import Callback

from tsnode import NeuralODERegressor, ResNetStepRegressor
from tsnode.exceptions import FitWarning
from tsnode.training import _gauss_newton, _least_squares


def wave(n_rows=90):
    index = pd.date_range("2024-01-01", periods=n_rows, freq="h")
    phase = 0.3 * np.arange(n_rows)
    noise = np.random.default_rng(0).normal(scale=0.05, size=(n_rows, 2))
    return pd.DataFrame(np.c_[np.sin(phase), np.cos(phase)] + noise, index=index)


def model(cls=NeuralODERegressor, **params):
    states = {"lookback": None} if cls is NeuralODERegressor else {}
    return cls(hidden_layer_sizes=(8,), random_state=0, **{**states, **params})


class AtBatch(Callback):
    """Does something before the ``number``-th training batch of every training."""

    def __init__(self, number=30):
        self.number = number

    def on_train_begin(self, net, **kwargs):  # noqa: ARG002
        self.left = self.number

    def on_batch_begin(self, net, training=False, **kwargs):  # noqa: ARG002
        self.left -= training
        if training and self.left == 0:
            self.act(net)


class CtrlC(AtBatch):
    def act(self, net):  # noqa: ARG002
        raise KeyboardInterrupt


class Poison(AtBatch):
    def act(self, net):
        next(net.module_.parameters()).data[0, 0] = np.nan


LOOP = {"max_epochs": 20, "batch_size": 16}


@pytest.mark.parametrize("cls", [NeuralODERegressor, ResNetStepRegressor])
def test_a_mended_fit_warns_once_and_reports_a_sentence_with_the_stamp(cls):
    frame = wave()
    with pytest.warns(FitWarning, match="failure.*In epoch.*fit_report_") as caught:
        fitted = model(cls, callbacks=[Poison()], **LOOP).fit(frame.index, frame)
    assert len(caught) == 1
    first = fitted.fit_report_["recoveries"][0]
    assert "(window from 2024-01-0" in first
    assert "the learning rate was cut to a tenth" in first
    assert first in repr(fitted.fit_report_)
    assert np.isfinite(fitted.forecast(5).to_numpy()).all()


def test_a_fit_without_failures_reports_none():
    frame = wave()
    assert model(**LOOP).fit(frame.index, frame).fit_report_["recoveries"] == []


# ---------------------------------------------------------------- Ctrl-C


@pytest.mark.parametrize("cls", [NeuralODERegressor, ResNetStepRegressor])
@pytest.mark.parametrize("early_stopping", [True, False])
def test_ctrl_c_in_the_loop_keeps_the_best_so_far(cls, early_stopping):
    frame = wave()
    fitted = model(cls, callbacks=[CtrlC()], early_stopping=early_stopping, **LOOP)
    report = fitted.fit(frame.index, frame).fit_report_
    assert report["stopped"] == "interrupted"
    assert 0 < report["shooting"]["n_epochs"] < 20
    assert "interrupted" in repr(report)
    error = (fitted.predict(frame.index) - frame).to_numpy()[1:]
    assert np.sqrt(np.mean(error**2)) < 0.3


def test_ctrl_c_in_the_loop_of_a_history_keeps_the_closed_form():
    frame = wave(200)
    given = {"lookback": 12, "training_horizon": 6, "max_epochs": 3, "batch_size": 16}
    fitted = model(callbacks=[CtrlC(5)], **given).fit(frame.index, frame)
    assert fitted.fit_report_["stopped"] == "interrupted"
    linear = model(lookback=12, training_horizon=6, training="linear").fit(frame.index, frame)
    pd.testing.assert_frame_equal(fitted.forecast(4), linear.forecast(4))


def press_at(monkeypatch, cls, call):
    n_calls, plain = iter(range(1, 10_000)), cls.objective

    def objective(*args):
        if next(n_calls) == call:
            raise KeyboardInterrupt
        return plain(*args)

    monkeypatch.setattr(cls, "objective", objective)


@pytest.mark.parametrize("params", [{}, LOOP], ids=["auto", "shooting"])
def test_ctrl_c_in_the_first_match_skips_the_stages_behind_it(monkeypatch, params):
    frame = wave()
    press_at(monkeypatch, _least_squares._Problem, 12)
    fitted = model(**params).fit(frame.index, frame)
    assert fitted.fit_report_["stopped"] == "interrupted"
    assert not {"collocation", "shooting"} & set(fitted.fit_report_)
    assert np.isfinite(fitted.forecast(5).to_numpy()).all()


def test_ctrl_c_in_collocation_is_reported(monkeypatch):
    frame = wave()
    press_at(monkeypatch, _gauss_newton.GaussNewton, 5)
    report = model().fit(frame.index, frame).fit_report_
    assert report["stopped"] == "interrupted"
    assert report["collocation"]["stopped"] == "interrupted"


def test_ctrl_c_while_models_are_compared_takes_the_best_one_so_far(monkeypatch):
    frame = wave(200)
    press_at(monkeypatch, _least_squares._Problem, 12)
    fitted = model(lookback="auto").fit(frame.index, frame)
    assert fitted.fit_report_["stopped"] == "interrupted"
    assert fitted.fit_report_["chosen"] == "states"
    assert np.isfinite(fitted.forecast(5).to_numpy()).all()


# ---------------------------------------------------------------- threads


@pytest.mark.slow
@pytest.mark.parametrize("n_threads", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_fits_in_threads_equal_the_serial_ones_to_the_last_bit(n_threads):
    frame = wave(60)
    kinds = [{"training": "match"}, {"max_epochs": 2}, {"max_epochs": 2, "early_stopping": False}]

    def run(k):
        fitted = model(**kinds[k % 3]).set_params(random_state=k).fit(frame.index, frame)
        return fitted.forecast(5).to_numpy()

    serial = [run(k) for k in range(12)]
    threaded = joblib.Parallel(n_jobs=n_threads, prefer="threads")(
        joblib.delayed(run)(k) for k in range(12)
    )
    np.testing.assert_array_equal(threaded, serial)
    assert len({found.tobytes() for found in serial}) == 12
