"""Which quantity a column holds, whatever its source calls it: its CF name and physical bounds."""

import re
from dataclasses import dataclass

import numpy as np

from tsnode.datasets._units import are_alike, convert


@dataclass(frozen=True)
class Quantity:
    """A quantity of the weather.

    Attributes
    ----------
    cf : str – its standard name in the CF conventions (version 85 of the table).
    names : str – what sources call it, with bars between.
    unit : str – of the bounds, and of ``units="metric"``.
    low, high : float – what has been measured on Earth, with a margin.
    reaches : float – what the largest value of any file reaches: shares in "%" do not.
    """

    cf: str
    names: str
    unit: str
    low: float
    high: float
    reaches: float = -np.inf


# Bounds: records of the World Meteorological Organization, widened for sensors in the sun.
# Longer names first: wind_speed_of_gust starts with wind_speed.
QUANTITIES = (
    Quantity("wind_speed_of_gust", "wind_speed_of_gust|wind_gusts?(?:_speed)?|windgusts?|wpgt|gust|"
             "peak_wind_gust|HourlyWindGustSpeed|max. wv", "m/s", 0, 135),
    Quantity("wind_speed", "wind_speed|windspeed|wspd|sknt|sped|WDSP|HourlyWindSpeed|wv|ws",
             "m/s", 0, 115),
    Quantity("wind_from_direction", "wind_from_direction|wind_direction|winddirection|wind_dir|"
             "wdir|drct|HourlyWindDirection|wd", "°", 0, 360),
    Quantity("dew_point_temperature", "dew_point_temperature|dew_point|dewpoint|dwpt|dwpc|dwpf|"
             "dewp|HourlyDewPointTemperature|Tdew", "°C", -100, 40),
    Quantity("wet_bulb_temperature", "wet_bulb_temperature|HourlyWetBulbTemperature", "°C", -95,
             60),
    Quantity("apparent_air_temperature", "apparent_temperature|feel", "°C", -120, 90),
    Quantity("soil_temperature", "soil_temperature", "°C", -80, 90),
    Quantity("air_potential_temperature", "Tpot", "°C", -95, 90),
    Quantity("air_temperature", "air_temperature|temperature|temp|tmpc|tmpf|meantemp|"
             "HourlyDryBulbTemperature|T", "°C", -95, 62),
    Quantity("air_temperature_mean", "tavg", "°C", -95, 62),
    Quantity("air_temperature_min", "tmin", "°C", -95, 62),
    Quantity("air_temperature_max", "tmax", "°C", -95, 62),
    Quantity("relative_humidity", "relative_humidity|relativehumidity|rhum|relh|humidity|humid|rh|"
             "HourlyRelativeHumidity", "%", 0, 115, reaches=5),
    Quantity("air_pressure_at_mean_sea_level", "air_pressure_at_mean_sea_level|pressure_msl|"
             "sea_level_pressure|HourlySeaLevelPressure|mslp|pres|SLP|meanpressure", "hPa",
             850, 1100),
    Quantity("surface_air_pressure", "surface_air_pressure|surface_pressure|station_pressure|"
             "station_level_pressure|HourlyStationPressure|STP|p", "hPa", 300, 1100),
    Quantity("air_pressure", "air_pressure|pressure", "hPa", 300, 1100),
    Quantity("altimeter_setting", "altimeter_setting|altimeter|alti|HourlyAltimeterSetting", "hPa",
             850, 1100),
    Quantity("lwe_thickness_of_precipitation_amount", "lwe_thickness_of_precipitation_amount|"
             "precipitation|prcp|precip|p01m|p01i|HourlyPrecipitation", "mm", 0, 2000),
    Quantity("thickness_of_rainfall_amount", "rain", "mm", 0, 2000),
    Quantity("thickness_of_snowfall_amount", "snowfall", "cm", 0, 250),
    Quantity("surface_snow_thickness", "surface_snow_thickness|snow_depth|snowdepth|snow|snwd|SNDP",
             "cm", 0, 1300),
    Quantity("low_type_cloud_area_fraction", "cloud_?cover_low", "%", 0, 100),
    Quantity("medium_type_cloud_area_fraction", "cloud_?cover_mid", "%", 0, 100),
    Quantity("high_type_cloud_area_fraction", "cloud_?cover_high", "%", 0, 100),
    Quantity("cloud_area_fraction", "cloud_area_fraction|cloud_?cover|cldc", "%", 0, 100),
    Quantity("surface_downwelling_shortwave_flux_in_air", "shortwave_radiation|SWDR|"
             "surface_downwelling_shortwave_flux_in_air", "W/m²", -50, 2000),
    Quantity("surface_direct_downwelling_shortwave_flux_in_air", "direct_radiation", "W/m²", -50,
             2000),
    Quantity("surface_diffuse_downwelling_shortwave_flux_in_air", "diffuse_radiation", "W/m²", -50,
             2000),
    Quantity("visibility_in_air", "visibility_in_air|visibility|vsby|visib|HourlyVisibility", "m",
             0, 400_000),
    Quantity("duration_of_sunshine", "duration_of_sunshine|sunshine_duration|tsun", "s", 0,
             90_000),
)  # fmt: skip
# What makes another quantity of it: a probability, a flag, a spread.
NO_VALUE = re.compile(r"prob|qual|flag|code|source|count|std|sigma|spread|anomaly|change", re.I)
USUAL_HEIGHT = re.compile(r"^_(?:2m|10m)(?![0-9])")


def quantity_of(name, unit=None):
    """Return the quantity of a column and the rest of its name, or (None, "").

    Examples
    --------
    >>> found, rest = quantity_of("windspeed_100m", "km/h")
    >>> found.cf, rest
    ('wind_speed', '_100m')
    >>> quantity_of("precipitation_probability", "%")
    (None, '')
    """
    for quantity in QUANTITIES:
        # One and two letters mean something only as they are written: T is no time t.
        found = re.fullmatch(rf"(?:{quantity.names})(?P<rest>(?:_.*)?)", name)
        if found is None and len(name) > 2:
            found = re.fullmatch(rf"(?:{quantity.names})(?P<rest>(?:_.*)?)", name, re.IGNORECASE)
        if found is None or NO_VALUE.search(found["rest"]):
            continue
        if unit is None or are_alike(unit, quantity.unit):
            return quantity, found["rest"]
    return None, ""


def cf_names(columns, units):
    """Return the CF-style name of each column: those of no known quantity keep theirs.

    The usual height (2 m, wind 10 m) is left out, any other and what else is in the name kept:
    ``wind_speed_100m``, ``air_temperature_max``. Where two columns would share a name, both keep
    theirs.
    """
    found = {}
    for column in columns:
        quantity, rest = quantity_of(column, units.get(column))
        found[column] = column
        if quantity is not None:
            found[column] = quantity.cf + USUAL_HEIGHT.sub("", rest)
    names = list(found.values())
    return {
        column: column if names.count(name) > 1 or (name != column and name in found) else name
        for column, name in found.items()
    }


def bounds_of(name, unit):
    """Return low, high and what the largest value reaches, in the column's own unit, or None."""
    quantity, rest = (None, "") if unit is None else quantity_of(name, unit)
    if quantity is None:
        return None
    # A sum of a day is no hourly value: only its sign is known.
    high = np.inf if re.search("sum|total", rest) else quantity.high
    bounds = np.array([quantity.low, high, quantity.reaches])
    return convert(bounds, quantity.unit, unit).tolist()
