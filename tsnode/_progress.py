"""Progress of long work, silent unless somebody listens."""

from contextlib import contextmanager
from contextvars import ContextVar

_listener = ContextVar("tsnode_progress_listener", default=None)


@contextmanager
def listening(listener):
    """Call ``listener(stage, done, total)`` for all progress reported inside the block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def report_progress(stage, done, total):
    """Tell the listener, if there is one, that ``done`` of ``total`` parts of a stage are over."""
    listener = _listener.get()
    if listener is not None:
        listener(stage, done, total)
