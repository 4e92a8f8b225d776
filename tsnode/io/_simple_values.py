"""Numbers, stamps, durations and zones as named parts, and back."""

import datetime
import re
import zoneinfo
from functools import cache

import numpy as np
import pandas as pd

STAMP_UNITS = ("s", "ms", "us", "ns")


def parts_of_family(value):
    """Name and parts of values whose types come in families; None for others."""
    if isinstance(value, np.str_):
        return "np_str", {"value": str(value)}
    if isinstance(value, np.generic) and value.dtype.kind in "biuf" and value.dtype.itemsize <= 8:
        return "scalar", {"dtype": value.dtype.name, "value": value.item()}
    if value is pd.NaT:
        return "not_a_time", {}
    if isinstance(value, pd.offsets.BaseOffset):
        return "offset", {"freq": value.freqstr}
    if isinstance(value, datetime.tzinfo):
        return _zone(value)
    return None


def _zone(tz):
    # Zones of pytz and zoneinfo carry their IANA name, under different attributes.
    name = getattr(tz, "key", None) or getattr(tz, "zone", None)
    if isinstance(name, str):
        return "zone", {"name": name}
    offset = tz.utcoffset(None)
    return None if offset is None else ("utc_offset", {"seconds": offset.total_seconds()})


# Asked once: it looks into every file of the list.
_known_zones = cache(zoneinfo.available_timezones)


def _read_zone(name):
    # From a fixed list: ZoneInfo would take a name for a path, and for one of a package.
    if name in _known_zones():
        return zoneinfo.ZoneInfo(name)
    msg = f"time zone {name!r} is not known here"
    raise ValueError(msg)


def _offset_zone(seconds):
    return datetime.timezone(datetime.timedelta(seconds=seconds))


def _read_scalar(dtype, value):
    if re.fullmatch(r"bool|u?int\d+|float\d+", dtype) is None:
        msg = f"unknown type of number {dtype!r}"
        raise ValueError(msg)
    return np.dtype(dtype).type(value)


def _stamp_parts(stamp):
    return {"value": int(stamp.asm8.astype(np.int64)), "unit": stamp.unit, "tz": stamp.tz}


def _read_stamp(value, unit, tz):
    stamp = pd.Timestamp(np.datetime64(value, _stamp_unit(unit)))
    return stamp if tz is None else stamp.tz_localize("UTC").tz_convert(tz)


def _read_timedelta(value, unit):
    return pd.Timedelta(np.timedelta64(value, _stamp_unit(unit)))


def _stamp_unit(unit):
    if unit in STAMP_UNITS:
        return unit
    msg = f"unknown unit of time {unit!r}"
    raise ValueError(msg)


def _random_parts(random):
    kind, keys, *rest = random.get_state()
    return {"kind": kind, "keys": keys.tolist(), "rest": list(rest)}


def _read_random(kind, keys, rest):
    random = np.random.RandomState()
    random.set_state((kind, np.array(keys, dtype=np.uint32), *rest))
    return random


# Type -> name, parts of a value, value of the parts.
SIMPLE = {
    float: ("float", lambda v: {"text": repr(v)}, lambda text: float(text)),
    pd.Timestamp: ("timestamp", _stamp_parts, _read_stamp),
    pd.Timedelta: (
        "duration",
        lambda v: {"value": int(v.asm8.astype(np.int64)), "unit": v.unit},
        _read_timedelta,
    ),
    pd.Period: (
        "period",
        lambda v: {"ordinal": v.ordinal, "freq": v.freqstr},
        lambda ordinal, freq: pd.Period(ordinal=ordinal, freq=freq),
    ),
    datetime.date: ("date", lambda v: {"text": v.isoformat()}, datetime.date.fromisoformat),
    datetime.datetime: (
        "datetime",
        lambda v: {"text": v.replace(tzinfo=None).isoformat(), "tz": v.tzinfo},
        lambda text, tz: datetime.datetime.fromisoformat(text).replace(tzinfo=tz),
    ),
    datetime.timedelta: (
        "timedelta",
        lambda v: {"days": v.days, "seconds": v.seconds, "microseconds": v.microseconds},
        datetime.timedelta,
    ),
    np.random.RandomState: ("random_state", _random_parts, _read_random),
}
SIMPLE_BY_NAME = {name: read for name, _, read in SIMPLE.values()} | {
    "date": lambda text: datetime.date.fromisoformat(text),
    "timedelta": lambda **parts: datetime.timedelta(**parts),
    "np_str": lambda value: np.str_(value),
    "scalar": _read_scalar,
    "not_a_time": lambda: pd.NaT,
    "offset": lambda freq: pd.tseries.frequencies.to_offset(freq),
    "zone": _read_zone,
    "utc_offset": _offset_zone,
}
