"""A server on this machine that speaks Open-Meteo's JSON, and can fail in its ways."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd

# Such that they can be what they are called, at every latitude.
BASES = {"temperature_2m": -30.0, "pressure_msl": 950.0}
UNITS = {"temperature_2m": "°C", "pressure_msl": "hPa", "precipitation": "mm"}


def value(name, stamps, latitude):
    """Make numbers that tell variable, hour and place apart."""
    hours = np.array((stamps - pd.Timestamp("2021-01-01")) / pd.Timedelta("1h"))
    return np.round(BASES.get(name, len(name) * 100) + latitude + hours / 1000, 4)


class WeatherServer(ThreadingHTTPServer):
    """Counts what it is asked; ``failures`` are answered first, one each."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked, self.failures, self.without = [], [], {}
        self.offset, self.patience = 0, 0.0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, query):
        latitude = float(query["latitude"])
        if not query["start_date"] < "2026":
            return 400, {"error": True, "reason": "Parameter 'start_date' is out of allowed range"}
        first, last = (pd.Timestamp(query[name]) for name in ("start_date", "end_date"))
        stamps = pd.date_range(first, last + pd.Timedelta("23h"), freq="h")
        names = query["hourly"].split(",")
        hourly = {name: value(name, stamps, latitude).tolist() for name in reversed(names)}
        for name, rows in self.without.items():
            hourly[name] = [None if k in rows else one for k, one in enumerate(hourly[name])]
        local = stamps + pd.Timedelta(seconds=self.offset)
        hourly["time"] = local.strftime("%Y-%m-%dT%H:%M").tolist()
        return 200, {
            "latitude": round(latitude, 1), "longitude": round(float(query["longitude"]), 1),
            "elevation": 113.0, "utc_offset_seconds": self.offset, "timezone": "GMT",
            "hourly_units": {name: UNITS.get(name, "%") for name in names}, "hourly": hourly,
        }  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):  # noqa: N802 - the name is http.server's
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.server.asked.append((parts.path, query))
        time.sleep(self.server.patience)
        if self.server.failures:
            status, content, *headers = self.server.failures.pop(0)
            return self._send(status, content, dict(headers))
        return self._send(*self.server.answer(query), {})

    def do_CONNECT(self):  # noqa: N802
        self.send_error(403, "Forbidden")

    def _send(self, status, content, headers):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, text in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, text)
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):  # who asked went away
            self.close_connection = True

    def log_message(self, *_args):
        """Keep silent."""


@contextmanager
def serving():
    """Yield a server that answers while the block runs."""
    with WeatherServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
