"""Progress of long work, silent unless somebody listens."""

from contextlib import contextmanager, nullcontext
from contextvars import ContextVar

_listeners = ContextVar("tsnode_progress_listeners", default=())


@contextmanager
def listening(listener):
    """Call ``listener(stage, done, total)`` for all progress reported inside the block.

    Listeners of blocks around this one are called as well. One that returns True asks the stage
    to stop.
    """
    token = _listeners.set((*_listeners.get(), listener))
    try:
        yield
    finally:
        _listeners.reset(token)


def printing(is_asked=True):
    """Print all progress reported inside the block, if that is asked for."""
    return listening(_print) if is_asked else nullcontext()


def say(words):
    """Print what an estimator has to say."""
    print(f"[tsnode] {words}")  # noqa: T201 - asked for by verbose


def _print(stage, done, total):
    say(f"{stage}: {done} of {total}")


def report_progress(stage, done, total):
    """Tell all listeners that ``done`` of ``total`` parts of a stage are over.

    Returns
    -------
    bool, whether one of them asks to stop
    """
    return any([listener(stage, done, total) for listener in _listeners.get()])
