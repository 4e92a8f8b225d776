"""Linear laws, bare and fitted, whose exponents are known."""

import numpy as np
import torch
from torch import nn

from tsnode import NeuralODERegressor


class Linear:
    def __init__(self, matrix):
        self.matrix = np.array(matrix, dtype=float)

    def vector_field(self, states):
        return states @ self.matrix.T

    def jacobian(self, states):
        return np.broadcast_to(self.matrix, (len(states), *self.matrix.shape))


class Lorenz:
    """The law of 1963, as an estimator would show it."""

    time_unit_, step_ = None, 0.1

    def vector_field(self, states):
        x, y, z = states.T
        return np.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z], axis=1)

    def jacobian(self, states):
        x, y, z = states.T
        found = np.zeros((len(states), 3, 3))
        found[:, 0, :2] = -10, 10
        found[:, 1] = np.stack([28 - z, -np.ones_like(x), -x], axis=1)
        found[:, 2] = np.stack([y, x, np.full_like(x, -8 / 3)], axis=1)
        return found


class Rates(nn.Module):
    """dz/dt = A z, with A to be found."""

    def __init__(self):
        super().__init__()
        self.matrix = nn.Parameter(torch.tensor([[-0.1, 1.0], [-1.5, -0.3]]))

    def forward(self, z):
        return z @ self.matrix.T


def fit_rates():
    times = np.arange(100) / 10
    matrix = np.array([[-0.1, 1.0], [-1.5, -0.3]])
    rates, modes = np.linalg.eig(matrix)
    states = (modes * np.exp(times[:, None, None] * rates)) @ np.linalg.solve(modes, [3.0, 1.0])
    model = NeuralODERegressor(
        module=Rates(), module_units="physical", lookback=None, training="match"
    )
    return model.fit(times[:, None], states.real)
