"""From a file to the one series that is forecast, and what was found on the way."""

import difflib

import numpy as np
import pandas as pd

from ..frames._calendar_step import LONG_GAP, Step
from ..frames._wind import with_wind_components
from ..frames._words import in_words
from ._options import parse_names
from ._source import read_file, words_of
from ._times import cut_times

MOST_MISSING = 0.5


def read_one_series(
    file, series=None, columns=None, time=None, since=None, until=None, usual_series=None,
    wanted_by="--model-file was fitted on", **how,
):  # fmt: skip
    """Read a file and pick one series and its columns.

    Parameters
    ----------
    file : str
        As ``read_file`` takes it.
    series : str, default=None
        Name of the series, if the file holds several.
    columns : str or list of str, default=None
        Names with commas between; None keeps what is numeric, varies and is mostly there. A list,
        that of a model's columns, is taken whether it varies or not.
    time : str, default=None
        Name of the time column, if it is not to be found.
    since, until : str, default=None
        First and last time that is kept.
    usual_series : str, default=None
        Series to take if none is named and the file holds several.
    wanted_by : str, default="--model-file was fitted on"
        Who asks for a list of columns, for the error.
    **how
        ``tz``, ``section`` and ``dialect`` of ``read_file``.

    Returns
    -------
    frame : DataFrame of float64, increasing unique times
        ``attrs["units"]`` where known, ``attrs["series"]`` the name of the series or None.
    notes : list of str
        What was merged, left out or turned into something else.
    """
    data, notes = read_file(file, time=time, **how)
    frame = _pick_series(data, series, file, usual_series)
    # Before rows are averaged: the mean of 359 and 1 degrees is no direction.
    frame = with_wind_components(frame, notes)
    frame = _merge_repeated(frame, notes)
    if len(frame) and (since is not None or until is not None):
        frame = cut_times(frame, since, until)
    # First: in one row every column is "always the same".
    if len(frame) < 4:
        msg = f"{words_of(file)} holds {len(frame)} row(s) of the series; expected at least 4, "
        msg += "to learn anything from. Pass a longer file."
        raise ValueError(msg)
    if columns is None:
        return _usual_columns(frame, notes), notes
    return _asked_columns(frame, columns, notes, wanted_by), notes


def _pick_series(data, series, file, usual_series):
    attrs = dict(data.attrs)
    if not isinstance(data.index, pd.MultiIndex):
        if series is not None:
            msg = f"--series {series} needs a file of several series; {words_of(file)} holds one. "
            msg += "Leave --series out."
            raise ValueError(msg)
        return data
    names = {str(key): key for key in data.index.unique(level=0)}
    if series is None and len(names) == 1:
        series = next(iter(names))
    elif series is None and usual_series in names:
        series = usual_series
    if series not in names:
        raise ValueError(_series_message(series, names, file))
    frame = data.xs(names[series], level=0)
    frame.attrs = attrs | {"series": series}
    return frame


def _series_message(series, names, file):
    listed = ", ".join(list(names)[:8]) + (", ..." if len(names) > 8 else "")
    if series is None:
        msg = f"{words_of(file)} holds {len(names)} series ({listed}); expected one. "
        return msg + f"Name it: --series {next(iter(names))}."
    msg = f"--series must be one of {listed}; got {series}."
    near = _near(series, names)
    return f"{msg} Did you mean {near}?" if near else f"{msg} Name one of these."


def _merge_repeated(frame, notes):
    n_repeated = int(frame.index.duplicated().sum())
    if not n_repeated:
        return frame
    notes.append(f"{n_repeated} row(s) repeat a time: merged by their mean")
    merged = frame.groupby(level=0).mean()
    merged.attrs = dict(frame.attrs)
    return merged


def _asked_columns(frame, columns, notes, wanted_by):
    is_of_model = not isinstance(columns, str)
    asked = columns if is_of_model else parse_names(columns)
    there = f"There are {', '.join(map(str, frame.columns))}."
    if not asked:
        msg = f"--columns must name at least one column; got {columns!r}. {there}"
        raise ValueError(msg)
    unknown = [name for name in asked if name not in frame.columns]
    if unknown:
        words = [name + _why_unknown(name, frame.columns, notes) for name in unknown]
        msg = f"--columns must name numeric columns of the file; got {', '.join(words)}. {there}"
        if is_of_model:
            msg = f"FILE must hold the columns that {wanted_by}; it lacks {', '.join(words)}. "
            msg += f"{there} Pass such a file, or another {wanted_by.split()[0]}."
        raise ValueError(msg)
    kept = frame[list(dict.fromkeys(asked))]
    constant = [str(name) for name in kept if kept[name].nunique() < 2]
    if constant and not is_of_model:
        msg = f"--columns must name columns that vary; {', '.join(constant)} hold at most one "
        msg += "value. Leave them out."
        raise ValueError(msg)
    return kept


def _why_unknown(name, known, notes):
    """Say why a column is not there: it was left out, or a near one is meant."""
    left_out = f"left out: {name} ("
    for note in notes:
        if note.startswith(left_out):
            return " " + note.removeprefix(left_out[:-1])
    near = _near(name, known)
    return f" (did you mean {near}?)" if near else ""


def _usual_columns(frame, notes):
    missing = frame.isna().mean()
    kept = []
    for name in frame.columns:
        if missing[name] > MOST_MISSING:
            notes.append(f"left out: {name} ({missing[name]:.0%} missing)")
        elif frame[name].nunique() < 2:
            notes.append(f"left out: {name} (always the same)")
        else:
            kept.append(name)
    if kept:
        return frame[kept]
    msg = "FILE must hold a numeric column that varies and is mostly there; got none "
    msg += f"({'; '.join(notes) or 'no numeric column'}). Name columns with --columns."
    raise ValueError(msg)


def _near(name, known):
    by_lower = {str(one).lower(): str(one) for one in known}
    found = difflib.get_close_matches(str(name).lower(), by_lower, n=1, cutoff=0.5)
    return by_lower[found[0]] if found else None


def describe(frame, file, notes):
    """Say in a few lines what the series holds: rows, span, step, gaps, missing entries."""
    name = frame.attrs.get("series")
    first = f"{words_of(file)}{f', series {name}' if name else ''}: {span_of(frame)}"
    missing = frame.isna().mean()
    some = [f"{column} {in_percent(share)}" for column, share in missing.items() if share > 0]
    lines = [first, f"  columns: {', '.join(map(str, frame.columns))}"]
    lines.append(f"  missing: {', '.join(some) if some else 'nothing'}")
    return "\n".join(lines + [f"  {note}" for note in notes])


def in_percent(share):
    """Write a share; little is not nothing."""
    return f"{share:.1%}" if share >= 0.001 or share == 0 else "<0.1%"


def spread(frame):
    """Return each column's standard deviation over its observed entries, NaN if it is constant."""
    deviation = frame.std(ddof=0)
    return deviation.where(deviation > 0, np.nan).to_numpy()


def span_of(frame):
    """Say how many rows there are from when to when, their step and their gaps."""
    index = frame.index
    step = Step.of(index)
    gaps = index[1:] - index[:-1]
    long_gaps = gaps[gaps > LONG_GAP * step.length]
    text = f"{len(frame):,} rows from {in_words(index[0])} to {in_words(index[-1])}, "
    text += f"step {step.in_words()}, {len(long_gaps) or 'no'} gaps"
    return text + (f" (longest {in_words(long_gaps.max())})" if len(long_gaps) else "")
