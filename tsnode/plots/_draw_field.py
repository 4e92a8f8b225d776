"""A planar field on axes: arrows, nullclines and fixed points."""

import numpy as np

from ._style import OBSERVED, OTHERS, RULE

ARROWS_EVERY = 4  # grid points: 20 arrows a side
NULLCLINES = ((OTHERS[0], "-."), (OTHERS[1], ":"))


def draw_field(ax, field, channels):
    """Draw a `FieldGrid` and set the limits of the axes to its range.

    Returns
    -------
    arrows : Quiver
    nullclines : list of QuadContourSet
    fixed_points : list of Line2D, the stable ones filled, the unstable ones open
    """
    arrows = _draw_arrows(ax, field)
    nullclines = _draw_nullclines(ax, field, channels)
    fixed_points = _draw_fixed_points(ax, field)
    ax.set_xlim(field.x[0], field.x[-1])
    ax.set_ylim(field.y[0], field.y[-1])
    return arrows, nullclines, fixed_points


def _draw_arrows(ax, field):
    every = slice(ARROWS_EVERY // 2, None, ARROWS_EVERY)
    x, y, slopes = field.x[every], field.y[every], field.slopes[every, every]
    # One length as seen: in parts of the picture, where wide states stand beside narrow ones.
    spans = np.array([np.ptp(field.x), np.ptp(field.y)])
    lengths = np.linalg.norm(slopes / spans, axis=-1, keepdims=True)
    arrows = 0.8 / len(x) * slopes / np.where(lengths > 0, lengths, 1.0)
    look = {"color": RULE, "width": 0.003, "headwidth": 4.5, "pivot": "mid", "zorder": 0.5}
    look |= {"angles": "xy", "scale_units": "xy", "scale": 1.0}
    return ax.quiver(x, y, arrows[..., 0], arrows[..., 1], **look)


def _draw_nullclines(ax, field, channels):
    drawn = []
    for values, channel, (color, dash) in zip(
        np.moveaxis(field.slopes, -1, 0), channels, NULLCLINES, strict=True
    ):
        if not values.min() < 0 < values.max():
            continue
        look = {"colors": color, "linestyles": [dash], "linewidths": 1.4, "zorder": 1}
        drawn.append(ax.contour(field.x, field.y, values, levels=[0.0], **look))
        # A contour has no entry in the legend: an empty line stands for it.
        look = {"color": color, "linestyle": dash, "linewidth": 1.4}
        ax.plot([], [], label=f"{channel} at rest", **look)
    return drawn


def _draw_fixed_points(ax, field):
    drawn = []
    for is_stable, label in ((True, "stable point"), (False, "unstable point")):
        points = field.fixed_points[field.is_stable == is_stable]
        if len(points):
            face = OBSERVED if is_stable else "white"
            look = {"marker": "o", "markerfacecolor": face, "color": OBSERVED, "zorder": 4}
            drawn += ax.plot(*points.T, linestyle="none", label=label, **look)
    return drawn
