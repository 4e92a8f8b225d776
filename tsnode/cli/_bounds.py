"""Intervals as columns beside those of the forecast."""

import pandas as pd


def bounds_of(model, stamps, coverages, **start):
    """Return the interval of each coverage, a dict of coverage to (lower, upper)."""
    if not coverages:
        return {}
    return model.predict_interval(stamps, **start, coverage=list(coverages))


def bound_name(column, side, coverage):
    """Name a column of bounds.

    Examples
    --------
    >>> bound_name("temp", "lower", 0.9), bound_name("temp", "upper", 0.995)
    ('temp_lower_90', 'temp_upper_99.5')
    """
    return f"{column}_{side}_{100 * coverage:g}"


def with_bounds(ahead, bounds):
    """Put the bounds of every column right behind it.

    Parameters
    ----------
    ahead : DataFrame, the forecast
    bounds : dict of coverage to (lower, upper), frames of its shape
    """
    table = {}
    for column in ahead:
        table[column] = ahead[column]
        for coverage, interval in bounds.items():
            for side, bound in zip(("lower", "upper"), interval, strict=True):
                name = bound_name(column, side, coverage)
                if name in ahead.columns:
                    msg = f"--interval adds the column {name}, and FILE holds one of that name. "
                    raise ValueError(msg + "Leave it out by --columns, or rename it.")
                table[name] = bound[column]
    found = pd.DataFrame(table, index=ahead.index)
    found.attrs = dict(ahead.attrs)
    return found
