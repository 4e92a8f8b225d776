"""Known laws in physical units, as modules of fitted forecasters, and their data."""

import numpy as np
import pandas as pd
import torch
from torch import nn

from tsnode import NeuralODERegressor
from tsnode.datasets import make_damped_pendulum, make_van_der_pol


class Known(nn.Module):
    """A law without anything to learn; fit asks for a parameter all the same."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.ones(1))

    def slopes(self, *channels):
        raise NotImplementedError

    def forward(self, z):
        return torch.stack(self.slopes(*z.unbind(-1)), dim=-1) + 0.0 * self.unused


class Focus(Known):
    """Around (1, -2), with eigenvalues -0.3 +- 2i."""

    def slopes(self, x, y):
        return -0.3 * (x - 1) + 2 * (y + 2), -2 * (x - 1) - 0.3 * (y + 2)


class Driven(Known):
    """The focus around (u, 0)."""

    def forward(self, t, z, u):  # noqa: ARG002
        x, y = (z - torch.cat([u, 0.0 * u], dim=-1)).unbind(-1)
        return torch.stack([-0.3 * x + 2 * y, -2 * x - 0.3 * y], dim=-1) + 0.0 * self.unused


class Pendulum(Known):
    def slopes(self, angle, speed):
        return speed, -0.5 * speed - 9.81 * torch.sin(angle)


class VanDerPol(Known):
    def __init__(self, epsilon=1.0):
        super().__init__()
        self.epsilon = epsilon

    def slopes(self, x, v):
        return v, self.epsilon * (1 - x**2) * v - x


def fit_law(module, frame, time_unit=None):
    model = NeuralODERegressor(
        module=module, module_units="physical", lookback=None, training="match",
        n_field_evaluations_max=1, time_unit=time_unit,
    )  # fmt: skip
    return model.fit(frame.index, frame)


def fit_focus():
    times = np.arange(60) / 10
    turn = np.exp((-0.3 + 2j) * times)
    frame = pd.DataFrame({"x": 1 + turn.imag, "y": -2 + turn.real}, index=times)
    return fit_law(Focus(), frame)


def fit_pendulum():
    """Hours as units of time; it swings over once, so that it hangs at 0 and at 2 pi."""
    frame = make_damped_pendulum(100, start=(1.0, 8.0), damping=0.5)
    frame.index = pd.Timestamp("2026-01-01") + pd.to_timedelta(frame.index, unit="h")
    return fit_law(Pendulum(), frame, time_unit="h")


def fit_van_der_pol(epsilon):
    return fit_law(VanDerPol(epsilon), make_van_der_pol(60, epsilon=epsilon, start=(0.1, 0.0)))
