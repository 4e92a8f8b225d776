"""Frames of numbers and their indexes as named parts, and back."""

import numpy as np
import pandas as pd

from ._simple_values import STAMP_UNITS


def _frame_parts(frame):
    columns = [_plain(frame.iloc[:, k]) for k in range(frame.shape[1])]
    return {"index": frame.index, "columns": frame.columns, "values": columns}


def _plain(column):
    """Return the array of a column; an extension array, which is no data, as it is."""
    return column.to_numpy() if isinstance(column.dtype, np.dtype) else column.array


def _read_frame(index, columns, values):
    frame = pd.DataFrame(dict(enumerate(values)), index=index, columns=range(len(values)))
    return frame.set_axis(columns, axis=1)


def _instants(index):
    return {"values": index.asi8, "unit": index.unit, "freq": index.freqstr, "name": index.name}


def _read_stamps(values, unit, freq, name, tz):
    stamps = pd.DatetimeIndex(_in_unit(values, "datetime64", unit), name=name)
    stamps = stamps if tz is None else stamps.tz_localize("UTC").tz_convert(tz)
    return _with_freq(stamps, freq)


def _read_durations(values, unit, freq, name):
    return _with_freq(pd.TimedeltaIndex(_in_unit(values, "timedelta64", unit), name=name), freq)


def _with_freq(index, freq):
    return index if freq is None else type(index)(index, freq=freq)


def _in_unit(values, kind, unit):
    if unit in STAMP_UNITS and values.dtype == np.int64:
        return values.view(f"{kind}[{unit}]")
    msg = f"no times in {unit!r}"
    raise ValueError(msg)


def _index_parts(index):
    is_text = isinstance(index.dtype, pd.StringDtype)
    values = index.to_numpy(dtype=object) if is_text else _plain(index)
    return {"values": values, "is_text": is_text, "name": index.name}


def _read_index(values, is_text, name):
    return pd.Index(
        values, dtype="str" if is_text else values.dtype, name=name, tupleize_cols=False
    )


# Type -> name, parts of a value, value of the parts; see ``SIMPLE``.
FRAMES = {
    pd.DataFrame: ("frame", _frame_parts, _read_frame),
    pd.Series: (
        "series",
        lambda s: {"index": s.index, "values": _plain(s), "name": s.name},
        lambda index, values, name: pd.Series(values, index, name=name),
    ),
    pd.DatetimeIndex: ("stamps", lambda i: {**_instants(i), "tz": i.tz}, _read_stamps),
    pd.TimedeltaIndex: ("durations", _instants, _read_durations),
    pd.PeriodIndex: (
        "periods",
        lambda i: {"ordinals": i.asi8, "freq": i.freqstr, "name": i.name},
        lambda ordinals, freq, name: pd.PeriodIndex.from_ordinals(ordinals, freq=freq, name=name),
    ),
    pd.RangeIndex: (
        "range",
        lambda i: {"start": i.start, "stop": i.stop, "step": i.step, "name": i.name},
        lambda start, stop, step, name: pd.RangeIndex(start, stop, step, name=name),
    ),
    pd.MultiIndex: (
        "levels",
        lambda i: {
            "levels": list(i.levels),
            "codes": [np.asarray(code) for code in i.codes],
            "names": list(i.names),
        },
        lambda levels, codes, names: pd.MultiIndex(levels, codes, names=names),
    ),
    pd.Index: ("index", _index_parts, _read_index),
}
FRAMES_BY_NAME = {name: read for name, _, read in FRAMES.values()}
