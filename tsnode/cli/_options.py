"""Options that several commands share, so that they mean the same everywhere."""

import click

HELP = {
    "columns": "Columns to use. Default: the numeric ones that vary and are mostly there.",
    "time": "Column that holds the time, if it is not found or not the one meant.",
    "series": "Series to use, if the file holds several.",
}


def option(*flags, text, **settings):
    """Return an option whose argument is named by its last flag."""
    # Click would take the first long one.
    return click.option(*flags, flags[-1].removeprefix("--"), help=text, **settings)


def reading_options(command):
    """Give a command the file, and what of it is read."""
    for add in (
        option("--station", "--series", metavar="NAME", text=HELP["series"]),
        option("--time", metavar="COLUMN", text=HELP["time"]),
        option("--columns", metavar="A,B,...", text=HELP["columns"]),
        click.argument("file"),
    ):
        command = add(command)
    return command
