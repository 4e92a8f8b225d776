"""New observations move the state as a history does, and nothing else."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from tsnode import PersistenceRegressor
from tsnode.exceptions import ForecastWarning

from .conftest import MAKERS, NEURAL, fit, fitted, waves

FRAME = waves(130)
OLD, NEW = FRAME[:60], FRAME[60:].copy()
# One sensor has been silent for two days, and a row of all is missing.
NEW.iloc[20:, 1] = np.nan
NEW.iloc[65] = np.nan
ASKED = NEW.index[-1] + pd.to_timedelta(["1h", "90min", "30h"])
models = pytest.mark.parametrize("name", MAKERS)
# One of every kind.
KINDS = ["RidgeLagRegressor", "ResNetStepRegressor", "trained"]


def in_parts(model, frame, *cuts):
    for part in np.split(np.arange(len(frame)), cuts):
        model.update(frame.index[part], frame.iloc[part])
    return model


def close(found, wanted):
    # The history's features are sums over all rows, so that their last bit may differ.
    pd.testing.assert_frame_equal(found, wanted, rtol=1e-10, atol=1e-10)


@models
def test_a_forecast_after_updates_is_that_with_the_rows_as_history(name):
    model = fitted(name)
    wanted = model.predict(ASKED, history=NEW)
    close(in_parts(model, NEW, 1, 2, 50, 69).predict(ASKED), wanted)
    assert (np.abs(wanted - fitted(name).predict(ASKED)).max() > 1e-3).all()


@models
@pytest.mark.filterwarnings("ignore:The .* of update are older")
def test_rows_may_come_late_and_in_any_order(name):
    model, order = fitted(name), np.r_[0:18, 40:60, 18:40, 69:59:-1]
    late = NEW.iloc[order]
    close(in_parts(model, late, 18, 38, 61).predict(ASKED), model.predict(ASKED, history=NEW))


@models
def test_updates_leave_the_training_span_and_the_weights_alone(name):
    model = fitted(name)
    before, weights = model.predict(OLD.index), pickle.dumps(vars(model).get("_path"))
    in_parts(model, NEW, 30)
    pd.testing.assert_frame_equal(model.predict(OLD.index), before)
    assert pickle.dumps(vars(model).get("_path")) == weights


@models
def test_the_forecast_goes_on_from_the_newest_row(name):
    model = in_parts(fitted(name), NEW[:50])
    stamps = NEW.index[49] + pd.to_timedelta(["1h", "2h"])
    found = model.forecast(2)
    assert (found.index == stamps).all()
    close(found, model.predict(found.index))


@models
def test_kept_rows_do_not_grow_in_number(name):
    model = fitted(name)
    sizes = []
    for k in range(1, 70):
        row = NEW.iloc[[k - 1]]
        sizes.append(model.update(row.index, row)._recent.rows.n_rows)
    assert max(sizes[40:]) <= max(sizes[:40]) + 2
    assert model._observed.n_rows == 60


@pytest.mark.parametrize("name", KINDS)
def test_fit_forgets_updates_and_training_on_does_not_learn_from_them(name):
    model = in_parts(fitted(name), NEW[:50])
    assert not hasattr(clone(model), "_recent")
    copied = pickle.loads(pickle.dumps(model))
    close(copied.forecast(3), model.forecast(3))
    assert copied.partial_fit(NEW.index[:5], NEW[:5])._observed.n_rows == 65
    assert copied.forecast(1).index[0] == NEW.index[50]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(OLD.index, OLD)
    pd.testing.assert_frame_equal(model.forecast(3), fitted(name).forecast(3))


@pytest.mark.parametrize("name", ["NeuralODERegressor", "ResNetStepRegressor", "history"])
def test_covariates_come_with_the_rows(name):
    rain = pd.DataFrame({"rain": np.cos(np.arange(160.0) / 5)}, waves(160).index)
    model = fit(name, rain[:60], OLD)
    wanted = model.predict(rain[60:], history=NEW)[70:]
    for k in range(70):
        model.update(rain[60 + k : 61 + k], NEW[k : k + 1])
    close(model.predict(rain[130:]), wanted)
    assert model._recent.knots.n_rows < 65


@pytest.mark.parametrize("name", KINDS)
def test_an_unseen_series_becomes_known(name):
    panel = pd.concat({"a": OLD, "b": 2 * OLD[:30]}, names=["station"])
    scaled = {"series_scaling": True} if name in NEURAL else {}
    model = fit(name, panel.index, panel, **scaled)
    new = pd.concat({"a": NEW[:30], "z": 3 * FRAME[:50]}, names=["station"])
    asked = pd.MultiIndex.from_product([["z", "b", "a"], ASKED[:1]], names=["station", "time"])
    wanted = model.predict(asked, history=new)
    close(in_parts(model, new, 10, 40, 41, 42, 60).predict(asked), wanted)
    assert model.forecast(1).index.get_level_values("station").tolist() == ["a", "b", "z"]


@models
def test_after_the_newest_row_no_row_of_training_is_read(name):
    model = fitted(name).update(NEW.index, NEW)
    wanted = model.predict(ASKED)
    model._observed = model._covariates.knots = None
    pd.testing.assert_frame_equal(model.predict(ASKED), wanted)


def test_on_equal_stamps_the_newer_call_wins_entry_by_entry():
    model = PersistenceRegressor().fit(OLD.index, OLD)
    last = OLD.index[-1:]
    model.update(last, pd.DataFrame({"c0": [8.0], "c1": [np.nan]}, last))
    model.update(last, pd.DataFrame({"c0": [np.nan], "c1": [9.0]}, last))
    assert model.forecast(1).iloc[0].tolist() == [8.0, 9.0]


def test_rows_older_than_all_that_is_read_change_nothing_and_warn():
    model = PersistenceRegressor().fit(OLD.index, OLD)
    with pytest.warns(ForecastWarning, match=r"The 3 row\(s\) of update are older .*history="):
        model.update(OLD.index[:3], OLD[:3])
    assert model.forecast(1).iloc[0].tolist() == OLD.iloc[-1].tolist()


def test_an_update_before_fit_is_refused():
    with pytest.raises(NotFittedError):
        PersistenceRegressor().update(OLD.index, OLD)
