"""Whatever goes wrong on the way is told in one sentence, after tries where these may help."""

import socket

import pytest

from tsnode.datasets import _http_json, fetch_open_meteo

LIMIT = "Daily API request limit exceeded. Please try again tomorrow."
MINUTELY = "Minutely API request limit exceeded. Please try again in one minute."


def fetch(url, **changed):
    settings = {
        "latitude": 49.4, "longitude": 8.7, "start": "2021-07-26", "end": "2021-07-26",
        "variables": "temperature_2m", "cache": False, "base_url": url, "delay": 0.5, **changed,
    }  # fmt: skip
    return fetch_open_meteo(**settings)


@pytest.fixture
def waits(monkeypatch):
    """Note the seconds waited instead of waiting."""
    noted = []
    monkeypatch.setattr(_http_json, "sleep", noted.append)
    return noted


@pytest.mark.parametrize(
    ("failure", "kind", "words"),
    [
        ((400, {"error": True, "reason": "Cannot initialize X from invalid String value y."}),
         ValueError, "refuses the query: Cannot initialize X from invalid String value y. Change"),
        ((200, {"error": True, "reason": "out of range"}), ValueError, "out of range"),
        ((429, {"error": True, "reason": LIMIT}), ConnectionError, "Daily API request limit"),
        ((429, {"error": True, "reason": "x"}, ("Retry-After", "3600")), ConnectionError, "too"),
        ((403, b"<html>Blocked by policy</html>"), ConnectionError, "as a proxy does that refuses"),
        ((404, b"<html>Not here</html>"), ConnectionError, "404 Not Found with no JSON"),
        ((200, b"<html>Log in first</html>"), ConnectionError, "it begins '<html>Log in first"),
        ((200, [1, 2]), ValueError, "refuses the query"),
        ((200, {"daily": {}}), ValueError, "must hold hourly.time; got daily"),
        ((200, {"hourly": {"time": ["2021-07-26T00:00"], "temperature": [1.0]}}), ValueError,
         "must hold 1 values of temperature_2m; it holds temperature"),
        ((200, {"hourly": {"time": ["2021-07-26T00:00"], "temperature_2m": []}}), ValueError,
         "1 values of temperature_2m"),
        ((200, {"hourly": {"time": ["2021-07-26T00:00"], "temperature_2m": ["warm"]}}), ValueError,
         "numbers as temperature_2m"),
        ((200, {"hourly": {"time": [], "temperature_2m": []}}), ValueError, "0 values"),
    ],
)  # fmt: skip
def test_a_refusal_is_told_at_once(server, waits, failure, kind, words):
    server.failures = [failure]
    with pytest.raises(kind, match=words) as caught:
        fetch(server.url)
    assert "\n" not in str(caught.value)
    assert waits == []
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        ((503, b"busy"), 0.5),
        ((502, {"reason": "x"}), 0.5),
        ((429, {"error": True, "reason": MINUTELY}), 60.0),
        ((429, {"error": True, "reason": "Too many concurrent requests"}), 0.5),
        ((429, {"error": True, "reason": "x"}, ("Retry-After", "7")), 7.0),
    ],
)
def test_what_passes_is_tried_again(server, waits, failure, seconds):
    server.failures = [failure]
    assert fetch(server.url).notna().all(axis=None)
    assert waits == [seconds]


def test_waits_double_and_end_with_the_error(server, waits):
    server.failures = [(503, b"busy")] * 9
    with pytest.raises(ConnectionError, match="503 Service Unavailable"):
        fetch(server.url, n_retries=3)
    assert waits == [0.5, 1.0, 2.0]
    assert len(server.asked) == 4


def test_a_slow_server_is_given_up(server):
    server.patience = 0.2
    with pytest.raises(ConnectionError, match="no answer within 0.05 s"):
        fetch(server.url, timeout=0.05, n_retries=0)


def test_an_answer_that_breaks_off_is_no_answer(server):
    server.failures = [(200, b'{"hourly"', ("Content-Length", "999"))]
    with pytest.raises(ConnectionError, match="could not be reached"):
        fetch(server.url, n_retries=0, timeout=0.2)


@pytest.mark.usefixtures("no_proxy")
def test_nobody_there_is_told_after_all_tries(waits):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(ConnectionError, match="could not be reached .*Connection refused"):
            fetch(url, n_retries=2)
    assert waits == [0.5, 1.0]


def test_a_proxy_that_refuses_the_tunnel_is_named(server, monkeypatch, waits):
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    with pytest.raises(ConnectionError, match=r"proxy refused the way to weather.test .*403"):
        fetch("https://weather.test")
    assert waits == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"latitude": 91}, "latitude must be a number"),
        ({"longitude": float("nan")}, "longitude must be a number"),
        ({"latitude": [1.0, 2.0]}, "got 2 and 1"),
        ({"latitude": [], "longitude": []}, "Give each place both"),
        ({"latitude": [1.0, 2.0], "longitude": [1.0, 2.0], "names": ["a"]}, "each of the 2 places"),
        ({"start": "2021-07-27"}, "start must not be after end"),
        ({"start": "soon"}, "start must be a day such as"),
        ({"end": "2021-07-26 06:00"}, "Leave the hour out"),
        ({"end": None}, "end must be a whole day"),
        ({"variables": []}, "variables must be written as the API"),
        ({"variables": None}, "variables must be written as the API.*got None"),
        ({"variables": "temperature 2m"}, "variables must be written as the API"),
        ({"model": "../era5"}, "model must be written as the API"),
        ({"api": "archiv"}, "api must be one of 'archive'"),
        ({"timeout": 0}, "timeout must be a number over 0"),
        ({"n_retries": -1}, "n_retries must be a whole number"),
        ({"base_url": "weather.test"}, "base_url must be an address"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_is_asked(server, changed, words):
    with pytest.raises(ValueError, match=words):
        fetch(**{"url": server.url} | changed) if "base_url" not in changed else fetch(
            changed["base_url"]
        )
    assert server.asked == []


def test_without_requests_the_extra_is_named(monkeypatch, server):
    def refuse(name, **_kwargs):
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", refuse)
    with pytest.raises(ImportError, match=r"pip install 'tsnode\[fetch\]'"):
        fetch(server.url)
