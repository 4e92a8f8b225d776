"""Measure forecasts of New York weather that is seen through holes, and of three airports at once.

Three questions, each a table of the mean squared error (8 channels, in parts of each channel's
variance in training, every observed entry of the full record), held out from 2013-10-01, origins
every 3 h, one thread:

rows     3 of 10 rows are kept at random, in training and in the history of each forecast. Ridge
         sees them interpolated onto the hourly grid, the neural ODE as they are.
entries  every second single entry is dropped at random; nothing is imputed.
panel    one model of three airports, each in units of its own spread, beside three models of one.
"""

import argparse

import numpy as np
import pandas as pd
import torch
from nyc_weather import CHANNELS

import tsnode
from tsnode.datasets import load_nyc_weather
from tsnode.metrics import RollingOrigins, n_step_error
from tsnode.model_selection import backtest

START = pd.Timestamp("2013-10-01", tz="UTC")
HORIZONS = (6, 24, 72)


def keep_rows(frame, share, seed):
    """Rows of a frame, each kept with this probability."""
    return frame[np.random.default_rng(seed).random(len(frame)) < share]


def keep_entries(frame, share, seed):
    """Frame with NaN for every entry that is not kept."""
    return frame.where(np.random.default_rng(seed).random(frame.shape) < share)


def neural_ode(seed, **settings):
    """Model of all tables."""
    return tsnode.NeuralODERegressor(random_state=seed, **settings)


def errors_over_horizons(origins, forecast, train):
    """Mean squared error over the first 6, 24 and 72 h."""
    scale = train.std().to_numpy()
    error = n_step_error(origins.truth, forecast, scale=scale, per_channel=True)
    weight = np.isfinite(origins.truth).sum(axis=0)
    total = [(error * weight)[:h].sum(axis=0) / weight[:h].sum(axis=0) for h in HORIZONS]
    return [float(np.mean(one)) for one in total]


def seen_through_holes(thin, seed, station="EWR"):
    """Errors of neural ODE, ridge and persistence that see a thinned record."""
    full = load_nyc_weather(station)[CHANNELS]
    seen = thin(full, seed)
    train = seen[seen.index < START]
    grid = train.resample("h").mean().interpolate("time").bfill()
    leads = pd.to_timedelta(np.arange(1, HORIZONS[-1] + 1), unit="h")
    origins = RollingOrigins.from_frame(full, start=START, leads=leads, stride=3)
    models = {
        "neural ODE": neural_ode(seed).fit(train.index, train),
        "ridge on the interpolated grid": tsnode.RidgeLagRegressor().fit(grid.index, grid),
        "persistence": tsnode.PersistenceRegressor().fit(train.index, train),
    }
    scale = full[full.index < START]
    return pd.DataFrame(
        {
            name: errors_over_horizons(origins, origins.forecast(model, seen), scale)
            for name, model in models.items()
        },
        index=[f"1-{h} h" for h in HORIZONS],
    ).T


def one_model_or_three(seed):
    """Errors over 24 h at every airport, of a model of all and of one of each."""
    panel = load_nyc_weather()[CHANNELS]
    is_old = panel.index.get_level_values("time") < START
    train, test = panel[is_old], panel[~is_old]
    together = neural_ode(seed, training_horizon="24h", series_scaling=True)
    together.fit(train.index, train)
    found = {"one model": _day_errors(together, test, train)}
    single = {}
    for station, rows in train.groupby(level="station"):
        own, later = rows.droplevel("station"), test.loc[station]
        model = neural_ode(seed, training_horizon="24h").fit(own.index, own)
        single[station] = _day_errors(model, later, own).iloc[0]
    return pd.DataFrame(found | {"three models": pd.Series(single)}).T


def _day_errors(model, test, train):
    """Mean squared error over 24 h of every series, mean over channels."""
    frame = backtest(model, test.index, test, horizon="24h", stride="3h")
    variance = train.groupby(level="station").var() if train.index.nlevels > 1 else train.var()
    by = frame.assign(squared=(frame["truth"] - frame["forecast"]) ** 2)
    by = by.groupby(["series", "channel"], observed=True)["squared"].mean().unstack()[CHANNELS]
    return (by / variance[CHANNELS]).mean(axis=1)


TABLES = {
    "rows": lambda seed: seen_through_holes(lambda f, s: keep_rows(f, 0.3, s), seed),
    "entries": lambda seed: seen_through_holes(lambda f, s: keep_entries(f, 0.5, s), seed),
    "panel": one_model_or_three,
}


def main(tables=tuple(TABLES), seeds=1):
    """Print the tables, the mean over seeds; return them by name."""
    torch.set_num_threads(1)
    found = {}
    for name in tables:
        found[name] = sum(TABLES[name](seed) for seed in range(seeds)) / seeds
        print(f"{name}\n{found[name].round(3).to_string()}\n", flush=True)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="*", default=list(TABLES))
    parser.add_argument("--seeds", type=int, default=1)
    main(**vars(parser.parse_args()))
