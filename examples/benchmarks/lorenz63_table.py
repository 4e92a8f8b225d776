"""Compare learned dynamics in the long run on Lorenz-63 with 5 % noise, as published tables do.

Trains on 100,000 noisy rows (dt = 0.01, standardised), runs freely from states of a clean test set
and prints D_stsp, D_H and PE(20), defined in `attractor_scores.py`, with the seconds of every fit;
means over eight starts, and over trainings their median and worst. Without files the two sets are
made by the generator below. ``--train`` and ``--test`` read the published ones: arrays of shape
(n_rows, 3) saved by numpy, `lorenz63_on0.05_train.npy` and `lorenz63_test.npy` of the repository
DurstewitzLab/GTF-shPLRNN (Hess et al. 2023, https://arxiv.org/abs/2306.04406).

Two rows are floors. "true flow" is the law in the units of the test set. "true flow, units of
training" is the law in those of the training set: where both sets were standardised by their own
means and spreads, as the published ones were, no training can tell the difference, and PE(20) of
the exact law is 3.5e-4. Nobody's settings were chosen on a test set; all of ours are defaults, but
for ``lookback=None``: the states are observed whole.
"""

import argparse
import time

import numpy as np
import pandas as pd
import torch
from attractor_scores import (
    N_STARTS,
    lorenz_slope,
    pick_starts,
    run_freely,
    runge_kutta,
    score_runs,
    step_error,
    true_flow,
)
from scipy.optimize import least_squares

from tsnode import NeuralODERegressor, ResNetStepRegressor
from tsnode.smoothing import smooth_channel

STEP, N_ROWS, NOISE, SEED = 0.01, 100_000, 0.05, 0
# Rows of transient before a set of ours.
N_TRANSIENT = 4_000


def make_sets(n_rows=N_ROWS, noise=NOISE, seed=SEED):
    """Return a noisy training set and a clean test set, standardised by the test set's numbers.

    Two orbits from random starts behind a transient, two Runge-Kutta steps a row.
    """
    rng = np.random.default_rng(seed)
    states = rng.normal(size=(2, 3)) * 8.0 + [0.0, 0.0, 25.0]
    advance, kept = runge_kutta(lorenz_slope, STEP / 2), np.empty((n_rows, 2, 3))
    for k in range(-N_TRANSIENT, n_rows):
        if k >= 0:
            kept[k] = states
        states = advance(advance(states))
    train, test = kept.swapaxes(0, 1)
    centre, spread = test.mean(axis=0), test.std(axis=0)
    train, test = (train - centre) / spread, (test - centre) / spread
    return train + noise * rng.normal(size=train.shape), test


def smooth(train):
    """Return states and slopes per row of the smoothed training set."""
    times = np.arange(len(train), dtype=float)
    channels = [smooth_channel(times, channel) for channel in train.T]
    states = np.stack([channel.mean for channel in channels], axis=1)
    return states, np.stack([channel.slope for channel in channels], axis=1) / STEP


def quadratic_law(train):
    """Return the law by least squares of smoothed slopes on all terms of second degree."""
    states, slopes = smooth(train)
    # The smoother's path is straight at its ends.
    states, slopes = states[6:-6], slopes[6:-6]
    factors, *_ = np.linalg.lstsq(_terms(states), slopes, rcond=None)
    return runge_kutta(lambda z: _terms(z) @ factors, STEP)


def _terms(z):
    x, y, w = np.moveaxis(z, -1, 0)
    one = np.ones_like(x)
    return np.stack([one, x, y, w, x * x, x * y, x * w, y * y, y * w, w * w], axis=-1)


def flow_in_units_of_training(train, n_ahead=20):
    """Return the true law in the units of a noisy set, found by steps between smoothed states."""
    states, _ = smooth(train)
    raw = runge_kutta(lorenz_slope, STEP)
    now, then = states[100 : -100 - n_ahead : 10], states[100 + n_ahead : -100 : 10]

    def residual(numbers):
        centre, spread = numbers[:3], numbers[3:]
        moved = now * spread + centre
        for _ in range(n_ahead):
            moved = raw(moved)
        return ((moved - centre) / spread - then).ravel()

    found = least_squares(residual, [0.0, 0.0, 23.5, 7.9, 9.0, 8.6]).x
    centre, spread = found[:3], found[3:]
    return lambda z: (raw(z * spread + centre) - centre) / spread


def train_model(make, train, seed):
    """Fit and return the model with its CPU seconds."""
    frame = pd.DataFrame(train, index=STEP * np.arange(len(train)), columns=["x", "y", "z"])
    model, begin = make(seed), time.process_time()
    model.fit(frame.index, frame)
    return model, time.process_time() - begin


def follow(model, starts, n_rows):
    """Return the states of free runs after 0 to ``n_rows`` rows; the step of a map is a row."""
    step = {"step": STEP} if isinstance(model, NeuralODERegressor) else {}
    return model.simulate(starts, n_rows, **step)


def map_of(model):
    """Return the fitted model as a map over one row."""
    return lambda states: follow(model, states, 1)[:, 1]


def runs_of(model, starts, n_rows):
    """Free runs of ``n_rows`` rows behind a quarter as many that are dropped."""
    n_dropped = n_rows // 4
    return follow(model, starts, n_dropped + n_rows - 1)[:, n_dropped:]


MODELS = {
    "ResNetStepRegressor": lambda seed: ResNetStepRegressor(random_state=seed),
    "NeuralODERegressor": lambda seed: NeuralODERegressor(lookback=None, random_state=seed),
}


def main(
    train=None, test=None, models=None, seeds=5, n_rows=N_ROWS, n_starts=N_STARTS, output=None
):
    """Print the table and return every result.

    Parameters
    ----------
    train, test : path of an array saved by numpy, default=None
        None: sets of our own, of ``n_rows`` rows.
    models : sequence of keys of ``MODELS``, default=None
        None: all.
    seeds : int, trainings of every one of them
    output : path of a CSV, default=None

    Returns
    -------
    DataFrame
        Columns row, seed, seconds (of the fit), run seconds, D_stsp and D_H (means over the
        starts), their spreads, and PE20.
    """
    torch.set_num_threads(1)
    if (train is None) != (test is None):
        msg = f"Expected both files or none; got train={train!r} and test={test!r}. Name both."
        raise ValueError(msg)
    train, test = make_sets(n_rows) if train is None else (np.load(train), np.load(test))
    train, test = train.astype(float), test.astype(float)
    starts, found = pick_starts(test, n_starts), []

    def add(row, runs, error, seconds=np.nan, run_seconds=np.nan, seed=0):
        scores = score_runs(test, runs)
        found.append({
            "row": row, "seed": seed, "seconds": seconds, "run seconds": run_seconds,
            "D_stsp": scores["D_stsp"].mean(), "D_stsp spread": scores["D_stsp"].std(ddof=0),
            "D_H": scores["D_H"].mean(), "D_H spread": scores["D_H"].std(ddof=0), "PE20": error,
        })  # fmt: skip
        print(pd.DataFrame(found[-1:]).to_string(index=False, header=len(found) == 1), flush=True)
        # Row by row: a table takes an hour, and a path that cannot be written is told at once.
        if output is not None:
            pd.DataFrame(found).to_csv(output, index=False)

    for row, flow in {
        "true flow": true_flow(test, STEP),
        "true flow, units of training": flow_in_units_of_training(train),
    }.items():
        add(row, run_freely(flow, starts, len(test)), step_error(test, flow))
    add("noisy training file", train[None], np.nan)
    still = np.broadcast_to(starts[:, None], (len(starts), *test.shape))
    add("persistence", still, step_error(test, lambda states: states))
    begin = time.process_time()
    law = quadratic_law(train)
    seconds = time.process_time() - begin
    runs = run_freely(law, starts, len(test))
    add("quadratic least squares", runs, step_error(test, law), seconds)
    for row in MODELS if models is None else models:
        for seed in range(seeds):
            model, seconds = train_model(MODELS[row], train, seed)
            begin = time.process_time()
            runs = runs_of(model, starts, len(test))
            run_seconds = time.process_time() - begin
            add(row, runs, step_error(test, map_of(model), stride=5), seconds, run_seconds, seed)
    results = pd.DataFrame(found)
    print()
    print(summarise(results).to_string(float_format=lambda x: f"{x:.3g}"))
    return results


def summarise(results):
    """Median and worst of every row over its trainings."""
    scores = ["D_stsp", "D_H", "PE20"]
    by_row = results.groupby("row", sort=False)
    table = by_row[["seconds", "run seconds", *scores]].median()
    worst = by_row[scores].max().add_suffix(", worst")
    return table.join(worst).join(by_row.size().rename("trainings"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", help="the published training set (.npy)")
    parser.add_argument("--test", help="the published test set (.npy)")
    parser.add_argument("--models", nargs="*", choices=list(MODELS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=N_ROWS, dest="n_rows")
    parser.add_argument("--starts", type=int, default=N_STARTS, dest="n_starts")
    parser.add_argument("--output", help="CSV of every training")
    main(**vars(parser.parse_args()))
