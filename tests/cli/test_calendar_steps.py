"""Months, quarters and years have no fixed length: the command counts on in calendar steps."""

import numpy as np
import pandas as pd
import pytest

RHYTHMS = {"MS": "1 month", "ME": "1 month", "QS": "3 months", "YS": "1 year", "2MS": "2 months"}
MOST_MONTHS = 12


def write(freq, periods=60, drop=()):
    stamps = pd.date_range("2000-01-31", periods=periods, freq=freq)
    rows = pd.DataFrame({"time": stamps, "x": np.arange(periods) % 7.0})
    rows.drop(index=list(drop)).to_csv("series.csv", index=False)
    return stamps


def forecast_index(run, *options):
    result = run("series.csv", "--model", "persistence", "--output", "out.csv", *options)
    assert result.exit_code == 0, result.output
    return result, pd.read_csv("out.csv", index_col=0, parse_dates=True).index


@pytest.mark.parametrize("freq", [*RHYTHMS, "B", "W-SUN", "D"])
def test_the_forecast_keeps_the_rhythm_of_the_calendar(run, freq):
    last = write(freq)[-1]
    _, index = forecast_index(run, "--horizon", "5")
    expected = pd.date_range(last, periods=6, freq=freq)[1:]
    assert list(index) == list(expected)


@pytest.mark.parametrize("drop", [(20,), (20, 21, 40), (57,)])
def test_a_missing_month_does_not_break_the_rhythm(run, drop):
    write("MS", drop=drop)
    _, index = forecast_index(run, "--horizon", "12")
    assert list(index.day) == [1] * 12
    assert list(index.month) == [*range(2, 13), 1]


@pytest.mark.parametrize(("freq", "words"), RHYTHMS.items())
def test_the_step_is_told_in_calendar_words(run, freq, words):
    write(freq)
    result, _ = forecast_index(run, "--horizon", "1")
    assert f"step {words}, no gaps" in result.stdout
    assert f"each {words} ahead" in result.stdout


@pytest.mark.parametrize(("freq", "n"), [("MS", 12), ("ME", 12), ("QS", 4), ("YS", 1)])
def test_a_horizon_of_a_year_holds_the_months_of_a_year(run, freq, n):
    write(freq)
    _, index = forecast_index(run, "--horizon", "366D")
    assert len(index) == n


def test_long_leads_are_judged_by_the_row_of_their_month(run):
    """A step of 31 days drifts away from the calendar by half a month in two years."""
    stamps = pd.date_range("1990-01-01", periods=240, freq="MS")
    month = np.arange(240)
    pd.DataFrame({"time": stamps, "x": month % 48}).to_csv("series.csv", index=False)
    result, _ = forecast_index(run, "--horizon", "48", "--holdout", "0.5")
    line = next(line for line in result.stdout.splitlines() if line.startswith("4 years"))
    # After four years the values are back: there persistence is right to the last digit.
    assert float(line.split()[2]) == 0.0
