"""``tsnode describe``: what a file holds, and what to start with."""

import json
import shlex

import click

from ._options import option, reading_options
from ._report import Report, warnings_as_notes

LEAST_QUANTITIES = 2  # of the weather, that make a file weather
LOOKBACK = "48h"  # of the preset


@click.command(short_help="Say what a CSV holds and what to start with.")
@reading_options
@option("--output", metavar="JSON", text="Write all figures to this file; - is standard output.")
@option("--quiet", is_flag=True, text="Print errors only.")
def describe(file, output, quiet, **reading):
    """Say what the series in FILE is like, and which forecaster to start with, and why.

    FILE is a CSV with a time column, - for one on standard input, or nyc-weather for the data that
    come with tsnode. Nothing is trained: stamps, gaps, missing entries, noise, periods, and how
    much of what comes next the rows foretell are measured in seconds.
    """
    # pandas and SciPy load here, so that --help answers at once.
    from ..inspection import data_report
    from . import _outputs
    from ._progress import progress_bar
    from ._reading import read_one_series
    from ._source import words_of

    _outputs.check_outputs(file, {"--output": output}, quiet=quiet)
    report = Report(quiet=quiet, to_stderr=output == _outputs.STDOUT)
    with warnings_as_notes(quiet):
        with progress_bar("reading", quiet=quiet):
            frame, notes = read_one_series(file, **reading)
        with progress_bar("measuring", quiet=quiet):
            found = data_report(frame)
    name = frame.attrs.get("series")
    heading = [
        f"{words_of(file)}{f', series {name}' if name else ''}",
        *(f"  {note}" for note in notes),
    ]
    code = with_reading(found.recommendation.code, file, frame, notes, reading)
    model = model_for(found.recommendation, frame)
    command = forecast_command(model, file, name, reading)
    report("\n".join([*heading, "", found.to_text(code), "", f"Or by the command: {command}"]))
    if output is None:
        return
    figures = {"file": file, "series": name, "reading": notes, **found.to_dict()}
    text = json.dumps(figures, indent=2, allow_nan=False) + "\n"
    if output == _outputs.STDOUT:
        from ._report import print_out

        print_out(text, nl=False)
        return
    _outputs.write_text(text, output)
    report(f"figures written to {output}")


def with_reading(code, file, frame, notes, reading):
    """Put the lines that read the file in front of those that fit."""
    from ._source import is_shipped

    since, until = reading["since"], reading["until"]
    name = frame.attrs.get("series")
    names = ", ".join(json.dumps(str(column)) for column in frame.columns)
    series = "" if name is None else f".xs({json.dumps(str(name))})"
    asked = {key: reading[key] for key in ("time", "tz", "section", "dialect")}
    asked = {key: value for key, value in asked.items() if value is not None}
    words = [json.dumps(file), *(f"{key}={json.dumps(value)}" for key, value in asked.items())]
    if frame.attrs.get("dialect"):
        call = f"tsnode.datasets.read_weather_csv({', '.join(words)}){series}"
    else:
        words = [word for word in words if not word.startswith("dialect=")]
        call = f'tsnode.datasets.read_series_csv({", ".join(words)}, series="auto"){series}'
    if is_shipped(file) and not asked:
        call = f"tsnode.datasets.load_nyc_weather({json.dumps(str(name))})"
    elif file == "-" or any("forecast as" in note for note in notes):
        # Only the command turns directions into components.
        note = "# frame: the columns above; the command below makes them of the file"
        return code.replace("import tsnode\n", f"import tsnode\n\n{note}", 1)
    write = json.dumps if frame.index.dtype.kind == "M" else str
    bounds = ["" if one is None else write(one) for one in (since, until)]
    rows = f".loc[{':'.join(bounds)}]" if any(bounds) else ""
    lines = f"frame = {call}{rows}\nframe = frame[[{names}]]"
    if len(lines.splitlines()[-1]) > 88:
        from ..inspection._fit_code import packed

        items = [json.dumps(str(column)) for column in frame.columns]
        lines = f"frame = {call}{rows}\nframe = frame[[\n{packed(items)}\n]]"
    return code.replace("import tsnode\n", f"import tsnode\n\n{lines}", 1)


def model_for(recommendation, frame):
    """Return what the command calls the forecaster; weather that wants a history has its own."""
    from ..datasets._quantities import quantity_of
    from ._models import name_of

    units = frame.attrs.get("units", {})
    known = [quantity_of(str(name), units.get(name))[0] for name in frame.columns]
    is_weather = len({one.cf for one in known if one is not None}) >= LEAST_QUANTITIES
    if is_weather and recommendation.settings.get("lookback") == LOOKBACK:
        return "weather"
    return name_of(recommendation.estimator)


def forecast_command(model, file, series, reading):
    """Return the ``tsnode forecast`` that comes nearest."""
    words = ["tsnode", "forecast", file]
    words += ["--station", str(series)] if series is not None else []
    for key in ("columns", "time", "tz", "section", "dialect", "since", "until"):
        words += [f"--{key}", reading[key]] if reading[key] is not None else []
    return shlex.join([*words, "--model", model])
