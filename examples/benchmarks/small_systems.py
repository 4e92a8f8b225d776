"""Measure how well and how fast NeuralODERegressor learns a small system from 1000 rows.

Prints, for every system and case, the CPU seconds of fit and the error of free runs that
`free_runs.py` defines: each seed, then medians and the worst. One thread, all settings defaults.
"""

import argparse
import time

import pandas as pd
import torch
from free_runs import free_run_error, sample_case

from tsnode import NeuralODERegressor

# Name of a row -> system and case.
ROWS = {
    "van der Pol, regular, clean": ("van der Pol", "regular"),
    "van der Pol, irregular, 5 % noise": ("van der Pol", "5 % noise"),
    "Lorenz-63, irregular, 5 % noise": ("Lorenz-63", "5 % noise"),
    **{
        f"{system}, {case}": (system, case)
        for case in ("30 % missing", "1 % noise", "10 % noise", "thinned", "thinned, 5 % noise")
        for system in ("van der Pol", "Lorenz-63")
    },
    "stiff van der Pol, clean": ("stiff van der Pol", "regular"),
    "stiff van der Pol, 5 % noise": ("stiff van der Pol", "5 % noise"),
}


def summarise(results):
    """Median and worst error and median seconds of every row, a frame."""
    table = results.groupby("row", sort=False).agg(
        median=("error", "median"),
        worst=("error", "max"),
        seconds=("seconds", "median"),
        seeds=("seed", "count"),
    )
    return table.reset_index()


def main(seeds=3, cases=None, n_samples=1000, output=None, **params):
    """Fit every row of ``ROWS`` (or those of ``cases``) for a number of seeds; all results.

    Returns
    -------
    DataFrame
        Columns row, seed, error, seconds, tool; ``output`` is a CSV to keep it in.
    """
    torch.set_num_threads(1)
    found = []
    for name in ROWS if cases is None else cases:
        system, case = ROWS[name]
        for seed in range(seeds):
            train = sample_case(system, case, seed, n_samples)
            model = NeuralODERegressor(random_state=seed, **params)
            begin = time.process_time()
            model.fit(train.index, train)
            seconds = time.process_time() - begin
            error, tool = free_run_error(model, system, train), model.fit_report_["tool"]
            found.append({"row": name, "seed": seed, "error": error, "seconds": seconds})
            found[-1]["tool"] = tool
            print(f"{name:36s} seed {seed}: {error:.1e} in {seconds:4.1f} s ({tool})", flush=True)
    results = pd.DataFrame(found)
    print("\n" + summarise(results).to_string(index=False, float_format="{:.2g}".format))
    if output is not None:
        results.to_csv(output, index=False)
    return results


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    shown = ", ".join(f"'{row}'" for row in ROWS).replace("%", "%%")
    parser.add_argument("--cases", nargs="+", choices=ROWS, metavar="ROW", help=f"of {shown}")
    parser.add_argument("--output", help="CSV of all results")
    main(**vars(parser.parse_args()))
