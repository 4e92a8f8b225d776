"""What a report says of the stamps: regular, gaps, duplicates, zone, order."""

import numpy as np
import pandas as pd
import pytest

from tsnode.inspection import data_report


def hourly(n=200, **settings):
    return pd.Series(
        np.sin(np.arange(n) / 5.0), pd.date_range("2024", periods=n, freq="h", **settings)
    )


def test_regular_stamps_are_regular_and_have_their_step():
    stamps = data_report(hourly()).stamps
    assert (stamps.is_regular, stamps.step_in_words, stamps.n_gaps) == (True, "1 h", 0)
    assert (stamps.kind, stamps.zone, stamps.unit) == ("datetime", None, "h")


def test_missing_rows_are_gaps_of_a_regular_grid():
    stamps = data_report(hourly().drop(hourly().index[[7, 50, 51, 52]])).stamps
    assert stamps.is_regular
    assert (stamps.n_gaps, stamps.longest_gap) == (2, 4.0)
    assert stamps.longest_gap_from == pd.Timestamp("2024-01-03 01:00")


def test_exponential_gaps_are_irregular():
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.exponential(size=300))
    stamps = data_report(pd.Series(rng.normal(size=300), times)).stamps
    assert not stamps.is_regular
    # Four fifths of a uniform phase lie over a tenth of a step off.
    assert stamps.off_grid_share == pytest.approx(0.8, abs=0.08)


def test_months_are_regular_though_their_lengths_differ():
    index = pd.date_range("2020", periods=60, freq="MS")
    stamps = data_report(pd.Series(np.arange(60.0), index)).stamps
    assert (stamps.is_regular, stamps.step_in_words, stamps.offset) == (True, "1 month", "MS")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_a_change_of_the_clock_is_no_gap(zone):
    stamps = data_report(hourly(24 * 365, tz=zone)).stamps
    assert (stamps.is_regular, stamps.n_gaps, stamps.n_duplicates) == (True, 0, 0)
    assert stamps.zone == zone


def test_repeated_and_unsorted_rows_are_counted_and_told():
    series = hourly()
    report = data_report(pd.concat([series, series[10:15]]))
    assert (report.stamps.n_rows, report.stamps.n_duplicates, report.stamps.n_backwards) == (
        205,
        5,
        1,
    )
    assert any("5 row(s) repeat a time" in note for note in report.notes)
    assert any("1 step(s) go back" in note for note in report.notes)


def test_the_order_of_rows_changes_nothing_but_that_count():
    series = hourly()
    shuffled = data_report(series.sample(frac=1, random_state=0))
    assert shuffled.channels.equals(data_report(series).channels)
    assert shuffled.stamps.n_backwards > 50


def test_a_gap_longer_than_all_the_rest_is_told_with_a_remedy():
    series = hourly()
    later = series.set_axis(series.index + pd.Timedelta("900D"))
    report = data_report(pd.concat([series, later[:100]]))
    (note,) = (note for note in report.notes if "longer than all the rest" in note)
    assert "A gap of 2.44 years" in note
    assert "Keep one side: rows up to, or after, 2024-01-09 07:00" in note


def test_series_of_a_panel_are_counted_apart():
    parts = {key: hourly(n) for key, n in (("a", 30), ("b", 40), ("c", 5))}
    report = data_report(pd.concat(parts))
    assert (report.stamps.n_series, report.stamps.rows_per_series) == (3, (5, 40))
    assert report.stamps.n_backwards == report.stamps.n_gaps == 0
    assert any("1 of 3 series have fewer than 8 rows" in note for note in report.notes)


@pytest.mark.parametrize(
    ("index", "kind", "unit"),
    [
        (pd.period_range("2020", periods=60, freq="M"), "period", "D"),
        (pd.to_timedelta(np.arange(60) * 15, unit="min"), "timedelta", "min"),
        (pd.Index(np.arange(60) / 4), "float", None),
    ],
)
def test_other_kinds_of_time_are_read_too(index, kind, unit):
    stamps = data_report(pd.Series(np.sin(np.arange(60.0)), index)).stamps
    assert (stamps.kind, stamps.unit, stamps.is_regular) == (kind, unit, True)


def test_two_rows_have_no_side_to_keep():
    assert data_report(hourly(2)).notes == ()
