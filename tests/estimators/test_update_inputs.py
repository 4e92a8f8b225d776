"""Rows that update or partial_fit cannot take: one sentence, and the state as it was."""

import pickle

import numpy as np
import pandas as pd
import pytest

from tsnode import PersistenceRegressor, ResNetStepRegressor
from tsnode.exceptions import FitError, ForecastWarning, TimeIndexError

from .conftest import fit, fitted, waves

FRAME = waves(120)
NEW = FRAME[60:]
INFINITE = NEW.copy()
INFINITE.iloc[3, 1] = np.inf
PANEL = pd.concat({"a": NEW}, names=["station"])
BAD = {
    "columns": (NEW.index, NEW[["c0"]], ValueError, r"missing: \['c1'\]"),
    "number": (NEW.index, NEW.to_numpy()[:, :1], ValueError, r"Expected 2 channel.*got 1"),
    "inf": (NEW.index, INFINITE, ValueError, "infinity"),
    "rows": (NEW.index[1:], NEW, ValueError, "inconsistent numbers of samples"),
    "shifted": (NEW.index, NEW.shift(1, freq="h"), TimeIndexError, "Align them"),
    "zone": (NEW.index.tz_localize("UTC"), NEW.to_numpy(), TimeIndexError, "tz_localize"),
    "kind": (pd.Index(np.arange(60.0)), NEW.to_numpy(), TimeIndexError, "kind datetime"),
    "panel": (PANEL.index, PANEL, TimeIndexError, "Expected plain stamps, as in fit"),
    "covariates": (NEW[["c0"]], NEW, ValueError, "feature"),
    "rest": (np.zeros((60, 1)), NEW.to_numpy(), TimeIndexError, "set_output"),
}


def state_of(model):
    return pickle.dumps(vars(model))


@pytest.mark.parametrize("verb", ["update", "partial_fit"])
@pytest.mark.parametrize("fault", BAD)
@pytest.mark.parametrize("name", ["PersistenceRegressor", "history"])
@pytest.mark.filterwarnings("ignore:X has feature names")
def test_bad_rows_are_refused_and_change_nothing(name, fault, verb):
    X, y, error, words = BAD[fault]
    model = fitted(name).update(FRAME.index[:60], FRAME[:60])
    before = state_of(model)
    with pytest.raises(error, match=words):
        getattr(model, verb)(X, y)
    assert state_of(model) == before


@pytest.mark.parametrize("verb", ["update", "partial_fit"])
def test_stamps_without_series_are_refused_on_a_panel(verb):
    model = PersistenceRegressor().fit(PANEL.index, PANEL)
    before = state_of(model)
    with pytest.raises(TimeIndexError, match=r"MultiIndex with the series of fit \('a'\)"):
        getattr(model, verb)(NEW.index, NEW)
    assert state_of(model) == before


@pytest.mark.parametrize("verb", ["update", "partial_fit"])
def test_covariates_that_are_not_known_are_refused(verb):
    rain = pd.DataFrame({"rain": np.arange(120.0)}, FRAME.index)
    model = fit("history", rain[:60], FRAME[:60])
    before = state_of(model)
    with pytest.raises(ValueError, match="NaN"):
        getattr(model, verb)(rain[60:].replace(70.0, np.nan), NEW)
    assert state_of(model) == before


def test_rows_in_which_nothing_is_observed_teach_nothing_but_may_be_passed_to_update():
    model = fitted("PersistenceRegressor")
    nothing = NEW * np.nan
    with pytest.raises(ValueError, match="60 rows of NaN alone. Leave such a call out"):
        model.partial_fit(nothing.index, nothing)
    before = model.forecast(2)
    pd.testing.assert_frame_equal(model.update(nothing.index, nothing).forecast(2), before)


@pytest.mark.parametrize("name", ["NeuralODERegressor", "ResNetStepRegressor", "trained"])
@pytest.mark.filterwarnings("ignore:Expected enough rows")
def test_a_training_that_fails_midway_leaves_weights_and_rows(name, monkeypatch):
    model = fitted(name)
    before, forecast = state_of(model), model.forecast(3)
    train = type(model._path).continue_fit
    asked = []

    def fail(path, *data):
        train(path, *data)
        # Whoever forecasts meanwhile sees the state from before.
        asked.append(model.forecast(3))
        msg = "epoch 3"
        raise FitError(msg)

    monkeypatch.setattr(type(model._path), "continue_fit", fail)
    with pytest.raises(FitError, match="epoch 3"):
        model.partial_fit(NEW.index, NEW)
    pd.testing.assert_frame_equal(asked[0], forecast)
    # The rhythm of the stamps was found by the first forecast.
    model._rhythms = {}
    assert state_of(model) == before


def test_a_series_that_training_on_brings_keeps_its_scale():
    panel = pd.concat({"a": FRAME[:60]}, names=["station"])
    own = {"series_scaling": True, "alpha": 1.0, "random_state": 0}
    model = ResNetStepRegressor((4,), **own).fit(panel.index, panel)
    more = pd.concat({"b": 50 * NEW}, names=["station"])
    model.partial_fit(more.index, more)
    scale = model._own_scale[1][1]
    np.testing.assert_allclose(scale, 50 * NEW.std(ddof=0), rtol=1e-12)
    asked = pd.MultiIndex.from_arrays([["b"], NEW.index[-1:] + pd.Timedelta("2h")])
    assert np.abs(model.predict(asked)).to_numpy().max() > 20


def test_stamps_among_rows_that_are_gone_are_forecast_from_older_ones_with_a_warning():
    model = fitted("PersistenceRegressor").update(NEW.index, NEW)
    asked = NEW.index[[10, 20]] + pd.Timedelta("30min")
    with pytest.warns(ForecastWarning, match=r"2 forecast\(s\) lie among rows of update.*history="):
        found = model.predict(asked)
    assert (found == FRAME.iloc[59]).all(axis=None)
    with_rows = model.predict(asked, history=NEW)
    np.testing.assert_array_equal(with_rows, NEW.iloc[[10, 20]])
