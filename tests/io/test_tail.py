"""A file with the newest rows alone forecasts on, and says where it cannot."""

import numpy as np
import pandas as pd
import pytest

import tsnode
from tsnode.exceptions import HorizonError

from .conftest import MAKERS, equal, fit, fitted, waves

FRAME = waves()


def tail_of(model, place):
    tsnode.save(model, place, rows="tail")
    return tsnode.load(place)


@pytest.mark.parametrize("name", MAKERS)
def test_forecasts_behind_the_last_row_are_equal(name, place):
    model = fitted(name)
    tail = tail_of(model, place)
    # The history's features are sums over all rows, so that their last bit may differ.
    pd.testing.assert_frame_equal(tail.forecast(30), model.forecast(30), rtol=1e-10)
    assert tail._observed.n_rows < model._observed.n_rows


@pytest.mark.parametrize("name", MAKERS)
def test_forecasts_from_a_later_history_are_equal(name, place):
    model = fitted(name)
    later = (1.1 * FRAME).set_axis(FRAME.index + pd.Timedelta("50h"))
    asked = {"history": later, "horizon": "6h"}
    wanted = model.predict(later.index, **asked)
    found = tail_of(model, place).predict(later.index, **asked)
    pd.testing.assert_frame_equal(found, wanted, rtol=1e-10)


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("hours", [-5.0, 0.5, 20.0, 39.0])
def test_stamps_inside_or_before_the_training_span_are_refused(name, hours, place):
    tail = tail_of(fitted(name), place)
    asked = FRAME.index[:1] + pd.to_timedelta([f"{hours}h"])
    with pytest.raises(HorizonError, match="rows='tail'"):
        tail.predict(asked)
    with pytest.raises(HorizonError, match="rows='tail'"):
        tail.predict(asked, history=FRAME.set_axis(FRAME.index - pd.Timedelta("30min")))


def test_a_horizon_that_reaches_back_behind_the_last_row_is_refused(place):
    tail = tail_of(fitted("PersistenceRegressor"), place)
    after = FRAME.index[-1:] + pd.Timedelta("3h")
    assert np.isfinite(tail.predict(after, horizon="3h")).all(axis=None)
    with pytest.raises(HorizonError, match="start at or after the last training row"):
        tail.predict(after, horizon="4h")


def test_an_unseen_series_is_forecast_from_its_history(place):
    panel = pd.concat({"a": FRAME, "b": FRAME.iloc[:20]}, names=["station"])
    model = fit("RidgeLagRegressor", panel.index, panel)
    tail = tail_of(model, place)
    new = pd.concat({"c": 2 * FRAME}, names=["station"])
    equal(tail.predict(new.index, history=new), model.predict(new.index, history=new))
    # Every series has a last row of its own.
    equal(tail.forecast(3), model.forecast(3))
    with pytest.raises(HorizonError, match="series 'b'"):
        tail.predict(pd.MultiIndex.from_arrays([["b"], FRAME.index[[10]]]))


@pytest.mark.parametrize("name", ["NeuralODERegressor", "history", "ResNetStepRegressor"])
def test_covariates_of_the_old_rows_are_not_needed(name, place):
    frame = pd.concat([FRAME, FRAME.set_axis(FRAME.index + pd.Timedelta("40h"))])
    rain = pd.DataFrame({"rain": np.cos(np.arange(80.0) / 5)}, frame.index)
    model = fit(name, rain, frame)
    tail = tail_of(model, place)
    ahead = rain.iloc[:40].set_axis(FRAME.index + pd.Timedelta("82h"))
    pd.testing.assert_frame_equal(tail.predict(ahead), model.predict(ahead), rtol=1e-10)
    assert tail._covariates.knots.n_rows < 80


def test_stamps_of_a_calendar_go_on_from_one_row(place):
    index = pd.date_range("2013-01-01", periods=24, freq="MS")
    model = tsnode.PersistenceRegressor().fit(index, np.arange(24.0))
    months = tail_of(model, place).forecast(3)
    equal(months, model.forecast(3))
    y = pd.Series(np.arange(24.0), index.to_period("M"))
    model = tsnode.PersistenceRegressor().fit(y.index, y)
    equal(tail_of(model, place).forecast("90D"), model.forecast("90D"))


def test_steps_of_uneven_stamps_are_those_of_all_rows(place):
    times = np.array([0.0, 1.0, 2.0, 3.0, 5.0, 9.0, 17.0])
    model = tsnode.PersistenceRegressor().fit(pd.Index(times), pd.Series(times, times))
    assert list(tail_of(model, place).forecast(2).index) == [18.5, 20.0]
    equal(tail_of(model, place).forecast(2), model.forecast(2))


def test_a_tail_may_be_saved_again_and_fitted_anew_but_not_trained_on(place):
    model = fitted("NeuralODERegressor")
    tail = tail_of(tail_of(model, place), place)
    equal(tail.forecast(3), model.forecast(3))
    with pytest.raises(ValueError, match="rows='all'"):
        tail.partial_fit(FRAME.index, FRAME)
    equal(tail.fit(FRAME.index, FRAME).predict(FRAME.index), model.predict(FRAME.index))


def test_the_saved_forecaster_keeps_its_rows(place):
    model = fitted("history")
    tail_of(model, place)
    assert model._observed.n_rows == len(FRAME)
    assert np.isfinite(model.predict(FRAME.index)).all(axis=None)


def test_a_choice_of_rows_that_is_none_is_refused(place):
    with pytest.raises(ValueError, match="rows must be one of 'all', 'tail'; got 'head'"):
        tsnode.save(fitted("PersistenceRegressor"), place, rows="head")
