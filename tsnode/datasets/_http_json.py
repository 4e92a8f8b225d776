"""One question over HTTP: JSON comes back, or one sentence that says why not."""

import re
from time import sleep
from urllib.parse import urlsplit

from tsnode._optional import import_optional

# Answers that another try may better: the server's own trouble, and too many questions at once.
PASSING = {408, 425, 500, 502, 503, 504}
# A limit of this hour, day or month outlasts every wait of ours.
LONG_LIMIT = re.compile(r"hour|dai|day|tomorrow|month", re.IGNORECASE)
MINUTE = re.compile(r"minut", re.IGNORECASE)
LONGEST_WAIT = 70.0


class Refusal(Exception):
    """What one try came to: the error to raise, and seconds until another try (None: no use)."""

    def __init__(self, error, wait=None):
        super().__init__(str(error))
        self.error = error
        self.wait = wait


def get_json(url, parameters, *, timeout, n_retries, delay):
    """Ask ``url`` and return the JSON object of its answer.

    Parameters
    ----------
    url : str
    parameters : dict of str to str
    timeout : float, seconds until the connection, and until each part of the answer
    n_retries : int, tries after the first
    delay : float, seconds before the second try; doubled before each further one

    Raises
    ------
    ConnectionError
        No network, no answer in time, a proxy or certificate in the way, a limit of the API, or an
        answer that is no JSON.
    ValueError
        The API refuses the question (its own words), or ``url`` is none.
    """
    for attempt in range(n_retries + 1):
        try:
            return _ask_once(url, parameters, timeout, delay * 2**attempt)
        except Refusal as refusal:
            if refusal.wait is None or attempt == n_retries:
                raise refusal.error from refusal.__cause__
            sleep(refusal.wait)
    raise AssertionError


def _ask_once(url, parameters, timeout, wait):
    requests = import_optional("requests", extra="fetch")
    host = urlsplit(url).netloc or url
    try:
        answer = requests.get(url, params=parameters, timeout=timeout)
    except requests.exceptions.RequestException as error:
        raise _without_answer(requests.exceptions, error, host, timeout, wait) from error
    try:
        content = answer.json()
    except ValueError as error:
        raise _no_json(answer, host, wait) from error
    reason = content.get("reason") if isinstance(content, dict) else None
    if answer.ok and reason is None and isinstance(content, dict):
        return content
    raise _refused(answer, str(reason or answer.reason), host, wait)


def _without_answer(kinds, error, host, timeout, wait):
    """Say why no answer came; a proxy's refusal or a bad certificate stays what it is."""
    if isinstance(error, kinds.ProxyError):
        msg = f"The proxy refused the way to {host} ({_innermost(error)}). Set HTTPS_PROXY to one "
        msg += "that allows it, or name the host in NO_PROXY."
        return Refusal(ConnectionError(msg))
    if isinstance(error, kinds.SSLError):
        msg = f"{host} showed no certificate that is trusted here ({_innermost(error)}). Set "
        msg += "REQUESTS_CA_BUNDLE to that of your network."
        return Refusal(ConnectionError(msg))
    if isinstance(error, kinds.Timeout):
        msg = f"{host} gave no answer within {timeout:g} s. Try later, or raise timeout=."
        return Refusal(ConnectionError(msg), wait)
    if isinstance(error, kinds.ConnectionError | kinds.ChunkedEncodingError):
        msg = f"{host} could not be reached ({_innermost(error)}). Check the network."
        return Refusal(ConnectionError(msg), wait)
    msg = f"base_url must be an address such as 'https://host'; got {host!r} ({error}). Correct it."
    return Refusal(ValueError(msg))


def _innermost(error):
    """Find the cause that the system named, without the wrappings around it."""
    while isinstance(inner := error.__cause__ or error.__context__, Exception):
        error = inner
    return " ".join(str(getattr(error, "strerror", None) or error).split()).rstrip(".")


def _no_json(answer, host, wait):
    status = f"{answer.status_code} {answer.reason}"
    if answer.status_code in (401, 403, 407, 451):
        msg = f"{host} answered {status} without data, as a proxy does that refuses. Set "
        msg += "HTTPS_PROXY to one that allows it, or name the host in NO_PROXY."
        return Refusal(ConnectionError(msg))
    start = " ".join(answer.text[:40].split())
    msg = f"{host} answered {status} with no JSON (it begins {start!r}). Try later, "
    msg += "or check base_url."
    return Refusal(ConnectionError(msg), wait if answer.status_code in PASSING else None)


def _refused(answer, reason, host, wait):
    words = reason.strip().rstrip(".")
    if answer.status_code == 429:
        msg = f"{host} counts too many requests: {words}. Wait, or ask for less."
        return Refusal(ConnectionError(msg), _wait_for_limit(answer, reason, wait))
    if answer.status_code >= 500:
        msg = f"{host} failed with {answer.status_code}: {words}. Try later."
        passing = answer.status_code in PASSING
        return Refusal(ConnectionError(msg), wait if passing else None)
    return Refusal(ValueError(f"{host} refuses the query: {words}. Change it."))


def _wait_for_limit(answer, reason, wait):
    asked = answer.headers.get("Retry-After", "")
    if asked.isdecimal():
        return float(asked) if float(asked) <= LONGEST_WAIT else None
    if LONG_LIMIT.search(reason):
        return None
    return 60.0 if MINUTE.search(reason) else wait
