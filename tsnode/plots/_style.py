"""Colours, lines and time axes that all displays share."""

from .._optional import import_optional

# Okabe and Ito's colours: told apart by colour-blind readers, and in grey by their lightness.
OBSERVED = "#303030"
MODEL = "#D55E00"
OTHERS = ("#0072B2", "#009E73", "#CC79A7", "#E69F00")
DASHES = ("--", ":", "-.", (0, (3, 1, 1, 1)))
RULE = "#B8B8B8"
PALE = "#C4C4C4"


def pyplot():
    """Import pyplot late, so that tsnode works without matplotlib."""
    return import_optional("matplotlib.pyplot", extra="plots")


def forecaster_look(rank):
    """Return how the line of a forecaster looks: the model, 0, thickest, baselines dashed."""
    if rank == 0:
        return {"color": MODEL, "linewidth": 2.2, "zorder": 3}
    turn, k = divmod(rank - 1, len(OTHERS))
    return {"color": OTHERS[k], "linestyle": DASHES[k], "linewidth": _width(1.4, turn)}


def run_look(rank):
    """Return how the line of a run looks: the truth, 0, dark and solid, generated ones dashed."""
    if rank == 0:
        return {"color": OBSERVED, "linewidth": 1.2}
    turn, k = divmod(rank - 1, len(DASHES))
    color = (MODEL, *OTHERS)[(rank - 1) % (1 + len(OTHERS))]
    return {"color": color, "linestyle": DASHES[k], "linewidth": _width(1.9, turn), "zorder": 3}


def orbit_look(rank):
    """Return how an orbit looks: the truth, 0, a broad pale band that generated ones lie upon."""
    if rank == 0:
        return {"color": PALE, "linewidth": 4.0}
    look = run_look(rank)
    return look | {"linewidth": 0.8 * look["linewidth"]}


def _width(first, turn):
    """Thin the lines each time the dashes begin anew."""
    return first * 0.6**turn


def tidy(ax, *, grid="y"):
    """Leave only the axes that carry numbers, over a faint grid, or none."""
    ax.spines[["top", "right"]].set_visible(False)
    if grid is not None:
        ax.grid(axis=grid, color=RULE, linewidth=0.5, alpha=0.6)
    ax.set_axisbelow(True)


def date_axis(ax):
    """Write dates as short as their neighbours allow, but never a day without its month."""
    dates = import_optional("matplotlib.dates", extra="plots")
    locator = dates.AutoDateLocator(minticks=4, maxticks=9)
    formatter = dates.ConciseDateFormatter(locator)
    formatter.formats[2] = formatter.zero_formats[2] = formatter.zero_formats[3] = "%d %b"
    # Beside the last tick: what the labels leave out.
    formatter.offset_formats[2] = "%Y"
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(formatter)
