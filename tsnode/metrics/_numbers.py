"""Values of arrays and frames as float64, missing ones as NaN; one scale a channel."""

import numpy as np
import pandas as pd


def to_floats(data, name):
    """Return a new float array of the shape of data.

    Parameters
    ----------
    data : array-like, Series or DataFrame
    name : str, for the error

    Raises
    ------
    ValueError
        For text, dates and complex numbers.
    """
    try:
        if isinstance(data, pd.Series | pd.DataFrame):
            return data.to_numpy(dtype=float, na_value=np.nan).copy(order="C")
        array = np.asarray(data)
        if array.dtype.kind not in "cMm":
            # In one order: sums over frames and over arrays then round alike.
            return array.astype(float, order="C")
        found = str(array.dtype)
    except (ValueError, TypeError) as error:
        found = str(error)
    if isinstance(data, pd.DataFrame):
        others = data.columns[[not pd.api.types.is_numeric_dtype(each) for each in data.dtypes]]
        found = f"other values in {', '.join(map(str, others))}"
    msg = f"{name} must hold real numbers; got {found}. Select the columns that are states."
    raise ValueError(msg)


def check_scale(scale, n_channels):
    """Return the scale of every channel, shape (n_channels,), if it can divide errors."""
    try:
        values = np.asarray(scale, dtype=float)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.shape == (n_channels,) and np.isfinite(values).all() and (values > 0).all():
        return values
    msg = f"scale must hold one finite number over 0 per channel ({n_channels}); got {scale!r}. "
    msg += "Leave out constant channels, or pass their spread in training."
    raise ValueError(msg)
