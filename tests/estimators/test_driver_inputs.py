"""Tables of drivers that do not fit the rows are refused at the door; nothing changes."""

import pandas as pd
import pytest

from tsnode.exceptions import HorizonError, TimeIndexError
from tsnode.preprocessing import ExogenousFeatures

from .driven_rooms import DRIVE, LATER, STAMPS, TRUTH, TWO, Y, model


def test_a_table_that_ends_before_the_horizon_is_refused_until_it_is_longer():
    short = DRIVE.loc[: STAMPS[-1] + pd.Timedelta("5h")]
    fitted = model(ExogenousFeatures(short)).fit(STAMPS, Y)
    expected = fitted.predict(LATER[:3])
    words = r"its last row is at 2024-01-03 02:59 UTC, 9 stamp\(s\) lie behind it, the latest"
    for asked in (lambda: fitted.predict(LATER), lambda: fitted.forecast("12h")):
        with pytest.raises(HorizonError, match=words):
            asked()
    pd.testing.assert_frame_equal(fitted.predict(LATER[:3]), expected)
    fitted.features_.set_params(table=DRIVE)
    assert fitted.predict(LATER).shape == (12, 1)
    pd.testing.assert_frame_equal(fitted.predict(LATER[:3]), expected)


def test_a_fit_on_rows_behind_the_table_is_refused():
    words = r"its last row is at 2024-01-01 06:26 UTC, 41 stamp\(s\)"
    with pytest.raises(HorizonError, match=words):
        model(ExogenousFeatures(DRIVE.iloc[:5])).fit(STAMPS, Y)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (DRIVE.tz_localize(None), "stamps in UTC, as the rows have; got stamps without a time"),
        (TWO, r"since the rows are of one series; got one with series \('a', 'b'\)"),
    ],
)
def test_a_table_of_other_stamps_than_the_rows_is_refused(table, words):
    with pytest.raises(TimeIndexError, match=words):
        model(ExogenousFeatures(table)).fit(STAMPS, Y)


def test_a_table_in_another_zone_is_the_same_table():
    fitted = model(ExogenousFeatures(DRIVE.tz_convert("Asia/Kathmandu"))).fit(STAMPS, Y)
    expected = model(ExogenousFeatures(DRIVE)).fit(STAMPS, Y).predict(LATER)
    pd.testing.assert_frame_equal(fitted.predict(LATER), expected)


def test_new_rows_that_a_table_does_not_reach_change_nothing():
    short = DRIVE.loc[: STAMPS[-1]]
    fitted = model(ExogenousFeatures(short, hold="2h")).fit(STAMPS, Y)
    expected = fitted.predict(LATER[:1])
    for call in (fitted.update, fitted.partial_fit):
        with pytest.raises(HorizonError, match="reaches the asked stamps"):
            call(LATER, TRUTH.loc[LATER])
        pd.testing.assert_frame_equal(fitted.predict(LATER[:1]), expected)
    fitted.features_.set_params(table=DRIVE)
    fitted.update(LATER[:6], TRUTH.loc[LATER[:6]])
    assert not fitted.predict(LATER[6:]).equals(expected)


def test_a_refit_on_a_bad_table_leaves_the_forecaster_as_it_was():
    fitted = model(ExogenousFeatures(DRIVE)).fit(STAMPS, Y)
    expected = fitted.predict(LATER)
    fitted.set_params(features__table=DRIVE.iloc[:5])
    with pytest.raises(HorizonError, match="reaches the asked stamps"):
        fitted.fit(STAMPS, Y)
    pd.testing.assert_frame_equal(fitted.predict(LATER), expected)
