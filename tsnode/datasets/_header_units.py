"""Units in the names of columns: ``temp (°C)``, ``p [hPa]``, ``wv (m/s)``."""

import re

BRACKETS = re.compile(r"(?P<name>.*?\S) ?(?:\((?P<round>[^()]*)\)|\[(?P<square>[^\[\]]*)\])")
# What units are made of, so that temp (outside) keeps its name.
BASE = (
    "°C|degC|deg_C|degrees? ?C|C|°F|degF|deg_F|degrees? ?F|F|K|%|percent|hPa|kPa|Pa|mbar|mb|bar|"
    "inHg|mmHg|mm|cm|km|m|inch|inches|in|ft|mi|miles|sec|s|min|hours?|hrs?|h|days?|d|kn|kts?|"
    "knots?|mph|kmh|kph|kWh|kW|Wh|W|MJ|kJ|J|g|kg|mg|[µμu]g|mmol|[µμu]?mol|V|A|ppm|ppb|deg|degrees?|"
    "°|rad|octas?|okta|wmo code|code|index"
)
POWER = r"(?:[²³]|⁻[¹²³]|(?:\^|\*\*)?-?\d)?"
UNIT = re.compile(rf"(?:{BASE}){POWER}(?:[ /·*.](?:{BASE}){POWER})*", re.IGNORECASE)


def split_unit(name, *, is_sure=False):
    """Return a name without its unit, and the unit or None.

    ``is_sure``: whatever stands in the last brackets is a unit, as the format says.

    Examples
    --------
    >>> split_unit("soil_moisture_0_to_7cm (m³/m³)"), split_unit("temp (outside)")
    (('soil_moisture_0_to_7cm', 'm³/m³'), ('temp (outside)', None))
    """
    found = BRACKETS.fullmatch(name)
    if found is None:
        return name, None
    unit = (found["round"] if found["round"] is not None else found["square"]).strip()
    if is_sure or UNIT.fullmatch(unit):
        return found["name"], unit or None
    return name, None


def strip_units(columns, *, is_sure=False):
    """Return the names without units, and the units by these names.

    Names that the units alone tell apart keep them.
    """
    split = [split_unit(column, is_sure=is_sure) for column in columns]
    short = [name for name, _ in split]
    names, units = [], {}
    for column, (name, unit) in zip(columns, split, strict=True):
        kept = name if short.count(name) == 1 else column
        names.append(kept)
        if unit is not None:
            units[kept] = unit
    return names, units
