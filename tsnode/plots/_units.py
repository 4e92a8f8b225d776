"""Units of channels, as axes carry them."""


def units_of(truth, units):
    """Return the unit of each channel: those given, else those the frame carries."""
    return units if units is not None else getattr(truth, "attrs", {}).get("units") or {}


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
