"""Measure what the four ways to a gradient cost: seconds and what waits for the backward pass.

One training gradient of windows of 10 gaps, RK4, against the number of weights, of states and of
steps. "kept" are the bytes of the tensors that the forward pass leaves for the backward pass. A
last table has the memory that one large gradient takes by the peak of a process of its own, for
the two that many weights can pay for. CPU seconds, one thread.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from tsnode.dynamics._fields import NeuralField
from tsnode.solvers._gradients import GRADIENTS
from tsnode.solvers._solve import solve

N_GAPS, BATCH = 10, 64
SHIFTED = ("forward", "finite_difference")
STYLES = {
    "backprop": {"color": "#D55E00", "marker": "o"},
    "adjoint": {"color": "#0072B2", "marker": "s", "linestyle": "--"},
    "forward": {"color": "#009E73", "marker": "^", "linestyle": ":"},
    "finite_difference": {"color": "#303030", "marker": "x", "linestyle": "-."},
}


def network(width=16, n_states=2):
    """Field of the size asked for, always the same."""
    torch.manual_seed(0)
    return NeuralField(n_states, hidden_layer_sizes=(width, width))


def one_gradient(gradient, *, n_substeps=2, **size):
    """Seconds of one gradient, bytes kept for it, and the gradient itself."""
    field = network(**size)
    n_states = field.n_states
    z0 = torch.randn(BATCH, n_states, dtype=torch.float64)
    times = torch.linspace(0, 1, N_GAPS + 1, dtype=torch.float64).expand(BATCH, -1)
    kept = [0]

    def pack(tensor):
        kept[0] += tensor.numel() * tensor.element_size()
        return tensor

    begin = time.process_time()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        states = solve(field, z0, times, gradient=gradient, n_substeps=n_substeps)
    found = torch.autograd.grad(states.square().mean(), list(field.parameters()))
    seconds = time.process_time() - begin
    return seconds, kept[0], torch.cat([g.ravel() for g in found]).numpy()


def table(vary, values, most_weights):
    """Cost of every way against one quantity, a frame."""
    rows = []
    for value in values:
        expected = None
        size = {vary: value} if vary != "n_substeps" else {}
        n_weights = sum(p.numel() for p in network(**size).parameters())
        for gradient in GRADIENTS:
            if gradient in SHIFTED and n_weights > most_weights:
                continue
            seconds, kept, found = one_gradient(gradient, **{vary: value})
            runs = [one_gradient(gradient, **{vary: value})[0] for _ in range(2)]
            expected = found if expected is None else expected
            rows.append(
                {
                    vary: value,
                    "weights": n_weights,
                    "gradient": gradient,
                    "ms": 1e3 * min(seconds, *runs),
                    "kept (kB)": kept / 1e3,
                    "off backprop": np.abs(found - expected).max() / np.abs(expected).max(),
                }
            )
    return pd.DataFrame(rows)


def peak_memory(gradient, n_substeps, width=64):
    """Memory that one gradient adds to its process, in MB."""
    before = _peak()
    one_gradient(gradient, n_substeps=n_substeps, width=width)
    return _peak() - before


def _peak():
    """Peak memory of this process so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        # getrusage would count the process that started this one: its peak outlives the exec.
        line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) / 1e3
    import resource

    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def measure_apart(gradient, n_substeps):
    """``peak_memory`` of a new process, which no other gradient has filled before."""
    command = [sys.executable, __file__, "--memory-of", json.dumps([gradient, n_substeps])]
    threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    environment = {**os.environ, **threads}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return float(done.stdout)


def memory_table(substeps):
    """Peak memory of backprop and adjoint against the number of steps, a frame."""
    rows = [
        {"n_substeps": n, "gradient": gradient, "peak added (MB)": measure_apart(gradient, n)}
        for n in substeps
        for gradient in ("backprop", "adjoint")
    ]
    return pd.DataFrame(rows)


def draw(tables, path):
    """Draw the cost against weights and states, and memory against steps."""
    from matplotlib.figure import Figure

    panels = [
        ("width", "weights", "ms", "weights"),
        ("n_states", "n_states", "ms", "states"),
        ("n_substeps", "n_substeps", "kept (kB)", "steps per gap"),
        ("memory", "n_substeps", "peak added (MB)", "steps per gap"),
    ]
    panels = [panel for panel in panels if panel[0] in tables]
    figure = Figure(figsize=(3.0 * len(panels), 3.2), layout="constrained")
    for ax, (name, x, y, label) in zip(figure.subplots(1, len(panels)), panels, strict=True):
        for gradient, rows in tables[name].groupby("gradient", sort=False):
            # The adjoint and the shifted ways keep nothing: 1 stands for it on a log axis.
            ax.loglog(rows[x], rows[y].clip(lower=1), label=gradient, **STYLES[gradient])
        ax.set_xlabel(label)
        ax.set_ylabel({"ms": "CPU ms of a gradient"}.get(y, y))
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.savefig(path, dpi=150)


def main(
    widths=(4, 8, 16, 64), states=(2, 4, 8), substeps=(1, 4, 16), most_weights=600,
    large=(10, 30, 100), output=None,
):  # fmt: skip
    """Print all tables and return them; ``output`` is a folder for CSVs and a picture.

    ``large`` are the steps per gap of the process's peak memory; () leaves that table out.
    """
    torch.set_num_threads(1)
    tables = {}
    cases = {"width": widths, "n_states": states, "n_substeps": substeps}
    for vary, values in cases.items():
        tables[vary] = table(vary, values, most_weights)
        _show(f"against {vary}:", tables[vary])
    if large:
        tables["memory"] = memory_table(large)
        _show("peak memory, 64-64:", tables["memory"])
    if output is not None:
        folder = Path(output)
        folder.mkdir(parents=True, exist_ok=True)
        for name, found in tables.items():
            found.to_csv(folder / f"gradient_methods_{name}.csv", index=False)
        draw(tables, folder / "gradient_methods.png")
    return tables


def _show(title, found):
    print(f"\n{title}")
    print(found.to_string(index=False, float_format="{:.3g}".format), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", default=None, help="folder for CSVs and picture")
    parser.add_argument("--memory-of", type=json.loads, default=None, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.memory_of is not None:
        print(peak_memory(*asked.memory_of))
    else:
        main(output=asked.output)
