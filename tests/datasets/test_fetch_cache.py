"""Final days are kept and asked for once; nothing else is, and nothing is half-written."""

import json

import pandas as pd
import pytest

from tsnode.datasets import _day_cache, _fetch_open_meteo, fetch_open_meteo, get_data_home

DAYS = ("2021-07-26", "2021-08-02")


@pytest.fixture
def fetch(server, tmp_path):
    """Return a function that fetches from the server into a folder of its own."""

    def call(days=DAYS, variables=("temperature_2m",), place=(49.4, 8.7), **settings):
        settings = {"data_home": tmp_path, "base_url": server.url, **settings}
        return fetch_open_meteo(*place, *days, variables, **settings)

    return call


def kept(tmp_path):
    return sorted(path for path in tmp_path.rglob("*") if path.is_file())


def test_the_second_time_needs_no_server_and_is_equal(fetch, server, tmp_path):
    first = fetch()
    server.failures = [(500, b"")] * 99
    again = fetch()
    pd.testing.assert_frame_equal(first, again)
    assert first.attrs == again.attrs
    assert [path.name for path in kept(tmp_path)] == ["2021-07.json", "2021-08.json"]


def test_only_days_that_are_missing_are_asked_for(fetch, server):
    fetch()
    longer = fetch(("2021-07-20", "2021-07-28"))
    assert [(q["start_date"], q["end_date"]) for _, q in server.asked] == [
        DAYS,
        ("2021-07-20", "2021-07-25"),
    ]
    assert longer.index.equals(
        pd.date_range("2021-07-20", periods=24 * 9, freq="h", tz="UTC", name="time")
    )
    assert longer["temperature_2m"].is_monotonic_increasing


def test_a_further_variable_is_fetched_and_joins_the_days(fetch, server):
    fetch()
    fetch(variables=["precipitation", "temperature_2m"])
    fetch(variables=["precipitation"])
    fetch()
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "other", [{"place": (49.4, 8.8)}, {"api": "era5"}, {"model": "era5_land"}], ids=str
)
def test_another_place_api_or_model_has_days_of_its_own(fetch, server, other):
    fetch()
    fetch(**other)
    assert len(server.asked) == 2


def test_days_that_may_be_revised_are_asked_for_again(fetch, server, monkeypatch, tmp_path):
    now = pd.Timestamp("2021-08-02 07:00", tz="UTC") + pd.Timedelta("98D")
    monkeypatch.setattr(_fetch_open_meteo, "_now", lambda: now)
    fetch()
    fetch()
    assert [q["start_date"] for _, q in server.asked] == ["2021-07-26", "2021-07-31"]
    names = [name for path in kept(tmp_path) for name in json.loads(path.read_text())["days"]]
    assert names == [f"2021-07-{day}" for day in range(26, 31)]


def test_days_with_a_missing_value_are_asked_for_again(fetch, server):
    server.without = {"temperature_2m": {30}}
    fetch()
    fetch()
    assert [(q["start_date"], q["end_date"]) for _, q in server.asked] == [
        DAYS,
        ("2021-07-27", "2021-07-27"),
    ]


@pytest.mark.parametrize("settings", [{"cache": False}, {"api": "forecast"}], ids=str)
def test_forecasts_and_what_is_not_to_be_kept_leave_no_file(fetch, tmp_path, settings):
    fetch(**settings)
    assert kept(tmp_path) == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"units": {}, "place": {}, "days": {"x": {"y": [1]}}}']
)
def test_a_damaged_file_is_fetched_anew(fetch, server, tmp_path, text):
    good = fetch()
    for path in kept(tmp_path):
        path.write_text(text)
    pd.testing.assert_frame_equal(fetch(), good)
    assert len(server.asked) == 2
    fetch()
    assert len(server.asked) == 2


def test_an_interrupted_write_leaves_the_old_file_and_no_draft(fetch, tmp_path, monkeypatch):
    fetch()
    before = {path: path.read_bytes() for path in kept(tmp_path)}

    def interrupt(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(_day_cache.os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch(("2021-07-01", "2021-07-03"))
    assert {path: path.read_bytes() for path in kept(tmp_path)} == before


def test_a_folder_that_cannot_be_written_costs_a_warning_only(fetch, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_day_cache.tempfile, "mkstemp", refuse)
    with pytest.warns(UserWarning, match="No space left on device"):
        assert len(fetch()) == 192


def test_what_was_fetched_before_a_failure_is_kept(fetch, server, monkeypatch):
    monkeypatch.setattr(_fetch_open_meteo, "MOST_DAYS", 5)
    answers = iter([None, (400, {"error": True, "reason": "no more"})])
    plain = server.answer
    server.answer = lambda query: next(answers, None) or plain(query)
    with pytest.raises(ValueError, match="no more"):
        fetch()
    fetch()
    assert [q["start_date"] for _, q in server.asked] == ["2021-07-26", "2021-07-31", "2021-07-31"]


def test_the_data_home_is_the_argument_the_environment_or_the_users_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TSNODE_DATA", raising=False)
    assert get_data_home() == tmp_path / "tsnode_data"
    monkeypatch.setenv("TSNODE_DATA", str(tmp_path / "elsewhere"))
    assert get_data_home() == tmp_path / "elsewhere"
    assert get_data_home("~/here") == tmp_path / "here"
    assert (tmp_path / "here").is_dir()
