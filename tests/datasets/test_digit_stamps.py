"""Stamps read by arithmetic are those that pandas reads, and nothing else is read."""

import pandas as pd
import pytest

from tsnode.datasets._digit_stamps import parse_digits

FORMS = ["%d.%m.%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%m-%d-%Y %H:%M", "%Y%m%d%H%M", "%d.%m.%Y"]
INDEX = pd.date_range("1899-12-30", "2104-03-02", periods=5000, unit="s").floor("s")


@pytest.mark.parametrize("form", FORMS)
def test_a_form_gives_the_stamps_of_pandas(form):
    texts = INDEX.strftime(form)
    expected = pd.to_datetime(texts, format=form)
    assert (pd.DatetimeIndex(parse_digits(texts.to_numpy(), form)) == expected).all()


@pytest.mark.parametrize(
    "text",
    [
        "29.02.2009 00:00:00", "00.01.2009 00:00:00", "01.13.2009 00:00:00", "01.00.2009 00:00:00",
        "01.01.2009 24:00:00", "01.01.2009 00:60:00", "1.1.2009 00:00:00", "01.01.2009 00:00:000",
        "01-01-2009 00:00:00", "0a.01.2009 00:00:00", "01.01.2009 00:00:0ß", "",
    ],
)  # fmt: skip
def test_one_text_of_another_form_stops_the_fast_way(text):
    assert parse_digits(["29.02.2008 23:59:59", text], FORMS[0]) is None


@pytest.mark.parametrize("form", ["%H:%M", "%d.%m.%y", "%d %b %Y", "mixed", "ISO8601"])
def test_other_forms_are_left_to_pandas(form):
    assert parse_digits(["01.01.2009"], form) is None
