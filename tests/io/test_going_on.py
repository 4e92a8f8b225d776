"""A loaded forecaster goes on like one that was never saved."""

import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

import tsnode

from .conftest import MAKERS, NEURAL_MAKERS, equal, fit, fitted, waves

FRAME = waves()
LATER = FRAME.set_axis(FRAME.index + pd.Timedelta("40h"))


def reloaded(model, place, **how):
    tsnode.save(model, place, **how)
    return tsnode.load(place)


@pytest.mark.filterwarnings("ignore:Expected enough rows to choose the epochs")
@pytest.mark.parametrize("name", MAKERS)
def test_training_on_after_load_is_as_without_saving(name, place):
    model = fitted(name)
    loaded = reloaded(model, place).partial_fit(LATER.index, LATER)
    equal(loaded.forecast(5), model.partial_fit(LATER.index, LATER).forecast(5))


@pytest.mark.parametrize("name", NEURAL_MAKERS)
def test_the_net_and_the_report_come_back(name, place):
    model = fitted(name)
    loaded = reloaded(model, place)
    weights, again = model.net_.module_.state_dict(), loaded.net_.module_.state_dict()
    assert weights.keys() == again.keys()
    assert all(weights[key].equal(again[key]) for key in weights)
    assert loaded.net_ is loaded._path.net
    assert str(loaded.fit_report_) == str(model.fit_report_)


def test_the_course_of_a_training_comes_back(place):
    params = {"training": "shooting", "max_epochs": 3, "early_stopping": False}
    model = fit("NeuralODERegressor", FRAME.index, FRAME, **params)
    loaded = reloaded(model, place)
    losses = model.net_.history[:, "train_loss"]
    assert len(losses) == 3
    assert loaded.net_.history[:, "train_loss"] == losses
    pd.testing.assert_frame_equal(loaded.fit_report_.history, model.fit_report_.history)


@pytest.mark.parametrize("changed", [{"method": "dopri5"}, {"rtol": 1e-7}])
@pytest.mark.parametrize("rows", ["all", "tail"])
def test_the_solver_may_be_changed_after_load(changed, rows, place):
    model = fitted("NeuralODERegressor")
    loaded = reloaded(model, place, rows=rows).set_params(**changed)
    other = loaded.forecast(5)
    pd.testing.assert_frame_equal(other, model.forecast(5), atol=1e-3)
    equal(other, model.set_params(**changed).forecast(5))


@pytest.mark.parametrize("name", MAKERS)
def test_a_loaded_forecaster_is_pickled_dumped_and_cloned(name, place, tmp_path):
    loaded = reloaded(fitted(name), place)
    joblib.dump(loaded, tmp_path / "model.joblib")
    equal(pickle.loads(pickle.dumps(loaded)).forecast(3), loaded.forecast(3))
    equal(joblib.load(tmp_path / "model.joblib").forecast(3), loaded.forecast(3))
    assert clone(loaded).get_params().keys() == loaded.get_params().keys()


def test_fitted_scalers_and_generators_of_numbers_are_data(place):
    model = fit(
        "ResNetStepRegressor", FRAME.index, FRAME, target_transformer=StandardScaler(),
        random_state=np.random.RandomState(3), optimizer__weight_decay=0.0,
    )  # fmt: skip
    loaded = reloaded(model, place)
    equal(loaded.forecast(3), model.forecast(3))
    assert loaded.random_state.randint(1000) == model.random_state.randint(1000)
    assert loaded.get_params()["optimizer__weight_decay"] == 0.0


def test_an_optimizer_class_of_torch_is_written_by_its_name(place):
    import torch

    model = fit("ResNetStepRegressor", FRAME.index, FRAME, optimizer=torch.optim.AdamW)
    assert reloaded(model, place).optimizer is torch.optim.AdamW


def test_a_model_of_an_absent_device_is_loaded_on_the_cpu(place):
    model = fitted("NeuralODERegressor")
    before = model.forecast(3)
    model._path.device = "cuda:99"
    loaded = reloaded(model, place)
    assert loaded._path.device == "cpu"
    equal(loaded.forecast(3), before)


def test_loading_leaves_the_global_generator_alone(place):
    import torch

    tsnode.save(fitted("NeuralODERegressor"), place)
    state = torch.random.get_rng_state()
    tsnode.load(place)
    assert torch.random.get_rng_state().equal(state)


@pytest.mark.slow
def test_another_process_reads_the_same_forecast(place):
    model = fitted("history")
    tsnode.save(model, place)
    code = (
        f"import tsnode; print(tsnode.load({str(place)!r}).forecast(3).to_numpy().tobytes().hex())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == model.forecast(3).to_numpy().tobytes().hex()
