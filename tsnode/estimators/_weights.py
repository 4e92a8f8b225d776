"""Weights of rows, checked at the door."""

import numbers

import numpy as np
from sklearn.utils import check_array


def read_weights(sample_weight, n_rows):
    """Return weights of shape (n_rows,): ones for None, a single number for all rows.

    Raises
    ------
    ValueError
        Another shape, negative or non-finite weights, or none above zero.
    """
    if sample_weight is None:
        return np.ones(n_rows)
    if isinstance(sample_weight, numbers.Real):
        sample_weight = np.full(n_rows, sample_weight)
    weights = check_array(
        sample_weight, ensure_2d=False, allow_nd=True, dtype=np.float64, input_name="sample_weight"
    )
    if weights.shape != (n_rows,):
        msg = f"Expected a sample_weight of shape ({n_rows},), a number for every row; got "
        msg += f"{weights.shape}. Pass the weights of these rows."
        raise ValueError(msg)
    if (weights < 0).any():
        first = int(np.argmax(weights < 0))
        msg = f"Expected a sample_weight of at least 0 for every row; got {weights[first]:g} in "
        msg += f"row {first}. Give rows that are not to count the weight 0."
        raise ValueError(msg)
    if not weights.any():
        msg = f"Expected a sample_weight above zero for some row; got {n_rows} weights of zero. "
        msg += "Leave sample_weight out to count every row once."
        raise ValueError(msg)
    return weights
