"""Transformers of covariates are written as data, their tables among them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_union

import tsnode
from tsnode.preprocessing import CalendarFeatures, ExogenousFeatures, SolarFeatures

from .conftest import equal, waves

FRAME = pd.concat({"a": waves(), "b": 2 * waves()}, names=["site"])
HALF_HOURS = pd.date_range("2012-12-31", periods=150, freq="30min", name="when")
TABLE = pd.DataFrame({"u": np.cos(np.arange(150.0)), "n": range(150)}, HALF_HOURS)
TABLE.iloc[::3, 0] = np.nan
OWN = pd.concat({"b": TABLE, "a": -TABLE}, names=["site"])
LEVEL = pd.Series({"a": 1.0, "b": np.nan}, name="level")


def fitted(features):
    model = tsnode.NeuralODERegressor(lookback=6, training="linear", features=features)
    return model.fit(FRAME.index, FRAME)


@pytest.mark.parametrize(
    "features",
    [
        ExogenousFeatures(OWN, join="hermite", hold=np.inf),
        make_union(
            CalendarFeatures(("day",)),
            ExogenousFeatures(TABLE, hold="1h"),
            ExogenousFeatures(LEVEL, add_indicator=True),
        ),
        SolarFeatures({"a": 49.4, "b": -33.9}, pd.Series({"a": 8.7, "b": 151.2})),
    ],
    ids=["own", "union", "sun"],
)
def test_a_forecaster_with_tables_comes_back_to_the_last_bit(features, place):
    model = fitted(features)
    tsnode.save(model, place)
    loaded = tsnode.load(place)
    equal(loaded.forecast("6h"), model.forecast("6h"))
    assert repr(loaded) == repr(model)
    # The parameter, too: a fit anew is the same fit.
    again = clone(loaded).fit(FRAME.index, FRAME)
    equal(again.forecast("6h"), model.forecast("6h"))


def test_a_loaded_one_takes_a_newer_table(place):
    model = fitted(ExogenousFeatures(OWN))
    tsnode.save(model, place)
    loaded = tsnode.load(place)
    for one in (loaded, model):
        one.features_.set_params(table=-OWN)
    equal(loaded.forecast("6h"), model.forecast("6h"))


def test_a_tail_forecasts_with_its_tables(place):
    model = fitted(ExogenousFeatures(OWN, "linear"))
    tsnode.save(model, place, rows="tail")
    forecast = tsnode.load(place).forecast("6h")
    pd.testing.assert_frame_equal(forecast, model.forecast("6h"), rtol=1e-9)
