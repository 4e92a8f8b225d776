"""Ask whether a latent ODE can fill the gaps of half-observed spirals, and go on with them.

Two-dimensional spirals, half of them turning the other way (as in Chen et al. 2018): 100 stamps at
random times, of the first 60 half of the entries observed, with noise; nothing of the last 40. What
is hidden among the first is to be filled in (interpolation), the last are to be forecast
(extrapolation), on spirals that the training has not seen. Against the mean of the training
spirals, and a GRU that reads values, mask and gaps and forecasts the next row (GRU-delta-t of
Rubanova et al. 2019). Seconds are those of the processor, one thread.
"""

import argparse
import time

import numpy as np
import pandas as pd
import torch
from gap_gru import GapGRU, as_tensors, masked_error
from torch import nn

from tsnode import LatentODERegressor

N_STAMPS, N_SEEN, SHARE, NOISE = 100, 60, 0.5, 0.05


def make_spirals(n_series, seed, *, n_seen=N_STAMPS, first=0):
    """Make spirals without noise, and what is observed of their first ``n_seen`` rows.

    ``first`` is the number that names the first of them: a spiral of another name is another one.

    Returns
    -------
    clean, seen : DataFrames of n_series * N_STAMPS rows, by (spiral, time)
    """
    random = np.random.default_rng(seed)
    clean, seen = {}, {}
    for k in range(first, first + n_series):
        t = np.sort(random.uniform(0, 10, N_STAMPS))
        turns = 1 if k % 2 else -1
        radius = random.uniform(0.5, 1.0) * np.exp(0.08 * t)
        angle = random.uniform(0, 2 * np.pi) + turns * 1.2 * t
        xy = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
        clean[k] = pd.DataFrame(xy, pd.Index(t, name="time"), ["x", "y"])
        hidden = random.random(xy.shape) > SHARE
        hidden[n_seen:] = True
        seen[k] = (clean[k] + NOISE * random.normal(size=xy.shape)).mask(hidden)
    return tuple(pd.concat(part, names=["spiral"]) for part in (clean, seen))


def errors(found, clean, seen):
    """Mean squared errors of hidden entries among the first stamps, and of the last ones."""
    squared = (np.asarray(found) - clean.to_numpy()) ** 2
    late = np.tile(np.arange(N_STAMPS) >= N_SEEN, len(clean) // N_STAMPS)
    hidden = seen.isna().to_numpy() & ~late[:, None]
    return {"interpolation": squared[hidden].mean(), "extrapolation": squared[late].mean()}


def train_gru(seen, n_epochs, seed):
    """Train on the first rows as inputs, all as targets; keep the epoch that validates best."""
    torch.manual_seed(seed)
    net, (gaps, targets) = GapGRU(), as_tensors(seen, N_STAMPS)
    values = targets.clone()
    values[:, N_SEEN:] = torch.nan
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    n_valid = len(gaps) // 5
    best, kept = np.inf, None
    for _ in range(n_epochs):
        for rows in torch.randperm(len(gaps) - n_valid).split(32):
            optimizer.zero_grad()
            masked_error(net(gaps[rows], values[rows]), targets[rows]).backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
        with torch.no_grad():
            loss = masked_error(net(gaps[-n_valid:], values[-n_valid:]), targets[-n_valid:]).item()
        if loss < best:
            best, kept = loss, {name: w.clone() for name, w in net.state_dict().items()}
    net.load_state_dict(kept)
    return net


@torch.no_grad()
def forecast_gru(net, seen):
    """Forecasts of all rows, shape (n_rows, n_channels)."""
    return net(*as_tensors(seen, N_STAMPS)).numpy().reshape(len(seen), -1)


def main(n_series=1000, n_test=100, *, max_epochs=90, gru_epochs=50, seed=0, plot=None):
    """Train both, judge them on unseen spirals.

    Parameters
    ----------
    n_series, n_test : int
        Spirals to learn from, and to judge by.
    max_epochs, gru_epochs : int
        Of the latent ODE, and of the GRU, which keeps the one that the last fifth finds best.
    seed : int
    plot : path, default=None
        Where to draw six of the spirals.

    Returns
    -------
    DataFrame of errors and seconds, one row a model
    """
    torch.set_num_threads(1)
    _, train = make_spirals(n_series, seed)
    clean, seen = make_spirals(n_test, seed + 1000, n_seen=N_SEEN, first=n_series)
    mean = np.tile(train.mean(), (len(clean), 1))
    rows = {"mean of the training": {"seconds": 0.0} | errors(mean, clean, seen)}
    begin = time.process_time()
    net = train_gru(train, gru_epochs, seed)
    seconds = time.process_time() - begin
    rows["GRU with gaps"] = {"seconds": seconds} | errors(forecast_gru(net, seen), clean, seen)
    begin = time.process_time()
    model = LatentODERegressor(
        encoder="gru", lookback=200, training_horizon=60, kl_annealing=0.5, max_epochs=max_epochs,
        early_stopping=False, random_state=seed,
    )  # fmt: skip
    model.fit(train.index, train)
    seconds = time.process_time() - begin
    found = model.interpolate(clean.index, history=seen)
    rows["latent ODE"] = {"seconds": seconds} | errors(found, clean, seen)
    print(pd.DataFrame(rows).T.round(4).to_string())
    if plot is not None:
        draw(clean, seen, found, plot)
    return pd.DataFrame(rows).T


def draw(clean, seen, found, plot):
    """Draw six spirals: truth, what is observed of them, and what the latent ODE makes of it."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    names = clean.index.unique("spiral")
    figure, axes = plt.subplots(2, 3, figsize=(10, 7), layout="constrained")
    for k, ax in enumerate(axes.flat):
        truth, known, path = (one.loc[names[k]] for one in (clean, seen, found))
        ax.plot(truth["x"], truth["y"], color="0.6", label="truth")
        whole = known.dropna()
        ax.plot(whole["x"], whole["y"], "k.", label="rows observed whole")
        ax.plot(path["x"][:N_SEEN], path["y"][:N_SEEN], label="filled in")
        ax.plot(path["x"][N_SEEN - 1 :], path["y"][N_SEEN - 1 :], "--", label="forecast")
        ax.set(xlabel="x", ylabel="y", aspect="equal")
    figure.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.savefig(plot, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-series", type=int, default=1000, help="spirals to learn from")
    parser.add_argument("--epochs", type=int, dest="max_epochs", default=90, help="of the ODE")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", metavar="PNG", help="draw six spirals into this file")
    main(**vars(parser.parse_args()))
