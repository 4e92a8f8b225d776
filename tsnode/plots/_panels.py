"""Axes of a display: those given, or a new figure's."""

from dataclasses import dataclass

import numpy as np

from ._style import pyplot

SIZE = (5.5, 3.8)  # inches; a column and a half in print


def single_axes(ax):
    """Return the given axes, or those of a new figure."""
    if ax is None:
        return pyplot().subplots(figsize=SIZE, layout="constrained")[1]
    return _check_axes(ax, 1, "one axes")[0]


def stacked_axes(names, ax, *, what="channels"):
    """Return one axes a name, below each other over one time axis."""
    if ax is None:
        n_panels = len(names)
        height = 1.2 + 1.25 * n_panels
        options = {"sharex": True, "layout": "constrained", "figsize": (9.0, height)}
        ax = pyplot().subplots(n_panels, 1, squeeze=False, **options)[1]
    return _check_panels(ax, names, what)


@dataclass(frozen=True)
class Grid:
    """Panels side by side.

    Attributes
    ----------
    axes : array of Axes
    n_columns : int or None
        Of a new figure; None: the axes were given, and each is labelled by itself.
    """

    axes: np.ndarray
    n_columns: int | None

    @property
    def is_new(self):
        """Whether the axes lie in a new figure, with its legend above them."""
        return self.n_columns is not None

    def label(self, x, y):
        """Label the axes at the left and at the bottom, where the panels share both."""
        n_panels = len(self.axes)
        n_columns = self.n_columns or 1
        for k, ax in enumerate(self.axes):
            if not self.is_new or k + n_columns >= n_panels:
                ax.set_xlabel(x)
            if k % n_columns == 0:
                ax.set_ylabel(y)

    def legend(self, *, is_full=False):
        """Explain the lines once: above a new figure, or inside the first of given axes.

        Axes that are full of arrows and orbits have no room inside: there it stands above them.
        """
        handles, labels = self.axes[0].get_legend_handles_labels()
        if not handles:
            return
        if not self.is_new:
            place = {"loc": "lower left", "bbox_to_anchor": (0.0, 1.0), "ncols": 2}
            options = place | {"fontsize": "small"} if is_full else {"loc": "best"}
            self.axes[0].legend(frameon=False, **options)
            return
        n_columns = min(len(labels), 2 if self.n_columns < 3 else 4)
        options = {"loc": "outside upper left", "ncols": n_columns, "frameon": False}
        self.axes[0].figure.legend(handles, labels, **options)


def grid_axes(names, ax, *, what="channels", size=(3.1, 2.7)):
    """Return a `Grid` of one axes a name."""
    if ax is not None:
        return Grid(_check_panels(ax, names, what), None)
    n_panels = len(names)
    n_columns = 2 if n_panels == 4 else min(n_panels, 3)
    n_rows = -(-n_panels // n_columns)
    figsize = (max(size[0] * n_columns, 4.6) + 0.4, size[1] * n_rows + 0.6)
    axes = pyplot().subplots(
        n_rows, n_columns, squeeze=False, layout="constrained", figsize=figsize
    )[1]
    for empty in axes.ravel()[n_panels:]:
        empty.remove()
    return Grid(axes.ravel()[:n_panels], n_columns)


def _check_panels(ax, names, what):
    expected = f"one axes for each of {len(names)} {what} ({', '.join(map(str, names))})"
    return _check_axes(ax, len(names), expected)


def _check_axes(ax, n_axes, expected):
    panels = np.ravel(ax)
    others = [repr(panel) for panel in panels if not hasattr(panel, "get_xlabel")]
    if len(panels) == n_axes and not others:
        return panels
    msg = f"ax must hold {expected}; got {others[0] if others else len(panels)}. "
    raise ValueError(msg + "Pass ax=None for a figure of its own.")
