"""One row per measurement to one row per stamp, and back."""

import warnings

import numpy as np
import pandas as pd


def from_long(data, *, time="time", channel="channel", value="value", series=None):
    """Frame of states, one column a channel, from rows that hold one measurement each.

    Sensors that report by themselves, each at stamps of its own, give such tables. Nothing is
    imputed: where a channel was not measured stands NaN, which is what ``fit`` expects.

    Parameters
    ----------
    data : DataFrame
        One measurement a row, in any order.
    time, channel, value : str, default="time", "channel" and "value"
        Columns of the stamps (dates, durations or numbers), the channels and the numbers.
    series : str or list of str, default=None
        Column or columns that tell series of a panel apart; None: there is one series.

    Returns
    -------
    DataFrame
        Sorted by series and time. Index: the stamps, or a MultiIndex of series and stamps.
        Columns: the channels in the order in which they appear (of a categorical, in its own).

    Raises
    ------
    ValueError
        Columns that are not there or named twice, values that are no numbers, stamps, channels or
        series that are missing.

    Warns
    -----
    UserWarning
        Measurements that share stamp, channel and series are merged by their mean.

    See Also
    --------
    to_long : The way back.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsnode import from_long
    >>> rows = [(0.0, "temp", 20.5), (0.5, "wind", 3.0), (1.0, "temp", 21.0)]
    >>> wide = from_long(pd.DataFrame(rows, columns=["time", "channel", "value"]))
    >>> wide.loc[0.5].to_dict()
    {'temp': nan, 'wind': 3.0}
    """
    keys = [] if series is None else [series] if isinstance(series, str) else list(series)
    names = [*keys, time, channel, value]
    _check_columns(data, names)
    _check_known(data, [*keys, time, channel])
    _check_numbers(data[value], value)
    places = [*keys, time, channel]
    n_repeated = int(data.duplicated(places).sum())
    if n_repeated:
        msg = f"{n_repeated} measurement(s) share {', '.join(map(repr, places))} with another one, "
        msg += "and are merged by their mean. Drop repeats before, if another one is to count."
        warnings.warn(msg, UserWarning, stacklevel=2)
    means = data.astype({value: float}).groupby(places, sort=False, observed=True)[value].mean()
    wide = means.unstack(channel).sort_index()  # noqa: PD010 - the rows are unique by now
    channels = data[channel]
    is_categorical = isinstance(channels.dtype, pd.CategoricalDtype)
    order = channels.cat.categories if is_categorical else pd.unique(channels)
    wide = wide[[name for name in order if name in wide.columns]]
    wide.columns = pd.Index(list(wide.columns), name=channel)
    return wide


def to_long(frame, *, time=None, channel=None, value="value"):
    """One row per measurement from a frame of states; what is NaN gives no row.

    Parameters
    ----------
    frame : DataFrame
        Index: stamps, or series and stamps. Columns: channels.
    time, channel : str, default=None
        Names of the columns that are made; None: those of the index and of the columns of
        ``frame``, or "time" and "channel".
    value : str, default="value"

    Returns
    -------
    DataFrame
        Columns: those of the series, the time, the channel, the value; in the order of the rows of
        ``frame``, channel by channel within a row.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsnode.frames import to_long
    >>> to_long(pd.DataFrame({"temp": [20.5, 21.0], "wind": [None, 3.0]}, index=[0.0, 1.0]))
       time channel  value
    0   0.0    temp   20.5
    1   1.0    temp   21.0
    2   1.0    wind    3.0
    """
    if not isinstance(frame, pd.DataFrame):
        msg = f"Expected a DataFrame, one column a channel; got {type(frame).__name__}. "
        msg += "Use series.to_frame() for one channel."
        raise ValueError(msg)  # noqa: TRY004 - as every other bad input
    levels = [*frame.index.names]
    levels[-1] = time or levels[-1] or "time"
    levels = [name if name is not None else f"series_{k}" for k, name in enumerate(levels)]
    if len(levels) == 2 and levels[0] == "series_0":
        levels[0] = "series"
    names = [*levels, channel or frame.columns.name or "channel", value]
    if len(set(names)) < len(names):
        msg = f"Expected columns of different names; got {names}. Pass time=, channel= or value=."
        raise ValueError(msg)
    seen = frame.notna().to_numpy()
    row, column = np.nonzero(seen)
    long = frame.index.set_names(levels)[row].to_frame(index=False)
    long[names[-2]] = frame.columns[column]
    long[value] = frame.to_numpy()[seen]
    return long


def _check_columns(data, names):
    if not isinstance(data, pd.DataFrame):
        msg = f"Expected a DataFrame with one measurement a row; got {type(data).__name__}. "
        msg += "Read it by pandas.read_csv, or pass pandas.DataFrame(data)."
        raise ValueError(msg)  # noqa: TRY004 - as every other bad input
    missing = [name for name in names if name not in data.columns]
    if missing or len(set(names)) < len(names):
        what = f"no {missing}" if missing else f"some named twice in {names}"
        msg = f"Expected different columns {names} in the data; got {what} out of "
        msg += f"{list(data.columns)}. Name the columns by time=, channel=, value= and series=."
        raise ValueError(msg)
    if data.empty:
        msg = "Expected at least one measurement; got a frame without rows. Pass its rows."
        raise ValueError(msg)


def _check_known(data, names):
    n_missing = data[names].isna().sum()
    bad = n_missing[n_missing > 0]
    if len(bad):
        counts = ", ".join(f"{n} in {name!r}" for name, n in bad.items())
        msg = f"Expected a stamp, a channel and a series in every row; got missing ones: {counts}. "
        msg += "Drop these rows, or fill them in."
        raise ValueError(msg)


def _check_numbers(values, name):
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        msg = f"Expected numbers in the column {name!r}; got {values.dtype}. Convert them by "
        msg += "pandas.to_numeric."
        raise ValueError(msg)
