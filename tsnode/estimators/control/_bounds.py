"""Bounds of the drivers that are chosen, and a scale to search them on."""

from collections.abc import Mapping

import numpy as np


def read_bounds(bounds, names, n_pieces):
    """Names of the drivers that are chosen, and their bounds.

    Parameters
    ----------
    bounds : mapping of name to (low, high), or one pair where the model has one driver
        Numbers, or one of every piece; None and infinity are no bound.
    names : sequence
        All drivers of the model.
    n_pieces : int

    Returns
    -------
    chosen : list of names
    low, high : float arrays of shape (n_pieces, n_chosen)
    """
    if not isinstance(bounds, Mapping):
        if len(names) != 1:
            msg = f"bounds must be a dict of driver to (low, high), of {_listed(names)}; got "
            msg += f"{bounds!r}. Name the drivers that are to be chosen."
            raise ValueError(msg)
        bounds = {names[0]: bounds}
    unknown = [name for name in bounds if name not in names]
    if unknown or not bounds:
        msg = f"bounds must name drivers of the model ({_listed(names)}); got {list(bounds)!r}. "
        msg += "Drivers are columns of X in fit, or of the table of ExogenousFeatures; refit with "
        msg += "them, or correct the name(s)."
        raise ValueError(msg)
    pairs = [_read_pair(name, pair, n_pieces) for name, pair in bounds.items()]
    low, high = (np.stack(part, axis=1) for part in zip(*pairs, strict=True))
    return list(bounds), low, high


def _read_pair(name, pair, n_pieces):
    try:
        low, high = pair
        low = np.asarray(-np.inf if low is None else low, dtype=float)
        high = np.asarray(np.inf if high is None else high, dtype=float)
        low, high = np.broadcast_to(low, n_pieces), np.broadcast_to(high, n_pieces)
    except (TypeError, ValueError) as error:
        msg = f"bounds[{name!r}] must be (low, high), numbers or {n_pieces} of them (n_pieces); "
        msg += f"got {pair!r}. Pass such a pair; None is no bound."
        raise ValueError(msg) from error
    # Not a number is under nothing.
    if not (low < high).all():
        msg = f"bounds[{name!r}] must have low below high; got {pair!r}. Exchange them, or take "
        msg += "out a driver that is fixed and pass it in X."
        raise ValueError(msg)
    return low, high


def _listed(names):
    return ", ".join(repr(name) for name in names)
