"""Measure the error that tsnode, torchdiffeq and diffrax reach, against the seconds they train.

Same data, same 64-64 tanh network, same standardisation, same error (`free_runs.py`), one thread,
in one process. Seconds are CPU seconds, so that a busy machine is no excuse. The other tools train
as their own examples do: random windows of ten gaps through the solver, mean squared error, Adam;
their learning rate is the best of a small grid on the newest fifth of the windows, and the search
is not counted. They are judged many times, off the clock, and keep their best error so far, even
though only the test data tells which it was. Each has its seconds after compilation; that counts
in the time of its points and is shown beside. tsnode is judged by whole fits alone, shortened ones
among them: their seconds hold everything from the frame to the model.

The last table says how much earlier tsnode is at the best error of a loop: by its default fit, and
by the first of all its fits that is there, which only the test data tells, too; and what the error
of its longest fit is beside that of the loop at the same second.
"""

import argparse
import importlib.util
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from diffrax_loop import DiffraxLoop
from error_curves import best_so_far, compare, draw
from free_runs import CASES, SYSTEMS, error_of_runs, free_run_error, sample_case, true_runs
from torchdiffeq_loop import TorchdiffeqLoop
from training_windows import cut_windows, runs_of_layers, validation_error

from tsnode import NeuralODERegressor

LOOPS = {
    "torchdiffeq rk4": partial(TorchdiffeqLoop, method="rk4"),
    "torchdiffeq dopri5": partial(TorchdiffeqLoop, method="dopri5"),
    "diffrax Tsit5": DiffraxLoop,
}
# Whole fits, cheapest first: parameters, and the iterations after which the match of the slopes
# ends (None = the engine's own). "states" is told that the state is observed whole, as the loops
# are; the default also tries models of the history.
FITS = {
    **{f"match, {n} iterations": ({"training": "match"}, n) for n in (5, 10, 20, 40)},
    "match": ({"training": "match"}, None),
    "states": ({"lookback": None}, None),
    "default": ({}, None),
}
RATES = (1e-3, 3e-3, 1e-2, 3e-2)
SHOWN = ("regular", "irregular", "1 % noise", "5 % noise", "10 % noise", "thinned", "30 % missing")
FIRST_LOOK, LOOKS_APART = 0.25, 1.15
# Each rate of the grid is tried for this share of the loop's seconds: short trials favour rates
# that are too large in the end.
SHARE_OF_TRIAL = 0.5


class ShortenedRegressor(NeuralODERegressor):
    """A regressor whose match ends early: a point of the curve before the engine is done."""

    match_iterations = None

    def _state_path(self, stage="final"):
        path = super()._state_path(stage)
        path.match_iterations = self.match_iterations
        return path


def tsnode_points(train, system, seed, fits=FITS):
    """Seconds and error of some of ``FITS``, a list of dicts."""
    points = []
    for name, (params, n_iterations) in ((name, FITS[name]) for name in fits):
        model = NeuralODERegressor(random_state=seed, **params)
        if n_iterations is not None:
            model = ShortenedRegressor(random_state=seed, **params)
            model.match_iterations = n_iterations
        begin = time.process_time()
        model.fit(train.index, train)
        seconds = time.process_time() - begin
        error, tool = free_run_error(model, system, train), model.fit_report_["tool"]
        points.append(
            {
                "tool": "tsnode",
                "fit": name,
                "seconds": seconds,
                "error": error,
                "what": f"{name}: {tool}",
            }
        )
    return points


def follow(loop, judge, seconds, spent=0.0):
    """Train a loop until it spent the seconds; what it was judged at which second."""
    built, look, points = spent, spent + FIRST_LOOK, []
    while spent < seconds:
        begin = time.process_time()
        loop.advance()
        spent += time.process_time() - begin
        if spent >= min(look, seconds):
            points.append((spent, judge(loop)))
            # Compilation must not make the looks rarer.
            look = built + (spent - built) * LOOKS_APART
    return points


def tune_rate(build, windows, seconds, rates):
    """Return the learning rate with the least error on the newest windows."""
    older, newest = windows.split()

    def judge(loop):
        return validation_error(loop.layers(), newest)

    errors = {
        rate: min(error for _, error in follow(build(older, lr=rate, seed=0), judge, seconds))
        for rate in rates
    }
    return min(errors, key=errors.get)


def loop_points(name, train, system, seed, seconds, rates):
    """Seconds and error of a tuned loop whenever it was looked at, a list of dicts."""
    windows, truth = cut_windows(train, system), true_runs(system)
    # RK4 is judged with the step it was trained with, an adaptive solver with a finer one.
    n_substeps = 1 if name.endswith("rk4") else 4

    def judge(loop):
        runs = runs_of_layers(loop.layers(), truth, train, n_substeps)
        return error_of_runs(runs, truth, train)

    rate = tune_rate(LOOPS[name], windows, SHARE_OF_TRIAL * seconds, rates)
    begin = time.process_time()
    loop = LOOPS[name](windows, lr=rate, seed=seed)
    built = time.process_time() - begin
    what = f"lr {rate:g}" + (f", compiled in {built:.1f} s" if built > 0.1 else "")
    points = follow(loop, judge, built + seconds, built)
    return [
        {"tool": name, "seconds": at, "error": error, "what": what, "compiled": built}
        for at, error in points
    ]


def measure(system, case, seed, *, seconds, n_samples, loops, fits, rates):
    """Curves of all tools on one draw of the data, a frame."""
    train = sample_case(system, case, seed, n_samples)
    curves = [best_so_far(tsnode_points(train, system, seed, fits))]
    curves += [
        best_so_far(loop_points(name, train, system, seed, seconds, rates)) for name in loops
    ]
    curves = pd.concat(curves, ignore_index=True)
    curves.insert(0, "system", system)
    curves.insert(1, "case", case)
    curves.insert(2, "seed", seed)
    return curves


def main(
    systems=("van der Pol", "Lorenz-63", "pendulum", "spiral"), cases=SHOWN, seconds=40.0, seeds=1,
    n_samples=None, loops=None, fits=tuple(FITS), rates=RATES, output=None,
):  # fmt: skip
    """Measure, print and (if ``output`` is a folder) keep all curves; return curves and ratios.

    ``loops`` and ``fits`` are names of ``LOOPS`` and ``FITS``; loops None takes those whose
    packages are installed. ``seconds`` are those of every loop, its compilation on top.
    """
    torch.set_num_threads(1)
    loops = installed_loops() if loops is None else loops
    # Imports and first calls are nobody's training.
    warm_up = sample_case("van der Pol", "5 % noise", 0, 60)
    NeuralODERegressor(lookback=None, random_state=0).fit(warm_up.index, warm_up)
    found = []
    for system in systems:
        for case in cases:
            for seed in range(seeds):
                curves = measure(
                    system, case, seed, seconds=seconds, n_samples=n_samples, loops=loops,
                    fits=fits, rates=rates,
                )  # fmt: skip
                found.append(curves)
                print(f"\n{system}, {case}, seed {seed}")
                print(_table(curves), flush=True)
    curves = pd.concat(found, ignore_index=True)
    ratios = compare(curves) if loops else pd.DataFrame()
    print("\n" + ratios.to_string(index=False, float_format="{:.2g}".format))
    if output is not None:
        folder = Path(output)
        folder.mkdir(parents=True, exist_ok=True)
        curves.to_csv(folder / "time_to_accuracy.csv", index=False)
        ratios.to_csv(folder / "time_to_accuracy_ratios.csv", index=False)
        draw(curves, folder / "time_to_accuracy.png")
    return curves, ratios


def installed_loops():
    """Names of the loops that can run here; says what is left out."""
    if importlib.util.find_spec("diffrax") is not None:
        return list(LOOPS)
    print("diffrax is left out: pip install 'tsnode[bench]' brings it.")
    return [name for name in LOOPS if not name.startswith("diffrax")]


def _table(curves):
    """Every fit, and where each loop improved, as text; of long curves ten points."""
    better = curves[(curves["error"] <= curves["best"]) | (curves["tool"] == "tsnode")]
    shown = [
        curve.iloc[np.unique(np.linspace(0, len(curve) - 1, 10).round().astype(int))]
        for _, curve in better.groupby("tool", sort=False)
    ]
    columns = ["tool", "seconds", "error", "what"]
    return pd.concat(shown)[columns].to_string(index=False, float_format="{:.3g}".format)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=argparse.SUPPRESS)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=argparse.SUPPRESS)
    parser.add_argument("--loops", nargs="*", choices=LOOPS, default=argparse.SUPPRESS)
    parser.add_argument("--fits", nargs="+", choices=FITS, default=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=40.0, help="of every loop")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--output", help="folder for CSVs and picture")
    main(**vars(parser.parse_args()))
