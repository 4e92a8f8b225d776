"""``tsnode fetch`` writes a CSV that the other commands read, and refuses in one line."""

import pandas as pd
import pytest
from click.testing import CliRunner

from tsnode.cli import main
from tsnode.cli._fetch import APIS
from tsnode.datasets import fetch_open_meteo, read_weather_csv
from tsnode.datasets._open_meteo_json import APIS as KNOWN

from ..datasets.conftest import no_proxy, server  # noqa: F401 - fixtures

SPAN = ("--start", "2021-07-26", "--end", "2021-07-27")


@pytest.fixture
def run(server, tmp_path, monkeypatch):  # noqa: F811
    """Return a function that calls ``tsnode fetch`` of the local server."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TSNODE_DATA", str(tmp_path / "home"))

    def call(*arguments, span=SPAN):
        return CliRunner().invoke(main, ["fetch", *arguments, *span, "--base-url", server.url])

    call.server = server
    return call


def test_the_file_is_read_back_to_the_frame_that_was_fetched(run, tmp_path):
    result = run("49.4", "8.7", "--variables", "temperature_2m,pressure_msl", "--output", "w.csv")
    assert result.exit_code == 0, result.output
    assert "48 hours of 2 variables written to w.csv" in result.stderr
    assert result.stdout == ""
    expected = fetch_open_meteo(
        49.4, 8.7, *SPAN[1::2], ["temperature_2m", "pressure_msl"], base_url=run.server.url
    )
    found = read_weather_csv(tmp_path / "w.csv")
    pd.testing.assert_frame_equal(found, expected, check_freq=False, check_index_type=False)
    for name in ("units", "zone"):
        assert found.attrs[name] == expected.attrs[name]
    assert expected.attrs["place"].items() <= found.attrs["place"].items()
    assert len(run.server.asked) == 1


def test_standard_output_holds_the_csv_alone_and_south_and_west_are_numbers(run):
    result = run("-33.9", "-70.6", "--variables", "precipitation")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[1] == "-33.9,-70.6,113.0,0,GMT,GMT"
    assert lines[3] == "time,precipitation (mm)"
    assert lines[4].startswith("2021-07-26T00:00,")
    assert len(lines) == 4 + 48


def test_a_missing_value_is_written_as_the_api_writes_it(run):
    run.server.without = {"precipitation": {1}}
    lines = run("49.4", "8.7", "--variables", "precipitation").stdout.splitlines()
    assert lines[5] == "2021-07-26T01:00,NaN"


def test_quiet_says_nothing_of_a_file_that_was_written(run, tmp_path):
    result = run("49.4", "8.7", "--variables", "precipitation", "--output", "w.csv", "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    assert (tmp_path / "w.csv").is_file()


def test_all_apis_are_offered():
    assert set(APIS) == set(KNOWN)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("49.4", "8.7", "--output", "nowhere/w.csv"), ("--output", "nowhere")),
        (("494", "8.7"), ("latitude must be", "got 494")),
        (("north", "8.7"), ("north", "tsnode fetch --help")),
        (("49.4",), ("LONGITUDE",)),
        (("49.4", "8.7", "--variables", "temp here"), ("variables must be written",)),
        (("49.4", "8.7", "--api", "archives"), ("archives", "archive")),
    ],
)
def test_a_wrong_argument_is_told_in_one_line(run, arguments, words):
    assert_refused(run(*arguments), *words)
    assert run.server.asked == []


def test_the_words_of_the_api_are_passed_on_and_no_file_is_left(run, tmp_path):
    reason = "Cannot initialize ForecastVariable from invalid String value temp"
    run.server.failures = [(400, {"error": True, "reason": reason})]
    assert_refused(run("49.4", "8.7", "--output", "w.csv"), reason)
    assert not (tmp_path / "w.csv").exists()


def test_a_limit_is_told_in_one_line(run):
    run.server.failures = [(429, {"error": True, "reason": "Daily API request limit exceeded."})]
    assert_refused(run("49.4", "8.7"), "Daily API request limit exceeded")


def test_without_requests_the_extra_is_named(run, monkeypatch):
    def refuse(*_args, **_kwargs):
        msg = "requests is needed here; run: pip install 'tsnode[fetch]'."
        raise ImportError(msg)

    monkeypatch.setattr("tsnode.datasets._http_json.import_optional", refuse)
    assert_refused(run("49.4", "8.7"), "tsnode[fetch]")


def assert_refused(result, *words):
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert [word for word in words if word not in line] == []
