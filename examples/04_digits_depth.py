"""Read digits by depth as an ODE: does it train where a plain stack of 30 blocks stalls.

Handwritten digits of 8 x 8 pixels (Alpaydin and Kaynak, in scikit-learn). Accuracy on a fifth that
neither training nor the choice of settings saw, beside logistic regression and an RBF support
vector machine; then 30 blocks with the same f, plain, residual and as Euler steps of one ODE: the
gradient of the loss along the depth at PyTorch's usual first weights, and a short training of each;
then the memory that one gradient of the ODE takes, by backpropagation and by the adjoint.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from tsnode import NeuralODEClassifier
from tsnode.models._depth_classifier import DepthClassifier

# Chosen on a fifth of the training digits.
CHOSEN = {"n_blocks": 1, "activation": "relu", "batch_size": 32,
          "criterion__label_smoothing": 0.1, "sample_shape": (1, 8, 8)}  # fmt: skip
KINDS = ("plain", "residual", "ode")
COLOURS = {"plain": "#D55E00", "residual": "#009E73", "ode": "#0072B2"}
DASHES = {"plain": ":", "residual": "--", "ode": "-"}


def split_digits(n_samples=None):
    """Train and test digits; the test part is always the same fifth."""
    X, y = load_digits(return_X_y=True)
    X, y = X[:n_samples], y[:n_samples]
    return train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)


def accuracy_table(seeds, n_samples=None, **params):
    """Test accuracy by seed of the ODE and two baselines, a frame."""
    X, X_test, y, y_test = split_digits(n_samples)
    rows = []
    for seed in range(seeds):
        model = NeuralODEClassifier(**(CHOSEN | params), random_state=seed)
        baselines = {
            "logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
            "RBF machine": SVC(),
        }
        scores = {name: m.fit(X, y).score(X_test, y_test) for name, m in baselines.items()}
        scores["ODE"] = model.fit(X, y).score(X_test, y_test)
        rows.append({"seed": seed, **scores, "weights": model.fit_report_["n_weights"],
                     "seconds": model.fit_report_["seconds"]})  # fmt: skip
    return pd.DataFrame(rows)


def depth_table(depth, epochs, n_samples=None):
    """Gradient norms at the first weights by block, and the training accuracy that follows."""
    X, _, y, _ = split_digits(n_samples)
    norms, rows = {}, []
    for kind in KINDS:
        model = NeuralODEClassifier(
            (8,), blocks=kind, n_blocks=depth, method="euler", latent_dim=8,
            max_epochs=epochs, early_stopping=False, sample_shape=(1, 8, 8), random_state=0,
        ).fit(X, y)  # fmt: skip
        norms[kind] = model.gradient_norms_
        rows.append({"blocks": kind, "first / last gradient": norms[kind][0] / norms[kind][-1],
                     "training accuracy": model.score(X, y)})  # fmt: skip
    return pd.DataFrame(norms), pd.DataFrame(rows)


def peak_memory(gradient, n_blocks):
    """Memory that one gradient adds to its process, in MB."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    before = _peak()
    loss, weights = one_loss(gradient, n_blocks, batch=256)
    torch.autograd.grad(loss, weights)
    return _peak() - before


def one_loss(gradient, n_blocks, batch=16):
    """Loss of an ODE of so many Euler steps, and the weights to take its gradient of."""
    module = DepthClassifier(
        (1, 8, 8), 10, 32, hidden_layer_sizes=(32,), method="euler", gradient=gradient,
        n_blocks=n_blocks,
    )  # fmt: skip
    loss = torch.logsumexp(module(torch.rand(batch, 1, 8, 8)), 1).mean()
    return loss, list(module.parameters())


def _peak():
    """Peak memory of this process so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) / 1e3
    import resource

    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def memory_table(steps):
    """Peak memory of one gradient by number of steps, each in a process of its own."""
    rows = []
    for n_blocks in steps:
        row = {"steps": n_blocks}
        for gradient in ("backprop", "adjoint"):
            command = [sys.executable, __file__, "--memory-of", json.dumps([gradient, n_blocks])]
            done = subprocess.run(
                command, capture_output=True, text=True, check=True, env=dict(os.environ)
            )
            row[f"{gradient} (MB)"] = float(done.stdout)
        rows.append(row)
    return pd.DataFrame(rows)


def draw(tables, path):
    """Draw gradients along the depth, and memory against the number of steps."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for kind, norms in tables["gradients"].items():
        left.semilogy(norms, DASHES[kind], color=COLOURS[kind], label=kind)
    left.set(xlabel="block", ylabel="norm of d loss / d state", title="at the first weights")
    left.legend()
    memory = tables["memory"]
    for name, dash in (("backprop", "--"), ("adjoint", "-")):
        right.plot(memory["steps"], memory[f"{name} (MB)"], dash, marker="o", label=name)
    right.set(xlabel="steps of the ODE", ylabel="peak memory of a gradient (MB)")
    right.legend()
    figure.savefig(path, dpi=150)


def main(seeds=3, depth=30, epochs=10, steps=(10, 40, 160), n_samples=None, plot=None, **params):
    """Print the tables and return them; ``plot`` is the file of a picture."""
    tables = {"accuracy": accuracy_table(seeds, n_samples, **params)}
    _show("test accuracy", tables["accuracy"])
    tables["gradients"], tables["depth"] = depth_table(depth, epochs, n_samples)
    _show(f"{depth} blocks, {epochs} epochs", tables["depth"])
    tables["memory"] = memory_table(steps)
    _show("peak memory of one gradient of 256 images", tables["memory"])
    if plot is not None:
        draw(tables, plot)
    means = tables["accuracy"].mean()
    print(f"\nODE {means['ODE']:.2%}, logistic regression {means['logistic regression']:.2%}")
    return tables


def _show(title, table):
    print(f"\n{title}:")
    print(np.round(table, 4).to_string(index=False), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--depth", type=int, default=30)
    parser.add_argument("--plot", default=None, metavar="FILE", help="picture to write")
    parser.add_argument("--memory-of", type=json.loads, default=None, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.memory_of is not None:
        print(peak_memory(*asked.memory_of))
    else:
        main(seeds=asked.seeds, depth=asked.depth, plot=asked.plot)
