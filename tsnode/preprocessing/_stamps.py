"""Times and series of whatever a transformer is given."""

import numpy as np
import pandas as pd

from ..exceptions import TimeIndexError
from ..frames._time_source import as_time_index, locate_time, read_index, split_time


def read_stamps(X):
    """Read the times of the rows of X, their series, and the index of their features.

    Parameters
    ----------
    X : index, DataFrame (its time index is read), or array whose column 0 is the time

    Returns
    -------
    times : Index
    keys : list or None
        Series of every row of a panel.
    index : Index
    """
    index = as_time_index(X)
    if index is not None:
        return (*_read_index(index), index)
    frame = _as_frame(X)
    if frame.shape[1] == 0:
        return (*_read_index(frame.index), frame.index)
    timed = split_time(frame, locate_time(frame, None))
    return timed.index, timed.keys, frame.index


def _read_index(index):
    # Nothing but the index is there, so whole numbers must be the time, not row numbers.
    whole = not isinstance(index, pd.MultiIndex) and pd.api.types.is_integer_dtype(index.dtype)
    return read_index(index, "index" if whole else None)[:2]


def _as_frame(X):
    if isinstance(X, pd.DataFrame):
        return X
    if isinstance(X, pd.Series):
        return X.to_frame()
    values = np.asarray(X)
    if values.ndim == 2 and values.shape[1] > 0 and values.dtype.kind in "fiubmM":
        return pd.DataFrame(values)
    msg = "Expected an index, a DataFrame with a time index, or a 2-D array whose column 0 is "
    msg += f"the time; got {type(X).__name__} of shape {values.shape}. Pass frame.index."
    raise TimeIndexError(msg)
