"""A history leaves covariates out where they make forecasts of the newest rows worse."""

import numpy as np
import pandas as pd
import pytest

import tsnode
from tsnode import NeuralODERegressor
from tsnode.exceptions import FitWarning

HOURS = pd.date_range("2013-01-01", periods=600, freq="h", name="time")
RISE = pd.DataFrame({"u": np.arange(600) / 100.0}, HOURS)


def noise(seed=0):
    return 0.1 * np.random.default_rng(seed).normal(size=600)


def turning():
    """Make a series that rises with u, and falls on the newest rows though u goes on."""
    t = np.arange(600)
    return np.where(t < 400, t, 800 - t) / 100 + np.sin(2 * np.pi * t / 24) + noise()


def fit(X, y, **params):
    settings = {"lookback": 24, "training": "linear", "training_horizon": 24, "random_state": 0}
    return NeuralODERegressor(**(settings | params)).fit(X[:500], y[:500])


@pytest.fixture(scope="module")
def refused():
    with pytest.warns(FitWarning, match=r"(?s)Covariates made .* worse .* are left out. Pass more"):
        return fit(RISE, turning())


def test_a_driver_that_misleads_is_left_out_with_its_figures(refused):
    errors = refused.fit_report_["covariates"]
    assert errors["with"] > 1.01 * errors["without"]


def test_without_it_the_model_is_that_of_the_states_alone(refused):
    alone = fit(HOURS, turning())
    assert refused.predict(RISE[500:]) == pytest.approx(alone.predict(HOURS[500:]), abs=1e-12)
    moved = RISE[500:] + 100
    assert refused.predict(moved) == pytest.approx(alone.predict(HOURS[500:]), abs=1e-12)


def test_a_driver_that_helps_is_read():
    u = np.repeat(np.random.default_rng(1).normal(size=100), 6)
    known = pd.DataFrame({"u": u}, HOURS)
    y = np.convolve(u, np.exp(-np.arange(20) / 3))[:600] + noise()
    model = fit(known, y)
    errors = model.fit_report_["covariates"]
    assert errors["with"] < 0.5 * errors["without"]
    assert np.abs(model.predict(known[500:]) - model.predict(0 * known[500:])).max() > 0.5


def test_it_stays_out_in_files_updates_and_further_training(refused, tmp_path):
    tsnode.save(refused, tmp_path / "m.tsnode")
    loaded = tsnode.load(tmp_path / "m.tsnode")
    assert (loaded.predict(RISE[500:]) == refused.predict(RISE[500:])).all()
    later = loaded.partial_fit(RISE[500:560], turning()[500:560])
    far = RISE[560:] + 50
    assert later.predict(far) == pytest.approx(later.predict(RISE[560:]), abs=1e-12)


def test_intervals_of_blocks_are_those_of_fits_without_it():
    with pytest.warns(FitWarning, match="left out"):
        model = fit(RISE, turning(), calibration=3)
    alone = fit(HOURS, turning(), calibration=3)
    found, expected = (one.lead_errors_.quantiles for one in (model, alone))
    assert found == pytest.approx(expected, abs=1e-9)


def test_too_few_rows_to_judge_leave_it_in():
    model = NeuralODERegressor(lookback=48, training="linear", random_state=0)
    model.fit(RISE[:100], turning()[:100])
    assert "covariates" not in model.fit_report_
    assert model._path.uses_controls
