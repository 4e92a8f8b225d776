"""A plain multi-layer perceptron whose layers stay open to the least-squares fits."""

import torch
from torch import nn

ACTIVATIONS = {
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "silu": nn.SiLU,
    "softplus": nn.Softplus,
    "logistic": nn.Sigmoid,
    "elu": nn.ELU,
}


class MLP(nn.Module):
    """Linear layers with one activation between them.

    Parameters
    ----------
    n_inputs, n_outputs : int
    hidden_layer_sizes : sequence of int
        Widths of the hidden layers; empty for a linear map.
    activation : str
        A key of ``ACTIVATIONS``.
    """

    def __init__(self, n_inputs, hidden_layer_sizes, n_outputs, activation="tanh"):
        super().__init__()
        sizes = (n_inputs, *hidden_layer_sizes, n_outputs)
        self.layers = nn.ModuleList(
            nn.Linear(a, b, dtype=torch.float64) for a, b in zip(sizes[:-1], sizes[1:], strict=True)
        )
        self.activation = ACTIVATIONS[activation]()

    def forward(self, x):
        """Map (..., n_inputs) to (..., n_outputs)."""
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)
