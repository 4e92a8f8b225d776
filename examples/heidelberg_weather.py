"""The talk's three nets on five days of weather: what do they make of it, at what cost.

The talk's experiment: 7 channels and the hour, smoothed and scaled, 24 points of 72 h to learn
from, the next 48 h to forecast (`heidelberg_window.py`). A plain net x' = f(x), a residual net
x' = x + f(x) and a neural ODE dx/dt = f(x), all with the talk's 256-256-256-256 ReLU network. Then
what tsnode's user would do: the hour is known ahead, so it drives the field and is no state
(`features=CalendarFeatures(("day",))`), with the default 64-64 tanh network; and the linear ODE
of the past 12 h in closed form, by the engine's own ridge, which forecasts best, and by a small one
that follows the 24 points as closely as the talk's loop. ``--notebook`` adds that loop, the talk's
own (`heidelberg_notebook.py`, 202,249 weights: many minutes).

Errors are mean absolute ones of the 9 scaled channels, where the hour is known with none in its 2.
One thread; seconds are those of the processor, so that a busy machine does not count.
"""

import argparse
import time
import warnings
from functools import partial

import numpy as np
import pandas as pd
import torch
from heidelberg_notebook import EPOCHS, free_run, train_notebook
from heidelberg_window import HOUR, STRIDE, joined, load_window
from scipy.interpolate import make_interp_spline

import tsnode
from tsnode.exceptions import ForecastWarning
from tsnode.preprocessing import CalendarFeatures

WINDOW = 9  # points, as the longest of the talk's loop
BACK = 4  # points, 12 h
KNOWN, HISTORY, CLOSE = "neural ODE, hour known", "12 h of history", "12 h, alpha=0.01"
DRIVEN = (KNOWN, HISTORY, CLOSE)


def forecasters(widths, epochs, seed):
    """Nets by name. The maps step from point to point; the ODEs read rows of every hour."""
    talk = {"hidden_layer_sizes": widths, "activation": "relu", "random_state": seed}
    # 24 points: what the engine would choose, smooths the maps far more than the talk does.
    maps = talk | {"alpha": 0.01, "max_epochs": epochs}
    tool = {"training": "match"} if epochs is None else {"max_epochs": epochs}
    known = {"features": CalendarFeatures(("day",)), "random_state": seed}
    ode = tsnode.NeuralODERegressor
    return {
        "plain net": tsnode.NNStepRegressor(**maps),
        "residual net": tsnode.ResNetStepRegressor(**maps),
        "neural ODE": ode(**talk, **tool, lookback=None, early_stopping=False, alpha=0.1),
        KNOWN: ode(
            **known, lookback=None, training="shooting", early_stopping=False,
            training_horizon=STRIDE * (WINDOW - 1), max_epochs=150 if epochs is None else epochs,
        ),
        HISTORY: ode(**known, lookback="12h", training="linear"),
        CLOSE: ode(**known, lookback="12h", training="linear", alpha=0.01),
    }  # fmt: skip


def table_for(name, model, window):
    """Rows that a net learns from: all of the 24 points, and nothing else."""
    if not isinstance(model, tsnode.NeuralODERegressor):
        return window.train
    rows = joined(window.train)
    return rows.iloc[:, : -len(HOUR)] if name in DRIVEN else rows


def runner(name, model, window):
    """Make a function of (numbers of points to start at, points ahead): runs an hour apart."""
    if name in DRIVEN:
        return partial(known_hour_runs, model, window)
    return partial(hourly_runs, model, window)


def hourly_runs(model, window, rows, n_points):
    """Run freely from points; shape (n_starts, 3 * n_points + 1, n_channels)."""
    starts = window.train.to_numpy()[rows]
    if isinstance(model, tsnode.NeuralODERegressor):
        return model.simulate(starts, STRIDE * n_points)
    steps = model.simulate(starts, n_points)
    line = make_interp_spline(np.arange(n_points + 1), steps, k=1, axis=1)
    return line(np.arange(STRIDE * n_points + 1) / STRIDE)


def known_hour_runs(model, window, rows, n_points):
    """Forecast from points with the hour known; what is known has no error."""
    rows, leads = np.asarray(rows), np.arange(1, STRIDE * n_points + 1)
    hours = STRIDE * rows[:, None] + np.arange(STRIDE * n_points + 1)
    truth = np.concatenate([window.hourly_train, window.hourly_future])
    path = truth[np.minimum(hours, len(truth) - 1)]
    begin = window.train.index[0]
    stamps = begin + pd.to_timedelta(hours[:, 1:].ravel(), unit="h")
    horizon = pd.to_timedelta(np.tile(leads, len(rows)), unit="h")
    states = joined(window.train).iloc[:, : -len(HOUR)]
    ahead = model.predict(stamps, history=states, horizon=horizon).to_numpy()
    path[:, 1:, : -len(HOUR)] = ahead.reshape(len(rows), len(leads), -1)
    return path


def notebook_runs(field, window, rows, n_points, pace=1):
    """Run the talk's own field: every ``pace`` hours, backwards if it is negative."""
    starts = window.train.to_numpy()[rows]
    n_steps = STRIDE * n_points // abs(pace)
    path = free_run(field, starts, pace * np.arange(1, n_steps + 1) / 24)
    return np.concatenate([starts[None], path]).transpose(1, 0, 2)


def scores(run, window):
    """Mean absolute errors of free runs; ``run(rows, n_points)`` makes them."""
    points, future = window.train.to_numpy(), window.future.to_numpy()
    n_points = len(points)
    n_windows = n_points - WINDOW + 1
    windows = np.stack([points[k : k + WINDOW] for k in range(n_windows)])
    hourly = window.hourly_train.to_numpy()
    hidden = hourly[: STRIDE * (n_points - 1)].reshape(n_points - 1, STRIDE, -1)
    ahead = run([n_points - 1], len(future))[:, ::STRIDE][0, 1:]
    return {
        "windows of 9": _error(run(range(n_windows), WINDOW - 1)[:, ::STRIDE], windows),
        "24 points": _error(run([0], n_points - 1)[0, ::STRIDE], points),
        "between": _error(run(range(n_points - 1), 1)[:, 1:STRIDE], hidden[:, 1:]),
        "next 48 h": _error(ahead, future),
    }


def _error(found, truth):
    return float(np.abs(found - truth).mean())


def baselines(window):
    """Errors of the last point, and of the same hour yesterday, in the next 48 h."""
    points, future = window.train.to_numpy(), window.future.to_numpy()
    a_day = 24 // STRIDE
    yesterday = np.tile(points[-a_day:], (len(future) // a_day, 1))
    return {
        "persistence": {"next 48 h": _error(points[-1], future)},
        "same hour yesterday": {"next 48 h": _error(yesterday, future)},
    }


def backward_runs(model, window, rows, n_points):
    """Run an autonomous ODE back in time from points, by Runge-Kutta steps of 15 minutes."""
    step = -pd.Timedelta("15min") / pd.Timedelta(1, unit=model.time_unit_)
    z = window.train.to_numpy()[rows]
    path = [z]
    for k in range(1, 12 * n_points + 1):
        k1 = model.vector_field(z)
        k2 = model.vector_field(z + step / 2 * k1)
        k3 = model.vector_field(z + step / 2 * k2)
        z = z + step / 6 * (k1 + 2 * k2 + 2 * k3 + model.vector_field(z + step * k3))
        if k % 12 == 0:
            path.append(z)
    return np.stack(path, axis=1)


def error_backwards(run, window):
    """Mean absolute error over 12 h back in time, from every point."""
    points = window.train.to_numpy()
    rows = range(BACK, len(points))
    back = np.stack([points[k - BACK : k + 1][::-1] for k in rows])
    return _error(run(rows, BACK)[:, 1:], back[:, 1:])


def main(data="shipped", *, epochs=None, widths=(256,) * 4, seed=0, notebook=None, picture=None):
    """Fit and judge all nets.

    Parameters
    ----------
    data : "shipped", "fetch" or the path of a CSV
    epochs : int, default=None
        Of the training loop; None leaves the tool to tsnode (hour known: 150).
    widths : tuple of int, of the talk's network
    seed : int
    notebook : pair of int, default=None
        Epochs of the talk's own loop while its windows grow, and after; None leaves it out.
    picture : path, default=None
        Where to draw the forecasts; None draws nothing.

    Returns
    -------
    DataFrame of errors and seconds, one row a net
    """
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", ForecastWarning)  # runs that diverge stand in the table
    window = load_window(data)
    rows, runs = {}, {}
    for name, model in forecasters(widths, epochs, seed).items():
        table = table_for(name, model, window)
        begin = time.process_time()
        model.fit(table.index, table)
        seconds = time.process_time() - begin
        runs[name] = runner(name, model, window)
        rows[name] = {"seconds": seconds, **scores(runs[name], window)}
        if name == "neural ODE":
            back = partial(backward_runs, model, window)
            rows[name]["12 h back"] = error_backwards(back, window)
    if notebook is not None:
        field, seconds = train_notebook(window.train, STRIDE / 24, epochs=notebook, seed=seed)
        run = runs["talk's notebook"] = partial(notebook_runs, field, window)
        back = partial(run, pace=-STRIDE)
        rows["talk's notebook"] = {
            "seconds": seconds, **scores(run, window), "12 h back": error_backwards(back, window),
        }  # fmt: skip
    found = pd.DataFrame(rows | baselines(window)).T
    print(f"{window.source}: {len(window.train)} points to learn from, {len(window.future)} ahead")
    print(found.round(4).to_string(na_rep="-"))
    if picture is not None:
        draw(window, runs, picture)
        print(f"picture written to {picture}")
    return found


def draw(window, runs, picture):
    """Draw truth, points and every net's run over the next 48 h, one panel a channel."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    points = window.train.to_numpy()
    figure, axes = plt.subplots(3, 3, figsize=(12, 8), sharex=True, layout="constrained")
    hours = np.arange(len(window.hourly_train) + len(window.hourly_future))
    truth = np.concatenate([window.hourly_train, window.hourly_future])
    last = STRIDE * (len(points) - 1)
    ahead = {name: run([len(points) - 1], len(window.future))[0] for name, run in runs.items()}
    for channel, ax in enumerate(axes.flat[: truth.shape[1]]):
        ax.plot(hours, truth[:, channel], color="0.6", label="smoothed truth")
        ax.plot(hours[: last + 1 : STRIDE], points[:, channel], "k.", label="points")
        for (name, path), style in zip(
            ahead.items(), ("-", "--", "-.", ":", "-", "--"), strict=False
        ):
            ax.plot(last + np.arange(len(path)), path[:, channel], style, label=name)
        ax.set(title=window.train.columns[channel], ylim=(-0.5, 1.5))
    for ax in axes[-1]:
        ax.set_xlabel("hours")
    figure.suptitle(window.source)
    figure.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.savefig(picture, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="shipped", help="shipped, fetch, or a CSV")
    parser.add_argument("--epochs", type=int, help="of the loop; by the engine if left out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--notebook", action="store_const", const=EPOCHS, help="the talk's loop")
    parser.add_argument("--picture", metavar="PNG", help="draw the forecasts into this file")
    options = vars(parser.parse_args())
    main(options.pop("data"), **options)
