"""Names, units and winds in the form that the caller asks for."""

import difflib

from tsnode.datasets._quantities import cf_names, quantity_of
from tsnode.datasets._units import are_alike, convert, plain_unit
from tsnode.frames._wind import with_wind_components

CHOICES = {"names": ("file", "cf"), "wind": ("direction", "components")}


def check_form(names, units, wind):
    """Refuse what is no choice of form, before a file is read."""
    for parameter, value in {"names": names, "wind": wind}.items():
        if value not in CHOICES[parameter]:
            listed = " or ".join(map(repr, CHOICES[parameter]))
            msg = f"{parameter} must be {listed}; got {value!r}. Pass one of these."
            raise ValueError(msg)
    if units is not None and units != "metric" and not isinstance(units, dict):
        msg = f"units must be None, 'metric' or a dict of columns to units; got {units!r}. "
        msg += "Write {'temperature_2m': '°F'}."
        raise ValueError(msg)


def bring_into_form(reading, names, units, wind):
    """Rename, convert and turn winds, in this order; in place."""
    if names == "cf":
        _rename(reading)
    if units is not None:
        wanted = _metric(reading) if units == "metric" else _check_wanted(reading, units)
        _convert(reading, wanted)
    if wind == "components":
        _turn_winds(reading)


def _rename(reading):
    new = cf_names(reading.values.columns, reading.units)
    reading.values = reading.values.rename(columns=new)
    reading.units = {new[column]: unit for column, unit in reading.units.items()}
    reading.missing = {new[column]: marks for column, marks in reading.missing.items()}
    reading.unreadable = {new.get(column, column): n for column, n in reading.unreadable.items()}


def _metric(reading):
    """Return the metric unit of each column of a known quantity."""
    wanted = {}
    for column, unit in reading.units.items():
        quantity, _ = quantity_of(column, unit)
        if quantity is not None:
            wanted[column] = quantity.unit
    return wanted


def _check_wanted(reading, units):
    faults = []
    for column, target in units.items():
        unit = reading.units.get(column)
        if column not in reading.values:
            near = difflib.get_close_matches(str(column), list(reading.values), n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            faults.append(f"no column {column!r}{hint}")
        elif unit is None or not are_alike(unit, target):
            faults.append(
                f"{column!r} is in {unit or 'no known unit'}, not convertible to {target!r}"
            )
    if faults:
        msg = f"units does not fit the file: {'; '.join(faults)}. Its columns and units are "
        msg += (
            f"{', '.join(f'{name} ({unit})' for name, unit in reading.units.items()) or 'none'}. "
        )
        msg += "Name units of the same kind."
        raise ValueError(msg)
    return units


def _convert(reading, wanted):
    for column, target in wanted.items():
        unit = reading.units[column]
        if plain_unit(unit) != plain_unit(target):
            reading.values[column] = convert(reading.values[column], unit, target)
        reading.units[column] = target


def _turn_winds(reading):
    frame = reading.values
    frame.attrs = {"units": reading.units}
    notes = []
    turned = with_wind_components(frame, notes, verb="given as")
    reading.units = {
        column: unit for column, unit in turned.attrs["units"].items() if column in turned
    }
    turned.attrs = {}
    reading.values = turned
    reading.notes += notes
