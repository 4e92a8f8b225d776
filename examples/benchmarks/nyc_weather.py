"""Measure how well a day of New York weather is forecast, beside persistence, yesterday, ridge.

Prints the mean squared error over lead hours 1-24 of the shipped weather (8 channels, standardised
by the training part, origins every 3 h, held out from 2013-10-01): once over all observed entries,
and once over the rows in which all channels are observed (pressure is missing mostly in bad
weather, so those are the easier ones). Then how often the 90 % intervals of the neural ODE hold the
truth, by channel and lead; ``--calibration`` says what they are made of. One thread.
"""

import argparse
import time

import numpy as np
import pandas as pd
import torch

import tsnode
from tsnode.datasets import load_nyc_weather
from tsnode.metrics import RollingOrigins, n_step_error

CHANNELS = ["temp", "dewp", "pressure", "wind_speed", "visib", "precip", "wind_u", "wind_v"]


BUCKETS = {"1-6 h": slice(0, 6), "7-12 h": slice(6, 12), "13-24 h": slice(12, 24)}


def forecasters(seed, calibration):
    """Models by name, in the order they are shown."""
    return {
        "persistence": tsnode.PersistenceRegressor(),
        "same hour yesterday": tsnode.SeasonalNaiveRegressor(),
        "ridge on 48 h": tsnode.RidgeLagRegressor(),
        "neural ODE": tsnode.NeuralODERegressor(
            training_horizon="24h", random_state=seed, calibration=calibration
        ),
    }


def main(station="EWR", start="2013-10-01", seed=0, max_epochs=None, calibration="auto"):
    """Fit and judge every forecaster; return the errors and the coverage as frames."""
    torch.set_num_threads(1)
    frame = load_nyc_weather(station)[CHANNELS]
    start = pd.Timestamp(start, tz="UTC")
    train = frame[frame.index < start]
    leads = pd.to_timedelta(np.arange(1, 25), unit="h")
    origins = RollingOrigins.from_frame(frame, start=start, leads=leads, stride=3)
    complete = np.where(
        np.isfinite(origins.truth).all(axis=2, keepdims=True), origins.truth, np.nan
    )
    rows = {}
    for name, model in forecasters(seed, calibration).items():
        if "max_epochs" in model.get_params() and max_epochs is not None:
            model.set_params(max_epochs=max_epochs)
        begin = time.perf_counter()
        model.fit(train.index, train)
        fitted = time.perf_counter()
        forecast = origins.forecast(model, frame)
        rows[name] = {
            "observed entries": _mean_error(origins.truth, forecast, train),
            "complete rows": _mean_error(complete, forecast, train),
            "fit (s)": fitted - begin,
            "forecast (s)": time.perf_counter() - fitted,
        }
        print(pd.DataFrame({name: rows[name]}).T.round(3).to_string(header=len(rows) == 1))
    print(f"{len(origins.origins)} origins, {len(origins.stamps):,} forecast rows")
    print(model.fit_report_)
    shares = coverage(model, origins, frame)
    print(f"90 % intervals, calibration={calibration!r}\n{shares.round(3).to_string()}")
    return pd.DataFrame(rows).T, shares


def coverage(model, origins, frame, nominal=0.9):
    """Share of the observed entries within their intervals: channels by lead buckets.

    The last row is the mean over the channels without a value that holds over half of the rows.
    """
    leads, n_origins = origins.truth.shape[1], len(origins.origins)
    horizon = pd.TimedeltaIndex(np.tile(pd.to_timedelta(np.arange(1, leads + 1), "h"), n_origins))
    stamps = pd.DatetimeIndex(np.repeat(origins.origins, leads)) + horizon
    lower, upper = (
        bound.to_numpy().reshape(origins.truth.shape)
        for bound in model.predict_interval(
            stamps, history=frame, horizon=horizon, coverage=nominal
        )
    )
    inside = (origins.truth >= lower) & (origins.truth <= upper)
    inside = np.where(np.isfinite(origins.truth), inside, np.nan)
    found = {name: np.nanmean(inside[:, part], axis=(0, 1)) for name, part in BUCKETS.items()}
    found = pd.DataFrame(found, index=list(frame.columns))
    is_spread = [frame[name].value_counts(normalize=True).iloc[0] <= 0.5 for name in frame.columns]
    found.loc["mean of the spread ones"] = found[is_spread].mean()
    return found


def _mean_error(truth, forecast, train):
    """Mean over channels of the squared error of all leads and origins."""
    error = n_step_error(truth, forecast, scale=train.std().to_numpy(), per_channel=True)
    weight = np.isfinite(truth).sum(axis=0)
    return float(np.mean((error * weight).sum(axis=0) / weight.sum(axis=0)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--station", default="EWR")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--calibration", type=lambda text: text if text == "auto" else int(text), default="auto"
    )
    main(**vars(parser.parse_args()))
