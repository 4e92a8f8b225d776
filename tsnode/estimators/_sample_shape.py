"""What one sample is: a row of features, a signal or an image."""

import math
import numbers
import warnings

# Length of a shape -> what a sample of it is.
KINDS = {1: "features", 2: "signals", 3: "images"}


def check_sample_shape(shape):
    """Return ``shape`` if it is "auto", (channels, time) or (channels, height, width)."""
    if isinstance(shape, str) and shape == "auto":
        return shape
    is_row = isinstance(shape, tuple | list) and len(shape) in (2, 3)
    if is_row and all(isinstance(side, numbers.Integral) and side > 0 for side in shape):
        return shape
    msg = "sample_shape must be 'auto', (channels, time) or (channels, height, width); got "
    msg += f"{shape!r}. Set sample_shape to one of these, such as (1, 28, 28) for grey images."
    raise ValueError(msg)


def find_sample_shape(asked, X):
    """Shape of a sample of the array X, (n_samples, ...).

    Raises
    ------
    ValueError
        X has more than four axes, or its rows hold another number of values than was asked.
    """
    given = X.shape[1:]
    if asked != "auto":
        if math.prod(asked) != math.prod(given):
            msg = f"Expected samples of {math.prod(asked)} values, by sample_shape={asked!r}; got "
            msg += f"X of shape {X.shape}. Change sample_shape, or X."
            raise ValueError(msg)
        return tuple(int(side) for side in asked)
    if len(given) > 3:
        msg = "Expected X of shape (n, n_features), (n, channels, time) or (n, channels, height, "
        msg += f"width); got {X.shape}. Turn the axes beyond into channels."
        raise ValueError(msg)
    if len(given) == 2 and given[0] == given[1] > 3:
        msg = f"X of shape {X.shape} is read as signals of {given[0]} channels and {given[1]} "
        msg += f"stamps. Grey images need sample_shape=(1, {given[0]}, {given[1]}); for signals, "
        msg += f"sample_shape={given!r} silences this."
        warnings.warn(msg, UserWarning, stacklevel=2)
    return given


def in_words(shape):
    """Say what a sample of that shape is."""
    if len(shape) == 1:
        return f"rows of {shape[0]} features"
    sides = " x ".join(str(side) for side in shape[1:])
    return f"{KINDS[len(shape)]} of {shape[0]} channel(s), {sides}"
