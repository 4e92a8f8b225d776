"""Ask when a step map is enough: plain map, residual map and neural ODE with equal weights.

The talk says: for regular data use ResNets. Here x' = f(x), x' = x + f(x) and dx/dt = f(x) have one
network each, of the same size, and learn from the same rows of van der Pol, Lorenz-63 (flows) and
Henon (a map, whose next state is far from the present one): regular ones, and irregular ones
(stamps with exponential gaps, of Henon three rows of ten left out; every tenth entry missing). All
with 2 % noise. Errors are those of forecasts some rows ahead of a clean, regular, unseen path,
from its states, in standard deviations (root mean square); medians over seeds. Seconds are those of
the processor, one thread, for a fit. Maps are told the grid (the mean step); of the irregular rows
each moves to its nearest stamp.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
import torch

from tsnode import (
    NeuralODERegressor,
    NNStepRegressor,
    PersistenceRegressor,
    ResNetStepRegressor,
)  # fmt: skip
from tsnode.datasets import make_lorenz63, make_van_der_pol
from tsnode.exceptions import ForecastWarning
from tsnode.metrics import n_step_error

NOISE, MISSING, THINNED = 0.02, 0.1, 0.3
# Step, and how many of them ahead a forecast is judged.
SYSTEMS = {
    "van der Pol": (0.1, 20), "van der Pol, coarse": (0.2, 10),
    "Lorenz-63": (0.02, 20), "Lorenz-63, coarse": (0.05, 8), "Henon": (1.0, 2),
}  # fmt: skip
MODELS = {"plain map": NNStepRegressor, "residual map": ResNetStepRegressor,
          "neural ODE": NeuralODERegressor}  # fmt: skip


def make_henon(n_rows, *, irregular, noise, missing, random_state):
    """Rows of x' = 1 - 1.4 x^2 + y, y' = 0.3 x; irregular ones lack some."""
    random = np.random.default_rng(random_state)
    n_steps = round(n_rows / (1 - THINNED)) if irregular else n_rows
    z, states = random.uniform(-0.1, 0.1, 2), np.empty((n_steps + 50, 2))
    for k in range(len(states)):
        z = states[k] = np.array([1 - 1.4 * z[0] ** 2 + z[1], 0.3 * z[0]])
    frame = pd.DataFrame(states[50:], pd.Index(np.arange(float(n_steps)), name="time"), ["x", "y"])
    frame += noise * frame.std(ddof=0).to_numpy() * random.normal(size=frame.shape)
    kept = np.sort(random.permutation(n_steps)[:n_rows])
    frame = frame.iloc[kept]
    return frame.mask(random.uniform(size=frame.shape) < missing)


def make_rows(system, n_rows, *, irregular=False, noise=0.0, missing=0.0, seed=0):
    """Rows of a system."""
    how = {"irregular": irregular, "noise": noise, "missing": missing, "random_state": seed}
    if system == "Henon":
        return make_henon(n_rows, **how)
    is_lorenz = system.startswith("Lorenz-63")
    make = make_lorenz63 if is_lorenz else make_van_der_pol
    start = np.random.default_rng([seed, 1]).normal(size=3 if is_lorenz else 2)
    return make(n_rows, mean_step=SYSTEMS[system][0], start=1.0 + start, transient=20.0, **how)


def judge(model, rows, system, n_new, seed):
    """Seconds of a fit, and the error ahead on an unseen path."""
    step, lead = SYSTEMS[system]
    begin = time.process_time()
    model.fit(rows.index, rows)
    seconds = time.process_time() - begin
    new = make_rows(system, n_new, seed=seed + 1000)
    # On the grid that the rows of fit began.
    new.index = pd.Index(step * (np.ceil(rows.index[-1] / step) + 100 + np.arange(n_new)))
    forecast = model.predict(new.index, history=new, horizon=lead)[lead:]
    error = n_step_error(
        new[lead:].to_numpy()[:, None], forecast.to_numpy()[:, None], 1, metric="rmse",
        scale=new.to_numpy().std(axis=0),
    )  # fmt: skip
    return seconds, error


def n_weights(model):
    """Count the weights of a fitted network."""
    return sum(w.numel() for w in model.net_.module_.parameters())


def compare(system, *, irregular, n_rows, n_new, widths, seeds):
    """Rows of the table for one system and kind of data."""
    found, weights = [], set()
    for seed in range(seeds):
        rows = make_rows(
            system, n_rows, irregular=irregular, noise=NOISE, missing=MISSING * irregular, seed=seed
        )
        models = {"persistence": PersistenceRegressor()}
        for name, kind in MODELS.items():
            own = {"freq": SYSTEMS[system][0]} if name != "neural ODE" else {"lookback": None}
            models[name] = kind(widths, random_state=seed, calibration=None, **own)
        for name, model in models.items():
            with warnings.catch_warnings():
                # Rows that move to the grid, and maps that run away, are what is asked for.
                warnings.filterwarnings("ignore", "[0-9]+% of the rows move")
                warnings.simplefilter("ignore", ForecastWarning)
                seconds, error = judge(model, rows, system, n_new, seed)
            if name in MODELS:
                weights.add(n_weights(model))
            found.append({"model": name, "seconds": seconds, "error": error})
    if len(weights) != 1:
        msg = f"Expected equal numbers of weights; got {weights}. Give all the same widths."
        raise ValueError(msg)
    table = pd.DataFrame(found).groupby("model", sort=False)
    data = "irregular" if irregular else "regular"
    table = table.median().assign(worst=table["error"].max(), n_weights=weights.pop())
    return table.assign(system=system, data=data).set_index(["system", "data"], append=True)


def main(n_rows=600, n_new=400, widths=(32, 32), seeds=3, systems=tuple(SYSTEMS), plot=None):
    """Fit all, judge them, answer.

    Parameters
    ----------
    n_rows, n_new : int
        Rows to learn from, and of the unseen path.
    widths : tuple of int
        Hidden layers of every network.
    seeds : int
        Data sets and fits, of which medians are taken.
    systems : sequence of str
    plot : path, default=None
        Where to draw errors and seconds.

    Returns
    -------
    DataFrame, one row by system, data and model
    """
    torch.set_num_threads(1)
    settings = {"n_rows": n_rows, "n_new": n_new, "widths": widths, "seeds": seeds}
    parts = [
        compare(system, irregular=irregular, **settings)
        for system in systems
        for irregular in (False, True)
    ]
    table = pd.concat(parts).reorder_levels(["system", "data", "model"])
    shown = table[["error", "worst", "seconds", "n_weights"]]
    print(shown.round({"error": 4, "worst": 4, "seconds": 2}).to_string())
    print(answer(table))
    if plot is not None:
        draw(table, plot)
        print(f"picture written to {plot}")
    return table


def answer(table):
    """Say in a sentence whether the claim holds: errors and seconds in parts of the ODE's."""
    ratios = {}
    for data in ("regular", "irregular"):
        part = table.xs(data, level="data").drop(index="Henon", level="system", errors="ignore")
        for what in ("error", "seconds"):
            by_model = part[what].unstack("model")
            quotient = by_model["residual map"] / by_model["neural ODE"]
            ratios[data, what] = np.exp(np.log(quotient).mean())
    error, seconds = ratios["regular", "error"], ratios["regular", "seconds"]
    verdict = "holds" if error <= 1 else "saves time alone" if seconds <= 1 else "does not hold"
    words = (
        f'"For regular data use ResNets" {verdict} for flows: on regular rows the residual map '
        f"errs {error:.2g} times as much as the neural ODE of as many weights, in {seconds:.2g} "
        f"times its seconds, on irregular rows {ratios['irregular', 'error']:.2g} times as much"
    )
    if "Henon" in table.index.get_level_values("system"):
        jumps = table.xs(("Henon", "regular"), level=("system", "data"))["error"]
        words += "; for what jumps it holds: of Henon's map it errs "
        words += f"{jumps['residual map'] / jumps['neural ODE']:.2g} times as much"
    return words + "."


def draw(table, plot):
    """Draw errors against seconds, a panel for every kind of data."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
    marks = dict(zip(SYSTEMS, "os^vD", strict=True))
    for axis, data in zip(axes, ("regular", "irregular"), strict=True):
        part = table.xs(data, level="data")
        for color, model in enumerate(MODELS):
            for system, row in part.xs(model, level="model").iterrows():
                axis.scatter(row["seconds"], row["error"], color=f"C{color}", marker=marks[system],
                             label=f"{model}, {system}")  # fmt: skip
        axis.set(xscale="log", yscale="log", xlabel="seconds of a fit", title=f"{data} rows")
    axes[0].set_ylabel("error ahead (standard deviations)")
    axes[1].legend(fontsize=7)
    figure.savefig(plot, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-rows", type=int, default=600, help="rows to learn from")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--plot", metavar="PNG", help="draw errors and seconds into this file")
    main(**vars(parser.parse_args()))
