"""Read and draw curves of error against seconds: the best so far, and who was there first."""

import numpy as np
import pandas as pd

# Told apart in grey by dashes and marks.
STYLES = {
    "tsnode": {"color": "#D55E00", "marker": "o", "linewidth": 2.0},
    "torchdiffeq rk4": {"color": "#0072B2", "linestyle": "--"},
    "torchdiffeq dopri5": {"color": "#303030", "linestyle": ":"},
    "diffrax Tsit5": {"color": "#009E73", "linestyle": "-."},
}


def best_so_far(points):
    """Points in the order of their seconds with the least error up to each, a frame."""
    curve = pd.DataFrame(points).sort_values("seconds", kind="stable")
    return curve.assign(best=curve["error"].cummin())


def first_reach(curve, error):
    """Seconds at which a curve first is at an error or below; NaN if never."""
    reached = curve.loc[curve["best"] <= error, "seconds"]
    return float(reached.min())


def best_by(curve, seconds):
    """Least error that a curve had by a second; NaN if it had none yet or ends before."""
    if curve["seconds"].max() < seconds:
        return np.nan
    return float(curve.loc[curve["seconds"] <= seconds, "error"].min())


def compare(curves):
    """How much earlier tsnode is at what each loop reaches, a frame.

    "by default" is at the loop's best error and takes tsnode's default fit alone, NaN where that
    ends higher: the figure for a user, who cannot know which shorter fit would have done.
    "best of fits" takes the first of all fits that is there, as the loop's seconds are those of
    its best look; "(twice)" is the same at two times the loop's best error, which it reaches long
    before its last gain; "(compiled)" leaves out the loop's compilation. "equal time" is
    no ratio of seconds but of errors: that of tsnode's longest fit in parts of the loop's best by
    the same second, NaN where the loop had ended.
    """
    rows = []
    for key, group in curves.groupby(["system", "case", "seed"], sort=False):
        ours = group[group["tool"] == "tsnode"]
        # Alone: its own error counts, not the best that a shorter fit had before it.
        default = ours[ours["fit"] == "default"].assign(best=lambda fit: fit["error"])
        longest = ours.loc[ours["seconds"].idxmax()]
        for name, loop in group[group["tool"] != "tsnode"].groupby("tool", sort=False):
            best, built = loop["best"].min(), loop["compiled"].iloc[0]
            loop_at, own_at = first_reach(loop, best), first_reach(ours, best)
            rows.append(
                {
                    **dict(zip(("system", "case", "seed"), key, strict=True)),
                    "loop": name,
                    "its best": best,
                    "at (s)": loop_at,
                    "tsnode's best": ours["best"].min(),
                    "there at (s)": own_at,
                    "by default": loop_at / first_reach(default, best),
                    "best of fits": loop_at / own_at,
                    "(twice)": first_reach(loop, 2 * best) / first_reach(ours, 2 * best),
                    "(compiled)": (loop_at - built) / own_at,
                    "equal time": longest["error"] / best_by(loop, longest["seconds"]),
                }
            )
    return pd.DataFrame(rows)


def draw(curves, path):
    """Draw error against seconds, one panel a system and case."""
    from matplotlib.figure import Figure

    systems, cases = curves["system"].unique(), curves["case"].unique()
    size = (2.8 * len(cases) + 1, 2.6 * len(systems) + 0.6)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(systems), len(cases), squeeze=False, sharex=True)
    for ax_row, system in zip(axes, systems, strict=True):
        for ax, case in zip(ax_row, cases, strict=True):
            panel = curves[(curves["system"] == system) & (curves["case"] == case)]
            for (tool, _), curve in panel.groupby(["tool", "seed"], sort=False):
                shown = curve[np.isfinite(curve["best"])]
                ax.loglog(shown["seconds"], shown["best"], drawstyle="steps-post", **STYLES[tool])
            ax.set_title(f"{system}, {case}", fontsize=9)
            ax.grid(color="#B8B8B8", linewidth=0.4, alpha=0.6)
        ax_row[0].set_ylabel("error of free runs")
    for ax in axes[-1]:
        ax.set_xlabel("CPU seconds")
    tools = dict.fromkeys(curves["tool"])
    lines = [axes[0, 0].plot([], [], label=tool, **STYLES[tool])[0] for tool in tools]
    figure.legend(handles=lines, loc="outside lower center", ncols=len(lines), frameon=False)
    figure.savefig(path, dpi=150)
