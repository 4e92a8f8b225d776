"""Frames of states by time, as a display draws them."""

import pandas as pd
from pandas.api.types import is_numeric_dtype

from ..frames._clock import index_kind
from ..metrics._backtest_frame import is_backtest_frame
from ..metrics._numbers import to_floats
from ._arguments import check_finite


def as_frame(data):
    """Return a frame; a Series is one channel."""
    if isinstance(data, pd.Series):
        return data.to_frame(data.name if data.name is not None else "value")
    if data is None or isinstance(data, pd.DataFrame):
        return data
    msg = f"Expected a DataFrame or Series with a time index; got {type(data).__name__}. "
    msg += "Fit on a frame, so that forecasts come as one, or wrap the array with its index."
    raise TypeError(msg)


def from_table(found, column):
    """Return a column of a backtest frame as stamps by channels, or data that is none as a frame.

    Parameters
    ----------
    found : DataFrame
        A backtest frame must hold one series and one origin.
    column : str
    """
    if not is_backtest_frame(found):
        return as_frame(found)
    keys = [name for name in ("series", "origin") if name in found]
    n_origins = len(found[keys].drop_duplicates()) if keys else 1
    if n_origins != 1 or column not in found or "stamp" not in found:
        msg = "Expected the forecasts from one origin of one series with columns 'stamp' and "
        msg += f"{column!r}; got {n_origins} origins with {', '.join(map(str, found.columns))}. "
        raise ValueError(msg + "Select one: found[found['origin'] == found['origin'].iloc[0]].")
    # Without categories: those that no row has would become columns.
    channel = found["channel"].astype(object)
    table = found.assign(channel=channel).pivot(index="stamp", columns="channel", values=column)
    return table[list(dict.fromkeys(channel))].rename_axis(columns=None)


def times_after(history, X):
    """Return the durations from the last row of ``history`` to the rows of X.

    Parameters
    ----------
    history : DataFrame with a time index
    X : index of times, or frame that has one
    """
    index = X if isinstance(X, pd.Index) else getattr(X, "index", None)
    if index is None:
        msg = f"Expected X with a time index beside history=; got {type(X).__name__}. "
        raise TypeError(msg + "Pass a frame, or its index.")
    _check_times("history", history.index, "X", index)
    if isinstance(index, pd.PeriodIndex):
        index, last = index.to_timestamp(), history.index.max().to_timestamp()
    else:
        last = history.index.max()
    elapsed = index - last
    n_before = int((index < last).sum())
    if n_before:
        msg = f"X must hold stamps after the last row of history ({last}); got {n_before} of "
        msg += f"{len(index)} before it. Cut history to what was known before, or pass y= to draw "
        raise ValueError(msg + "what was observed at X.")
    return elapsed


def times_of(frame):
    """Return numbers or stamps that matplotlib can place."""
    index = frame.index
    kind = index_kind(index)
    if kind == "period":
        index = index.to_timestamp()
    if kind == "timedelta":
        return index.total_seconds().to_numpy() / 3600.0
    # Aware stamps are drawn in their own zone: the axis must agree with the table.
    return index.tz_localize(None).to_numpy() if kind == "datetime" else index.to_numpy()


def line_of(frame, column):
    """Return the times and values of one channel."""
    return times_of(frame), frame[column].to_numpy(dtype=float)


def time_label(index):
    """Name the time axis, with the unit or the zone."""
    name = index.name or "time"
    if index_kind(index) == "timedelta":
        return f"{name} [h]"
    zone = getattr(index, "tz", None)
    return f"{name} [{zone}]" if zone is not None else str(name)


def check_frames(forecast, frames, earlier):
    """Refuse frames beside a forecast that have other channels, and bounds that are none.

    Parameters
    ----------
    forecast : DataFrame
    frames : dict with history, truth, lower and upper, each a DataFrame or None
    earlier : list of DataFrame
    """
    if forecast.index.nlevels > 1:
        msg = "Expected the forecast of one series; got an index with the levels "
        msg += f"{', '.join(map(str, forecast.index.names))}. Select one: forecast.xs(key)."
        raise ValueError(msg)
    _check_times("forecast", forecast.index, "forecast", forecast.index)
    remedy = "Look at the model: its run diverged, or nothing was asked."
    check_finite("forecast", to_floats(forecast, "forecast"), remedy)
    named = [*frames.items(), *(("earlier", frame) for frame in earlier)]
    for name, frame in named:
        if frame is not None:
            _check_channels(name, frame, forecast.columns)
            _check_times(name, frame.index, "the forecast", forecast.index)
    lower, upper = frames["lower"], frames["upper"]
    if (lower is None) != (upper is None):
        got = "lower" if upper is None else "upper"
        msg = f"lower and upper must be given together; got {got} alone. Pass both or neither."
        raise ValueError(msg)
    if lower is None:
        return
    for name in ("lower", "upper"):
        _check_stamps(name, frames[name], forecast)
    columns = forecast.columns
    n_crossed = int((lower[columns].to_numpy() > upper[columns].to_numpy()).sum())
    if n_crossed:
        msg = f"lower must not lie above upper; it does in {n_crossed} of {lower.size} entries. "
        raise ValueError(msg + "Swap them.")


def _check_times(name, index, of, asked):
    """Refuse an index that holds no times, or none of the kind of another."""
    if not len(index):
        msg = f"{name} must hold rows; got none. Leave it out, or look at its selection."
        raise ValueError(msg)
    found, expected = kind_of_times(index), kind_of_times(asked)
    if found is not None and found == expected:
        return
    expected = f"times like those of {of} ({expected})" if expected and name != of else "times"
    msg = f"{name} must have an index of {expected}; got {found or index.dtype}. "
    raise ValueError(msg + "Convert its index, as by pandas.to_datetime or tz_convert.")


def kind_of_times(index):
    """Name what two indices must share to be drawn on one axis."""
    kind = index_kind(index)
    if kind == "datetime":
        return "stamps without a zone" if index.tz is None else "stamps with a zone"
    return "numbers" if kind is None and is_numeric_dtype(index) or kind == "float" else kind


def _check_channels(name, frame, channels):
    """Refuse a frame that lacks channels of the forecast."""
    missing = [str(channel) for channel in channels if channel not in frame]
    if missing:
        msg = f"{name} must hold the channels of the forecast ({', '.join(map(str, channels))}); "
        raise ValueError(msg + f"it lacks {', '.join(missing)}. Select the channels alike.")


def _check_stamps(name, frame, forecast):
    """Refuse a frame of other stamps than the forecast's."""
    if frame.index.equals(forecast.index):
        return
    msg = f"{name} must have the stamps of the forecast ({len(forecast)} rows); got {len(frame)} "
    msg += f"rows, {len(frame.index.intersection(forecast.index))} of them shared. "
    raise ValueError(msg + "Reindex it to forecast.index.")
