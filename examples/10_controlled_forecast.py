"""Ask how a pendulum swings on, from irregular, noisy points of which 30 % are missing.

Where a pendulum hangs (x, y) is measured at random times, with noise, each of both at seven stamps
out of ten; its speed and its energy never. The larger the swing, the slower it is, and beyond the
top it turns over: what comes is nonlinear in what was, and needs more of it than the last point.
From 40 stamps of a pendulum the next 20 are to be forecast, on pendulums that the training has not
seen. Against persistence, ridge regression on lags, and a GRU with as many weights that reads
values, mask and gaps (which is as good). Seconds are those of the processor, one thread.
"""

import argparse
import time

import numpy as np
import pandas as pd
import torch
from gap_gru import GapGRU, as_tensors, masked_error
from torch import nn

from tsnode import NeuralCDERegressor, PersistenceRegressor, RidgeLagRegressor

N_STAMPS, N_SEEN, MISSING, NOISE = 60, 40, 0.3, 0.05
# Chosen on pendulums of other seeds.
CHOSEN = {
    "lookback": 40, "training_horizon": 20, "lr": 0.02, "max_epochs": 36, "early_stopping": False,
}  # fmt: skip
GRU_LR, GRU_EPOCHS = 5e-3, 400
N_FINE = 40


def make_pendulums(n_series, seed, *, n_seen=N_STAMPS):
    """Make pendulums, where they are at every stamp and what is observed of the first ``n_seen``.

    Returns
    -------
    clean, seen : DataFrames of n_series * N_STAMPS rows, by (pendulum, time)
    """
    random = np.random.default_rng(seed)
    gaps = random.uniform(0.05, 0.65, (n_series, N_STAMPS))
    times = np.cumsum(gaps, axis=1)
    theta, speed = random.uniform(0.3, 2.5, n_series), random.uniform(-1, 1, n_series)
    theta = theta * random.choice([-1, 1], n_series)
    paths = np.empty((n_series, N_STAMPS, 2))
    for k in range(N_STAMPS):
        step = gaps[:, k] / N_FINE
        for _ in range(N_FINE):  # of leapfrog, which keeps the energy
            speed = speed - 0.5 * step * np.sin(theta)
            theta = theta + step * speed
            speed = speed - 0.5 * step * np.sin(theta)
        paths[:, k] = np.column_stack([np.sin(theta), -np.cos(theta)])
    keys = np.repeat(np.arange(n_series), N_STAMPS)
    index = pd.MultiIndex.from_arrays([keys, times.ravel()], names=["pendulum", "time"])
    hidden = random.random(paths.shape) < MISSING
    hidden[:, n_seen:] = True
    noisy = np.where(hidden, np.nan, paths + NOISE * random.normal(size=paths.shape))
    return tuple(pd.DataFrame(one.reshape(-1, 2), index, ["x", "y"]) for one in (paths, noisy))


def errors(found, clean):
    """Mean squared errors of the first five stamps ahead, and of all of them."""
    squared = (np.asarray(found).reshape(-1, 2) - np.asarray(clean)) ** 2
    squared = squared.reshape(-1, N_STAMPS, 2)[:, N_SEEN:]
    return {"next 5": squared[:, :5].mean(), "next 20": squared.mean()}


def count_weights(module):
    """Trained numbers of a module."""
    return sum(w.numel() for w in module.parameters())


def train_gru(seen, n_units, n_epochs, seed):
    """Train by free runs from a row drawn anew in every step, and by the rows before it."""
    gaps, targets = as_tensors(seen, N_STAMPS)
    torch.manual_seed(seed)
    net, random = GapGRU(n_units), np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(net.parameters(), lr=GRU_LR, weight_decay=0.0)
    for epoch in range(n_epochs):
        for group in optimizer.param_groups:
            group["lr"] = GRU_LR * 0.5 * (1 + np.cos(np.pi * epoch / n_epochs))
        for rows in torch.randperm(len(gaps)).split(32):
            values = targets[rows].clone()
            values[:, random.integers(10, N_STAMPS - 10) :] = torch.nan
            optimizer.zero_grad()
            masked_error(net(gaps[rows], values), targets[rows]).backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
    return net


def forecast(model, train, clean, seen):
    """Train a forecaster, and let it say where unseen pendulums are at the last stamps."""
    model.fit(train.index, train)
    late = np.tile(np.arange(N_STAMPS) >= N_SEEN, len(clean) // N_STAMPS)
    found = clean.copy()
    found[late] = model.predict(clean.index[late], history=seen)
    return found


def main(n_series=150, n_test=100, *, gru_epochs=GRU_EPOCHS, seed=0, plot=None, **params):
    """Train all, judge them on unseen pendulums.

    Parameters
    ----------
    n_series, n_test : int
        Pendulums to learn from, and to judge by.
    gru_epochs, seed : int
    plot : path, default=None
        Where to draw four of the pendulums.
    **params
        Of ``NeuralCDERegressor``; None are as chosen.

    Returns
    -------
    DataFrame of weights, seconds and errors, one row a model
    """
    torch.set_num_threads(1)
    _, train = make_pendulums(n_series, seed)
    clean, seen = make_pendulums(n_test, seed + 1000, n_seen=N_SEEN)
    # Other pendulums than those of the training have other names.
    clean, seen = (one.rename(index=lambda k: k + n_series, level=0) for one in (clean, seen))
    given = {name: value for name, value in params.items() if value is not None}
    controlled = NeuralCDERegressor(**CHOSEN | given, random_state=seed)
    models = {
        "persistence": PersistenceRegressor(),
        "ridge on lags": RidgeLagRegressor(lookback=40, max_lead=30),
        "neural CDE": controlled,
    }
    rows = {}
    for name, model in models.items():
        begin = time.process_time()
        found = forecast(model, train, clean, seen)
        seconds = time.process_time() - begin
        rows[name] = {"weights": np.nan, "seconds": seconds} | errors(found, clean)
    n_weights = count_weights(controlled.net_.module_)
    rows["neural CDE"]["weights"] = n_weights
    n_units = next(n for n in range(1, 500) if count_weights(GapGRU(n)) >= n_weights)
    begin = time.process_time()
    net = train_gru(train, n_units, gru_epochs, seed)
    with torch.no_grad():
        ahead = net(*as_tensors(seen, N_STAMPS)).numpy()
    seconds = time.process_time() - begin
    rows["GRU with gaps"] = {"weights": count_weights(net), "seconds": seconds} | errors(
        ahead, clean
    )
    table = pd.DataFrame(rows).T
    print(table.round(4).to_string())
    if plot is not None:
        draw(clean, seen, found, ahead, plot)
    return table


def draw(clean, seen, found, ahead, plot):
    """Draw how high four pendulums hang: the truth, what is observed, and two forecasts."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6), layout="constrained")
    axes = figure.subplots(2, 2, sharey=True)
    for k, ax in enumerate(axes.flat):
        rows = slice(k * N_STAMPS, (k + 1) * N_STAMPS)
        times = clean.index.get_level_values("time")[rows]
        late = times[N_SEEN:]
        ax.plot(times, clean["x"].iloc[rows], color="0.6", label="truth")
        ax.plot(times, seen["x"].iloc[rows], "k.", ms=4, label="observed")
        ax.plot(late, found["x"].iloc[rows][N_SEEN:], color="#0072B2", label="neural CDE")
        ax.plot(late, ahead[k, N_SEEN:, 0], "--", color="#D55E00", label="GRU with gaps")
        ax.set(xlabel="time", ylabel="x")
    figure.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.savefig(plot, dpi=120)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-series", type=int, default=150, help="pendulums to learn from")
    parser.add_argument("--epochs", type=int, dest="max_epochs", help="of the neural CDE")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", metavar="FILE", help="picture to write")
    main(**vars(parser.parse_args()))
