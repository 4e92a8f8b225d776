"""Ask what a neural SDE finds in a noisy double well: its law, its density, and how sure it is.

A particle in the potential x^4/4 - x^2/2, pushed by noise: dx = (x - x^3) dt + sigma dW. From one
path of it: the coefficients of the drift (a line through what was learned, by least squares over
the states visited), the noise, the stationary density of free runs against the exact one
exp(-2 V(x) / sigma^2) (Kullback-Leibler divergence, nats), and how many of ten rows of a new path
the intervals of 90 % hold, which come from the law alone. Beside it what the same path gives to one
who knows that the drift is a cubic, and a linear SDE (Ornstein-Uhlenbeck): no hidden layer. Seconds
are those of the processor, one thread.
"""

import argparse
import time

import numpy as np
import pandas as pd
import torch

from tsnode import NeuralSDERegressor

SIGMA, STEP, FINE = 0.5, 0.05, 10
EDGES = np.linspace(-2.2, 2.2, 45)
LEADS = (1, 20, 100)


def make_path(n_rows, seed):
    """One path, a row every 0.05 units of time, by ten Milstein steps a row."""
    random = np.random.default_rng(seed)
    noise = SIGMA * np.sqrt(STEP / FINE) * random.normal(size=(n_rows, FINE))
    x, states = 1.0, np.empty(n_rows)
    for k in range(n_rows):
        for push in noise[k]:
            x += (x - x**3) * STEP / FINE + push
        states[k] = x
    return pd.Series(states, pd.Index(STEP * np.arange(n_rows), name="time"), name="x")


def exact_density():
    """Probabilities of the bins under the stationary density, by midpoints of 20 parts each."""
    fine = np.linspace(EDGES[0], EDGES[-1], 20 * (len(EDGES) - 1) + 1)
    x = (fine[1:] + fine[:-1]) / 2
    mass = np.exp(2 * (x**2 / 2 - x**4 / 4) / SIGMA**2).reshape(-1, 20).sum(axis=1)
    return mass / mass.sum()


def fit_cubic(path):
    """Coefficients by least squares on the increments, given the form of the drift."""
    x = path.to_numpy()
    terms = np.column_stack([x[:-1], x[:-1] ** 3])
    found, left = np.linalg.lstsq(terms, np.diff(x) / STEP, rcond=None)[:2]
    sigma = np.sqrt(STEP * left[0] / len(terms))
    return {"of x": found[0], "of x^3": found[1], "sigma": float(sigma)}


def judge(model, path, new, n_runs, n_steps, leads):
    """Coefficients, noise, divergence and coverage of a fitted model."""
    at = np.quantile(path, np.linspace(0.01, 0.99, 200))[:, None]
    drift = model.drift(at)[:, 0]
    linear, cubic = np.linalg.lstsq(np.hstack([at, at**3]), drift, rcond=None)[0]
    starts = np.linspace(-1, 1, n_runs)[:, None]
    runs = model.simulate(starts, n_steps, step=2 * STEP, random_state=0)[:, n_steps // 4 :]
    found = np.histogram(runs, EDGES)[0] + 0.5
    truth = exact_density()
    row = {
        "of x": linear, "of x^3": cubic, "sigma": float(model.diffusion(at).mean()),
        "KL": float((truth * np.log(truth / (found / found.sum()))).sum()),
    }  # fmt: skip
    asked = new.index[leads[-1] :: 7]
    for lead in leads:
        lower, upper = model.predict_interval(asked, history=new, horizon=lead)
        held = (new[asked] >= lower) & (new[asked] <= upper)
        row[f"held, {lead * STEP:g} ahead"] = float(held.mean())
    return row


def main(
    n_rows=20_000, *, max_epochs=None, n_runs=200, n_steps=2000, leads=LEADS, seed=0, plot=None
):
    """Fit both, judge them on a new path.

    Parameters
    ----------
    n_rows : int
        Of the path that is learned from.
    max_epochs : int, default=None
        None leaves them to the engine.
    n_runs, n_steps : int
        Free runs behind the density, and rows of each.
    leads : tuple of int
        Rows ahead at which intervals are judged.
    seed : int
    plot : path, default=None
        Where to draw drift and density.

    Returns
    -------
    DataFrame, one row a model
    """
    torch.set_num_threads(1)
    path, new = make_path(n_rows, seed), make_path(max(n_rows // 4, 400), seed + 1000)
    rows, models = {}, {}
    rows["truth"] = {"of x": 1.0, "of x^3": -1.0, "sigma": SIGMA}
    rows["the cubic known"] = fit_cubic(path)
    for name, widths in {"linear SDE": (), "neural SDE": (32, 32)}.items():
        begin = time.process_time()
        model = NeuralSDERegressor(
            widths, noise="additive", max_epochs=max_epochs, random_state=seed
        ).fit(path.index, path)
        seconds = time.process_time() - begin
        models[name] = model
        rows[name] = {"seconds": seconds, **judge(model, path, new, n_runs, n_steps, leads)}
    table = pd.DataFrame(rows).T
    print(table.round(4).to_string(na_rep="-"))
    if plot is not None:
        draw(models, plot, n_runs, n_steps)
        print(f"picture written to {plot}")
    return table


def draw(models, plot, n_runs, n_steps):
    """Draw the drift and the density of free runs beside the truth."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    at, middle = np.linspace(-1.8, 1.8, 100), (EDGES[1:] + EDGES[:-1]) / 2
    axes[0].plot(at, at - at**3, color="0.6", label="truth")
    axes[1].plot(middle, exact_density() / np.diff(EDGES), color="0.6", label="truth")
    for name, model in models.items():
        axes[0].plot(at, model.drift(at[:, None])[:, 0], label=name)
        starts = np.linspace(-1, 1, n_runs)[:, None]
        runs = model.simulate(starts, n_steps, step=2 * STEP, random_state=0)[:, n_steps // 4 :]
        axes[1].plot(middle, np.histogram(runs, EDGES, density=True)[0], label=name)
    axes[0].set(xlabel="x", ylabel="drift")
    axes[1].set(xlabel="x", ylabel="stationary density")
    axes[0].legend()
    figure.savefig(plot, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-rows", type=int, default=20_000, help="rows to learn from")
    parser.add_argument("--epochs", type=int, dest="max_epochs", help="of the training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", metavar="PNG", help="draw drift and density into this file")
    main(**vars(parser.parse_args()))
