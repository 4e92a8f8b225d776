"""Measure seconds of a backtest with ten thousand origins, 24 leads and five channels.

Noisy hourly cycles; the seasonal ridge, and a state field, whose states at the cutoffs are filtered
from the noise. Seconds of the processor on one thread; the fit is not in them.
"""

import argparse
import time

import numpy as np
import pandas as pd
import torch

from tsnode import NeuralODERegressor, RidgeLagRegressor
from tsnode.model_selection import backtest

N_CHANNELS, HORIZON = 5, 24
MODELS = {
    "ridge": RidgeLagRegressor(),
    "field": NeuralODERegressor(training="match", lookback=None, random_state=0),
}


def make_hours(n, seed=0):
    """Hours of five cycles with noise."""
    periods = 24 * np.array([1, 1, 7, 9, 11])
    angle = 2 * np.pi * np.arange(n)[:, None] / periods + np.arange(N_CHANNELS)
    values = np.sin(angle) + np.random.default_rng(seed).normal(0, 0.1, angle.shape)
    return pd.DataFrame(values, pd.date_range("2020-01-01", periods=n, freq="h"))


def main(n_origins=10_000, n_train=4_000):
    """Measure and print; a frame with one row a model."""
    torch.set_num_threads(1)
    hours = make_hours(n_train + n_origins + HORIZON - 1)
    old, new = hours.iloc[:n_train], hours.iloc[n_train:]
    found = []
    for name, model in MODELS.items():
        model.fit(old.index, old)
        begin = time.process_time()
        forecasts = backtest(model, new.index, new, horizon=HORIZON)
        seconds = time.process_time() - begin
        n = forecasts["origin"].nunique()
        found.append(
            {"model": name, "origins": n, "seconds": seconds, "ms per origin": 1e3 * seconds / n}
        )
    table = pd.DataFrame(found)
    print(table.to_string(index=False, float_format="{:.2f}".format))
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--origins", type=int, default=10_000)
    main(parser.parse_args().origins)
