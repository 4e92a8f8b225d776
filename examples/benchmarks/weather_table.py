"""Measure forecasts of any weather files beside ridge, yesterday and persistence.

For every file the newest 25 % of the time are held out, with origins every 3 h. Each forecaster is
judged by its nRMSE over the first 6, 24 and 72 h: the root mean squared error of the observed
entries, in parts of each channel's spread in training, mean over channels; and by how often its
90 % intervals hold the truth, mean over the channels without a value that holds over half of the
rows. ``--keep 0.3`` keeps 3 of 10 rows at random, in training and in the history of each forecast:
ridge then sees them interpolated onto the hourly grid, the others as they are. One thread.

A FILE is anything that ``read_weather_csv`` reads, or a station of the shipped weather (EWR, JFK,
LGA); columns may follow it: ``JFK:temp,dewp,humid,wind_speed,pressure``.
"""

import argparse
import time

import numpy as np
import pandas as pd
import torch

import tsnode
from tsnode.datasets import load_nyc_weather, read_weather_csv
from tsnode.metrics import RollingOrigins, n_step_error
from tsnode.preprocessing import CalendarFeatures

SHIPPED = (
    "EWR:temp,dewp,pressure,wind_speed,visib,precip,wind_u,wind_v",
    "JFK:temp,dewp,humid,wind_speed,pressure",
)
HORIZONS = (6, 24, 72)
HELD_OUT, COVERAGE = 0.25, 0.9
MODELS = {
    "persistence": lambda seed, place: tsnode.PersistenceRegressor(),  # noqa: ARG005
    "yesterday": lambda seed, place: tsnode.SeasonalNaiveRegressor(),  # noqa: ARG005
    "ridge": lambda seed, place: tsnode.RidgeLagRegressor(),  # noqa: ARG005
    "weather": lambda seed, place: tsnode.make_weather_forecaster("72h", *place, random_state=seed),
    "neural-ode": lambda seed, place: tsnode.NeuralODERegressor(  # noqa: ARG005
        training_horizon="72h", random_state=seed
    ),
    "resnet-step": lambda seed, place: tsnode.ResNetStepRegressor(  # noqa: ARG005
        features=CalendarFeatures(("day",)), random_state=seed
    ),
    "nn-step": lambda seed, place: tsnode.NNStepRegressor(  # noqa: ARG005
        features=CalendarFeatures(("day",)), random_state=seed
    ),
}


def place_of(frame):
    """Latitude and longitude, where the file tells them."""
    place = frame.attrs.get("place", {})
    return tuple(place[name] for name in ("latitude", "longitude") if name in place)


def read(file):
    """Name and frame of a file, or of a shipped station, with the columns asked for."""
    name, _, columns = file.partition(":")
    if name in ("EWR", "JFK", "LGA"):
        frame = load_nyc_weather(name)
    else:
        frame = read_weather_csv(name)
        name = name.rsplit("/", 1)[-1]
    return name, frame[columns.split(",")] if columns else frame


def measure(frame, models, *, keep=1.0, seed=0, with_intervals=True):
    """One row a model: nRMSE and coverage at every horizon, seconds."""
    start = frame.index[0] + (1 - HELD_OUT) * (frame.index[-1] - frame.index[0])
    kept = np.random.default_rng(seed).random(len(frame)) < keep
    seen, whole = frame[kept], frame[frame.index < start]
    train = seen[seen.index < start]
    leads = pd.to_timedelta(np.arange(1, HORIZONS[-1] + 1), unit="h")
    origins = RollingOrigins.from_frame(frame, start=start, leads=leads, stride=3)
    rows = {}
    for name in models:
        rows_seen = train
        if name == "ridge" and keep < 1:
            rows_seen = train.resample("h").mean().interpolate("time").bfill()
        model = MODELS[name](seed, place_of(frame))
        begin = time.perf_counter()
        model.fit(rows_seen.index, rows_seen)
        seconds = time.perf_counter() - begin
        # The default learns its errors when first asked.
        begin = time.perf_counter()
        bounds = intervals(model, origins, seen) if with_intervals else None
        rows[name] = {
            **n_rmse(origins, origins.forecast(model, seen), whole.std().to_numpy()),
            **({} if bounds is None else covered(origins, bounds, whole)),
            "fit (s)": seconds, "intervals (s)": time.perf_counter() - begin,
        }  # fmt: skip
    return pd.DataFrame(rows).T


def n_rmse(origins, forecast, scale):
    """Mean over channels of the root mean squared error over the first hours."""
    error = n_step_error(origins.truth, forecast, scale=scale, per_channel=True)
    weight = np.isfinite(origins.truth).sum(axis=0)
    total = {h: (error * weight)[:h].sum(axis=0) / weight[:h].sum(axis=0) for h in HORIZONS}
    return {f"{h} h": float(np.mean(np.sqrt(one))) for h, one in total.items()}


def intervals(model, origins, seen):
    """Bounds of all forecasts, each of shape (n_origins, n_leads, n_channels)."""
    # Origins are rows of the whole record; with rows left out a forecast starts at the newest
    # one kept, so that its lead is no shorter than asked.
    shape = origins.truth.shape
    horizon = pd.TimedeltaIndex(np.tile(np.asarray(origins.leads), shape[0]))
    stamps = origins.origins.repeat(shape[1]) + horizon
    found = model.predict_interval(stamps, history=seen, horizon=horizon, coverage=COVERAGE)
    return [bound.to_numpy().reshape(shape) for bound in found]


def covered(origins, bounds, train):
    """Share of the observed entries inside, mean over spread channels, by lead bucket."""
    lower, upper = bounds
    inside = (origins.truth >= lower) & (origins.truth <= upper)
    inside = np.where(np.isfinite(origins.truth), inside, np.nan)
    spread = [train[name].value_counts(normalize=True).iloc[0] <= 0.5 for name in train]
    first, found = 0, {}
    for h in HORIZONS:
        by_channel = np.nanmean(inside[:, first:h], axis=(0, 1))
        found[f"covered {first + 1}-{h} h"] = float(by_channel[spread].mean())
        first = h
    return found


def main(files=SHIPPED, models=tuple(MODELS), keep=1.0, seeds=1, csv=None, intervals=True):
    """Print a table a file and the mean ratios to ridge; return all as one frame."""
    torch.set_num_threads(1)
    tables = {}
    for file in files:
        name, frame = read(file)
        runs = [
            measure(frame, models, keep=keep, seed=seed, with_intervals=intervals)
            for seed in range(seeds)
        ]
        tables[name] = sum(runs) / seeds
        print(f"{name}: {', '.join(frame)}\n{tables[name].round(3).to_string()}\n", flush=True)
    table = pd.concat(tables, names=["file", "model"])
    if "ridge" in models:
        hours = [f"{h} h" for h in HORIZONS]
        ratio = table[hours] / table[hours].xs("ridge", level="model")
        print("parts of ridge, mean over files")
        print(ratio.groupby(level="model", sort=False).mean().round(3).to_string())
    if csv is not None:
        table.to_csv(csv)
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", default=list(SHIPPED), metavar="FILE")
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--keep", type=float, default=1.0, help="share of the rows, at random")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--csv", help="write the table here")
    parser.add_argument("--no-intervals", dest="intervals", action="store_false")
    main(**vars(parser.parse_args()))
