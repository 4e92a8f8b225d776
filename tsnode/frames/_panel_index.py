"""The MultiIndex of a panel, built anew from series numbers and stamps."""

import numpy as np
import pandas as pd


def panel_index(keys, series, stamps, names, position):
    """Put the series of every row beside its stamp, the time level where it stood in fit.

    Parameters
    ----------
    keys : tuple
        Series keys; tuples where several levels name a series.
    series : int array of shape (n,)
        Which of the keys every row has.
    stamps : Index of length n
    names : list of all level names
    position : int
        Level of the time.

    Returns
    -------
    MultiIndex
        The levels of the series hold objects, so that the time level is the only one of times.
    """
    flat = [key if isinstance(key, tuple) else (key,) for key in keys]
    levels, codes = [], []
    for part in zip(*flat, strict=True):
        code, level = pd.factorize(_as_objects(part))
        levels.append(pd.Index(level, dtype=object, tupleize_cols=False))
        codes.append(code[series])
    code, level = pd.factorize(stamps)
    levels.insert(position, level)
    codes.insert(position, code)
    return pd.MultiIndex(levels, codes, names=names, verify_integrity=False)


def _as_objects(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
