"""Ask how far ahead a field equation learned from data foretells, beside a linear model of it.

Fields on a grid of 64 points by Burgers and by Kuramoto and Sivashinsky (chaotic: a Lyapunov time
is about 20 units of time). From ten series each, `NeuralPDERegressor` finds du/dt as a function of
u and its derivatives; dynamic mode decomposition (DMD) finds the linear map from one row to the
next, of the rank that foretells series held out longest. Both go on from the first row of new
series: how long until the error is half the spread of the field (valid time)? Then the same law is
asked on a grid of 128 points, against the truth there (errors over the first quarter, in parts of
the spread). Last, the diffusivity of heat from noisy, irregular rows with gaps, where the term is
known. Seconds are those of the processor, one thread.
"""

import argparse
import time

import numpy as np
import pandas as pd

from tsnode import NeuralPDERegressor
from tsnode.datasets import make_burgers, make_heat, make_kuramoto_sivashinsky
from tsnode.metrics import valid_prediction_time

RANKS = (1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64)
SYSTEMS = {
    "Burgers": (make_burgers, {"viscosity": 0.05, "mean_step": 0.05}),
    "Kuramoto-Sivashinsky": (make_kuramoto_sivashinsky, {"mean_step": 0.25}),
}


class Dmd:
    """Linear map from row to row on the leading modes of the rows (Tu et al. 2014, exact DMD)."""

    def fit(self, series, rank):
        """Fit to a list of arrays (n_rows, n_points)."""
        first = np.concatenate([one[:-1] for one in series])
        second = np.concatenate([one[1:] for one in series])
        left, sizes, modes = np.linalg.svd(first, full_matrices=False)
        kept = slice(min(rank, int((sizes > 1e-10 * sizes[0]).sum())))
        self.modes = modes[kept]
        self.move = (left[:, kept] / sizes[kept]).T @ second @ self.modes.T
        return self

    def run(self, start, n_rows):
        """Rows behind a start."""
        z, rows = self.modes @ start, []
        for _ in range(n_rows):
            z = z @ self.move
            rows.append(z @ self.modes)
        return np.array(rows)


def fit_dmd(series, held_out, spread):
    """DMD of the rank that foretells series held out longest (of equals, with the least error)."""
    held_out, worth = np.stack(held_out), {}
    for rank in RANKS:
        with np.errstate(over="ignore", invalid="ignore"):
            model = Dmd().fit(series, rank)
            runs = np.stack([model.run(one[0], len(one) - 1) for one in held_out])
            miss = np.mean(np.minimum(np.square(runs - held_out[:, 1:]), 1e3))
        held = valid(held_out[:, 1:], runs, spread, 1.0).mean()
        worth[rank] = (held, -np.nan_to_num(miss, nan=1e3))
    rank = max(worth, key=worth.get)
    return Dmd().fit([*series, *held_out], rank), rank


def runs_of(frame):
    """Array (n_series, n_rows, n_points) of a panel."""
    return np.stack([one.to_numpy() for _, one in frame.groupby(level="series")])


def go_on(model, frame, grid=None):
    """Forecasts of all rows of new series from their first, (n_series, n_rows - 1, n_points)."""
    firsts = frame.groupby(level="series").head(1)
    return runs_of(model.predict(frame.index.difference(firsts.index), history=firsts, grid=grid))


def valid(truth, forecast, spread, step):
    """Return the valid time of every run: until the error is half the spread of the field."""
    with np.errstate(over="ignore", invalid="ignore"):
        return valid_prediction_time(
            truth, forecast, metric="nrmse", scale=np.full(truth.shape[2], spread),
            leads=step * np.arange(1, truth.shape[1] + 1), per_origin=True,
        )  # fmt: skip


def judge(name, n_train, n_test, n_rows, seed):
    """Find valid times, and errors on the own and the finer grid, of one system."""
    make, settings = SYSTEMS[name]
    shared = settings | {"random_state": seed, "n_series": n_train + n_test}
    fine = make(n_rows, n_points=128, **shared)
    data = fine.iloc[:, ::2]  # the same fields on 64 points
    number = data.index.get_level_values("series")
    past, new, finer = data[number < n_train], data[number >= n_train], fine[number >= n_train]
    begin = time.process_time()
    model = NeuralPDERegressor(random_state=seed, calibration=None).fit(past)
    seconds = time.process_time() - begin
    series = list(runs_of(past))
    truth, step, spread = runs_of(new)[:, 1:], settings["mean_step"], past.to_numpy().std()
    n_held = max(n_train // 4, 1)
    dmd, rank = fit_dmd(series[:-n_held], series[-n_held:], spread)
    ours = go_on(model, new)
    theirs = np.stack([dmd.run(one[0], n_rows - 1) for one in runs_of(new)])
    line = fine.columns.get_level_values("x").to_numpy()
    on_finer = go_on(model, new, line)
    early = slice(0, max(int(n_rows // 4), 1))
    coarse_error = root_mean_square(ours - truth, early)
    fine_error = root_mean_square(on_finer - runs_of(finer)[:, 1:], early)
    return {
        "system": name, "seed": seed, "valid": valid(truth, ours, spread, step).mean(),
        "valid of DMD": valid(truth, theirs, spread, step).mean(), "rank": rank,
        "end": step * (n_rows - 1), "error": coarse_error / spread,
        "error on 128 points": fine_error / spread, "seconds": seconds,
        "law": model.equation_["u"],
    }, (truth[0], ours[0], theirs[0])  # fmt: skip


def root_mean_square(miss, rows):
    """Over the first rows of every run."""
    return float(np.sqrt(np.mean(np.square(miss[:, rows]))))


def find_diffusivity(n_rows, seeds):
    """Diffusivity of heat, 0.1 in truth, from 2 % noise, irregular stamps, 10 % missing."""
    rows = []
    for seed in seeds:
        rods = make_heat(
            n_rows, noise=0.02, missing=0.1, irregular=True, n_series=2, random_state=seed
        )
        model = NeuralPDERegressor({"diffusion": None}, remainder=None, calibration=None)
        model.fit(rods)
        found, error = model.coefficients_["diffusion"], model.standard_errors_["diffusion"]
        rows.append({"seed": seed, "diffusivity": found, "standard error": error})
    return pd.DataFrame(rows).set_index("seed")


def main(
    n_train=10,
    n_test=5,
    *,
    n_rows=120,
    n_heat=100,
    systems=tuple(SYSTEMS),
    seeds=(0, 1, 2),
    plot=None,
):
    """Fit and judge.

    Parameters
    ----------
    n_train, n_test : int
        Series that are learned from (the last quarter chooses DMD's rank), and new ones.
    n_rows : int
        Of every series.
    n_heat : int
        Rows of the two noisy rods.
    systems : tuple of str
    seeds : tuple of int
    plot : path, default=None
        Where to draw truth, forecast and DMD.

    Returns
    -------
    DataFrame, one row a system and seed; DataFrame, one row a seed
    """
    rows, pictures = [], {}
    for name in systems:
        for seed in seeds:
            row, pictures[name] = judge(name, n_train, n_test, n_rows, seed)
            rows.append(row)
    table = pd.DataFrame(rows).set_index(["system", "seed"])
    heat = find_diffusivity(n_heat, seeds)
    print(table.drop(columns="law").to_string(float_format="{:.4g}".format))
    for name in systems:
        print(f"{name}: {table.loc[(name, seeds[0]), 'law']}")
    print(f"\ndiffusivity, 0.1 in truth:\n{heat.round(5).to_string()}")
    if plot is not None:
        draw(pictures, plot)
        print(f"picture written to {plot}")
    return table, heat


def draw(pictures, plot):
    """Draw the fields over time: truth, forecast, DMD."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(
        len(pictures), 3, figsize=(11, 6), layout="constrained", squeeze=False
    )
    for row, (name, fields) in zip(axes, pictures.items(), strict=True):
        step, most = SYSTEMS[name][1]["mean_step"], np.abs(fields[0]).max()
        for ax, label, values in zip(row, ("truth", "learned law", "DMD"), fields, strict=True):
            extent = (0, step * len(values), 0, values.shape[1])
            ax.imshow(
                np.clip(values, -most, most).T, aspect="auto", origin="lower", extent=extent,
                cmap="RdBu_r", vmin=-most, vmax=most,
            )  # fmt: skip
            ax.set(title=f"{name}: {label}", xlabel="time", ylabel="point of the grid")
    figure.savefig(plot, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-train", type=int, default=10, help="series to learn from")
    parser.add_argument("--n-test", type=int, default=5, help="new series to judge by")
    parser.add_argument("--n-rows", type=int, default=120, help="rows of a series")
    parser.add_argument("--seeds", type=int, nargs="+", default=(0, 1, 2))
    parser.add_argument("--plot", metavar="PNG", help="draw the fields into this file")
    main(**vars(parser.parse_args()))
