"""A panel of series as one array, (series, time, channel), for classifiers of whole series."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from ._clock import SECONDS


class PanelArray(NamedTuple):
    """What ``from_panel`` makes.

    Attributes
    ----------
    X : float array of shape (n_series, n_stamps, 1 + n_channels)
        Channel 0: time since the series' first stamp; then the columns. NaN: not observed, and
        behind the end of shorter series.
    keys : Index of shape (n_series,)
        The series in the order of their first rows, to look their labels up by.
    channels : list
        Names of the channels, "time" the first.
    """

    X: np.ndarray
    keys: pd.Index
    channels: list


def from_panel(frame, time_unit="s"):
    """Make one array of a frame of series, for ``NeuralCDEClassifier(times=0)``.

    Parameters
    ----------
    frame : DataFrame
        MultiIndex of series and stamps (the last level), one column a channel, NaN = not observed.
    time_unit : {"s", "min", "h", "D"}, default="s"
        Unit of the time channel where stamps are instants or durations; numbers stay as they are.

    Returns
    -------
    PanelArray

    Raises
    ------
    ValueError
        No MultiIndex, no rows, columns that are no numbers, missing or repeated stamps.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsnode import from_panel
    >>> rows = {("a", 0.0): 1.0, ("a", 0.5): 2.0, ("b", 3.0): 4.0}
    >>> X, keys, channels = from_panel(pd.Series(rows).to_frame("temp"))
    >>> X.tolist()
    [[[0.0, 1.0], [0.5, 2.0]], [[0.0, 4.0], [nan, nan]]]
    >>> list(keys), channels
    (['a', 'b'], ['time', 'temp'])
    """
    if time_unit not in SECONDS:
        msg = f"time_unit must be one of {', '.join(map(repr, SECONDS))}; got {time_unit!r}. Set "
        msg += "time_unit to one of these."
        raise ValueError(msg)
    _check_frame(frame)
    stamps = frame.index.get_level_values(-1)
    series, keys = pd.factorize(frame.index.droplevel(-1))
    times = _as_numbers(stamps, time_unit)
    order = np.lexsort((times, series))
    series, times = series[order], times[order]
    counts = np.bincount(series)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    place = np.arange(len(series)) - starts[series]
    if ((np.diff(times) == 0) & (np.diff(series) == 0)).any():
        msg = "Expected every stamp once in a series; got repeated ones. Merge them before, by "
        msg += "frame.groupby(level=frame.index.names).mean()."
        raise ValueError(msg)
    X = np.full((len(keys), counts.max(), 1 + frame.shape[1]), np.nan)
    X[series, place, 0] = times - times[starts][series]
    X[series, place, 1:] = frame.to_numpy(dtype=float, na_value=np.nan)[order]
    return PanelArray(X, pd.Index(keys), ["time", *frame.columns])


def _as_numbers(stamps, time_unit):
    if isinstance(stamps, pd.PeriodIndex):
        stamps = stamps.to_timestamp()
    if isinstance(stamps, pd.DatetimeIndex):
        stamps = stamps - stamps.min()
    if isinstance(stamps, pd.TimedeltaIndex):
        return stamps.total_seconds().to_numpy() / SECONDS[time_unit]
    return stamps.to_numpy(dtype=float)


def _check_frame(frame):
    if not isinstance(frame, pd.DataFrame) or not isinstance(frame.index, pd.MultiIndex):
        what = type(frame.index if isinstance(frame, pd.DataFrame) else frame).__name__
        msg = f"Expected a DataFrame with a MultiIndex of series and stamps; got {what}. Use "
        msg += "frame.set_index([series, time])."
        raise ValueError(msg)  # noqa: TRY004 - as every other bad input
    if frame.empty:
        msg = f"Expected rows and columns; got a frame of shape {frame.shape}. Pass its rows."
        raise ValueError(msg)
    wrong = [name for name, kind in frame.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
    if wrong:
        msg = f"Expected columns of numbers; got others: {wrong}. Convert them, or drop them."
        raise ValueError(msg)
    stamps = frame.index.get_level_values(-1)
    kinds = pd.DatetimeIndex | pd.TimedeltaIndex | pd.PeriodIndex
    if not (isinstance(stamps, kinds) or pd.api.types.is_numeric_dtype(stamps)):
        msg = f"Expected stamps or numbers in the last level of the index; got {stamps.dtype}. "
        msg += "Convert them by pandas.to_datetime."
        raise ValueError(msg)
    if frame.index.to_frame().isna().any(axis=None):
        msg = "Expected a series and a stamp in every row; got missing ones. Drop these rows."
        raise ValueError(msg)
