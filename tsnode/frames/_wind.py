"""A wind direction is an angle: 359 and 1 degree are neighbours, so components are forecast."""

import re

import numpy as np

# Patterns of a direction and of the speed beside it: most loggers and Open-Meteo; NOAA's local
# data (Hourly...); Meteostat; the Iowa archive of airport reports; Jena.
GAP = "[ _.-]?"
FAMILIES = (
    (f"(?:hourly)?wind{GAP}(?:from{GAP})?dir(?:ection)?", f"(?:hourly)?wind{GAP}(?:speed|spd)"),
    ("wdir", "wspd"),
    ("drct", "sknt"),
    (r"wd(?= ?[(\[](?:deg|°))", "w[vs]"),
)
UNIT = re.compile(
    r"(?: ?[(\[].*[)\]]|[ _.](?:deg|degrees?|mps|ms|kmh|kph|kts?|knots?|mph))$", re.IGNORECASE
)
# What stands beside a direction: its spread, its quality, its source.
NO_ANGLE = re.compile(r"std|sd$|sigma|var|qual|flag|code|source|count", re.IGNORECASE)
MOST_MARKS = 0.25  # of the entries outside 0 to 360: 999 and the like mark a variable wind


def with_wind_components(frame, notes, verb="forecast as"):
    """Replace each wind direction in degrees by the components of the flow.

    Parameters
    ----------
    frame : DataFrame
        A direction is a column such as ``wind_dir``, ``winddirection_10m`` or ``wdir``.
    notes : list of str
        Says what was replaced.
    verb : str, default="forecast as"
        What the notes say of the components.

    Returns
    -------
    DataFrame
        With ``wind_u`` (to the east) and ``wind_v`` (to the north) in the unit of the speed of
        the same ending, if the file has none; where there is no such speed, with sine and cosine
        of the direction. Without the direction.
    """
    kept = frame.copy()
    units = dict(frame.attrs.get("units", {}))
    for direction, speed, ending in _directions(frame):
        degrees = _degrees(frame[direction])
        if degrees is None:
            continue
        names, what = [f"wind_{axis}{ending}" for axis in "uv"], "an angle"
        if speed is None:
            names, what = (
                [f"{direction}_{wave}" for wave in ("sin", "cos")],
                "an angle without its speed",
            )
        if not set(names) <= set(frame.columns):
            kept[names[0]], kept[names[1]] = _components(frame, speed, degrees)
            units |= dict.fromkeys(names, units[speed]) if speed in units else {}
        kept = kept.drop(columns=direction)
        n_marks = int(frame[direction].notna().sum() - degrees.notna().sum())
        marks = f"; {n_marks} cell(s) outside 0 to 360 read as missing" if n_marks else ""
        notes.append(f"left out: {direction} ({what}; {verb} {' and '.join(names)}{marks})")
    kept.attrs = dict(frame.attrs) | ({"units": units} if units else {})
    return kept


def _components(frame, speed, degrees):
    if speed is not None:
        return flow(frame[speed], degrees)
    angle = np.deg2rad(degrees)
    return np.sin(angle), np.cos(angle)


def _degrees(cells):
    """Direction in degrees, missing where a mark stands; None if the numbers are no degrees."""
    is_angle = cells.between(0, 360)
    n_marks = (cells.notna() & ~is_angle).sum()
    return cells.where(is_angle) if n_marks <= MOST_MARKS * cells.notna().sum() else None


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
    """Directions with the speed of the same ending, or None, and the ending of that speed."""
    units = frame.attrs.get("units", {})
    for name in frame.columns:
        # wd alone is no direction, with its unit it is, in the name or beside it.
        shown = f"{name} ({units[name]})" if name in units else name
        for direction, speed in FAMILIES:
            ending = _ending(direction, shown)
            if ending is not None and not NO_ANGLE.search(ending):
                yield name, *_speed_of(frame, speed, _without_unit(ending))


def _speed_of(frame, pattern, wanted):
    for name in frame.columns:
        ending = _ending(pattern, name)
        if ending is not None and _without_unit(ending) == wanted:
            return name, ending
    return None, None


def _ending(pattern, name):
    """Return what follows a pattern in a name, None if no word of that pattern begins it."""
    found = re.match(f"(?i:{pattern})(?![a-z])", str(name))
    return None if found is None else str(name)[found.end() :]


def _without_unit(ending):
    return UNIT.sub("", ending).lower()
