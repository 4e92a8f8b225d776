"""Linear laws under a push, as fitted models whose weights are then set to the truth."""

import numpy as np
import pandas as pd
import torch
from scipy.linalg import expm

from tsnode import NeuralODERegressor
from tsnode.preprocessing import ExogenousFeatures

SWING = np.array([[0.0, 1.0], [-1.0, -0.2]]), np.array([[0.0], [1.0]])
CART = np.array([[0.0, 1.0], [0.0, 0.0]]), np.array([[0.0], [1.0]])
STAMPS = pd.Index(np.arange(0, 10.01, 0.25), name="time")
PUSH = pd.DataFrame({"push": np.random.default_rng(0).uniform(-2, 2, len(STAMPS))}, STAMPS)


class Linear(torch.nn.Module):
    """dz/dt = A z + B u."""

    def __init__(self, matrices):
        super().__init__()
        self.a, self.b = (torch.nn.Parameter(torch.tensor(one)) for one in matrices)

    def forward(self, t, z, u):  # noqa: ARG002
        return z @ self.a.T + u @ self.b.T


def hold(matrices, length):
    """Matrices of one step under a push that is held."""
    a, b = matrices
    whole = expm(np.block([[a, b], [np.zeros((1, 3))]]) * length)
    return whole[:2, :2], whole[:2, 2:]


def follow(matrices, start, pushes, length):
    """States after every held push."""
    f, g = hold(matrices, length)
    found = [np.asarray(start, dtype=float)]
    for push in pushes:
        found.append(f @ found[-1] + g[:, 0] * push)
    return np.array(found[1:])


def rows(matrices, start=(1.0, 0.0)):
    later = follow(matrices, start, PUSH["push"][:-1], 0.25)
    return pd.DataFrame(np.vstack([start, later]), STAMPS, columns=["x", "v"])


def exact_model(matrices, **params):
    """Fit a linear law to its own rows, push in a table, and set its weights to the truth."""
    settings = {"features": ExogenousFeatures(PUSH), "module_units": "physical"}
    settings |= {"lookback": None, "training": "match", "calibration": None}
    model = NeuralODERegressor(module=Linear(matrices), **settings | params)
    model.fit(STAMPS, rows(matrices))
    with torch.no_grad():
        for weights, truth in zip(model._path.field.module.parameters(), matrices, strict=True):
            weights.copy_(torch.tensor(truth))
    return model


def riccati_push(matrices, start, length, n_pieces, weights, effort):
    """Held pushes of least cost, by the finite-horizon Riccati recursion."""
    f, g = hold(matrices, length)
    q, r = np.diag(weights), np.array([[effort]])
    p, gains = q, []
    for _ in range(n_pieces):
        gain = np.linalg.solve(r + g.T @ p @ g, g.T @ p @ f)
        p = q + f.T @ p @ (f - g @ gain)
        gains.append(gain)
    z, pushes = np.asarray(start, dtype=float), []
    for gain in gains[::-1]:
        pushes.append(-(gain @ z)[0])
        z = f @ z + g[:, 0] * pushes[-1]
    return np.array(pushes)
