"""Measure how a fit grows: seconds and peak memory against rows, states, width and series.

Every point is a fit of its own in a process of its own, one thread, all settings the defaults:
CPU seconds of `fit`, the peak of the process's memory during it, the tool that `fit_report_` names,
and the error ten rows ahead on rows that follow the training part (1 = the variance of the data).
The axes "panel ..." are of one epoch on many series of 500 rows, and of forecasts of all of them.
The data are rotations with incommensurate frequencies, seen through a smooth invertible map: an
autonomous law for any number of states, known in closed form, so a million rows cost nothing.
Stamps are irregular, noise is 5 %. Slopes are those of the last points on log-log axes: 1 = linear.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

AXES = {
    "rows": (1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000),
    "states": (2, 4, 8, 16, 32, 64),
    "width": (16, 32, 64, 128, 256, 512),
    "series": (1, 10, 100, 1000, 10_000),
}
# Where an axis is not varied. Many series are short ones.
BASE = {"rows": 10_000, "states": 3, "width": 64, "series": 1}
ROWS_OF_SERIES = 100
NOISE, MEAN_STEP, N_TEST, N_AHEAD = 0.05, 0.1, 1000, 10
COLUMNS = ["seconds", "forecast (s)", "peak (MB)", "added (MB)", "error", "tool"]
# One epoch, or the closed form, of a panel.
MODELS = {
    "default": ("NeuralODERegressor", {}),
    "shooting": (
        "NeuralODERegressor", {"lookback": None, "training": "shooting", "max_epochs": 1},
    ),
    "history": ("NeuralODERegressor", {"lookback": 48, "max_epochs": 1}),
    "linear": ("NeuralODERegressor", {"lookback": 48, "training": "linear"}),
    "map": ("ResNetStepRegressor", {"training": "shooting", "max_epochs": 1}),
}  # fmt: skip
PANEL_SERIES, PANEL_ROWS = (500, 1000, 2000), 500
AXES |= {f"panel {name}": PANEL_SERIES for name in list(MODELS)[1:]}


def make_rotations(rows, states, series, seed=0, regular=False):
    """Rows of every series, the last N_TEST of the first held out: (train, test, test_truth)."""
    rng = np.random.default_rng(seed)
    n_pairs = max(states // 2, 1)
    speeds = np.sqrt(1 + np.arange(n_pairs))
    mixing = np.linalg.qr(rng.normal(size=(states, states)))[0]
    frames = []
    for k in range(series):
        n_rows = rows // series + (N_TEST if k == 0 else 0)
        gaps = np.ones(n_rows) if regular else rng.exponential(size=n_rows).clip(0.05, 5.0)
        times = MEAN_STEP * np.cumsum(gaps)
        phases = times[:, None] * speeds + rng.uniform(0, 2 * np.pi, n_pairs)
        hidden = np.concatenate([np.cos(phases), np.sin(phases)], axis=1)
        # An odd state follows the others: so it, too, obeys a law of the states alone.
        hidden = np.concatenate([hidden, np.cos(2 * phases[:, :1])], axis=1)[:, :states]
        seen = hidden @ mixing
        truth = seen + 0.3 * seen**3
        frames.append(
            (times, truth, truth + NOISE * truth.std(axis=0) * rng.normal(size=seen.shape))
        )
    first, own = frames[0], rows // series
    test = pd.DataFrame(first[2][own:], index=pd.Index(first[0][own:], name="time"))
    kept = [(t[:own], y[:own]) for t, _, y in frames]
    times, values = (np.concatenate(part) for part in zip(*kept, strict=True))
    index = pd.Index(times, name="time")
    if series > 1:
        index = pd.MultiIndex.from_arrays(
            [np.repeat(np.arange(series), own), times], names=["series", "time"]
        )
    return pd.DataFrame(values, index=index), test, first[1][own:]


def measure(rows, states, width, series, model="default", profile=False, memory=None):
    """Fit one point in this process; what it cost, a dict."""
    import torch

    import tsnode

    if memory is not None:
        limit = int(memory * 1e9)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    torch.set_num_threads(1)
    train, test, truth = make_rotations(rows, states, series, regular=model == "map")
    kind, params = MODELS[model]
    params = {"hidden_layer_sizes": (width, width), "random_state": 0, **params}
    model = getattr(tsnode, kind)(**params)
    before = _peak()
    begin = time.process_time()
    fit = model.fit
    if profile:
        fit = lambda *data: _profiled(model.fit, *data)  # noqa: E731
    fit(train.index, train)
    seconds, peak = time.process_time() - begin, _peak()
    begin = time.process_time()
    model.forecast(N_AHEAD)
    forecast = time.process_time() - begin
    if series > 1:
        test.index = pd.MultiIndex.from_product([[0], test.index], names=["series", "time"])
    ahead = model.predict(test.index, history=test, horizon=N_AHEAD).to_numpy()
    miss = np.square((ahead - truth) / truth.std(axis=0))[N_AHEAD:]
    return {
        "seconds": seconds,
        "forecast (s)": forecast,
        "peak (MB)": peak,
        "added (MB)": peak - before,
        "error": float(miss.mean()),
        "tool": model.fit_report_["tool"],
    }


def _peak():
    """Peak memory of this process so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        # getrusage would count the process that started this one: its peak outlives the exec.
        line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) / 1e3
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _profiled(function, *args):
    import cProfile
    import pstats

    profile = cProfile.Profile()
    profile.runcall(function, *args)
    pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(15)


def measure_apart(point, *, limit, profile, memory):
    """Measure a point in a new process; a dict that says why if it failed."""
    command = [sys.executable, __file__, "--point", json.dumps(point)]
    command += ["--memory", str(memory)] + (["--profile"] if profile else [])
    threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=limit,
            env={**os.environ, **threads},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"tool": f"stopped after {limit:g} s"}
    if profile:
        print(done.stderr)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"ended with status {done.returncode}"]
        return {"tool": f"failed: {lines[-1]}"}
    return json.loads(done.stdout.splitlines()[-1])


def sweep(axis, values, **options):
    """Measure the values of one axis, smallest first, until one fails; a frame."""
    found = []
    for value in sorted(values):
        point = BASE | {axis: value}
        if axis == "series":
            point["rows"] = ROWS_OF_SERIES * value
        if axis.startswith("panel "):
            del point[axis]
            model = axis.removeprefix("panel ")
            point |= {"series": value, "rows": PANEL_ROWS * value, "model": model}
        row = {axis: value} | measure_apart(point, **options)
        found.append(row)
        shown = pd.DataFrame([row]).reindex(columns=[axis, *COLUMNS])
        print(shown.to_string(index=False, float_format="{:.3g}".format, header=len(found) == 1))
        if "seconds" not in row:
            break
    table = pd.DataFrame(found).reindex(columns=[axis, *COLUMNS])
    print(f"slopes over the last points: {describe_slopes(table, axis)}\n")
    return table


def describe_slopes(table, axis, n_last=3):
    """Growth of seconds and of memory with the axis, as words."""
    done = table.dropna(subset="seconds").tail(n_last)
    if len(done) < 2:
        return "not enough points"
    x = np.log(done[axis].to_numpy(dtype=float))
    seconds, memory = (
        np.polyfit(x, np.log(np.maximum(done[name].to_numpy(dtype=float), 1e-3)), 1)[0]
        for name in ("seconds", "added (MB)")
    )
    return f"seconds {seconds:.2f}, memory {memory:.2f}"


def draw(tables, path):
    """Draw seconds and memory against every axis, with a line of slope 1."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.2 * len(tables), 5.6), layout="constrained")
    axes = figure.subplots(2, len(tables), squeeze=False)
    for column, (axis, table) in enumerate(tables.items()):
        for ax, name in zip(axes[:, column], ("seconds", "peak (MB)"), strict=True):
            ax.loglog(table[axis], table[name], "o-", color="#303030", markersize=4)
            done = table.dropna(subset=name)
            if len(done):
                x, y = done[axis].to_numpy(dtype=float), done[name].iloc[-1]
                ax.loglog(x, y * x / x[-1], ":", color="#808080", label="linear")
            ax.set_xlabel(axis)
        axes[0, column].set_ylabel("CPU seconds of fit")
        axes[1, column].set_ylabel("peak memory (MB)")
    axes[0, 0].legend(frameon=False)
    figure.savefig(path, dpi=150)


def main(axes=None, output=None, limit=600.0, memory=6.0, profile=False):
    """Measure, print and (if ``output`` is a folder) keep every axis; the tables by axis.

    Parameters
    ----------
    axes : dict of axis name -> values, default all of ``AXES``
    output : path or None
        Folder for scaling.csv and scaling.png.
    limit : float
        Seconds after which a point is stopped, and with it its axis.
    memory : float
        GB that a point may use.
    profile : bool
        Print where the time of every point went (and slow it down a little).
    """
    axes = AXES if axes is None else axes
    options = {"limit": limit, "memory": memory, "profile": profile}
    tables = {axis: sweep(axis, values, **options) for axis, values in axes.items()}
    if output is not None:
        folder = Path(output)
        folder.mkdir(parents=True, exist_ok=True)
        pd.concat([table.assign(axis=axis) for axis, table in tables.items()]).to_csv(
            folder / "scaling.csv", index=False
        )
        draw(tables, folder / "scaling.png")
    return tables


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--axes", nargs="+", choices=AXES, default=list(AXES))
    parser.add_argument("--largest", type=int, default=None, help="leave out larger values")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds a point")
    parser.add_argument("--memory", type=float, default=6.0, help="GB a point may use")
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    parser.add_argument("--output", default=None, help="folder for CSV and picture")
    parser.add_argument("--point", type=json.loads, default=None, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.point is not None:
        found = measure(**asked.point, profile=asked.profile, memory=asked.memory)
        print(json.dumps(found))
    else:
        largest = np.inf if asked.largest is None else asked.largest
        main(
            {axis: [v for v in AXES[axis] if v <= largest] for axis in asked.axes},
            output=asked.output,
            limit=asked.limit,
            memory=asked.memory,
            profile=asked.profile,
        )
