"""The sun stands where an ephemeris puts it."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import tsnode
from tsnode.preprocessing import SolarFeatures

HEIDELBERG, NEW_YORK, SYDNEY = (49.417146, 8.675606), (40.6, -73.8), (-33.9, 151.2)
HOURS = pd.date_range("2023-12-28", periods=300, freq="5h", tz="UTC")


def sun(X, place=HEIDELBERG):
    return SolarFeatures(*place).fit_transform(X)


STAMPS = ["2021-07-26 06:00", "2024-06-20 11:27", "2024-12-21 12:00", "2013-03-20 17:00",
          "2030-10-01 21:30"]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "elevations"),
    [
        (HEIDELBERG, [19.095, 64.02, 16.692, 5.372, -38.947]),
        (NEW_YORK, [-28.516, 20.49, -3.415, 49.492, 11.73]),
        (SYDNEY, [12.214, -55.713, -26.63, -36.469, 23.645]),
    ],
)
def test_elevation_is_that_of_a_full_ephemeris(place, elevations):
    """Of NREL's algorithm (Reda and Andreas 2004), as pvlib 0.16 has it, without refraction."""
    found = sun(pd.DatetimeIndex(STAMPS), place)["solar_elevation"]
    np.testing.assert_allclose(found, elevations, atol=0.013)


@pytest.mark.parametrize("latitude", [-60.0, -10.0, 0.0, 49.4])
@pytest.mark.parametrize(("day", "declination"), [("2024-06-20", 23.44), ("2024-12-21", -23.44)])
def test_noon_of_a_solstice_stands_off_the_zenith_by_latitude_less_tilt(latitude, day, declination):
    minutes = pd.date_range(day, periods=1440, freq="min")
    highest = sun(minutes, (latitude, 0.0))["solar_elevation"].max()
    assert highest == pytest.approx(90 - abs(latitude - declination), abs=0.02)


def test_the_sun_sets_neither_at_a_polar_midsummer_nor_rises_in_winter():
    june, december = (
        sun(pd.date_range(day, periods=96, freq="15min"), (75.0, 20.0))
        for day in ("2024-06-20", "2024-12-21")
    )
    assert (june["solar_elevation"] > 0).all()
    assert (december["solar_elevation"] < 0).all()


def test_daylight_is_the_sine_of_the_elevation_by_day_and_nothing_at_night():
    frame = sun(HOURS)
    sine = np.sin(np.radians(frame["solar_elevation"]))
    assert 0.2 < (sine > 0).mean() < 0.6
    np.testing.assert_allclose(frame["solar_daylight"], sine.clip(lower=0), atol=1e-12)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu"])
def test_converting_the_zone_changes_nothing(zone):
    np.testing.assert_array_equal(sun(HOURS), sun(HOURS.tz_convert(zone)))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_resolution_of_the_stamps_does_not_matter(unit):
    np.testing.assert_allclose(sun(HOURS.as_unit(unit)), sun(HOURS), atol=1e-6)


def test_what_follows_the_sun_is_forecast_by_it_on_a_bare_index():
    stamps = pd.date_range("2024-03-01", periods=24 * 6, freq="h", tz="UTC")
    heat = sun(stamps)["solar_daylight"].ewm(halflife=4).mean().to_frame("heat")
    train, rest = heat.iloc[:-24], heat.iloc[-24:]
    blind = tsnode.NeuralODERegressor(lookback=3, training="linear", random_state=0)
    seeing = clone(blind).set_params(features=SolarFeatures(*HEIDELBERG))
    errors = [
        float((model.fit(train.index, train).predict(rest.index) - rest).abs().mean().iloc[0])
        for model in (seeing, blind)
    ]
    assert errors[0] < 0.5 * errors[1]
