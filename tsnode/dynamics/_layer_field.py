"""Layers as the slope of a state of channels, alone or along one or two axes of places."""

import math

import torch
from torch import nn

from ._mlp import ACTIVATIONS

# Number of axes of places -> the layer; a convolution sees three places an axis.
LAYERS = {0: nn.Linear, 1: nn.Conv1d, 2: nn.Conv2d}


def make_layer(n_axes, n_inputs, n_outputs, dtype, stride=1):
    """Return a dense layer without axes, else a convolution that keeps (or halves) the places."""
    if not n_axes:
        return nn.Linear(n_inputs, n_outputs, dtype=dtype)
    return LAYERS[n_axes](n_inputs, n_outputs, 3, padding=1, stride=stride, dtype=dtype)


class LayerField(nn.Module):
    """dz/dt = W_n a(... W_2 a(W_1 z + t c)), a field or the function of one block of a stack.

    Parameters
    ----------
    shape : tuple of int
        (n_channels,), (n_channels, time) or (n_channels, height, width).
    hidden_layer_sizes : sequence of int
        Channels of the hidden layers; empty for one linear layer.
    activation : str
        A key of ``ACTIVATIONS``.
    reads_time : bool, default=True
        Whether the time shifts the first layer, channel by channel.
    dtype : torch dtype, default=torch.float64
    """

    def __init__(self, shape, hidden_layer_sizes, activation, reads_time=True, dtype=torch.float64):
        super().__init__()
        self.shape = tuple(shape)
        self.n_states, self.n_controls = math.prod(shape), 0
        widths = (shape[0], *hidden_layer_sizes, shape[0])
        n_axes = len(shape) - 1
        self.layers = nn.ModuleList(
            make_layer(n_axes, a, b, dtype)
            for a, b in zip(widths[:-1], widths[1:], strict=True)
        )  # fmt: skip
        self.activation = ACTIVATIONS[activation]()
        zeros = torch.zeros(widths[1], *[1] * n_axes, dtype=dtype)
        self.of_time = nn.Parameter(zeros) if reads_time else None

    def forward(self, t, z, u=None):  # noqa: ARG002
        """Slope (batch, n_states) at time t of shape () or (batch,) and flat state z."""
        first, *rest = self.layers
        x = first(z.unflatten(1, self.shape))
        if self.of_time is not None:
            t = torch.as_tensor(t, dtype=z.dtype, device=z.device)
            x = x + t.reshape(-1, *[1] * (x.ndim - 1)) * self.of_time
        for layer in rest:
            x = layer(self.activation(x))
        return x.flatten(1)
