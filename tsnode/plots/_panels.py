"""Axes of a display: those given, or a new figure's."""

import numpy as np

from ._style import pyplot

SIZE = (5.5, 3.8)  # inches; a column and a half in print


def single_axes(ax):
    """Return the given axes, or those of a new figure."""
    return pyplot().subplots(figsize=SIZE, layout="constrained")[1] if ax is None else ax


def stacked_axes(names, ax, *, what="channels"):
    """Return one axes a name, below each other over one time axis."""
    if ax is None:
        n_panels = len(names)
        height = 1.2 + 1.25 * n_panels
        options = {"sharex": True, "layout": "constrained", "figsize": (9.0, height)}
        ax = pyplot().subplots(n_panels, 1, squeeze=False, **options)[1]
    return _check_count(ax, names, what)


def grid_axes(names, ax, *, what="channels", size=(3.1, 2.7), n_columns=3, **options):
    """Return one axes a name, side by side; a row holds ``n_columns``."""
    if ax is None:
        n_panels = len(names)
        n_columns = min(n_panels, n_columns)
        n_rows = -(-n_panels // n_columns)
        figsize = (max(size[0] * n_columns, 4.6) + 0.4, size[1] * n_rows + 0.5)
        options = {"squeeze": False, "layout": "constrained", "figsize": figsize, **options}
        grid = np.ravel(pyplot().subplots(n_rows, n_columns, **options)[1])
        for empty in grid[n_panels:]:
            empty.remove()
        ax = grid[:n_panels]
    return _check_count(ax, names, what)


def _check_count(ax, names, what):
    panels = np.ravel(ax)
    if len(panels) == len(names):
        return panels
    msg = f"ax must hold one axes for each of {len(names)} {what} "
    msg += f"({', '.join(map(str, names))}); got {len(panels)}. "
    raise ValueError(msg + "Pass ax=None for a figure of its own.")
