"""The shipped weather: what the loader returns, and that the script makes the file."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tsnode.datasets import load_nyc_weather, read_series_csv
from tsnode.datasets._files import data_file

CHECKOUT = Path(__file__).resolve().parents[2] / "datasets"
COLUMNS = [
    "temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib",
    "wind_u", "wind_v",
]  # fmt: skip
SOURCE_ROW = {
    "origin": "EWR", "year": 2013, "month": 2, "day": 12, "hour": 3, "temp": 39.02, "dewp": 26.96,
    "humid": 61.63, "wind_dir": 260.0, "wind_speed": 1048.36058, "wind_gust": np.nan,
    "precip": 0.0, "pressure": 1008.3, "visib": 10.0, "time_hour": "2013-02-12T08:00:00Z",
}  # fmt: skip


@pytest.fixture(scope="module")
def panel():
    return load_nyc_weather()


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("make_nyc", CHECKOUT / "make_nyc_weather.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("station", "n_rows"), [("EWR", 8703), ("JFK", 8706), ("LGA", 8706)])
def test_a_station_is_a_frame_with_a_utc_index(station, n_rows):
    weather = load_nyc_weather(station)
    assert weather.shape == (n_rows, 11)
    assert list(weather.columns) == COLUMNS
    assert str(weather.index.tz) == "UTC"
    assert weather.index.name == "time"
    assert weather.index.is_monotonic_increasing
    assert weather.index.is_unique


def test_the_panel_holds_the_three_stations(panel):
    assert panel.index.names == ["station", "time"]
    assert panel.shape == (26115, 11)
    pd.testing.assert_frame_equal(panel.xs("JFK"), load_nyc_weather("JFK"))


def test_attrs_hold_units_source_and_licence_as_plain_json(panel):
    assert json.loads(json.dumps(panel.attrs)) == panel.attrs
    assert list(panel.attrs["units"]) == COLUMNS
    assert panel.attrs["licence"] == "CC0"
    assert load_nyc_weather("LGA").attrs == panel.attrs


def test_gaps_and_missing_pressure_are_those_of_the_source():
    weather = load_nyc_weather("EWR")
    gaps = weather.index.to_series().diff().dropna() / pd.Timedelta("1h")
    assert gaps.value_counts().to_dict() == {1.0: 8685, 2.0: 13, 3.0: 2, 6.0: 2}
    assert 0.08 < weather["pressure"].isna().mean() < 0.12


def test_the_impossible_wind_is_missing_and_its_row_is_not(panel):
    row = panel.loc[("EWR", pd.Timestamp("2013-02-12 08:00", tz="UTC"))]
    assert row[["wind_speed", "wind_u", "wind_v"]].isna().all()
    assert row["temp"] == 39.02
    assert panel["wind_speed"].max() < 60


def test_wind_components_carry_speed_and_direction(panel):
    blowing = panel.dropna(subset=["wind_u"]).query("wind_speed > 0")
    speed = np.hypot(blowing["wind_u"], blowing["wind_v"])
    np.testing.assert_allclose(speed, blowing["wind_speed"], atol=1e-3)
    from_where = np.rad2deg(np.arctan2(-blowing["wind_u"], -blowing["wind_v"])) % 360
    turned = (from_where - blowing["wind_dir"] + 180) % 360 - 180
    assert turned.abs().max() < 0.03
    assert len(blowing) > 24000


def test_a_west_wind_blows_east_and_a_calm_does_not_blow(script):
    wind_u, wind_v = script.wind_components(
        np.array([10.0, 10.0, 0.0, 0.0, 5.0]), np.array([270.0, 180.0, 90.0, np.nan, np.nan])
    )
    np.testing.assert_allclose(wind_u, [10, 0, 0, 0, np.nan], atol=1e-12)
    np.testing.assert_allclose(wind_v, [0, 10, 0, 0, np.nan], atol=1e-12)


def test_a_plain_read_of_the_file_equals_the_loader(panel):
    plain = read_series_csv(CHECKOUT / "nyc_weather.csv", series="station")
    pd.testing.assert_frame_equal(plain, panel, check_exact=True)


@pytest.mark.parametrize("station", ["BOS", "ewr", 1])
def test_an_unknown_station_is_refused_with_the_three(station):
    with pytest.raises(ValueError, match="'EWR', 'JFK', 'LGA'"):
        load_nyc_weather(station)


def test_a_missing_data_file_says_where_it_should_lie():
    with pytest.raises(FileNotFoundError, match="Reinstall"):
        data_file("no_such.csv")


def test_the_script_blanks_the_impossible_and_leaves_the_rest(script, tmp_path):
    source = tmp_path / "weather.csv"
    calm = {**SOURCE_ROW, "origin": "LGA", "wind_speed": 0.0, "wind_dir": 0.0}
    pd.DataFrame([calm, SOURCE_ROW]).to_csv(source, index=False, na_rep="NA")
    target = tmp_path / "out.csv"
    script.main([str(source), "--target", str(target)])
    written = pd.read_csv(target)
    assert written["station"].tolist() == ["EWR", "LGA"]
    assert written["wind_speed"].isna().tolist() == [True, False]
    assert written["pressure"].tolist() == [1008.3, 1008.3]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "weather.csv"]


def test_an_interrupted_script_leaves_the_old_file(script, tmp_path, monkeypatch):
    target = tmp_path / "out.csv"
    target.write_text("old")
    frame = pd.DataFrame({"a": [1]})
    monkeypatch.setattr(frame, "to_csv", _fill_the_disk, raising=False)
    with pytest.raises(OSError, match="No space"):
        script.write_csv(frame, target)
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert target.read_text() == "old"


def _fill_the_disk(stream, **_):
    stream.write("half a r")
    raise OSError(28, "No space left on device")
