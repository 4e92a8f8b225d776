"""Where the sun stands: elevation above the horizon by the Astronomical Almanac's short formula."""

import numpy as np
import pandas as pd

# Noon of 1 January 2000 (J2000.0), the epoch that days are counted from.
J2000 = pd.Timestamp("2000-01-01 12:00")


def days_since_2000(stamps):
    """Days since J2000.0 in UTC, float array; stamps without a zone are read as UTC."""
    clock = stamps if stamps.tz is None else stamps.tz_convert("UTC").tz_localize(None)
    return np.array((clock - J2000) / pd.Timedelta("1D"), dtype=float)


def sine_of_elevation(days, latitude, longitude):
    """Sine of the sun's geometric elevation (without refraction).

    Michalsky, Solar Energy 40 (1988) 227-235, eqs. 1-4 and 9, from the Astronomical Almanac; there
    within 0.01 degrees in 1950-2050.

    Parameters
    ----------
    days : float array, days since J2000.0 (UT1; UTC is within a second of it)
    latitude, longitude : floats or arrays like ``days``, degrees north and east

    Returns
    -------
    float array in [-1, 1]
    """
    mean_longitude = np.radians((280.460 + 0.9856474 * days) % 360.0)
    anomaly = np.radians((357.528 + 0.9856003 * days) % 360.0)
    correction = 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly)
    ecliptic = mean_longitude + np.radians(correction)
    obliquity = np.radians(23.439 - 0.0000004 * days)
    declination = np.arcsin(np.sin(obliquity) * np.sin(ecliptic))
    ascension = np.arctan2(np.cos(obliquity) * np.sin(ecliptic), np.cos(ecliptic))
    # Sidereal time at Greenwich in hours. A mean day is 24.0657098242 sidereal hours.
    sidereal = (18.697375 + 24.0657098242 * days) % 24.0
    hour_angle = np.radians(15.0 * sidereal + longitude) - ascension
    north = np.radians(latitude)
    upright = np.sin(north) * np.sin(declination)
    turning = np.cos(north) * np.cos(declination) * np.cos(hour_angle)
    return np.clip(upright + turning, -1.0, 1.0)
