"""Options that several commands share, so that they mean the same everywhere."""

import click

MAX_SEED = 2**32 - 1  # of NumPy's generators

HELP = {
    "columns": "Columns to use. Default: the numeric ones that vary and are mostly there.",
    "time": "Column that holds the time, if it is not found or not the one meant.",
    "series": "Series to use, if the file holds several.",
    "tz": "Zone of stamps that carry none, such as Europe/Berlin.",
    "section": "Table to read of a file of several: hourly, daily, ... Default: the finest.",
    "dialect": "Format of the file, such as open-meteo, metar or csv. Default: found.",
    "since": "Leave out rows before this date or time.",
    "until": "Leave out rows after this date (its whole day counts) or time.",
    "horizon": "How far ahead: a duration such as 24h or 3d, or a whole number of steps.",
    "holdout": "Newest part, which only judges: its first date, or its share of the time.",
    "interval": "Add intervals that hold this share of what comes, such as 0.9; several by commas.",
    "seed": "Seed of the training.",
    "device": "auto, cpu or cuda.",
}


# Options that say what is read of FILE.
READING = ("series", "columns", "time", "tz", "section", "dialect", "since", "until")


def option(*flags, text, **settings):
    """Return an option whose argument is named by its last flag."""
    # Click would take the first long one.
    name = flags[-1].removeprefix("--").replace("-", "_")
    return click.option(*flags, name, help=text, **settings)


def reading_options(command):
    """Give a command the file, and what of it is read."""
    for add in (
        option("--until", metavar="DATE", text=HELP["until"]),
        option("--since", metavar="DATE", text=HELP["since"]),
        option("--station", "--series", metavar="NAME", text=HELP["series"]),
        option("--dialect", metavar="NAME", text=HELP["dialect"]),
        option("--section", metavar="NAME", text=HELP["section"]),
        option("--tz", metavar="ZONE", text=HELP["tz"]),
        option("--time", metavar="COLUMN", text=HELP["time"]),
        option("--columns", metavar="A,B,...", text=HELP["columns"]),
        # A path for the shell's completion; what is there is checked with words of our own.
        click.argument("file", type=click.Path(allow_dash=True)),
    ):
        command = add(command)
    return command


def judging_options(command):
    """Give a command what is asked of a forecaster, and how it is trained and judged."""
    for add in (
        option("--device", default="auto", show_default=True, text=HELP["device"]),
        option("--seed", type=int, default=0, show_default=True, text=HELP["seed"]),
        option("--interval", multiple=True, metavar="SHARE", text=HELP["interval"]),
        option(
            "--holdout", default="0.25", show_default=True, metavar="DATE|SHARE",
            text=HELP["holdout"],
        ),
        option(
            "--horizon", default="24h", show_default=True, metavar="DURATION|STEPS",
            text=HELP["horizon"],
        ),
    ):  # fmt: skip
        command = add(command)
    return command


def given_options():
    """Return the names of the options that the user wrote, not those left at their defaults."""
    context = click.get_current_context()
    source = click.core.ParameterSource.COMMANDLINE
    return {name for name in context.params if context.get_parameter_source(name) is source}


def settings_of_command():
    """Return what the user asked for, and the defaults of the rest, as texts by option."""
    context = click.get_current_context()
    given, found = given_options(), {}
    for parameter in context.command.params:
        value = context.params[parameter.name]
        if value in (None, (), False):
            continue
        shown = ", ".join(value) if isinstance(value, tuple) else str(value)
        name = parameter.opts[-1].removeprefix("--") if parameter.opts else parameter.name
        found[name] = shown if parameter.name in given else f"{shown} (default)"
    return found


def check_training(seed, device):
    """Refuse a seed or a device that no model could train with, whatever the model."""
    if not 0 <= seed <= MAX_SEED:
        msg = f"--seed must be a whole number from 0 to {MAX_SEED}; got {seed}. Pass one of these."
        raise ValueError(msg)
    if device not in ("auto", "cpu"):
        from ..batches import pick_device

        pick_device(device)


def parse_intervals(texts):
    """Return the coverages of ``--interval``, each once: "0.9", "90%", "0.5,0.9".

    Examples
    --------
    >>> parse_intervals(["0.5,90%", "0.9"])
    [0.5, 0.9]
    """
    found = [parse_share(word.strip()) for text in texts for word in text.split(",")]
    if None in found:
        msg = "--interval must hold shares between 0 and 1, both excluded, with commas between; "
        msg += f"got {', '.join(texts)!r}. Pass 0.9 for intervals that hold nine of ten values."
        raise ValueError(msg)
    return list(dict.fromkeys(found))


def parse_names(text):
    """Return the names in a text with commas between; None if there is no text.

    Examples
    --------
    >>> parse_names("temp, dewp,")
    ['temp', 'dewp']
    """
    return None if text is None else [word.strip() for word in text.split(",") if word.strip()]


def parse_share(word):
    """Return a share between 0 and 1, of "0.9" or "90%"; None if it is none."""
    try:
        share = float(word.removesuffix("%")) / (100 if word.endswith("%") else 1)
    except ValueError:
        return None
    return share if 0 < share < 1 else None
