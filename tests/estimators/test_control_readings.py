"""Plans for models of every kind of X: what predict says of them is what they say."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_union
from sklearn.preprocessing import FunctionTransformer

from tsnode import NeuralODERegressor, optimise_control
from tsnode.exceptions import HorizonError
from tsnode.preprocessing import CalendarFeatures, ExogenousFeatures

from .pushed_laws import PUSH, STAMPS, SWING, rows

HALF = {"setpoint": {"x": 0.5}, "control_weights": {"push": 0.1}}
TWO = PUSH.assign(wind=np.sin(STAMPS))
QUICK = {"n_pieces": 3, "n_starts": 1, "max_iter": 5}
HOURS = pd.date_range("2024-01-01", periods=len(STAMPS), freq="15min", tz="UTC", name="time")


def fitted(X, y, **params):
    settings = {"lookback": None, "training": "match", "calibration": None, "random_state": 0}
    return NeuralODERegressor((4,), **settings | params).fit(X, y)


def predicted(model, plan):
    return np.abs(np.asarray(model.predict(plan.control)) - np.asarray(plan.states)).max()


def test_stamps_and_calendars_beside_the_driver_are_read_as_predict_does():
    union = make_union(FunctionTransformer(), CalendarFeatures(("day",)))
    model = fitted(PUSH.set_axis(HOURS), rows(SWING).set_axis(HOURS), features=union)
    plan = optimise_control(model, HALF, (-1, 1), "90min", **QUICK)
    assert plan.control.index.equals(HOURS[-1] + pd.to_timedelta([30, 60, 90], unit="min"))
    assert predicted(model, plan) < 1e-9


def test_one_series_of_a_panel_is_steered():
    y, other = rows(SWING), rows(SWING, start=(-1.0, 0.5)).iloc[:-5]
    model = fitted(pd.concat({"a": PUSH, "b": PUSH.iloc[:-5]}), pd.concat({"a": y, "b": other}))
    with pytest.raises(ValueError, match="'a', 'b'"):
        optimise_control(model, HALF, (-1, 1), 1.5, **QUICK)
    plan = optimise_control(model, HALF, (-1, 1), 1.5, series="b", **QUICK)
    assert plan.control.index[0] == ("b", STAMPS[-6] + 0.5)
    assert predicted(model, plan) < 1e-9


def test_the_time_may_stand_in_a_column_of_a_frame():
    X = PUSH.reset_index()[["push", "time"]]
    model = fitted(X, rows(SWING).to_numpy(), time="time")
    plan = optimise_control(model, {"setpoint": {0: 0.5}}, {"push": (-1, 1)}, 1.5, **QUICK)
    assert list(plan.control) == ["push", "time"]
    assert predicted(model, plan) < 1e-9


def test_other_columns_of_a_table_must_be_known_to_the_end():
    table = TWO.reindex(np.r_[STAMPS, 11.0, 12.0])
    table.loc[11.0, "wind"] = 0.3
    model = fitted(STAMPS, rows(SWING), features=ExogenousFeatures(table))
    with pytest.raises(HorizonError, match="'wind' to be known up to 11.5"):
        optimise_control(model, HALF, {"push": (-1, 1)}, 1.5, **QUICK)
    later = pd.DataFrame({"wind": [0.1]}, pd.Index([11.5]))
    plan = optimise_control(model, HALF, {"push": (-1, 1)}, 1.5, X=later, **QUICK)
    assert plan.table["wind"].dropna().tail(2).tolist() == [0.3, 0.1]
    model.features_.set_params(table=plan.table)
    found = model.predict(plan.states.index)
    assert found.to_numpy() == pytest.approx(plan.states.to_numpy(), abs=1e-9)


def test_lines_of_a_table_begin_at_the_present_value():
    model = fitted(STAMPS, rows(SWING), features=ExogenousFeatures(PUSH, join="linear"))
    plan = optimise_control(model, HALF, {"push": (-1, 1)}, 1.5, **QUICK)
    assert plan.table.loc[10.0, "push"] == PUSH.loc[10.0, "push"]
    model.features_.set_params(table=plan.table)
    found = model.predict(plan.states.index)
    assert found.to_numpy() == pytest.approx(plan.states.to_numpy(), abs=1e-9)
