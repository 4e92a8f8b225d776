"""Weather files of the usual sources are read by their own rules, and the report says so."""

import numpy as np
import pandas as pd
import pytest

import tsnode

FAST = ("--model", "persistence", "--horizon", "3h")
HOURS = 96
PLACE = """latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation
49.4,8.7,110.0,7200,Europe/Berlin,CEST

"""


@pytest.fixture
def open_meteo(tmp_path, monkeypatch):
    """Write four days of Heidelberg in June as Open-Meteo does: an hourly and a daily table."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    stamps = pd.date_range("2024-06-01", periods=HOURS, freq="h").strftime("%Y-%m-%dT%H:%M")
    hourly = pd.DataFrame({"time": stamps, "temperature_2m (°C)": rng.normal(15, 5, HOURS)})
    hourly["wind_speed_10m (km/h)"] = rng.uniform(1, 9, HOURS)
    hourly["wind_direction_10m (°)"] = rng.uniform(0, 360, HOURS)
    daily = pd.DataFrame({"time": [f"2024-06-0{day}" for day in range(1, 5)]})
    daily["temperature_2m_max (°C)"] = [20.0, 25.0, 22.0, 23.0]
    tables = [frame.to_csv(index=False, lineterminator="\n") for frame in (hourly, daily)]
    path = tmp_path / "heidelberg.csv"
    path.write_text(PLACE + "\n".join(tables), encoding="utf-8")
    return path.name


@pytest.fixture
def local_csv(weather_csv):
    """Make the stamps of the weather such that they carry no zone."""
    rows = pd.read_csv(weather_csv)
    rows["time"] = rows["time"].str.removesuffix("+00:00")
    rows.to_csv(weather_csv, index=False)
    return weather_csv


def test_open_meteo_is_read_in_utc_with_units_and_told_so(run, open_meteo):
    result = run(open_meteo, *FAST, "--output", "out.csv")
    assert result.exit_code == 0, result.output
    assert f": {HOURS} rows from 2024-05-31 22:00 UTC" in result.stdout
    assert "read as Open-Meteo (" in result.stdout
    assert "section: hourly; there too: daily (--section)" in result.stdout
    assert "left out: wind_direction_10m (an angle; forecast as wind_u_10m" in result.stdout
    found = pd.read_csv("out.csv", index_col=0, parse_dates=True)
    assert found.index[0] == pd.Timestamp("2024-06-04 22:00", tz="UTC")
    assert list(found) == ["temperature_2m", "wind_speed_10m", "wind_u_10m", "wind_v_10m"]


def test_a_section_can_be_asked_for(command, open_meteo):
    result = command("describe", open_meteo, "--section", "daily")
    assert result.exit_code == 0, result.output
    assert "4 rows from 2024-05-31 22:00 UTC" in result.stdout
    assert 'read_weather_csv("heidelberg.csv", section="daily")' in result.stdout
    assert "--section daily" in result.stdout.splitlines()[-1]


def test_standard_input_is_known_by_its_content_too(run, open_meteo, tmp_path):
    data = (tmp_path / open_meteo).read_bytes()
    result = run("-", *FAST, stdin=data)
    assert "standard input: 96 rows" in result.stdout
    assert "read as Open-Meteo" in result.stdout


def test_a_named_time_column_is_read_as_plain_csv(run, open_meteo, tmp_path):
    text = (tmp_path / open_meteo).read_text(encoding="utf-8")
    table = text.removeprefix(PLACE).split("\n\n")[0]
    (tmp_path / "table.csv").write_text(table + "\n", encoding="utf-8")
    result = run("table.csv", *FAST, "--time", "time")
    assert "columns: temperature_2m (°C), wind_speed_10m (km/h)" in result.stdout
    assert "read as" not in result.stdout


def test_stamps_without_a_zone_stay_so_unless_one_is_given(run, local_csv):
    assert "from 2024-03-01 00:00 to" in run(local_csv, *FAST).stdout
    result = run(local_csv, *FAST, "--tz", "Europe/Berlin")
    assert "from 2024-02-29 23:00 UTC to" in result.stdout


def test_a_zone_that_is_assumed_is_told_with_the_option_that_confirms_it(run, open_meteo, tmp_path):
    text = (tmp_path / open_meteo).read_text(encoding="utf-8").removeprefix(PLACE)
    (tmp_path / "no_zone.csv").write_text(text.split("\n\n")[0] + "\n", encoding="utf-8")
    (note,) = run("no_zone.csv", *FAST).stderr.splitlines()
    assert note.startswith("Note: no_zone.csv does not tell the zone of its stamps")
    assert "Pass --tz with the zone they were written in, or --tz UTC to confirm it." in note
    assert run("no_zone.csv", *FAST, "--tz", "UTC").stderr == ""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ("--tz", "Mars/Olympus"),
            "--tz must be a zone such as",
        ),
        (("--section", "weekly"), "weekly"),
        (("--dialect", "grib"), "--dialect must be one of"),
        (("--dialect", "jena"), "is no Jena climate, by its first lines, but --dialect jena"),
        (("--dialect", "metar", "--time", "time"), "--time time is for plain CSV, but --dialect"),
        (("--section", "daily", "--time", "time"), "--section daily needs a file of several"),
    ],
)
def test_what_does_not_fit_the_file_is_refused_in_the_words_of_the_command(
    refusal, open_meteo, options, words
):
    assert words in refusal(open_meteo, *FAST, *options)


def test_a_zone_that_is_none_and_a_section_of_plain_csv_are_refused(refusal, local_csv):
    assert "do not fit the zone 'Mars'" in refusal(local_csv, *FAST, "--tz", "Mars")
    line = refusal(local_csv, *FAST, "--section", "daily")
    assert "--section daily needs a file of several tables" in line
    assert "Leave --section out" in line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"error":true,"reason":"Parameter hourly is wrong"}', "it says: Parameter hourly"),
        ("<html><title>Sign in</title></html>", "HTML"),
    ],
)
def test_an_error_saved_as_a_file_is_told_in_its_words(refusal, tmp_path, text, words):
    (tmp_path / "saved.csv").write_text(text)
    assert words in refusal("saved.csv", *FAST)


@pytest.fixture
def made(monkeypatch):
    """Note what the preset for weather is asked for, and make a cheap forecaster instead."""
    noted = []

    def make(**settings):
        noted.append(settings)
        return tsnode.PersistenceRegressor()

    monkeypatch.setattr(tsnode, "make_weather_forecaster", make)
    return noted


def test_the_model_of_weather_knows_the_lead_and_the_place(run, open_meteo, made):
    result = run(open_meteo, "--model", "weather", "--horizon", "3h", "--seed", "1")
    assert result.exit_code == 0, result.output
    assert "weather: training took" in result.stdout
    assert len(made) == 2
    place = {"latitude": 49.4, "longitude": 8.7}
    asked = {"lead": 3, "random_state": 1, "device": "auto", "calibration": "auto"}
    assert made[0] == place | asked
    run(open_meteo, "--model", "weather", "--horizon", "3h", "--interval", "0.9")
    assert "calibration" not in made[2]


def test_the_model_of_weather_needs_no_place(run, weather_csv, made):
    result = run(weather_csv, "--model", "weather", "--horizon", "3h")
    assert result.exit_code == 0, result.output
    assert "latitude" not in made[0]
