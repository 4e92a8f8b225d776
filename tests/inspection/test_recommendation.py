"""What a report recommends, by what it measured; and that it works as written."""

import numpy as np
import pandas as pd
import pytest

import tsnode
from tsnode import PersistenceRegressor
from tsnode.datasets import make_van_der_pol
from tsnode.inspection import data_report

from .conftest import MADE, monthly, weather, white


@pytest.mark.parametrize(
    ("name", "estimator", "settings"),
    [
        ("van der Pol", "NeuralODERegressor", {"lookback": None}),
        ("noisy irregular", "NeuralODERegressor", {"lookback": None}),
        ("Lorenz", "NeuralODERegressor", {"lookback": None}),
        ("hidden", "NeuralODERegressor", {"lookback": "auto"}),
        ("weather", "NeuralODERegressor", {"lookback": "48h", "training_horizon": "24h"}),
        ("holey weather", "NeuralODERegressor", {"lookback": "48h", "training_horizon": "24h"}),
        ("white", "RidgeLagRegressor", {"lookback": 48, "max_lead": 72}),
        ("walk", "PersistenceRegressor", {}),
        ("monthly", "SeasonalNaiveRegressor", {}),
        ("logistic", "NNStepRegressor", {}),
        ("short", "RidgeLagRegressor", {"lookback": 2, "max_lead": 5}),
        ("tiny", "PersistenceRegressor", {}),
        ("constant", "PersistenceRegressor", {}),
    ],
)
def test_the_rules_choose_by_what_was_measured(made, name, estimator, settings):
    advice = made(name).recommendation
    assert advice.estimator == estimator
    found = {k: v for k, v in advice.settings.items() if k not in ("random_state", "features")}
    assert found == settings
    assert advice.reasons
    assert all(reason.endswith(".") for reason in advice.reasons)


def test_a_day_of_the_calendar_is_given_as_a_feature(made):
    for name in ("weather", "holey weather"):
        assert made(name).recommendation.settings["features"] == 'CalendarFeatures(("day",))'


def test_the_day_is_that_of_the_zone():
    frame = weather()[["temp"]][:2000].tz_convert("America/New_York")
    features = data_report(frame).recommendation.settings["features"]
    assert features == 'CalendarFeatures(("day",), tz="America/New_York")'


def test_another_period_than_the_usual_one_is_named():
    times = np.arange(120.0)
    series = pd.Series(np.sin(2 * np.pi * times / 7.5), pd.to_timedelta(times, unit="h"))
    advice = data_report(series + 0.01 * white(120)["a"].to_numpy()).recommendation
    assert advice.estimator == "SeasonalNaiveRegressor"
    assert advice.settings == {"period": "7.5h"}


@pytest.mark.parametrize("name", MADE)
def test_the_code_is_python_of_short_lines_that_names_what_exists(made, name, monkeypatch):
    advice = made(name).recommendation
    fitted = []
    known = getattr(tsnode, advice.estimator)
    monkeypatch.setattr(known, "fit", lambda self, X, y: fitted.append((self, X, y)))
    frame = MADE[name]()
    exec(advice.code, {"frame": frame})
    ((model, X, y),) = fitted
    assert X.equals(frame.index)
    assert y.shape[0] == len(frame)
    settings = {k: v for k, v in advice.settings.items() if k != "features"}
    assert {k: model.get_params()[k] for k in settings} == settings
    assert max(map(len, advice.code.splitlines())) <= 88


@pytest.mark.parametrize("container", ["column", "array", "dates in a column"])
def test_the_code_reads_the_time_where_the_report_read_it(container):
    table = make_van_der_pol(100, random_state=0).reset_index()
    if container == "array":
        table = table.to_numpy()
    if container == "dates in a column":
        table["time"] = pd.Timestamp("2020") + pd.to_timedelta(table["time"], unit="D")
    advice = data_report(table).recommendation
    scope = {"frame": table}
    exec(advice.code, scope)
    asked = table[:, [0]] if container == "array" else table[["time"]]
    assert scope["model"].predict(asked).shape == (100, 2)


@pytest.mark.parametrize(
    ("frame", "horizon"),
    [
        (make_van_der_pol(250, irregular=True, noise=0.03, random_state=0), 5),
        (monthly(), 4),
        (white(300), 1),
    ],
    ids=["van der Pol", "monthly", "white"],
)
def test_what_is_recommended_beats_persistence(frame, horizon):
    n_older = int(0.75 * len(frame))
    older, newer = frame[:n_older], frame[n_older:]
    scope = {"frame": older}
    exec(data_report(older).recommendation.code, scope)

    def error(model):
        forecast = model.predict(newer.index, history=newer, horizon=horizon)
        return np.nanmean(np.square(forecast - newer).to_numpy()[horizon:])

    persistence = PersistenceRegressor().fit(older.index, older)
    assert error(scope["model"]) < 0.7 * error(persistence)
