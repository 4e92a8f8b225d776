"""Weather is fetched by name, as UTC, with units and places; one place or many."""

import json

import numpy as np
import pandas as pd
import pytest

from tsnode.datasets import fetch_heidelberg_2021, fetch_open_meteo

from .weather_server import value

TWO = ["temperature_2m", "pressure_msl"]
DAYS = ("2021-07-26", "2021-07-27")


def fetch(server, *, days=DAYS, variables=TWO, place=(49.4, 8.7), **settings):
    settings = {"cache": False, "base_url": server.url, **settings}
    return fetch_open_meteo(*place, *days, variables, **settings)


def test_hours_of_both_days_come_in_utc_as_floats(server):
    frame = fetch(server)
    expected = pd.date_range(DAYS[0], periods=48, freq="h", tz="UTC", name="time")
    assert frame.index.equals(expected)
    assert frame.index.name == "time"
    assert frame.dtypes.eq(np.float64).all()


def test_columns_are_read_by_name_whatever_order_the_answer_has(server):
    frame = fetch(server)
    assert list(frame.columns) == TWO
    for name in TWO:
        np.testing.assert_allclose(frame[name], value(name, frame.index.tz_localize(None), 49.4))


def test_units_place_and_licence_are_plain_json(server):
    attrs = fetch(server).attrs
    assert json.loads(json.dumps(attrs)) == attrs
    assert attrs["units"] == {"temperature_2m": "°C", "pressure_msl": "hPa"}
    assert attrs["place"] == {"latitude": 49.4, "longitude": 8.7, "elevation": 113.0}
    assert attrs["licence"] == "CC BY 4.0"
    assert attrs["zone"] == "UTC"


def test_what_the_api_does_not_have_is_nan(server):
    server.without = {"pressure_msl": {3, 5}}
    missing = fetch(server).isna()
    assert missing["pressure_msl"].to_numpy().nonzero()[0].tolist() == [3, 5]
    assert not missing["temperature_2m"].any()


def test_a_server_that_answers_in_local_time_is_read_by_its_offset(server):
    server.offset = 7200
    assert fetch(server).index[0] == pd.Timestamp("2021-07-26", tz="UTC")


@pytest.mark.parametrize(
    ("settings", "path"),
    [({}, "/v1/archive"), ({"api": "era5"}, "/v1/era5"), ({"api": "forecast"}, "/v1/forecast")],
)
def test_each_api_has_its_path_and_is_asked_in_gmt(server, settings, path):
    fetch(server, **settings)
    ((asked, query),) = server.asked
    assert asked == path
    assert query["timezone"] == "GMT"
    assert (query["start_date"], query["end_date"]) == DAYS


def test_a_model_is_passed_on(server):
    fetch(server, model="era5_land")
    assert server.asked[0][1]["models"] == "era5_land"


def test_several_places_make_a_panel(server):
    frame = fetch(server, place=([49.4, -33.9], [8.7, 151.2]), names=["Heidelberg", "Sydney"])
    assert frame.index.names == ["location", "time"]
    assert frame.index.unique(0).tolist() == ["Heidelberg", "Sydney"]
    one = fetch(server, place=(-33.9, 151.2))
    pd.testing.assert_frame_equal(frame.xs("Sydney"), one, check_freq=False)
    assert frame.attrs["place"]["Sydney"]["latitude"] == -33.9
    assert frame.attrs["units"] == one.attrs["units"]


def test_places_without_names_are_numbered(server):
    frame = fetch(server, place=([49.4, -33.9], [8.7, 151.2]))
    assert frame.index.unique("location").tolist() == [0, 1]


def test_long_spans_are_asked_for_a_year_at_a_time(server):
    frame = fetch(server, days=("2019-06-01", "2020-06-30"), variables="precipitation")
    assert len(server.asked) == 2
    assert frame.index.equals(
        pd.date_range("2019-06-01", "2020-06-30 23:00", freq="h", tz="UTC", name="time")
    )


def test_heidelberg_is_the_query_of_the_talk(server, tmp_path):
    frame = fetch_heidelberg_2021(data_home=tmp_path, base_url=server.url)
    ((path, query),) = server.asked
    assert path == "/v1/era5"
    assert query == {
        "latitude": "49.417146", "longitude": "8.675606",
        "start_date": "2021-07-26", "end_date": "2021-07-30", "timezone": "GMT",
        "hourly": "temperature_2m,pressure_msl,relativehumidity_2m,precipitation,cloudcover,"
                  "shortwave_radiation,windspeed_10m",
    }  # fmt: skip
    assert frame.shape == (120, 7)
