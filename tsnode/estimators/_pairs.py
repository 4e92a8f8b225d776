"""Which columns are coordinates, and which their momenta."""

import numbers

import numpy as np


def read_pairs(pairs, columns, structure):
    """Column numbers of every (coordinate, momentum), int array (n_pairs, 2), or None.

    Parameters
    ----------
    pairs : sequence of pairs of names or numbers, or None
        None: the first half of the columns and the second; of an odd number of columns there are
        none.
    columns : sequence of str or None
    structure : "hamiltonian" or "dissipative"
        Only the first needs pairs.
    """
    n = len(columns)
    if pairs is None and n % 2 == 0:
        return np.arange(n).reshape(2, -1).T
    if pairs is None and structure == "dissipative":
        return None
    if pairs is None:
        msg = "Expected an even number of columns, coordinates and then their momenta, for "
        msg += f"structure='hamiltonian'; got {n}. Add the missing states, or take 'dissipative'."
        raise ValueError(msg)
    try:
        found = [[_number_of(entry, columns) for entry in pair] for pair in pairs]
    except TypeError:
        found = []
    flat = [number for pair in found for number in pair]
    if any(len(pair) != 2 for pair in found) or sorted(map(str, flat)) != sorted(
        map(str, range(n))
    ):
        named = list(range(n)) if None in columns else list(columns)
        msg = f"Expected pairs of (coordinate, momentum) that hold every column of {named} once; "
        raise ValueError(msg + f"got {pairs!r}. Name them so.")
    return np.array(found)


def _number_of(entry, columns):
    """Find the number of a column by its name, or itself; None for a stranger."""
    if entry in columns:
        return list(columns).index(entry)
    return int(entry) if isinstance(entry, numbers.Integral) else None
