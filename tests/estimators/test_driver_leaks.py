"""A spike of a table's future moves nothing before it: its stamp, or the one before by join."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_union
from sklearn.preprocessing import FunctionTransformer

from tsnode import NeuralODERegressor, ResNetStepRegressor
from tsnode.preprocessing import ExogenousFeatures

SMALL = {"hidden_layer_sizes": (4,), "random_state": 0}
STATES = {"lookback": None, "training": "match", **SMALL}
MAKERS = {
    "states": lambda **p: NeuralODERegressor(**STATES, **p),
    "adaptive": lambda **p: NeuralODERegressor(method="dopri5", rtol=1e-2, **STATES, **p),
    "history": lambda **p: NeuralODERegressor(lookback=6, training="linear", **SMALL, **p),
    "trained": lambda **p: NeuralODERegressor(lookback=6, max_epochs=2, **SMALL, **p),
    "steps": lambda **p: ResNetStepRegressor(freq=1.0, **SMALL, **p),
}
# Row by row, and so slow.
NAMES = [pytest.param(n, marks=[pytest.mark.slow] * (n == "adaptive")) for n in MAKERS]
JOINS = ["previous", pytest.param("linear", marks=pytest.mark.slow), "hermite"]
RANDOM = np.random.default_rng(3)
N_ROWS = 200
ROWS = pd.Index(np.arange(N_ROWS) + RANDOM.uniform(-0.04, 0.04, N_ROWS))
# Neither at the rows nor at the steps of a solver, from before the rows to behind all asked.
KNOTS = np.round(np.arange(-1.0, 240.0, 2.3), 6)
TABLE = pd.DataFrame({"u": RANDOM.normal(size=len(KNOTS))}, index=KNOTS)
FUTURE = 91  # the knot of the spike, at 208.3
INSIDE = 60  # at 137.0
NEAR = ROWS[125:145]


def driven():
    """Rows of dy/dt = u - y / 2, u held from knot to knot."""
    fine = np.arange(-1.0, N_ROWS + 1, 0.01)
    u = TABLE["u"].to_numpy()[np.searchsorted(KNOTS, fine + 1e-9, side="right") - 1]
    y = np.zeros(len(fine))
    for k in range(1, len(fine)):
        y[k] = y[k - 1] + 0.01 * (u[k - 1] - y[k - 1] / 2)
    return pd.Series(np.interp(ROWS, fine, y), ROWS, name="y")


Y = driven()


def spiked(row):
    table = TABLE.copy()
    table.iloc[row] += 4.0
    return table


def fit(name, features, X=ROWS):
    # The neural correction of a history wants many rows.
    rows = slice(0 if name == "trained" else 100, None)
    return MAKERS[name](features=features).fit(X[rows], Y[rows])


@cache
def fitted(name, join):
    return fit(name, ExogenousFeatures(TABLE, join))


def first_moved(row, join):
    """Knot from which on the spike may be seen."""
    return KNOTS[row] if join == "previous" else KNOTS[row - 1]


def asked_about(row):
    """Stamps on both sides of the spike and of its neighbours, and just before each."""
    near = np.concatenate([KNOTS[row - 2 : row + 3] + shift for shift in (-1e-3, 0.0, 0.31)])
    return pd.Index(np.unique(np.r_[near, np.arange(KNOTS[row] - 7, KNOTS[row] + 8)]))


@pytest.mark.parametrize("join", JOINS)
@pytest.mark.parametrize("name", NAMES)
def test_a_spike_of_the_future_moves_no_forecast_before_it(name, join):
    model, asked = fitted(name, join), asked_about(FUTURE)
    before = model.predict(asked).to_numpy()
    model.features_.set_params(table=spiked(FUTURE))
    after = model.predict(asked).to_numpy()
    model.features_.set_params(table=TABLE)
    early = asked.to_numpy() < first_moved(FUTURE, join)
    late = asked.to_numpy() > KNOTS[FUTURE] + 1.0
    assert early.sum() > 5
    np.testing.assert_array_equal(after[early], before[early])
    assert np.abs(after[late] - before[late]).max() > 0.02


@pytest.mark.parametrize("join", JOINS)
@pytest.mark.parametrize("name", [name for name in MAKERS if name != "adaptive"])
def test_a_spike_among_the_rows_moves_no_rolling_forecast_before_it(name, join):
    model = fitted(name, join)
    before = model.predict(NEAR, history=Y, horizon=3.0).to_numpy()
    model.features_.set_params(table=spiked(INSIDE))
    after = model.predict(NEAR, history=Y, horizon=3.0).to_numpy()
    model.features_.set_params(table=TABLE)
    early = NEAR.to_numpy() < first_moved(INSIDE, join)
    np.testing.assert_array_equal(after[early], before[early])
    assert np.abs(after - before).max() > 0.02


@pytest.mark.parametrize("name", NAMES)
def test_a_fit_sees_nothing_of_the_table_behind_its_rows(name):
    model = fit(name, ExogenousFeatures(spiked(FUTURE)))
    asked = asked_about(FUTURE)
    early = asked[asked < KNOTS[FUTURE]]
    expected = fitted(name, "previous").predict(early)
    assert len(early) > 8
    np.testing.assert_array_equal(model.predict(early), expected)


@pytest.mark.parametrize("name", ["states", "history", "steps"])
def test_nothing_leaks_beside_columns_of_x(name):
    both = make_union(FunctionTransformer(), ExogenousFeatures(TABLE))
    asked = asked_about(FUTURE)
    X = [pd.DataFrame({"w": np.cos(index)}, index) for index in (ROWS, asked)]
    model = fit(name, both, X[0])
    before = model.predict(X[1]).to_numpy()
    model.features_.set_params(exogenousfeatures__table=spiked(FUTURE))
    after = model.predict(X[1]).to_numpy()
    early = asked.to_numpy() < KNOTS[FUTURE]
    np.testing.assert_array_equal(after[early], before[early])
    assert np.abs(after - before).max() > 0.02


@pytest.mark.parametrize("name", ["states", "history", "steps"])
def test_a_row_asked_alone_is_the_row_among_many(name):
    model, asked = fitted(name, "previous"), asked_about(FUTURE)
    together = model.predict(asked)
    for one in (0, 7, len(asked) - 1):
        assert model.predict(asked[[one]]).iloc[0] == pytest.approx(together.iloc[one], abs=1e-12)
