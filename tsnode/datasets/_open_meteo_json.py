"""Open-Meteo's JSON: which address has what, and an answer as a frame in UTC."""

import numpy as np
import pandas as pd

ARCHIVE = "https://archive-api.open-meteo.com"
# What is asked -> host, path. "era5" is the archive's one reanalysis, 25 km, even over time;
# "archive" takes the best model of each time and place; "historical-forecast" what was forecast.
APIS = {
    "archive": (ARCHIVE, "/v1/archive"),
    "era5": (ARCHIVE, "/v1/era5"),
    "forecast": ("https://api.open-meteo.com", "/v1/forecast"),
    "historical-forecast": ("https://historical-forecast-api.open-meteo.com", "/v1/forecast"),
}
# Days of these are final some time after: preliminary ERA5 is replaced within three months.
FINAL_AFTER = {"archive": pd.Timedelta("100D"), "era5": pd.Timedelta("100D")}


def address(api, base_url=None):
    """Return the address of an API, at its own host or at ``base_url``."""
    host, path = APIS[api]
    return (host if base_url is None else str(base_url).rstrip("/")) + path


def parameters(latitude, longitude, first, last, variables, model=None):
    """Return what the address is asked; stamps in GMT, since local ones have one offset a file."""
    asked = {
        "latitude": repr(latitude),
        "longitude": repr(longitude),
        "start_date": f"{first:%Y-%m-%d}",
        "end_date": f"{last:%Y-%m-%d}",
        "hourly": ",".join(variables),
        "timezone": "GMT",
    }
    return asked if model is None else asked | {"models": model}


def read_answer(answer, variables, url):
    """Read the hourly table of an answer, columns by their names.

    Returns
    -------
    frame : DataFrame of float64, UTC index, columns as in ``variables``; null is NaN
    units : dict of str to str
    place : dict of latitude, longitude and elevation: of the cell that answers

    Raises
    ------
    ValueError
        The answer has no such table, or a column is missing or of another length.
    """
    table = answer.get("hourly")
    if not isinstance(table, dict) or not isinstance(table.get("time"), list):
        came = ", ".join(map(str, answer)) or "nothing"
        msg = f"the answer of {url} must hold hourly.time; got {came}. Check base_url."
        raise ValueError(msg)  # noqa: TRY004 - of an answer, not of a caller
    n_rows = len(table["time"])
    unfit = [name for name in variables if not _has_length(table.get(name), n_rows)]
    if unfit or not n_rows:
        listed = ", ".join(name for name in table if name != "time")
        msg = f"the answer of {url} must hold {n_rows} values of {', '.join(unfit or variables)}; "
        msg += f"it holds {listed or 'no variable'}. Check the names of the variables."
        raise ValueError(msg)
    frame = pd.DataFrame({name: _numbers(table[name], name, url) for name in variables})
    frame.index = _utc(table["time"], answer.get("utc_offset_seconds") or 0)
    units = answer.get("hourly_units") or {}
    place = {name: answer.get(name) for name in ("latitude", "longitude", "elevation")}
    return frame, {name: str(units.get(name, "")) for name in variables}, place


def _has_length(column, n_rows):
    return isinstance(column, list) and len(column) == n_rows


def _numbers(column, name, url):
    try:
        return np.array([np.nan if value is None else value for value in column], dtype=float)
    except (TypeError, ValueError) as error:
        msg = f"the answer of {url} must hold numbers as {name}; got {error}. Leave {name} out."
        raise ValueError(msg) from error


def _utc(stamps, offset):
    naive = pd.DatetimeIndex(pd.to_datetime(stamps, format="ISO8601"))
    return (naive - pd.Timedelta(seconds=offset)).tz_localize("UTC")
