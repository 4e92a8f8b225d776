"""Measure what the four ways to a gradient cost: seconds and what waits for the backward pass.

One training gradient of windows of 10 gaps, RK4, against the number of weights, of states and of
steps. "kept" are the bytes of the tensors that the forward pass leaves for the backward pass.
One thread.
"""

import argparse
import time

import numpy as np
import pandas as pd
import torch

from tsnode.dynamics._fields import NeuralField
from tsnode.solvers._gradients import GRADIENTS
from tsnode.solvers._solve import solve

N_GAPS, BATCH = 10, 64
SHIFTED = ("forward", "finite_difference")


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

    begin = time.perf_counter()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        states = solve(field, z0, times, gradient=gradient, n_substeps=n_substeps)
    found = torch.autograd.grad(states.square().mean(), list(field.parameters()))
    seconds = time.perf_counter() - begin
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


def main(widths=(4, 8, 16, 64), states=(2, 4, 8), substeps=(1, 4, 16), most_weights=600):
    """Print the three tables; return them."""
    torch.set_num_threads(1)
    tables = {}
    cases = {"width": widths, "n_states": states, "n_substeps": substeps}
    for vary, values in cases.items():
        tables[vary] = table(vary, values, most_weights)
        print(f"\nagainst {vary}:")
        print(tables[vary].to_string(index=False, float_format="{:.3g}".format))
    return tables


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    main()
