"""``tsnode plot``: a picture of a file's series, and of a forecast beside it."""

import click

from ._options import option, reading_options
from ._report import Report, warnings_as_notes


@click.command(short_help="Draw the series in a CSV, and a forecast beside it.")
@reading_options
@option(
    "--output",
    required=True,
    metavar="PNG",
    type=click.Path(),
    text="Draw into this file (png, pdf or svg).",
)
@option(
    "--forecast",
    metavar="FILE",
    type=click.Path(allow_dash=True),
    text="Draw this forecast, as tsnode forecast wrote it, with its widest interval.",
)
@option("--quiet", is_flag=True, text="Print errors only.")
def plot(file, output, forecast, quiet, **reading):  # fmt: skip
    """Draw the series in FILE, one panel a column.

    Beside a forecast the rows just before it are drawn (or those from --since on), and what was
    observed later.
    """
    # pandas and matplotlib load here, so that --help answers at once.
    from ._outputs import check_outputs, check_picture, save_figure
    from ._progress import progress_bar
    from ._series_picture import draw_series, read_to_draw

    check_picture(output, "--output")
    check_outputs(file, {"--output": output, "--forecast": None})
    report = Report(quiet=quiet, to_stderr=False)
    with warnings_as_notes(quiet):
        with progress_bar("reading", quiet=quiet):
            frame, ahead = read_to_draw(file, forecast, output, reading)
        with progress_bar("drawing", quiet=quiet):
            save_figure(draw_series(frame, ahead, has_start=reading["since"] is not None), output)
        report(f"picture written to {output}")
