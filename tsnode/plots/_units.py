"""Units of channels, as axes carry them."""

UNIT_WORDS = {"s": "second", "min": "minute", "h": "hour", "D": "day"}


def units_of(truth, units):
    """Return the unit of each channel: those given, else those the frame carries."""
    if units is None:
        return getattr(truth, "attrs", {}).get("units") or {}
    return check_units(units)


def check_units(units):
    """Return units if they are those of channels by name, or None."""
    if units is None or isinstance(units, dict):
        return units
    msg = f"units must be a dict of channels to their units; got {units!r}. "
    raise TypeError(msg + "Write {'temp': 'degC'}.")


def with_unit(name, unit):
    """Write a quantity with its unit in brackets."""
    return f"{name} [{unit}]" if unit else str(name)


def squared(unit):
    """Write the square of a unit: m/s squared is (m/s)²."""
    return unit and f"{_whole(unit)}²"


def inverse(unit):
    """Write one over a unit."""
    return unit and f"1/{_whole(unit)}"


def _whole(unit):
    return f"({unit})" if set(unit) & set("/ ·") else unit
