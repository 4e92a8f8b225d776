"""Names, units and winds on request."""

import io
import json

import numpy as np
import pytest

from tsnode.datasets import read_weather_csv
from tsnode.datasets._quantities import QUANTITIES, quantity_of
from tsnode.datasets._units import UNITS, convert, plain_unit

OLD = (
    "time,temperature_2m (°C),windspeed_10m (km/h),winddirection_10m (°),windspeed_100m (km/h),"
    "precipitation (inch),weathercode (wmo code)\n"
    "2026-01-01T00:00,10,36,270,72,1,3\n2026-01-01T01:00,20,18,180,36,0,3\n"
)
METAR = "station,valid,tmpf,sknt,drct,mslp\nA,2026-01-01 00:00,50,10,359,1010\n"
COLUMNS = [
    ("temperature_2m", "°C", "air_temperature", "_2m"),
    ("temperature_2m_max", "°C", "air_temperature", "_2m_max"),
    ("T", "degC", "air_temperature", ""),
    ("tmpf", "°F", "air_temperature", ""),
    ("HourlyDewPointTemperature", "°F", "dew_point_temperature", ""),
    ("relativehumidity_2m", "%", "relative_humidity", "_2m"),
    ("pressure_msl", "hPa", "air_pressure_at_mean_sea_level", ""),
    ("p", "mbar", "surface_air_pressure", ""),
    ("max. wv", "m/s", "wind_speed_of_gust", ""),
    ("wind_gusts_10m", "km/h", "wind_speed_of_gust", "_10m"),
    ("wind_speed_10m_member01", "m/s", "wind_speed", "_10m_member01"),
    ("cloudcover_low", "%", "low_type_cloud_area_fraction", ""),
    ("precipitation_6h", "mm", "lwe_thickness_of_precipitation_amount", "_6h"),
]


def read(text, **options):
    return read_weather_csv(io.StringIO(text), tz="UTC", return_report=True, **options)


@pytest.mark.parametrize(("name", "unit", "cf", "rest"), COLUMNS)
def test_columns_of_every_source_have_one_name(name, unit, cf, rest):
    quantity, found = quantity_of(name, unit)
    assert (quantity.cf, found) == (cf, rest)


@pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda quantity: quantity.cf)
def test_bounds_are_ordered_and_units_known(quantity):
    assert quantity.low < quantity.high
    assert quantity.unit in UNITS


@pytest.mark.parametrize(
    ("name", "unit"),
    [("t", None), ("temp_quality", None), ("precipitation_probability", "%"), ("humidity", "g/kg")],
)
def test_what_only_begins_like_a_quantity_is_none(name, unit):
    assert quantity_of(name, unit) == (None, "")


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (71.6, "degF", "°C", 22.0),
        (0.0, "K", "°F", -459.67),
        (29.92, "inHg", "hPa", 1013.20749),
        (36.0, "km/h", "m/s", 10.0),
        (1.0, "kn", "km/h", 1.852),
        (1.0, "mph", "ft/s", 22 / 15),
        (10.0, "mi", "km", 16.09344),
        (4.0, "oktas", "%", 50.0),
    ],
)
def test_units_convert_by_their_definitions_and_back(value, source, target, expected):
    there = convert(np.float64(value), source, target)
    assert there == pytest.approx(expected, abs=1e-5)
    assert convert(there, target, source) == pytest.approx(value, abs=1e-6)
    assert plain_unit(source) != plain_unit(target)


def test_cf_names_keep_heights_that_are_not_the_usual_ones():
    frame, _ = read(OLD, names="cf")
    assert frame.columns.tolist() == [
        "air_temperature", "wind_speed", "wind_from_direction", "wind_speed_100m",
        "lwe_thickness_of_precipitation_amount", "weathercode",
    ]  # fmt: skip
    assert frame.attrs["units"]["wind_speed_100m"] == "km/h"
    assert json.loads(json.dumps(frame.attrs)) == frame.attrs


def test_two_sources_agree_after_names_and_units():
    one, _ = read(OLD, names="cf", units="metric")
    two, _ = read(METAR, names="cf", units="metric")
    shared = ["air_temperature", "wind_speed"]
    assert one[shared].iloc[0].tolist() == pytest.approx([10.0, 10.0])
    assert two[shared].iloc[0].tolist() == pytest.approx([10.0, 5.14444], abs=1e-5)
    assert one["lwe_thickness_of_precipitation_amount"].iloc[0] == pytest.approx(25.4)
    assert [frame.attrs["units"]["wind_speed"] for frame in (one, two)] == ["m/s", "m/s"]


def test_columns_that_would_share_a_name_keep_theirs():
    text = "time,temp (°C),temperature (°C)\n2026-01-01 00:00,1,2\n2026-01-01 01:00,1,2\n"
    assert read(text, names="cf")[0].columns.tolist() == ["temp", "temperature"]


def test_single_columns_are_converted_by_name():
    frame, _ = read(OLD, units={"temperature_2m": "degF"})
    assert frame["temperature_2m"].tolist() == [50.0, 68.0]
    assert frame.attrs["units"]["temperature_2m"] == "degF"
    assert frame["windspeed_10m"].tolist() == [36.0, 18.0]


def test_winds_become_components_at_each_height():
    frame, report = read(OLD, units="metric", wind="components")
    assert "winddirection_10m" not in frame
    np.testing.assert_allclose(frame["wind_u_10m"], [10.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(frame["wind_v_10m"], [0.0, 5.0], atol=1e-9)
    assert frame.attrs["units"]["wind_u_10m"] == "m/s"
    assert "winddirection_10m" not in frame.attrs["units"]
    assert "given as wind_u_10m and wind_v_10m" in str(report)


def test_a_bare_direction_of_jena_is_known_by_its_unit():
    text = '"Date Time","p (mbar)","T (degC)","wv (m/s)","wd (deg)"\n'
    frame, _ = read(text + "01.02.2009 00:10:00,996,1,2,90\n", wind="components")
    assert frame.columns.tolist() == ["p", "T", "wv", "wind_u", "wind_v"]
    assert frame["wind_u"].item() == pytest.approx(-2.0)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"names": "CF"}, "names must be 'file' or 'cf'; got 'CF'"),
        ({"wind": "uv"}, "wind must be"),
        ({"units": "si"}, "units must be None, 'metric' or a dict"),
        ({"units": {"temperature": "°F"}}, "did you mean 'temperature_2m'"),
        ({"units": {"temperature_2m": "hPa"}}, "is in °C, not convertible to 'hPa'"),
        ({"units": {"weathercode": "°C"}}, "is in wmo code, not convertible"),
    ],
)
def test_forms_that_do_not_exist_or_fit_are_refused(options, word):
    with pytest.raises(ValueError, match=word):
        read(OLD, **options)
