"""The units of weather, under the spellings that files use, and how they convert."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """A unit: ``base = factor * value + offset`` in the first unit of its kind."""

    kind: str
    factor: float = 1.0
    offset: float = 0.0


DEGREES_F = Unit("temperature", 5 / 9, -160 / 9)
# Definitions of the SI brochure; inHg and mmHg at 0 degrees.
UNITS = {
    "°C": Unit("temperature"),
    "K": Unit("temperature", 1.0, -273.15),
    "°F": DEGREES_F,
    "m/s": Unit("speed"),
    "km/h": Unit("speed", 1 / 3.6),
    "mph": Unit("speed", 0.44704),
    "kn": Unit("speed", 1852 / 3600),
    "ft/s": Unit("speed", 0.3048),
    "hPa": Unit("pressure"),
    "Pa": Unit("pressure", 0.01),
    "kPa": Unit("pressure", 10.0),
    "inHg": Unit("pressure", 33.863886667),
    "mmHg": Unit("pressure", 1.333223874),
    "mm": Unit("length"),
    "cm": Unit("length", 10.0),
    "m": Unit("length", 1e3),
    "km": Unit("length", 1e6),
    "inch": Unit("length", 25.4),
    "ft": Unit("length", 304.8),
    "mi": Unit("length", 1_609_344.0),
    "%": Unit("share"),
    "okta": Unit("share", 12.5),
    "°": Unit("angle"),
    "W/m²": Unit("flux"),
    "s": Unit("duration"),
    "min": Unit("duration", 60.0),
    "h": Unit("duration", 3600.0),
}
SPELLINGS = {
    "degc": "°C", "deg_c": "°C", "deg c": "°C", "°c": "°C", "c": "°C", "celsius": "°C",
    "degf": "°F", "deg_f": "°F", "deg f": "°F", "°f": "°F", "f": "°F", "fahrenheit": "°F",
    "k": "K", "kelvin": "K", "kmh": "km/h", "kph": "km/h", "mp/h": "mph", "kt": "kn",
    "kts": "kn", "knot": "kn", "knots": "kn", "m s-1": "m/s", "ms-1": "m/s", "m s⁻¹": "m/s",
    "mbar": "hPa", "mb": "hPa", "hpa": "hPa", "pa": "Pa", "kpa": "kPa", "inhg": "inHg",
    "mmhg": "mmHg", "in": "inch", "inches": "inch", "miles": "mi", "mile": "mi", "percent": "%",
    "octa": "okta", "oktas": "okta", "octas": "okta", "deg": "°", "degree": "°", "degrees": "°",
    "w/m2": "W/m²", "w/m^2": "W/m²", "w/m**2": "W/m²", "w m-2": "W/m²", "w/m²": "W/m²",
    "sec": "s", "seconds": "s", "minutes": "min", "hour": "h", "hours": "h", "hr": "h",
}  # fmt: skip


def plain_unit(unit):
    """Return the key of ``UNITS`` for a spelling, or None.

    Examples
    --------
    >>> plain_unit("degC"), plain_unit("mbar"), plain_unit("wmo code")
    ('°C', 'hPa', None)
    """
    if unit in UNITS:
        return unit
    return SPELLINGS.get(str(unit).strip().lower())


def convert(values, source, target):
    """Turn numbers of one unit into those of another of the same kind."""
    old, new = UNITS[plain_unit(source)], UNITS[plain_unit(target)]
    # Rounded far below any sensor: 71.6 degF are 22 degC and not 21.999999999999996.
    return ((old.factor * values + old.offset - new.offset) / new.factor).round(9)


def are_alike(source, target):
    """Whether two units are of one kind."""
    old, new = plain_unit(source), plain_unit(target)
    return old is not None and new is not None and UNITS[old].kind == UNITS[new].kind
