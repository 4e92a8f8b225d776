"""The five days of weather that the talk on neural ODEs learns from."""

from tsnode.datasets._fetch_open_meteo import fetch_open_meteo

PLACE = (49.417146, 8.675606)
DAYS = ("2021-07-26", "2021-07-30")
VARIABLES = (
    "temperature_2m",
    "pressure_msl",
    "relativehumidity_2m",
    "precipitation",
    "cloudcover",
    "shortwave_radiation",
    "windspeed_10m",
)


def fetch_heidelberg_2021(*, data_home=None, **settings):
    """Fetch the weather of Heidelberg, 26 to 30 July 2021, as the talk's notebook asks for it.

    Parameters
    ----------
    data_home : str or path, default=None
        Folder to keep the days in; the second call needs no network.
    **settings
        ``cache``, ``timeout``, ``n_retries``, ``delay``, ``base_url`` of
        :func:`fetch_open_meteo`.

    Returns
    -------
    DataFrame of shape (120, 7)
        Hourly, ERA5: temperature_2m (°C), pressure_msl (hPa), relativehumidity_2m (%),
        precipitation (mm), cloudcover (%), shortwave_radiation (W/m²), windspeed_10m (km/h).

    References
    ----------
    Trede, "Neural ODEs" (talk), notebook neural_weather.ipynb, 2022.
    """
    settings = {"data_home": data_home, **settings}
    return fetch_open_meteo(*PLACE, *DAYS, VARIABLES, api="era5", **settings)
