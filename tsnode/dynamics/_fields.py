"""The learned right-hand side dz/dt = f(z, u, t)."""

import torch
from torch import nn

from ._mlp import MLP

# 1 / standard deviation of a uniform distribution on [0, 1].
UNIFORM_SCALE = 12**0.5


class NeuralField(nn.Module):
    """A perceptron as vector field (or as the map of a step model).

    Parameters
    ----------
    n_states, n_controls : int
        Channels of the state z and of the control u.
    hidden_layer_sizes, activation
        See ``MLP``.
    autonomous : bool, default=True
        False appends the time t to the inputs, in parts of ``time_scale``.
    time_scale : float or None, default=None
        Span of the training data, which begin at 0: time enters with mean 0 and spread 1, like
        every other input. None: as it is.
    """

    def __init__(
        self,
        n_states,
        n_controls=0,
        hidden_layer_sizes=(64, 64),
        activation="tanh",
        autonomous=True,
        time_scale=None,
    ):
        super().__init__()
        self.n_states = n_states
        self.n_controls = n_controls
        self.autonomous = autonomous
        self.time_scale = time_scale
        n_inputs = n_states + n_controls + (not autonomous)
        self.mlp = MLP(n_inputs, hidden_layer_sizes, n_states, activation)

    def inputs(self, t, z, u=None):
        """Concatenate state, control and (if not autonomous) time to (..., n_inputs)."""
        parts = [z]
        if self.n_controls:
            parts.append(u)
        if not self.autonomous:
            t = torch.as_tensor(t, dtype=z.dtype, device=z.device)
            if self.time_scale is not None:
                t = (t / self.time_scale - 0.5) * UNIFORM_SCALE
            parts.append(t.reshape(-1, 1).expand(*z.shape[:-1], 1) if t.ndim < z.ndim else t)
        return torch.cat(parts, dim=-1) if len(parts) > 1 else z

    def forward(self, t, z, u=None):
        """Slope (batch, n_states) at time t of shape () or (batch,), state z and control u."""
        return self.mlp(self.inputs(t, z, u))

    def frozen(self):
        """Return the field as a function (t, z, u) without gradient, for long runs."""
        mlp = self.mlp.frozen()
        return lambda t, z, u=None: mlp(self.inputs(t, z, u))
