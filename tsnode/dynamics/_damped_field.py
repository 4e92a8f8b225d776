"""A hidden neural ODE that cannot run away: every state relaxes towards a bounded target."""

import math

import torch
from torch import nn

from ._member_mlp import MemberMLP


class DampedField(nn.Module):
    """dl/dt = exp(d) (MLP(l, inputs) - l), solved by exponential Euler.

    Each hidden state follows its target with its own learnable time constant, log-spaced at the
    start, so the states stay within the range of the targets for any lead.

    Parameters
    ----------
    n_latent, n_inputs : int
        Hidden states, and driving inputs (linear forecast and covariates).
    n_members : int, default=1
        Fields side by side; states and inputs have the shape (n_members, batch, ...).
    fastest, slowest : float
        Range of the time constants at the start, in median steps.
    hidden_layer_sizes, activation
        See ``MLP``.
    """

    def __init__(
        self,
        n_latent,
        n_inputs,
        *,
        n_members=1,
        fastest=4.0,
        slowest=96.0,
        hidden_layer_sizes=(64, 64),
        activation="tanh",
    ):
        super().__init__()
        self.target = MemberMLP(
            n_members, n_latent + n_inputs, hidden_layer_sizes, n_latent, activation
        )
        spread = torch.linspace(math.log(fastest), math.log(slowest), n_latent, dtype=torch.float64)
        self.log_rates = nn.Parameter(-spread.repeat(n_members, 1, 1))

    def forward(self, t, l, u):  # noqa: ARG002, E741 (every field takes the time)
        """Slope of the hidden states (..., batch, n_latent) under inputs (..., n_inputs)."""
        return torch.exp(self.log_rates) * (self._aim(l, u) - l)

    def step(self, l, u, dt):  # noqa: E741
        """Exact solution after ``dt`` for a target frozen at the start of the step."""
        stay = torch.exp(-dt * torch.exp(self.log_rates))
        return stay * l + (1 - stay) * self._aim(l, u)

    def _aim(self, l, u):  # noqa: E741
        # tanh: the bound holds whatever the activation and the weights.
        return torch.tanh(self.target(torch.cat([l, u], dim=-1)))
