"""Measure a minute of a live service: an update by one row, and a forecast of a day.

Eight channels of hourly weather. First the default model on the shipped station, then models of the
history's closed form on synthetic hours, after trainings of different length: neither cost may
depend on that. Milliseconds are medians of single calls after a warm-up, one thread. Then many more
rows are taken in, and memory must not grow: of the process, and of the forecaster as a pickle.
"""

import argparse
import pickle
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from tsnode import NeuralODERegressor
from tsnode.datasets import load_nyc_weather

CHANNELS = ["temp", "dewp", "pressure", "wind_speed", "visib", "precip", "wind_u", "wind_v"]
ROWS, N_CALLS, N_WARM_UP, N_UPDATES = (1_000, 10_000, 100_000), 200, 20, 20_000


def make_hours(n, seed=0):
    """Hours of eight channels: a day's cycle, and noise that decays within half a day."""
    noise = np.random.default_rng(seed).normal(size=(n, len(CHANNELS)))
    for k in range(1, n):
        noise[k] += 0.9 * noise[k - 1]
    day = np.sin(2 * np.pi * np.arange(n)[:, None] / 24 + np.arange(len(CHANNELS)))
    index = pd.date_range("2001-01-01", periods=n, freq="h")
    return pd.DataFrame(day + 0.3 * noise, index, CHANNELS)


def measure(model, new):
    """Median milliseconds of taking in each row of ``new``, and of the forecast behind it."""
    spent = np.empty((len(new), 2))
    for k in range(len(new)):
        row = new.iloc[[k]]
        begin = time.perf_counter()
        model.update(row.index, row)
        between = time.perf_counter()
        model.forecast("24h")
        spent[k] = between - begin, time.perf_counter() - between
    update, forecast = 1e3 * np.median(spent[N_WARM_UP:], axis=0)
    return {"update (ms)": update, "forecast (ms)": forecast, "both (ms)": update + forecast}


def take_in(model, n_updates):
    """Growth in MB of the process and of the pickled model over so many more rows."""
    values = make_hours(1000).to_numpy()
    start = model.forecast(1).index[0]
    stamps = pd.date_range(start, periods=n_updates, freq="h")
    sizes = []
    for k in range(n_updates):
        row = pd.DataFrame(values[[k % 1000]], stamps[[k]], CHANNELS)
        model.update(row.index, row)
        if k in (n_updates // 10, n_updates - 1):
            sizes.append((_resident(), len(pickle.dumps(model)) / 1e6))
    return np.subtract(sizes[-1], sizes[0])


def _resident():
    """Memory of this process in MB; nan where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return np.nan
    line = next(row for row in status.read_text().splitlines() if row.startswith("VmRSS"))
    return int(line.split()[1]) / 1e3


def main(rows=ROWS, n_calls=N_CALLS, n_updates=N_UPDATES, station="EWR"):
    """Measure and print; a frame with one row a model.

    Parameters
    ----------
    rows : sequence of int
        Lengths of training on synthetic hours.
    n_calls, n_updates : int
        Timed calls of every model; rows taken in in the end, 0 for none.
    station : str or None
        Whose weather the default model learns; None leaves it out.
    """
    torch.set_num_threads(1)
    found = []
    if station is not None:
        weather = load_nyc_weather(station)[CHANNELS]
        old, new = np.split(np.arange(len(weather)), [-n_calls - N_WARM_UP])
        old, new = weather.iloc[old], weather.iloc[new]
        model = NeuralODERegressor(training_horizon="72h", random_state=0).fit(old.index, old)
        found.append({"model": f"default on {station}", "rows": len(old), **measure(model, new)})
    for n in rows:
        frame = make_hours(n + n_calls + N_WARM_UP)
        model = NeuralODERegressor(lookback=48, training="linear", calibration=None, random_state=0)
        model.fit(frame.index[:n], frame[:n])
        found.append({"model": "closed form", "rows": n, **measure(model, frame[n:])})
    table = pd.DataFrame(found)
    print(table.to_string(index=False, float_format="{:.1f}".format))
    if n_updates:
        process, pickled = take_in(model, n_updates)
        print(
            f"{0.9 * n_updates:,.0f} more updates: the process grew by {process:.1f} MB, ", end=""
        )
        print(f"the pickled model by {pickled:.3f} MB ({model._recent.rows.n_rows} rows kept)")
        table.attrs["growth"] = process, pickled
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", nargs="*", type=int, default=ROWS)
    parser.add_argument("--calls", type=int, default=N_CALLS)
    parser.add_argument("--updates", type=int, default=N_UPDATES)
    parser.add_argument("--station", default="EWR", help="'' leaves the default model out")
    asked = parser.parse_args()
    main(asked.rows, asked.calls, asked.updates, asked.station or None)
