"""``tsnode forecast``: read, judge on the newest part, refit on everything, forecast."""

from types import SimpleNamespace

import click

from ._models import MODELS
from ._options import (
    READING,
    check_training,
    given_options,
    judging_options,
    option,
    parse_intervals,
    reading_options,
    settings_of_command,
)
from ._report import Report, warnings_as_notes

HELP = {
    "model": "Forecaster; see: tsnode models.",
    "every": "Distance of the forecast's rows: a duration, or a number of steps. Default: a step.",
    "model-file": "Save the fitted model here; if it is there, forecast by it without training.",
    "output": "Write the forecast to this file; - is standard output.",
    "format": "csv, json or parquet. Default: by the ending of --output, else csv.",
    "plot": "Draw forecast and error into this file (png, pdf or svg).",
    "report": "Write a report with pictures and tables as one HTML page; - is standard output.",
    "quiet": "Print errors only.",
}


def _option(flag, **settings):
    return option(flag, text=HELP[flag.removeprefix("--")], **settings)


@click.command(short_help="Forecast a CSV and say how far to trust it.")
@reading_options
@_option("--model", type=click.Choice(list(MODELS)), default="neural-ode", show_default=True)
@_option("--model-file", metavar="TSNODE", type=click.Path())
@judging_options
@_option("--every", metavar="DURATION|STEPS")
@_option("--output", metavar="FILE", type=click.Path(allow_dash=True))
@_option("--format", type=click.Choice(["csv", "json", "parquet"]))
@_option("--plot", metavar="PNG", type=click.Path())
@_option("--report", metavar="HTML", type=click.Path(allow_dash=True))
@_option("--quiet", is_flag=True)
def forecast(file, **asked):
    """Forecast the series in FILE and say how far to trust the forecast.

    FILE is a CSV with a time column, - for one on standard input, or nyc-weather for the data that
    come with tsnode. The newest part is held out; the error there is printed by lead time beside
    persistence, the same hour yesterday and ridge regression. The forecast itself is then made by a
    model of all rows.
    """
    # pandas, torch and matplotlib load here, so that --help answers at once.
    from ._forecasting import make_forecast
    from ._formats import pick_format
    from ._outputs import STDOUT, check_outputs

    reading = {name: asked.pop(name) for name in READING}
    asked = SimpleNamespace(**asked)
    asked.given = given_options()
    asked.settings = settings_of_command()
    names = ("output", "plot", "report", "model_file")
    outputs = {f"--{name.replace('_', '-')}": getattr(asked, name) for name in names}
    check_outputs(file, outputs, quiet=asked.quiet)
    asked.format = pick_format(asked.format, asked.output)
    asked.intervals = parse_intervals(asked.interval)
    check_training(asked.seed, asked.device)
    report = Report(quiet=asked.quiet, to_stderr=STDOUT in outputs.values())
    with warnings_as_notes(asked.quiet):
        make_forecast(file, reading, asked, report)
