"""The field of a controlled equation: a matrix of the state times the slope of the path."""

import torch
from torch import nn

from ._mlp import MLP


class ControlledField(nn.Module):
    """dz/ds = F(z) dX/ds with F = tanh(perceptron) (Kidger, Morrill, Foster and Lyons 2020, eq. 5).

    The tanh bounds F: without it long paths blow up at the first weights.

    Parameters
    ----------
    n_states, n_controls : int
    hidden_layer_sizes, activation
        See ``MLP``.
    """

    def __init__(self, n_states, n_controls, hidden_layer_sizes, activation="silu"):
        super().__init__()
        self.n_states, self.n_controls = n_states, n_controls
        self.mlp = MLP(n_states, hidden_layer_sizes, n_states * n_controls, activation)

    def forward(self, t, z, u):  # noqa: ARG002
        """Slope (batch, n_states) for states z and slopes u (batch, n_controls) of the path."""
        matrix = torch.tanh(self.mlp(z)).unflatten(1, (self.n_states, self.n_controls))
        return torch.bmm(matrix, u[:, :, None])[:, :, 0]
