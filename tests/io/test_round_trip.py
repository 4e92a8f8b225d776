"""A loaded forecaster answers as the saved one, to the last bit."""

import numpy as np
import pandas as pd
import pytest

import tsnode

from .conftest import FORECASTERS, MAKERS, equal, fit, fitted, waves


def plain():
    frame = waves()
    return frame.index, frame, frame.index[-1] + pd.to_timedelta(["3h", "90min"])


def zoned():
    frame = waves(tz="America/New_York")
    return frame.index, frame, frame.index[-1:] + pd.Timedelta("5h")


def series():
    frame = waves()
    return frame.index, frame["c1"].rename(("wind", 3)), frame.index[-1:] + pd.Timedelta("5h")


def array():
    values = waves().to_numpy()
    return np.arange(40.0)[:, None], values, np.array([[41.5], [44.0]])


def panel():
    keys = [("a", 1), ("b", 2)]
    parts = {key: (k + 1) * waves(24) for k, key in enumerate(keys)}
    frame = pd.concat(parts, names=["station", "level"])
    ahead = [(*key, pd.Timestamp("2013-01-02 03:00")) for key in keys]
    return frame.index, frame, pd.MultiIndex.from_tuples(ahead, names=frame.index.names)


def covariates():
    frame = waves()
    stamps = pd.date_range("2013-01-01", freq="h", periods=43, name="time")
    rain = pd.DataFrame({"rain": np.cos(np.arange(43.0) / 5)}, stamps)
    return rain.iloc[:40], frame, rain.iloc[40:]


DATA = {one.__name__: one for one in (plain, zoned, series, array, panel, covariates)}


def test_the_forecasters_are_all_there():
    assert len(FORECASTERS) >= 6
    assert {make.func for make in MAKERS.values()} == set(FORECASTERS)


# Calendar features need stamps, and covariates in X are another reading of theirs.
CASES = [
    (name, data)
    for name in MAKERS
    for data in DATA
    if name != "calendar" or data not in ("array", "covariates")
]


@pytest.mark.parametrize(("name", "data"), CASES)
def test_forecasts_after_load_are_equal_to_the_last_bit(name, data, place):
    X, y, ahead = DATA[data]()
    model = fit(name, X, y)
    tsnode.save(model, place)
    loaded = tsnode.load(place)
    assert type(loaded) is type(model)
    assert np.isfinite(np.asarray(model.predict(ahead))).all()
    equal(loaded.predict(ahead), model.predict(ahead))
    equal(loaded.predict(X), model.predict(X))


@pytest.mark.parametrize("name", MAKERS)
def test_forecasts_from_a_history_are_equal(name, place):
    frame, model = waves(), fitted(name)
    tsnode.save(model, place)
    later = (1.1 * frame).set_axis(frame.index + pd.Timedelta("70h"))
    asked = {"history": later, "horizon": "6h"}
    equal(tsnode.load(place).predict(later.index, **asked), model.predict(later.index, **asked))


@pytest.mark.parametrize("name", MAKERS)
def test_parameters_and_fitted_attributes_come_back(name, place):
    frame, model = waves(), fitted(name).set_params(score_horizon=2)
    tsnode.save(model, place)
    loaded = tsnode.load(place)
    assert repr(loaded) == repr(model)
    assert set(vars(loaded)) == set(vars(model))
    assert loaded.score(frame.index, frame) == model.score(frame.index, frame)


def test_a_file_of_a_frame_of_states_is_asked_by_frames(place):
    frame = waves()
    model = tsnode.PersistenceRegressor().fit(frame)
    tsnode.save(model, place)
    equal(tsnode.load(place).predict(frame), model.predict(frame))


def test_a_forecaster_of_weather_takes_under_5_megabytes(place):
    weather = tsnode.datasets.load_nyc_weather("EWR").iloc[:250]
    columns = ["temp", "dewp", "pressure", "wind_speed", "visib", "precip", "wind_u", "wind_v"]
    model = tsnode.NeuralODERegressor(lookback="48h", training="linear", random_state=0)
    model.fit(weather.index, weather[columns])
    tsnode.save(model, place)
    assert 1e4 < place.stat().st_size < 5e6
    equal(tsnode.load(place).forecast("24h"), model.forecast("24h"))
