"""Weather from any of the usual sources becomes a frame in UTC, or a panel of places."""

from tsnode.datasets._check_values import drop_impossible
from tsnode.datasets._csv_file import read_text
from tsnode.datasets._csv_text import drop_comments
from tsnode.datasets._csv_zone import check_zone
from tsnode.datasets._requested_form import bring_into_form, check_form
from tsnode.datasets._tidy_reading import build_frame, build_report, settle_zone
from tsnode.datasets.dialects import Asked, Head, choose_dialect


def read_weather_csv(
    path,
    tz=None,
    section=None,
    return_report=False,
    *,
    dialect=None,
    keep_doubtful=False,
    names="file",
    units=None,
    wind="direction",
    **csv_options,
):
    r"""Read a weather CSV of any usual source into a frame in UTC.

    Known by their first lines: Open-Meteo, Jena's climate, Meteostat (bulk and annual), METAR of
    the Iowa archive, Delhi's daily climate, NOAA's ISD, LCD, GHCNh and GSOD. Any other CSV with a
    time column is read as :func:`read_series_csv` reads it.

    Parameters
    ----------
    path : str, path or open file
        A path, an address (``https://...``) or an open file, packed (gzip, bz2, xz, zip) or not,
        of at most 1 GiB of text.
    tz : str or tzinfo, default=None
        The zone of stamps where the file does not tell it; another zone than the file's is
        refused. None: they are read as UTC, with a
        warning. NOAA's LCD is in local standard time: summer time in ``tz`` is left aside, and
        None finds the offset in the METAR texts of the file.
    section : str, default=None
        Of a file with several tables (Open-Meteo): "minutely_15", "hourly", "daily", "weekly",
        "monthly" or "current". None: the finest; the report names the others.
    return_report : bool, default=False
        Whether to return the report too.
    dialect : str, default=None
        Read the file as this one of the formats that its first lines fit: "open-meteo", "jena",
        "delhi", "meteostat", "meteostat-annual", "metar", "isd", "lcd", "ghcnh", "gsod"; or as
        "csv", whatever they are, by the content of its columns.
    keep_doubtful : bool, default=False
        Whether to keep values that their source flags as suspect, or as filled by a model: these
        are no observations, and become NaN.
    names : {"file", "cf"}, default="file"
        "cf": standard names of the CF conventions where the quantity is known, so that files of
        several sources have the same columns: ``air_temperature``, ``wind_speed_100m``.
    units : "metric" or dict, default=None
        "metric": °C, m/s, hPa, mm (rain), cm (snow), m (visibility) and s where the quantity is
        known; a dict: of columns of the frame to their units. None: as in the file.
    wind : {"direction", "components"}, default="direction"
        "components": each wind direction becomes the flow to the east and to the north
        (``wind_u``, ``wind_v``), since 359 and 1 degree are neighbours.
    **csv_options
        ``time``, ``series``, ``columns``, ``sep``, ``dayfirst``, ``unit`` of
        :func:`read_series_csv`: a file read with one of them is read as plain CSV.

    Returns
    -------
    frame : DataFrame of float64
        Index: UTC stamps named "time", increasing, each once; for several places a MultiIndex
        (location or station, time). Columns: as in the file, without the units in their names.
        NaN: not observed; nothing is filled. ``frame.attrs`` is plain JSON: ``units`` (by column),
        ``place`` (latitude, longitude, ... where the file tells them), ``source``, ``dialect``,
        ``section``, ``dropped_columns`` and ``unreadable_cells``.
    report : ReadReport
        Only if ``return_report``: rows read, left out, merged; gaps; zone; and why.

    Raises
    ------
    ValueError
        The file is no CSV, two formats recognise it, or it does not read as one whole table;
        TimeIndexError, a ValueError, if its time cannot be read.

    Notes
    -----
    Rows that repeat a stamp are merged: of each column the last value in the order of the file,
    since a later report corrects an earlier one. Open-Meteo's local stamps are read by the one
    offset in the file, not by the rules of the named zone, which would be an hour off for half of
    the year.

    Values that no weather on Earth has (a pressure of 59 hPa) become NaN and are counted; a column
    where more than a tenth are such contradicts its unit and is refused.

    Examples
    --------
    >>> import io
    >>> from tsnode.datasets import read_weather_csv
    >>> text = "time,temperature_2m (°C)\n2026-01-01T00:00,0.5\n2026-01-01T01:00,NaN\n"
    >>> frame, report = read_weather_csv(io.StringIO(text), tz="Etc/GMT-1", return_report=True)
    >>> str(frame.index[0]), frame.attrs["units"]
    ('2025-12-31 23:00:00+00:00', {'temperature_2m': '°C'})
    >>> print(report)
    the buffer: Open-Meteo (its columns are time and name (unit))
    rows: 2 read, 2 kept, from 2025-12-31 23:00 UTC to 2026-01-01 00:00 UTC, step 1 h, no gaps
    zone: Etc/GMT-1
    section: hourly
    >>> read_weather_csv(io.StringIO('{"error":true,"reason":"Parameter hourly is wrong"}'))
    Traceback (most recent call last):
        ...
    ValueError: the buffer is JSON (it says: Parameter hourly is wrong), expected a CSV. ...
    """
    check_zone(tz)
    check_form(names, units, wind)
    name, text = read_text(path)
    text = drop_comments(text)
    if csv_options and dialect not in (None, "csv"):
        msg = f"{', '.join(csv_options)} need a file of plain CSV; got dialect={dialect!r}. "
        msg += "Leave one of them out."
        raise ValueError(msg)
    chosen, why = choose_dialect(Head.of(text), name, "csv" if csv_options else dialect)
    asked = Asked(section=section, tz=tz, keeps_doubtful=keep_doubtful)
    reading = chosen.read(name, text, asked, **csv_options)
    if section is not None and reading.section is None:
        msg = f"section={section!r} needs a file of several tables, as Open-Meteo writes them; "
        msg += f"{name} is {chosen.title}. Leave section out."
        raise ValueError(msg)
    _refuse_no_numbers(reading, chosen.title, name)
    drop_impossible(reading, name)
    bring_into_form(reading, names, units, wind)
    stamps, zone = settle_zone(reading, tz, name)
    frame, *merged = build_frame(reading, stamps)
    frame.attrs = {
        "source": name,
        "dialect": chosen.key,
        "section": reading.section,
        "units": reading.units,
        "place": reading.place,
        "zone": zone,
        "dropped_columns": list(reading.left_out),
        "unreadable_cells": reading.unreadable,
    }
    if not return_report:
        return frame
    return frame, build_report(reading, frame, chosen.title, why, name, zone, *merged)


def _refuse_no_numbers(reading, title, name):
    if reading.values.empty:
        msg = f"{name} has no column of numbers that {title} is read for, expected one. Ask its "
        msg += "source for other dates or kinds of data."
        raise ValueError(msg)
