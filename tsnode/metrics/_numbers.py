"""Values of arrays and frames as float64, missing ones as NaN."""

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
