"""A plain multi-layer perceptron whose layers stay open to the least-squares fits."""

import torch
from torch import nn
from torch.nn.functional import linear

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
        # By weights and not by calls of the layers, which cost as much as they compute where
        # batches are small; a slice of a ModuleList would be a new module at every call.
        *hidden, last = self.layers
        for layer in hidden:
            x = self.activation(linear(x, layer.weight, layer.bias))
        # The last one is called: whoever counts evaluations listens to it.
        return last(x)

    def frozen(self):
        """Return the same map as a function without gradient, its weights looked up once.

        On a few rows it takes two thirds of the time of a call of the module.
        """
        *hidden, last = [(one.bias.detach(), one.weight.detach().T) for one in self.layers]
        activation = self.activation.forward

        def forward(x):
            for bias, weight in hidden:
                x = activation(torch.addmm(bias, x, weight))
            return torch.addmm(last[0], x, last[1])

        return forward
