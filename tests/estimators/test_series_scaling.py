"""Series of several sizes, each standardised by itself."""

import numpy as np
import pandas as pd
from sklearn.base import clone

from tsnode import NeuralODERegressor
from tsnode.datasets import make_harmonic_oscillator


def small(**params):
    params = {"lookback": None, "random_state": 0} | params
    return NeuralODERegressor((16,), **params)


# ---------------------------------------------------------------- series of several sizes


def sized_panel():
    wave = make_harmonic_oscillator(80, mean_step=0.2)
    return pd.concat({"small": wave, "large": 1000 * wave + 500}, names=["series"])


def test_series_scaling_makes_series_of_any_size_alike():
    data = sized_panel()
    ahead = small(series_scaling=True, training="match").fit(data.index, data).forecast(5)
    expected = 1000 * ahead.loc["small"] + 500
    np.testing.assert_allclose(ahead.loc["large"], expected, rtol=1e-3)


def test_an_unseen_series_is_scaled_by_its_history_and_changes_no_other():
    data = sized_panel()
    model = small(series_scaling=True, training="match").fit(data.index, data)
    new = pd.concat({"new": 50 * data.loc["small"] - 7}, names=["series"])
    asked = pd.MultiIndex.from_product([["small", "new"], [16.5, 17.0]], names=["series", "time"])
    both = model.predict(asked, history=new)
    assert np.abs(both.loc["new"] - (50 * both.loc["small"] - 7)).max(axis=None) < 0.05
    more = data.loc[["small"]] + 3.0
    history = pd.concat([new, more])
    alone = model.predict(asked[:2], history=more)
    pd.testing.assert_frame_equal(model.predict(asked, history=history).loc[["small"]], alone)


def test_a_series_scale_stays_when_rows_are_added():
    data = sized_panel()
    model = clone(small(series_scaling=True, training="match")).fit(data.index, data)
    before = [scale.copy() for scale in model._series_scale(model._observed)]
    later = data.rename(index=lambda t: t + 16.0, level=1) * 3
    model.partial_fit(later.index, later)
    np.testing.assert_array_equal(model._series_scale(model._observed), before)
