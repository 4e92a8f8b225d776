"""The progress bar follows what training reports and stays off standard output."""

import io
import time
from contextlib import contextmanager, redirect_stderr

from tsnode._progress import report_progress
from tsnode.cli import _progress
from tsnode.cli._progress import progress_bar


class Screen(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self):
        return True


@contextmanager
def bar_on_a_screen(*, quiet=False):
    """Open a bar where standard error is a terminal; gives the screen."""
    # A fixture cannot do this: pytest puts its own stream in place for each phase of a test.
    with redirect_stderr(Screen()) as screen, progress_bar("training", quiet=quiet):
        yield screen


def test_a_bar_reaches_the_end():
    with bar_on_a_screen() as screen:
        for done in range(1, 5):
            report_progress("shoot", done, 4)
    assert "training: shoot" in screen.getvalue()
    assert "100%" in screen.getvalue()


def test_each_stage_has_a_bar_of_its_own():
    with bar_on_a_screen() as screen:
        report_progress("match", 1, 1)
        report_progress("shoot", 1, 2)
    assert "training: match" in screen.getvalue()
    assert "training: shoot" in screen.getvalue()


def test_a_stage_that_starts_again_starts_a_new_bar():
    with bar_on_a_screen() as screen:
        report_progress("shoot", 3, 3)
        report_progress("shoot", 1, 3)
    assert screen.getvalue().count("\n") >= 2


def test_quiet_draws_nothing():
    with bar_on_a_screen(quiet=True) as screen:
        report_progress("shoot", 1, 2)
    assert screen.getvalue() == ""


def test_no_bar_is_drawn_where_standard_error_is_no_screen():
    with redirect_stderr(io.StringIO()) as stream, progress_bar("training", quiet=False):
        report_progress("shoot", 1, 2)
    assert stream.getvalue() == ""


def test_nobody_listens_after_the_bar():
    with bar_on_a_screen() as screen:
        report_progress("shoot", 1, 2)
    before = screen.getvalue()
    report_progress("shoot", 2, 2)
    assert screen.getvalue() == before


def test_a_long_stage_without_a_bar_counts_its_seconds_and_leaves_no_line(monkeypatch):
    monkeypatch.setattr(_progress, "PATIENCE", 0.01)
    with bar_on_a_screen() as screen:
        time.sleep(0.1)
    assert "training: 0 s" in screen.getvalue()
    assert screen.getvalue().endswith(_progress.ERASE)


def test_a_short_stage_writes_nothing():
    with bar_on_a_screen() as screen:
        pass
    assert screen.getvalue() == ""


def test_a_bar_takes_the_place_of_the_seconds(monkeypatch):
    monkeypatch.setattr(_progress, "PATIENCE", 0.01)
    with bar_on_a_screen() as screen:
        report_progress("shoot", 1, 2)
        time.sleep(0.05)
    assert "training: shoot" in screen.getvalue()
    assert " s" not in screen.getvalue().partition("training: shoot")[0]
