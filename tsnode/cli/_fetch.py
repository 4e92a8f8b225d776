"""``tsnode fetch``: hourly weather of a place as a CSV that every command reads."""

import click

from ._options import option

# What most forecasts begin with; all are in every API.
VARIABLES = (
    "temperature_2m,relative_humidity_2m,pressure_msl,precipitation,cloud_cover,"
    "shortwave_radiation,wind_speed_10m,wind_direction_10m"
)
APIS = ("archive", "era5", "forecast", "historical-forecast")
LANDMARKS = ("latitude", "longitude", "elevation")


@click.command(
    short_help="Fetch hourly weather of a place from Open-Meteo.",
    # Without it, -33.9 would be an option.
    context_settings={"ignore_unknown_options": True},
)
@option("--start", metavar="DAY", required=True, text="First day, such as 2020-01-01 (UTC).")
@option("--end", metavar="DAY", required=True, text="Last day, included.")
@option("--variables", metavar="A,B,...", default=VARIABLES, show_default=True,
        text="Hourly variables by the names of the API.")  # fmt: skip
@option("--api", type=click.Choice(APIS), default="archive", show_default=True,
        text="What was, of the best model or of one; what is or was forecast.")  # fmt: skip
@option("--model", metavar="NAME", text="One weather model, such as era5_land.")
@option("--output", metavar="CSV", default="-", text="File to write; - is standard output.")
@option("--quiet", is_flag=True, text="Print errors only.")
@click.option("--data-home", metavar="FOLDER", help="Folder to keep days in.  [~/tsnode_data]")
@click.option("--base-url", metavar="URL", help="Another server that speaks the same.")
@click.argument("latitude", type=float)
@click.argument("longitude", type=float)
def fetch(latitude, longitude, output, quiet, base_url, **asked):
    """Fetch hourly weather at LATITUDE (degrees north) and LONGITUDE (degrees east).

    The data are Open-Meteo's (CC BY 4.0), free for uses that are not commercial. The CSV is as
    Open-Meteo writes it: place, blank row, then one row an hour in UTC, units in the names of the
    columns. Days of the archive older than 100 days are kept and asked for once.
    """
    from ..datasets import fetch_open_meteo
    from . import _outputs
    from ._progress import progress_bar
    from ._report import Report, print_out, warnings_as_notes

    _outputs.check_outputs("", {"--output": output})
    report = Report(quiet=quiet, to_stderr=True)
    try:
        with warnings_as_notes(quiet), progress_bar("fetching", quiet=quiet):
            frame = fetch_open_meteo(latitude, longitude, base_url=base_url, **asked)
    except ImportError as error:
        raise ValueError(str(error)) from error
    text = as_open_meteo_csv(frame)
    if output == _outputs.STDOUT:
        print_out(text, nl=False)
    else:
        _outputs.write_text(text, output)
        report(f"{len(frame):,} hours of {frame.shape[1]} variables written to {output}")


def as_open_meteo_csv(frame):
    """Write one place as the API's own CSV, which keeps units, place and zone."""
    place, units = frame.attrs["place"], frame.attrs["units"]
    numbers = ["NaN" if place[name] is None else repr(float(place[name])) for name in LANDMARKS]
    head = f"{','.join(LANDMARKS)},utc_offset_seconds,timezone,timezone_abbreviation\n"
    head += f"{','.join(numbers)},0,GMT,GMT\n\n"
    table = frame.rename(columns={name: f"{name} ({units[name]})" for name in frame})
    stamps = table.index.strftime("%Y-%m-%dT%H:%M")
    return head + table.set_axis(stamps).to_csv(
        index_label="time", na_rep="NaN", lineterminator="\n"
    )
