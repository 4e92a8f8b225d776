"""The weather preset: its settings, ranges that forecasts and intervals keep, directions."""

import numpy as np
import pandas as pd
import pytest

import tsnode
from tsnode import NeuralODERegressor, make_weather_forecaster
from tsnode.preprocessing import PhysicalRanges

HOURS = pd.date_range("2013-01-01", periods=500, freq="h", tz="UTC", name="time")


def weather(seed=0):
    """Make hours with showers, and a wind that turns across north."""
    random = np.random.default_rng(seed)
    day = 2 * np.pi * np.arange(len(HOURS)) / 24
    frame = pd.DataFrame(index=HOURS)
    frame["temp"] = 10 + 5 * np.sin(day) + random.normal(size=len(HOURS))
    frame["precip"] = np.clip(np.sin(day + 1) - 0.6 + 0.3 * random.normal(size=len(HOURS)), 0, None)
    frame["wind_dir"] = (40 * np.sin(day) + 8 * random.normal(size=len(HOURS))) % 360
    frame.iloc[30:40, 2] = np.nan
    return frame


FRAME = weather()


@pytest.fixture(scope="module")
def model():
    made = make_weather_forecaster("24h", 40.7, -74.2, training="linear", random_state=0)
    return made.fit(HOURS[:400], FRAME[:400])


def test_it_is_an_ordinary_estimator_whose_parameters_can_be_set():
    made = make_weather_forecaster("12h", random_state=3, calibration=None, lookback="24h")
    assert type(made) is NeuralODERegressor
    found = made.get_params()
    assert (found["training_horizon"], found["score_horizon"]) == ("12h", "12h")
    assert (found["random_state"], found["calibration"], found["lookback"]) == (3, None, "24h")
    assert made.features is None
    assert made.set_params(target_transformer__ranges={}).target_transformer.ranges == {}


def test_a_forecast_of_rain_is_never_negative_and_no_worse(model):
    plain = make_weather_forecaster(
        "24h", 40.7, -74.2, ranges={"wind_dir": "direction"}, training="linear", calibration=None,
        random_state=0,
    ).fit(HOURS[:400], FRAME[:400])  # fmt: skip
    asked = {"history": FRAME, "horizon": "6h"}
    free, kept = (one.predict(HOURS[400:], **asked)["precip"] for one in (plain, model))
    assert free.min() < 0 == kept.min()
    assert (kept - free.clip(lower=0)).abs().max() == pytest.approx(0, abs=1e-12)
    truth = FRAME["precip"][400:]
    assert np.square(kept - truth).mean() <= np.square(free - truth).mean()


def test_a_wind_from_the_north_is_not_forecast_from_the_south(model):
    found = model.predict(HOURS[400:], history=FRAME, horizon="6h")["wind_dir"]
    assert found.between(0, 360).all()
    miss = PhysicalRanges().fit(FRAME).difference(
        FRAME[400:].to_numpy(), found.to_numpy()[:, None] + np.zeros(3)
    )[:, 2]  # fmt: skip
    assert np.abs(miss).mean() < 10
    assert found.max() - found.min() > 300


def test_intervals_and_samples_keep_to_the_ranges(model):
    lower, upper = model.predict_interval(HOURS[400:], history=FRAME, horizon="6h")
    assert lower["precip"].min() == 0
    assert (lower["temp"] < upper["temp"]).all()
    samples = model.predict_samples(HOURS[400:410], 50, random_state=0)
    assert samples[:, 1].min() == 0
    assert np.isfinite(samples).all()


def test_intervals_of_a_direction_hold_it_across_north(model):
    lower, upper = (b["wind_dir"] for b in model.predict_interval(
        HOURS[400:], history=FRAME, horizon="6h"))  # fmt: skip
    truth = FRAME["wind_dir"][400:]
    inside = ((truth - lower) % 360 <= upper - lower).mean()
    assert 0.8 < inside < 0.98
    assert (upper - lower).max() < 60
    assert (lower < 0).any()


def test_a_direction_not_observed_leaves_no_error_of_zero(model):
    blind = FRAME[:400].copy()
    blind.iloc[np.random.default_rng(0).random(400) < 0.7, 2] = np.nan
    sparse = make_weather_forecaster(training="linear", random_state=0).fit(HOURS[:400], blind)
    width = [
        one.lead_errors_.at(np.array([6.0]), np.full((1, 3), 20.0), level)[0, 2]
        for one in (sparse, model) for level in (0.1, 0.9)
    ]  # fmt: skip
    assert width[1] - width[0] > 0.7 * (width[3] - width[2])


def test_a_saved_preset_answers_the_same(model, tmp_path):
    tsnode.save(model, tmp_path / "w.tsnode")
    loaded = tsnode.load(tmp_path / "w.tsnode")
    pd.testing.assert_frame_equal(loaded.forecast("6h"), model.forecast("6h"))
    for mine, theirs in zip(
        *(m.predict_interval(HOURS[-3:]) for m in (model, loaded)), strict=True
    ):
        pd.testing.assert_frame_equal(mine, theirs)


@pytest.mark.parametrize(("given", "missing"), [({"latitude": 1.0}, "longitude"),
                                                ({"longitude": 1.0}, "latitude")])  # fmt: skip
def test_half_a_place_is_refused(given, missing):
    with pytest.raises(ValueError, match=f"together, or neither; got no {missing}"):
        make_weather_forecaster(**given)
