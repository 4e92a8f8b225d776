"""Parameter checks with one message form: expected, received, remedy."""

import numbers
from contextlib import contextmanager

import numpy as np


@contextmanager
def reading_numbers(name):
    """Say in one sentence, not with all data, that what is read inside holds no real numbers."""
    try:
        yield
    except ValueError as error:
        words = str(error)
        if words.startswith("Complex data not supported"):
            words = f"Complex data not supported: expected real numbers in {name}. Pass real and "
            words += "imaginary parts as columns of their own."
        elif words.startswith("could not convert string to float"):
            words = f"{words}: expected numbers in {name}. Encode text as numbers, or leave it out."
        else:
            raise
        raise ValueError(words) from None


def check_choice(name, value, choices):
    """Return ``value`` if it is one of ``choices``."""
    if isinstance(value, str | bool | None.__class__) and value in choices:
        return value
    listed = ", ".join(repr(choice) for choice in choices)
    msg = f"{name} must be one of {listed}; got {value!r}. Set {name} to one of these."
    raise ValueError(msg)


def check_number(name, value, *, low, high=np.inf, low_open=False, none_ok=False):
    """Return ``value`` if it is a real number in [low, high] (or ]low, high])."""
    if value is None and none_ok:
        return value
    is_real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if is_real and (value > low if low_open else value >= low) and value <= high:
        return value
    raise ValueError(_number_message(name, value, "number", low, high, low_open, none_ok))


def check_count(name, value, *, low=1, high=np.inf, none_ok=False):
    """Return ``value`` if it is an integer in [low, high]."""
    if value is None and none_ok:
        return value
    is_whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if is_whole and low <= value <= high:
        return value
    raise ValueError(_number_message(name, value, "whole number", low, high, False, none_ok))


def check_flag(name, value):
    """Return ``value`` if it is True or False: any other text would count as True."""
    if isinstance(value, bool | np.bool_):
        return value
    msg = f"{name} must be True or False; got {value!r}. Set {name} to one of these."
    raise ValueError(msg)


def check_layers(name, value):
    """Return ``value`` if it holds the widths of the hidden layers; none of them is linear."""
    is_row = isinstance(value, tuple | list | np.ndarray)
    if is_row and all(isinstance(width, numbers.Integral) and width >= 1 for width in value):
        return value
    msg = f"{name} must hold whole numbers at least 1, such as (64, 64); got {value!r}. "
    msg += "Give the width of every hidden layer."
    raise ValueError(msg)


def check_transformer(name, value):
    """Return ``value`` if it is None or a transformer of scikit-learn's kind."""
    is_class = isinstance(value, type)
    if value is None or (not is_class and hasattr(value, "fit") and hasattr(value, "transform")):
        return value
    msg = f"{name} must be None or a transformer with fit and transform, such as "
    msg += f"StandardScaler(); got {value!r}. Pass an instance of one."
    raise ValueError(msg)


def _number_message(name, value, kind, low, high, low_open, none_ok):
    span = f"{'over' if low_open else 'at least'} {low}"
    if high < np.inf:
        span += f" and at most {high}"
    options = " or None" if none_ok else ""
    return f"{name} must be a {kind} {span}{options}; got {value!r}. Set {name} to such a value."
