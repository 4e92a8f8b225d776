"""What the command says while it works, and what it says if that cannot be written."""

import warnings
from contextlib import contextmanager

import click


class Report:
    """What the command says: to standard output, or beside a forecast that goes there."""

    def __init__(self, *, quiet, to_stderr):
        self.quiet = quiet
        self.to_stderr = to_stderr

    def __call__(self, text):
        """Print ``text`` unless the command is quiet."""
        if not self.quiet:
            print_out(text, err=self.to_stderr)

    def warn(self, text):
        """Print ``text`` on standard error, quiet or not: what comes out is not whole."""
        click.echo(f"Note: {text}", err=True)


def print_out(text, *, err=False, nl=True):
    """Print; a full disk behind the stream is told like that behind a file."""
    with telling_of(f"standard {'error' if err else 'output'}"):
        click.echo(text, err=err, nl=nl)


@contextmanager
def telling_of(path):
    """Turn a failed write into one line with the path and a remedy."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        msg = f"{path} could not be written ({error.strerror or error}). "
        msg += "Make room or give permission there, or choose another place."
        raise OSError(msg) from error


class warnings_as_notes(warnings.catch_warnings):  # noqa: N801
    """Show each warning once, as one line on standard error."""

    def __init__(self, quiet):
        super().__init__()
        self._quiet = quiet

    def __enter__(self):
        super().__enter__()
        warnings.simplefilter("ignore" if self._quiet else "once")
        warnings.showwarning = _show_note


def _show_note(message, *_args, **_kwargs):
    click.echo(f"Note: {' '.join(str(message).split())}", err=True)
