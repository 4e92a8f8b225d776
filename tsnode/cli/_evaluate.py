"""``tsnode evaluate``: who forecasts the newest part of a file how well, without a forecast."""

from types import SimpleNamespace

import click

from ._models import MODELS
from ._options import (
    READING,
    check_training,
    judging_options,
    option,
    parse_intervals,
    reading_options,
    settings_of_command,
)
from ._report import Report, warnings_as_notes

HELP = {
    "model": "Forecaster to judge; again for several. Default: neural-ode, or the --model-file.",
    "model-file": "Judge the model in this file, too, on the rows that it has not seen.",
    "output": "Write the error by lead to this file; - is standard output.",
    "format": "csv, json or parquet. Default: by the ending of --output, else csv.",
    "report": "Write a report with pictures and tables as one HTML page; - is standard output.",
    "quiet": "Print errors only.",
}


def _option(flag, **settings):
    return option(flag, text=HELP[flag.removeprefix("--")], **settings)


@click.command(short_help="Judge forecasters on the newest part of a CSV.")
@reading_options
@_option("--model", type=click.Choice(list(MODELS)), multiple=True)
@_option("--model-file", metavar="TSNODE", type=click.Path())
@judging_options
@_option("--output", metavar="FILE", type=click.Path(allow_dash=True))
@_option("--format", type=click.Choice(["csv", "json", "parquet"]))
@_option("--report", metavar="HTML", type=click.Path(allow_dash=True))
@_option("--quiet", is_flag=True)
def evaluate(file, **asked):
    """Judge forecasters on the newest part of FILE.

    They are trained on the rows before it, and forecast from many origins in it; the error is
    printed by lead time beside persistence, the same hour yesterday and ridge regression. A model
    from a file is judged as it is, on rows behind the last that it knows.
    """
    # pandas and torch load here, so that --help answers at once.
    from ._evaluating import evaluate_models
    from ._formats import pick_format
    from ._outputs import STDOUT, check_outputs

    reading = {name: asked.pop(name) for name in READING}
    asked = SimpleNamespace(**asked)
    asked.settings = settings_of_command()
    outputs = {"--output": asked.output, "--report": asked.report}
    check_outputs(file, outputs, quiet=asked.quiet)
    asked.format = pick_format(asked.format, asked.output)
    asked.intervals = parse_intervals(asked.interval)
    check_training(asked.seed, asked.device)
    report = Report(quiet=asked.quiet, to_stderr=STDOUT in outputs.values())
    with warnings_as_notes(asked.quiet):
        evaluate_models(file, reading, asked, report)
