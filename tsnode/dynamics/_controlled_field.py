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
    n_drivers : int, default=0
        Covariates d that F reads beside the state, F(z, d).
    hidden_layer_sizes, activation
        See ``MLP``.
    """

    def __init__(
        self, n_states, n_controls, hidden_layer_sizes, activation="silu", *, n_drivers=0
    ):  # fmt: skip
        super().__init__()
        self.n_states, self.n_controls, self.n_drivers = n_states, n_controls, n_drivers
        self.mlp = MLP(n_states + n_drivers, hidden_layer_sizes, n_states * n_controls, activation)

    def forward(self, t, z, u):  # noqa: ARG002
        """Slope (batch, n_states) for states z and slopes u (batch, n_controls) of the path.

        Drivers stand behind the slopes, u of shape (batch, n_controls + n_drivers).
        """
        if self.n_drivers:
            u, drivers = u.split([self.n_controls, self.n_drivers], dim=1)
            z = torch.cat([z, drivers], dim=1)
        matrix = torch.tanh(self.mlp(z)).unflatten(1, (self.n_states, self.n_controls))
        return torch.bmm(matrix, u[:, :, None])[:, :, 0]

    def along_time(self, z, drivers=None):
        """Slope (batch, n_states) where nothing but time, the first channel, goes on."""
        inputs = z if drivers is None else torch.cat([z, drivers], dim=1)
        return torch.tanh(self.mlp(inputs)[:, :: self.n_controls])
