"""Wind directions are angles under all the names they go by, and never forecast as numbers."""

import numpy as np
import pandas as pd
import pytest

from tsnode.frames._wind import with_wind_components

# Direction, speed, and the ending of the components, which have the unit of the speed.
NAMES = [
    ("wind_dir", "wind_speed", ""),
    ("winddir", "windspeed", ""),
    ("WindDir", "WindSpeed", ""),
    ("wind direction", "wind speed", ""),
    ("wind-direction", "wind-speed", ""),
    ("wind_from_direction", "wind_speed", ""),
    ("winddirection_10m", "windspeed_10m", "_10m"),
    ("wind_direction_10m (°)", "wind_speed_10m (km/h)", "_10m (km/h)"),
    ("wind_direction_10m_member01 (°)", "wind_speed_10m_member01 (km/h)", "_10m_member01 (km/h)"),
    ("Wind Direction [deg]", "Wind Speed [m/s]", " [m/s]"),
    ("wind_direction_deg", "wind_speed_mps", "_mps"),
    ("wind_dir_80m_degrees", "wind_spd_80m_kt", "_80m_kt"),
    ("HourlyWindDirection", "HourlyWindSpeed", ""),
    ("wdir", "wspd", ""),
    ("drct", "sknt", ""),
    ("wd (deg)", "wv (m/s)", " (m/s)"),
]
# Beside the direction stand its spread, its quality and a name that only begins alike.
NO_ANGLES = ["wind_dir_std", "wind_direction_quality_code", "winddirt", "wd", "wdirty"]


def wind(**columns):
    return pd.DataFrame({"speed": [2.0, 4.0, 0.0], **columns})


def components(frame):
    notes = []
    return with_wind_components(frame, notes), notes


@pytest.mark.parametrize(("direction", "speed", "ending"), NAMES)
def test_a_direction_becomes_the_flow_under_every_name(direction, speed, ending):
    frame = pd.DataFrame({speed: [2.0, 4.0, 0.0], direction: [270.0, 180.0, np.nan]})
    found, notes = components(frame)
    assert list(found.columns) == [speed, f"wind_u{ending}", f"wind_v{ending}"]
    # From the west at 2, from the south at 4, calm.
    np.testing.assert_allclose(found[f"wind_u{ending}"], [2.0, 0.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(found[f"wind_v{ending}"], [0.0, 4.0, 0.0], atol=1e-12)
    assert notes == [
        f"left out: {direction} (an angle; forecast as wind_u{ending} and wind_v{ending})"
    ]


@pytest.mark.parametrize("direction", ["wind_dir", "winddirection_10m", "wdir", "drct"])
def test_a_direction_without_its_speed_becomes_sine_and_cosine(direction):
    found, notes = components(wind(**{direction: [359.0, 1.0, np.nan]}))
    names = [f"{direction}_sin", f"{direction}_cos"]
    assert list(found.columns) == ["speed", *names]
    north = found[names].iloc[:2].mean()
    assert north.tolist() == pytest.approx([0.0, np.cos(np.deg2rad(1.0))], abs=1e-12)
    assert found[names].iloc[2].isna().all()
    assert notes[0].startswith(f"left out: {direction} (an angle without its speed; forecast as")


@pytest.mark.parametrize("name", NO_ANGLES)
def test_a_number_beside_the_direction_stays_a_number(name):
    found, notes = components(wind(**{name: [5.0, 1.0, 7.0]}))
    assert list(found.columns) == ["speed", name]
    assert notes == []


@pytest.mark.parametrize("mark", [999.0, -9999.0, 990.0])
def test_marks_of_variable_wind_are_read_as_missing(mark):
    direction = np.r_[np.linspace(0.0, 360.0, 19), mark]
    found, notes = components(pd.DataFrame({"wind_dir": direction, "wind_speed": 3.0}))
    assert np.flatnonzero(found["wind_u"].isna()).tolist() == [19]
    assert "1 cell(s) outside 0 to 360 read as missing" in notes[0]


def test_what_is_mostly_no_angle_in_degrees_stays_a_number():
    tenths = pd.DataFrame({"wind_dir": np.linspace(0.0, 3600.0, 19), "wind_speed": 3.0})
    found, notes = components(tenths)
    assert list(found.columns) == ["wind_dir", "wind_speed"]
    assert notes == []


def test_components_in_the_file_are_kept():
    frame = pd.DataFrame({"wind_dir": 90.0, "wind_speed": 3.0, "wind_u": [7.0], "wind_v": [8.0]})
    found, _ = components(frame)
    assert found.to_dict("list") == {"wind_speed": [3.0], "wind_u": [7.0], "wind_v": [8.0]}


def test_components_have_the_unit_of_the_speed():
    frame = pd.DataFrame({"wind_dir": [90.0], "wind_speed": [3.0]})
    frame.attrs["units"] = {"wind_speed": "m/s", "wind_dir": "degrees"}
    assert components(frame)[0].attrs["units"]["wind_u"] == "m/s"


def test_a_bare_wd_is_a_direction_if_its_unit_says_so():
    frame = pd.DataFrame({"wv": [2.0], "wd": [270.0]})
    assert list(components(frame)[0].columns) == ["wv", "wd"]
    frame.attrs["units"] = {"wv": "m/s", "wd": "deg"}
    found, notes = with_wind_components(frame, [], verb="given as"), []
    assert found["wind_u"].item() == 2.0
    assert found.attrs["units"]["wind_u"] == "m/s"
    with_wind_components(frame, notes, verb="given as")
    assert notes == ["left out: wd (an angle; given as wind_u and wind_v)"]
