"""Measure how well and how fast NeuralODERegressor learns a small system from 1000 rows.

Prints seconds of fit and the mean squared error of 50-step free runs (in parts of each channel's
variance) from true states on an orbit that is not in the training data. One thread.
"""

import argparse
import time

import numpy as np
import pandas as pd
import torch

from tsnode import NeuralODERegressor
from tsnode.datasets import make_lorenz63, make_van_der_pol

CASES = {
    "van der Pol, regular, clean": (make_van_der_pol, {}),
    "van der Pol, irregular, 5 % noise": (make_van_der_pol, {"irregular": True, "noise": 0.05}),
    "Lorenz-63, irregular, 5 % noise": (make_lorenz63, {"irregular": True, "noise": 0.05}),
}
N_AHEAD, N_STARTS = 50, 20


def free_run_error(model, generator, train):
    """Mean squared error over 50 median steps from states of another orbit.

    Every start is a history of one row, far behind the training span.
    """
    step = float(np.median(np.diff(train.index)))
    starts = {"make_van_der_pol": [0.5, -1.0], "make_lorenz63": [-5.0, -7.0, 20.0]}
    n_samples = N_STARTS * N_AHEAD + 1
    # Another phase of the attractor: what lies off it no orbit on it can teach.
    orbit = generator(n_samples, mean_step=step, start=starts[generator.__name__], transient=20.0)
    values, spread = orbit.to_numpy(), train.to_numpy().std(axis=0)
    asked, known, truth = [], [], []
    for k in range(N_STARTS):
        begin = train.index[-1] + 1000 * step * (k + 1)
        rows = slice(k * N_AHEAD, (k + 1) * N_AHEAD + 1)
        asked.append(begin + step * np.arange(N_AHEAD + 1))
        history = np.full((N_AHEAD + 1, values.shape[1]), np.nan)
        history[0] = values[rows][0]
        known.append(history)
        truth.append(values[rows])
    index = pd.Index(np.concatenate(asked), name=train.index.name)
    history = pd.DataFrame(np.concatenate(known), index=index, columns=train.columns)
    forecast = model.predict(index, history=history).to_numpy()
    miss = ((forecast - np.concatenate(truth)) / spread) ** 2
    return float(miss.reshape(N_STARTS, N_AHEAD + 1, -1)[:, 1:].mean())


def main(seeds=3, **params):
    """Fit every case for a number of seeds; return the errors."""
    torch.set_num_threads(1)
    errors = {}
    for name, (generator, options) in CASES.items():
        for seed in range(seeds):
            train = generator(1000, random_state=seed, **options)
            model = NeuralODERegressor(random_state=seed, **params)
            begin = time.perf_counter()
            model.fit(train.index, train)
            seconds = time.perf_counter() - begin
            errors[name, seed] = free_run_error(model, generator, train)
            tool = model.fit_report_["tool"]
            print(f"{name:36s} seed {seed}: {errors[name, seed]:.1e} in {seconds:4.1f} s ({tool})")
    return errors


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    main(**vars(parser.parse_args()))
