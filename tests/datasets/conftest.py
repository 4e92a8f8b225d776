"""A weather server, and nothing between it and the test."""

import pytest

from .weather_server import serving

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture
def no_proxy(monkeypatch):
    """Take the machine's proxies away."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server(no_proxy):  # noqa: ARG001
    """Serve weather on this machine."""
    with serving() as one:
        yield one
