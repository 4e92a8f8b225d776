"""A progress bar on standard error, fed by what training reports."""

import sys
from contextlib import contextmanager

import click

from .._progress import listening


@contextmanager
def progress_bar(stage, *, quiet):
    """Draw one bar per stage that training reports, labelled by the command's ``stage``."""
    # In a log file a bar is a line without content.
    if quiet or not sys.stderr.isatty():
        yield
        return
    bars = _Bars(stage)
    try:
        with listening(bars):
            yield
    finally:
        bars.close()


class _Bars:
    def __init__(self, stage):
        self._stage = stage
        self._name = None
        self._bar = None

    def __call__(self, name, done, total):
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
