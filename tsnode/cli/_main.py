"""The group of commands, and the border where errors become one line and an exit status."""

import click

from .. import __version__
from ..exceptions import FitError
from ._describe import describe
from ._evaluate import evaluate
from ._fetch import fetch
from ._forecast import forecast
from ._models import models
from ._plot import plot


class UserFault(click.ClickException):
    """A mistake of the user's: one line, exit status 2."""

    exit_code = 2


class OneLineErrors(click.Group):
    """Ends with one line on standard error: status 2 for the user's mistake, 1 for ours.

    The Python API raises ValueError for what it is given wrongly and OSError for files; FitError
    is a training that failed. Anything else is a fault of tsnode and keeps its traceback.
    """

    def invoke(self, ctx):
        """Run a command behind the border."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # A reader that closed early (``| head``) is nobody's mistake; click ends quietly.
            raise
        except click.UsageError as error:
            raise UserFault(_usage_message(error)) from error
        except OSError as error:
            raise UserFault(_file_message(error)) from error
        except ValueError as error:
            raise UserFault(_one_line(error)) from error
        except FitError as error:
            raise click.ClickException(_one_line(error)) from error


def _usage_message(error):
    # Click's own report takes three lines.
    return f"{_one_line(error.format_message())} See {error.ctx.command_path} --help."


def _file_message(error):
    if error.strerror is None:
        return _one_line(error)
    where = f": {error.filename}" if error.filename else ""
    return f"{error.strerror}{where}"


def _one_line(error):
    return " ".join(str(error).split()) or type(error).__name__


@click.group("tsnode", cls=OneLineErrors, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tsnode", message="%(prog)s %(version)s")
def main():
    """Describe and forecast irregular, partly missing time series."""


for command in (describe, fetch, forecast, evaluate, plot, models):
    main.add_command(command)
