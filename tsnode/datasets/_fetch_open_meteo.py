"""Hourly weather of any place from Open-Meteo, kept once its days are final."""

import hashlib
import re
import warnings

import numpy as np
import pandas as pd

from tsnode._constraints import check_choice, check_count, check_flag, check_number
from tsnode._progress import report_progress
from tsnode.datasets._data_home import get_data_home
from tsnode.datasets._day_cache import DayCache
from tsnode.datasets._http_json import get_json
from tsnode.datasets._open_meteo_json import APIS, FINAL_AFTER, address, parameters, read_answer

DAY = pd.Timedelta("1D")
MOST_DAYS = 366  # of one request: a fetch of decades that breaks off keeps the years it has


def fetch_open_meteo(
    latitude,
    longitude,
    start,
    end,
    variables,
    *,
    api="archive",
    model=None,
    names=None,
    data_home=None,
    cache=True,
    timeout=30.0,
    n_retries=3,
    delay=1.0,
    base_url=None,
):
    """Fetch hourly weather of one or several places from Open-Meteo.

    Needs ``pip install 'tsnode[fetch]'``. Free of charge and key for uses that are not commercial.

    Parameters
    ----------
    latitude, longitude : float, or sequences of as many
        Degrees north and east. Sequences fetch a panel of places.
    start, end : str, date or timestamp
        First and last day in UTC, both included.
    variables : str or sequence of str
        Hourly variables by the API's names, such as ``"temperature_2m"``, ``"pressure_msl"``.
    api : {"archive", "era5", "forecast", "historical-forecast"}, default="archive"
        "archive": what was, from 1940 to some days ago, of the best model; "era5": of one model,
        even over decades; "forecast": the next 16 days and the last weeks;
        "historical-forecast": what was forecast, for drivers that are to be known ahead.
    model : str, default=None
        One weather model by the API's name, such as ``"era5_land"``; None: the API's choice.
    names : sequence of str, default=None
        Names of several places; None numbers them from 0.
    data_home : str or path, default=None
        Folder to keep days in, see :func:`get_data_home`.
    cache : bool, default=True
        Whether to keep days, and read kept ones. Only days of "archive" and "era5" older than 100
        days are kept, since preliminary values are replaced within about three months.
    timeout : float, default=30
        Seconds to wait for the connection, and for each part of the answer.
    n_retries : int, default=3
        Tries after the first where another may help: no connection, no answer in time, trouble of
        the server, too many requests in a minute (then it waits for one).
    delay : float, default=1
        Seconds before the second try, doubled before each further one.
    base_url : str, default=None
        Scheme and host of another server that speaks the same, such as one of your own.

    Returns
    -------
    DataFrame of float64, shape (n_hours, n_variables)
        Index: UTC stamps named "time"; for several places a MultiIndex (location, time). NaN: the
        API has no value there. ``frame.attrs`` is plain JSON: ``units`` by column, ``place``
        (latitude, longitude, elevation of the cell that answered; by name for several),
        ``source``, ``licence``, ``zone``.

    Raises
    ------
    ConnectionError
        No network, no answer in time, a proxy's refusal, the API's limit of requests: one sentence.
    ValueError
        A parameter is wrong, or the API refuses it, in the API's words.
    ImportError
        requests is not installed.

    Notes
    -----
    Values are those of the model's cell (1 to 25 km), not of a station. Commercial uses have hosts
    and keys of their own, which are not supported here.

    Examples
    --------
    ::

        weather = fetch_open_meteo(49.42, 8.68, "2020-01-01", "2023-12-31",
                                   ["temperature_2m", "relative_humidity_2m"])

    >>> fetch_open_meteo(494.2, 8.68, "2020-01-01", "2020-01-02", "temperature_2m")
    Traceback (most recent call last):
        ...
    ValueError: latitude must be a number at least -90 and at most 90; got 494.2. ...
    """
    check_choice("api", api, APIS)
    check_number("timeout", timeout, low=0, low_open=True)
    check_count("n_retries", n_retries, low=0)
    check_number("delay", delay, low=0)
    places = _check_places(latitude, longitude)
    days = _check_days(start, end)
    variables = _check_names("variables", variables)
    if model is not None:
        (model,) = _check_names("model", [model])
    asking = {"timeout": timeout, "n_retries": n_retries, "delay": delay}
    url = address(api, base_url)
    is_kept = check_flag("cache", cache) and api in FINAL_AFTER
    home = get_data_home(data_home) if is_kept else None
    until = _now().normalize() - FINAL_AFTER.get(api, pd.Timedelta(0))
    is_one = np.ndim(latitude) == 0
    keys = [0] if is_one else _check_keys(names, len(places))
    found = []
    for number, place in enumerate(places):
        store = DayCache(None if home is None else _folder(home, url, model, place))
        found.append(_fetch_place(place, days, variables, url, model, store, until, asking))
        report_progress("fetching", number + 1, len(places))
    frames, units, cells = zip(*found, strict=True)
    frame = frames[0] if is_one else pd.concat(dict(zip(keys, frames, strict=True)))
    frame.index.names = ["time"] if is_one else ["location", "time"]
    frame.attrs = {
        "units": {name: text for one in units for name, text in one.items()},
        "place": cells[0] if is_one else {str(k): c for k, c in zip(keys, cells, strict=True)},
        "source": f"Open-Meteo ({url})",
        "licence": "CC BY 4.0",
        "zone": "UTC",
    }
    return frame


def _fetch_place(place, days, variables, url, model, store, until, asking):
    """Read what is kept and ask for the rest, a year at a time."""
    frame, units, cell = store.read(days, variables)
    parts = [frame]
    missing = days.difference(frame.index.normalize().tz_localize(None))
    while len(missing):
        first = missing[0]
        part = missing[missing < first + MOST_DAYS * DAY]
        missing = missing[len(part) :]
        answer = get_json(url, parameters(*place, first, part[-1], variables, model), **asking)
        new, units, cell = read_answer(answer, variables, url)
        _keep(store, new, units, cell, until)
        parts.append(new)
    joined = pd.concat([part for part in parts if len(part)])
    # An answer spans kept days too where they lie between missing ones.
    joined = joined[~joined.index.duplicated(keep="last")].sort_index()
    return joined, units, cell


def _keep(store, frame, units, cell, until):
    try:
        store.keep(frame, units, cell, until)
    except OSError as error:
        msg = f"the days fetched could not be kept in {store.folder} ({error.strerror}); they will "
        msg += "be fetched again. Pass another data_home=, or cache=False."
        warnings.warn(msg, UserWarning, stacklevel=4)


def _folder(home, url, model, place):
    """One folder for each address, model and place."""
    host = hashlib.sha256(url.encode()).hexdigest()[:8]
    words = [url.rsplit("/", 1)[-1], *([] if model is None else [model])]
    return home / "open_meteo" / f"{'-'.join(words)}-{host}" / "_".join(map(repr, place))


def _now():
    return pd.Timestamp.now("UTC")


# ------------------------------------------------------------------ checks at the door


def _check_places(latitude, longitude):
    n_places = [np.size(value) for value in (latitude, longitude)]
    if np.ndim(latitude) != np.ndim(longitude) or n_places[0] != n_places[1] or not n_places[0]:
        msg = "latitude and longitude must be two numbers, or sequences of as many; got "
        msg += f"{n_places[0]} and {n_places[1]}. Give each place both."
        raise ValueError(msg)
    pairs = zip(np.ravel(latitude).tolist(), np.ravel(longitude).tolist(), strict=True)
    return [
        (
            float(check_number("latitude", north, low=-90, high=90)),
            float(check_number("longitude", east, low=-180, high=180)),
        )
        for north, east in pairs
    ]


def _check_days(start, end):
    first, last = _check_day("start", start), _check_day("end", end)
    if first > last:
        msg = f"start must not be after end; got {first:%Y-%m-%d} and {last:%Y-%m-%d}. Swap them."
        raise ValueError(msg)
    return pd.date_range(first, last, freq="D")


def _check_day(name, value):
    try:
        day = pd.Timestamp(value)
    except (ValueError, TypeError) as error:
        msg = f"{name} must be a day such as '2021-07-26'; got {value!r}. Write year-month-day."
        raise ValueError(msg) from error
    if day is pd.NaT or day != day.normalize():
        msg = f"{name} must be a whole day such as '2021-07-26'; got {value!r}. Leave the hour out."
        raise ValueError(msg)
    return day if day.tz is None else day.tz_convert("UTC").tz_localize(None).normalize()


def _check_names(name, value):
    listed = value.split(",") if isinstance(value, str) else list(value or ())
    words = list(dict.fromkeys(str(word).strip() for word in listed))
    wrong = [word for word in words if not re.fullmatch(r"\w+", word)]
    if wrong or not words:
        msg = f"{name} must be written as the API names them, such as 'temperature_2m'; got "
        msg += f"{value!r}. Take the names of its documentation."
        raise ValueError(msg)
    return words


def _check_keys(names, n_places):
    keys = list(range(n_places)) if names is None else list(names)
    if len(keys) != n_places or len(set(keys)) < n_places:
        msg = f"names must name each of the {n_places} places once; got {names!r}. Correct it."
        raise ValueError(msg)
    return keys
