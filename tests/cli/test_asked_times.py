"""Which rows are read, and at which times the forecast stands."""

import numpy as np
import pandas as pd
import pytest

FAST = ("--model", "persistence")


@pytest.fixture
def forecast_index(run):
    """Return a function that forecasts a file and gives the times of the forecast."""

    def call(file, *options):
        result = run(file, *FAST, "--output", "out.csv", *options)
        assert result.exit_code == 0, result.output
        return pd.read_csv("out.csv", index_col=0, parse_dates=True).index

    return call


@pytest.mark.parametrize(
    ("horizon", "every", "hours"),
    [
        ("1d", "3h", range(3, 25, 3)),
        ("1D", "5", range(5, 25, 5)),
        ("8", "3h", (3, 6)),
        ("90min", "30min", (0.5, 1.0, 1.5)),
        ("6h", "6h", (6,)),
    ],
)
def test_the_rows_of_the_forecast_stand_as_far_apart_as_asked(
    forecast_index, weather_csv, horizon, every, hours
):
    index = forecast_index(weather_csv, "--horizon", horizon, "--every", every)
    last = pd.Timestamp("2024-03-10 23:00", tz="UTC")
    assert [(stamp - last) / pd.Timedelta("1h") for stamp in index] == list(hours)


def test_days_are_days_of_the_calendar_over_a_change_of_the_clock(forecast_index):
    """On 31 March 2024 the day of Berlin has 23 hours."""
    days = pd.date_range("2024-01-01", "2024-03-29", tz="Europe/Berlin")
    rows = pd.DataFrame({"time": days.tz_localize(None), "x": np.arange(len(days)) % 7.0})
    rows.to_csv("days.csv", index=False)
    index = forecast_index("days.csv", "--horizon", "6D", "--every", "2d")
    assert list(index) == list(pd.to_datetime(["2024-03-31", "2024-04-02", "2024-04-04"]))


def test_numeric_times_have_numeric_distances(run):
    pd.DataFrame({"t": np.arange(80) / 4, "x": np.sin(np.arange(80))}).to_csv("x.csv", index=False)
    options = ("--horizon", "2.0", "--every", "0.5", "--output", "out.csv")
    assert run("x.csv", *FAST, *options).exit_code == 0
    found = pd.read_csv("out.csv")["t"]
    np.testing.assert_allclose(found, 19.75 + np.array([0.5, 1.0, 1.5, 2.0]))


@pytest.mark.parametrize(
    ("every", "words"),
    [
        ("2d", "no longer than --horizon 24h; got 2d"),
        ("25", "no longer than --horizon 24h (24 steps); got 25"),
        ("0", "over 0"),
        ("-1h", "over 0"),
        ("often", "--every must be a duration"),
        ("1us", "--every must leave at most 1,000,000 rows"),
    ],
)
def test_a_distance_that_leaves_no_row_is_refused(refusal, weather_csv, every, words):
    assert words in refusal(weather_csv, *FAST, f"--every={every}")


@pytest.mark.parametrize(
    ("options", "span", "n_rows"),
    [
        (("--since", "2024-03-03"), "from 2024-03-03 00:00 UTC to 2024-03-10 23:00", 192),
        (("--until", "2024-03-08"), "from 2024-03-01 00:00 UTC to 2024-03-08 23:00", 192),
        (("--until", "2024-03-08 05:00"), "to 2024-03-08 05:00 UTC", 174),
        (("--until", "2024-03"), "to 2024-03-10 23:00 UTC", 240),
        (("--since", "2024-03-02T12:00+02:00", "--until", "2024-03-09"), "2024-03-02 10:00", 182),
    ],
)
def test_only_rows_between_the_dates_are_read(run, weather_csv, options, span, n_rows):
    result = run(weather_csv, *FAST, "--horizon", "3h", *options)
    assert result.exit_code == 0, result.output
    assert span in result.stdout
    assert f": {n_rows} rows from" in result.stdout


def test_numeric_times_are_cut_by_numbers(run):
    pd.DataFrame({"t": np.arange(80) / 4, "x": np.sin(np.arange(80))}).to_csv("x.csv", index=False)
    result = run("x.csv", *FAST, "--horizon", "4", "--since", "5", "--until", "15")
    assert "41 rows from 5 to 15" in result.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--since", "2024-03-09", "--until", "2024-03-02"), "--since must not lie after --until"),
        (("--since", "2025-01-01"), "2024-03-10 23:00 UTC; got --since 2025-01-01"),
        (("--until", "2023"), "must leave rows of those from 2024-03-01 00:00 UTC"),
        (("--since", "soon"), "--since must be a date such as 2013-10-01; got 'soon'"),
        (("--until", "2024-03-01 02:00"), "3 row(s)"),
    ],
)
def test_dates_that_leave_nothing_are_refused(refusal, weather_csv, options, words):
    assert words in refusal(weather_csv, *FAST, *options)


def test_describe_reads_the_same_rows_and_says_so_in_its_code(command, weather_csv):
    result = command("describe", weather_csv, "--since", "2024-03-03", "--until", "2024-03-08")
    assert result.exit_code == 0, result.output
    assert "144 rows from 2024-03-03 00:00 UTC to 2024-03-08 23:00 UTC" in result.stdout
    assert 'series="auto").loc["2024-03-03":"2024-03-08"]' in result.stdout
    assert "--since 2024-03-03 --until 2024-03-08" in result.stdout.splitlines()[-1]
