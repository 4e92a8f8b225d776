"""Perceptrons of several ensemble members side by side, as one product per layer."""

import torch
from torch import nn

from ._mlp import ACTIVATIONS


class MemberLinear(nn.Module):
    """An affine map for every member.

    Parameters
    ----------
    n_members, n_inputs, n_outputs : int
    is_zero : bool, default=False
        Start at zero, without a bias; else as ``nn.Linear`` does, each member on its own.
    """

    def __init__(self, n_members, n_inputs, n_outputs, *, is_zero=False):
        super().__init__()
        layers = [
            nn.Linear(n_inputs, n_outputs, bias=not is_zero, dtype=torch.float64)
            for _ in range(n_members)
        ]
        weight = torch.stack([layer.weight.detach().T for layer in layers]).contiguous()
        self.weight = nn.Parameter(torch.zeros_like(weight) if is_zero else weight)
        self.bias = None
        if not is_zero:
            self.bias = nn.Parameter(
                torch.stack([layer.bias.detach() for layer in layers])[:, None]
            )

    def forward(self, x):
        """Map (n_members, batch, n_inputs) to (n_members, batch, n_outputs)."""
        if self.bias is None:
            return torch.bmm(x, self.weight)
        return torch.baddbmm(self.bias, x, self.weight)


class MemberMLP(nn.Module):
    """Linear layers with one activation between them, for every member.

    Parameters
    ----------
    n_members : int
    n_inputs, hidden_layer_sizes, n_outputs, activation
        See ``MLP``.
    """

    def __init__(self, n_members, n_inputs, hidden_layer_sizes, n_outputs, activation="tanh"):
        super().__init__()
        sizes = (n_inputs, *hidden_layer_sizes, n_outputs)
        self.layers = nn.ModuleList(
            MemberLinear(n_members, a, b) for a, b in zip(sizes[:-1], sizes[1:], strict=True)
        )
        self.activation = ACTIVATIONS[activation]()

    def forward(self, x):
        """Map (n_members, batch, n_inputs) to (n_members, batch, n_outputs)."""
        *hidden, last = self.layers
        for layer in hidden:
            x = self.activation(layer(x))
        return last(x)
