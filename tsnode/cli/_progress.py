"""Progress on standard error: a bar fed by what training reports, or the seconds of a stage."""

import sys
import threading
import time
from contextlib import contextmanager

import click

from .._progress import listening

PATIENCE = 2.0  # seconds before a stage without a bar says that it goes on
ERASE = "\r\x1b[K"


@contextmanager
def progress_bar(stage, *, quiet):
    """Draw one bar per stage that training reports, labelled by the command's ``stage``.

    Until one is reported, and where none is, the seconds are counted from the second one on.
    """
    # In a log file a bar is a line without content.
    if quiet or not sys.stderr.isatty():
        yield
        return
    seconds = _Seconds(stage, sys.stderr)
    bars = _Bars(stage, seconds)
    try:
        with listening(bars):
            yield
    finally:
        seconds.stop()
        bars.close()


class _Seconds:
    """Counts the seconds of a stage on a line that vanishes afterwards."""

    def __init__(self, stage, stream):
        self._stage = stage
        self._stream = stream
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def _count(self):
        began = time.monotonic()
        pause, has_written = PATIENCE, False
        while not self._stopped.wait(pause):
            self._stream.write(f"{ERASE}{self._stage}: {time.monotonic() - began:.0f} s")
            self._stream.flush()
            pause, has_written = 1.0, True
        if has_written:
            self._stream.write(ERASE)
            self._stream.flush()

    def stop(self):
        """Clear the line, and count no more."""
        self._stopped.set()
        self._thread.join()


class _Bars:
    def __init__(self, stage, seconds):
        self._stage = stage
        self._seconds = seconds
        self._name = None
        self._bar = None

    def __call__(self, name, done, total):
        self._seconds.stop()
        if name != self._name or done < self._bar.pos:
            self.close()
            self._open(name, total)
        self._bar.update(done - self._bar.pos)

    def _open(self, name, total):
        self._name = name
        self._bar = click.progressbar(
            length=total, label=self._label(name), file=sys.stderr, width=30
        )
        self._bar.__enter__()

    def _label(self, name):
        return self._stage if name in self._stage else f"{self._stage}: {name}"

    def close(self):
        """Leave the line of the bar."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
        self._bar = None
