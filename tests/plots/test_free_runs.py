"""Free runs start at the first wholly seen row of each series and never look again."""

import numpy as np
import pandas as pd
import pytest

from tsnode import NeuralODERegressor, PersistenceRegressor
from tsnode.datasets import make_van_der_pol
from tsnode.plots._arguments import named_forecasters
from tsnode.plots._free_runs import free_runs

STAMPS = {
    "floats": pd.Index(np.arange(8) * 0.1, name="time"),
    "stamps": pd.date_range("2024-01-01", periods=8, freq="h", tz="UTC"),
    "timedeltas": pd.to_timedelta(np.arange(8), unit="min"),
    "periods": pd.period_range("2024-01", periods=8, freq="M"),
}


def states(index):
    values = np.arange(8.0)
    frame = pd.DataFrame({"x": values, "y": -values}, index=index)
    frame.iloc[0, 1] = np.nan
    return frame


@pytest.mark.parametrize("index", STAMPS.values(), ids=STAMPS)
def test_inside_the_training_span_the_last_value_is_that_of_the_start(index):
    y = states(index)
    model = PersistenceRegressor().fit(index, y)
    truth, runs = free_runs({"last": model}, index, y)
    # y is first seen in row 1: that is the start, and the rows after it are judged.
    assert truth["x"].tolist() == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert runs["last"].to_numpy().tolist() == [[1.0, -1.0]] * 6
    assert runs["last"].index.equals(truth.index)


def test_each_series_has_its_own_start():
    y = pd.concat({"a": states(STAMPS["floats"]), "b": states(STAMPS["floats"]) + 10.0})
    model = PersistenceRegressor().fit(y.index, y)
    _, runs = free_runs({"last": model}, y.index, y)
    assert runs["last"]["x"].tolist() == [1.0] * 6 + [11.0] * 6


def test_arrays_have_the_time_in_column_0():
    X, y = np.arange(8.0)[:, None], np.arange(8.0)
    model = PersistenceRegressor().fit(X, y)
    truth, runs = free_runs({"last": model}, X, y)
    assert truth["channel 0"].tolist() == y[1:].tolist()
    assert runs["last"]["channel 0"].tolist() == [0.0] * 7


def test_the_run_of_a_field_is_that_of_simulate():
    orbit = make_van_der_pol(60, mean_step=0.2)
    model = NeuralODERegressor(training="match", hidden_layer_sizes=(8,), random_state=0)
    model.fit(orbit.index, orbit)
    _, runs = free_runs({"model": model}, orbit.index, orbit)
    expected = model.simulate(orbit.iloc[0], 59)[1:]
    np.testing.assert_allclose(runs["model"].to_numpy(), expected, rtol=1e-6, atol=1e-6)
    one_step = model.predict(orbit.index).to_numpy()[1:]
    assert np.abs(one_step - expected).max() > 1e-3


def test_states_never_observed_are_refused():
    y = states(STAMPS["floats"])
    model = PersistenceRegressor().fit(y.index, y)
    with pytest.raises(ValueError, match="y must hold a finite number"):
        free_runs({"last": model}, y.index, y * np.nan)


def test_an_estimator_that_is_no_forecaster_is_refused():
    from sklearn.dummy import DummyRegressor

    y = states(STAMPS["floats"])
    with pytest.raises(TypeError, match="Expected a forecaster.*got a DummyRegressor"):
        named_forecasters(DummyRegressor().fit(y, y["x"]), None, None)
