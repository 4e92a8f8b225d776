"""A wind direction is an angle: 359 and 1 degree are neighbours, so components are forecast."""

import re

import numpy as np

DIRECTION = re.compile(r"^(wind[_ ]?)dir(?:ection)?(.*)$", re.IGNORECASE)
SPEEDS = ("speed", "spd")


def with_wind_components(frame, notes):
    """Replace each wind direction in degrees by the components of the flow.

    Parameters
    ----------
    frame : DataFrame
        A direction is a column such as ``wind_dir`` or ``winddirection_10m``; it needs the speed
        of the same ending beside it.
    notes : list of str
        Says what was replaced.

    Returns
    -------
    DataFrame
        With ``wind_u`` (to the east) and ``wind_v`` (to the north) in the unit of the speed, if
        the file has none; without the direction.
    """
    kept = frame.copy()
    units = dict(frame.attrs.get("units", {}))
    for direction, (prefix, ending) in _directions(frame):
        speed = _speed_of(frame, prefix, ending)
        if speed is None or not frame[direction].dropna().between(0, 360).all():
            continue
        names = [f"wind_{axis}{ending}" for axis in "uv"]
        if not set(names) <= set(frame.columns):
            kept[names[0]], kept[names[1]] = flow(frame[speed], frame[direction])
            units |= dict.fromkeys(names, units[speed]) if speed in units else {}
        kept = kept.drop(columns=direction)
        notes.append(f"left out: {direction} (an angle; forecast as {' and '.join(names)})")
    kept.attrs = dict(frame.attrs) | ({"units": units} if units else {})
    return kept


def flow(speed, direction):
    """Components to the east and to the north of a wind that comes from ``direction`` degrees.

    A calm has no direction and flows nowhere; a wind without a direction stays unknown.
    """
    angle = np.deg2rad(direction)
    is_calm = speed == 0
    eastward = (-speed * np.sin(angle)).mask(is_calm, 0.0)
    northward = (-speed * np.cos(angle)).mask(is_calm, 0.0)
    return eastward, northward


def _directions(frame):
    matches = [(name, DIRECTION.match(str(name))) for name in frame.columns]
    return [(name, match.groups()) for name, match in matches if match]


def _speed_of(frame, prefix, ending):
    wanted = {f"{prefix}{speed}{ending}".lower() for speed in SPEEDS}
    return next((name for name in frame.columns if str(name).lower() in wanted), None)
