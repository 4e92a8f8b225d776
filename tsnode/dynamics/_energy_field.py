"""Fields that keep an energy, or never let it rise, by the way they are built."""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import linear

from ._mlp import MLP

# Activations with their slopes, of a pre-activation x.
SLOPES = {
    "tanh": lambda x: 1 - torch.tanh(x).square(),
    "relu": lambda x: (x > 0).to(x.dtype),
    "silu": lambda x: torch.sigmoid(x) * (1 + x * (1 - torch.sigmoid(x))),
    "softplus": torch.sigmoid,
    "logistic": lambda x: torch.sigmoid(x) * (1 - torch.sigmoid(x)),
    "elu": lambda x: torch.where(x > 0, 1.0, torch.exp(torch.clamp(x, max=0.0))),
}


class EnergyField(nn.Module):
    """dz/dt = (J - R(z)) dH/dz with a network H; R = L L' where energy is lost.

    So dH/dt = -|L' dH/dz|^2, which is 0 without R and never positive with it. J couples the
    coordinates to their momenta as in Hamilton's equations; without such pairs (dissipative
    fields alone) it is a constant skew-symmetric matrix that is learned.

    Parameters
    ----------
    n_states : int
    scale : float array of shape (n_states,)
        Physical size of a standardised state: H is an energy of the physical ones.
    step : float
        Physical time of a unit of time.
    pairs : int array of shape (n_pairs, 2) or None
        Columns of every coordinate and its momentum.
    is_dissipative : bool
    hidden_layer_sizes, activation
        See ``MLP``.
    """

    autonomous = True
    n_controls = 0

    def __init__(
        self, n_states, scale, step, pairs, *, is_dissipative=False, hidden_layer_sizes=(32, 32),
        activation="tanh",
    ):  # fmt: skip
        super().__init__()
        self.n_states, self.activation = n_states, activation
        self.energy = MLP(n_states, hidden_layer_sizes, 1, activation)
        self.loss = None
        if is_dissipative:
            n_entries = n_states * (n_states + 1) // 2
            self.loss = MLP(n_states, hidden_layer_sizes, n_entries, activation)
            self.register_buffer("_lower", torch.tril_indices(n_states, n_states))
        self.skew = None
        scale = np.asarray(scale, dtype=float)
        if pairs is None:
            self.skew = nn.Parameter(0.1 * torch.randn(n_states, n_states, dtype=torch.float64))
            unit = float(np.exp(np.log(scale).mean() * 2))
        else:
            products = np.prod(scale[pairs], axis=1)
            unit = float(np.exp(np.log(products).mean()))
            matrix = np.zeros((n_states, n_states))
            q, p = np.asarray(pairs).T
            # Time in steps and every state in parts of its scale: dq/dt = dH/dp in physical units.
            matrix[q, p], matrix[p, q] = unit / products, -unit / products
            self.register_buffer("coupling", torch.as_tensor(matrix))
        self.register_buffer("unit", torch.tensor(unit / step, dtype=torch.float64))

    def forward(self, t, z, u=None):  # noqa: ARG002 (every field takes the time)
        """Slope (batch, n_states)."""
        force = self.gradient(z)
        coupling = self.coupling if self.skew is None else self.skew - self.skew.T
        slope = force @ coupling.T
        if self.loss is None:
            return slope
        lower = self._root(z)
        return slope - (lower @ (lower.mT @ force[..., None]))[..., 0]

    def _root(self, z):
        """L of shape (batch, n_states, n_states), lower triangular."""
        entries = self.loss(z)
        index = self._lower[0] * self.n_states + self._lower[1]
        flat = entries.new_zeros(len(z), self.n_states**2)
        return flat.index_add(1, index, entries).view(len(z), self.n_states, self.n_states)

    def gradient(self, z):
        """dH/dz of shape (batch, n_states), by hand: every way to differentiate it works on."""
        *hidden, last = self.energy.layers
        slopes, x = [], z
        for layer in hidden:
            before = linear(x, layer.weight, layer.bias)
            slopes.append(SLOPES[self.activation](before))
            x = self.energy.activation(before)
        force = last.weight.expand(len(z), -1)
        for layer, slope in zip(hidden[::-1], slopes[::-1], strict=True):
            force = (force * slope) @ layer.weight
        return force

    def physical_energy(self, z):
        """H of shape (batch,) in physical units, up to a constant."""
        return self.energy(z)[..., 0] * self.unit
