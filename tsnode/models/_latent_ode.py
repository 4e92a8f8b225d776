"""The variational latent ODE: encoder of the history, posterior of the start, path, decoder."""

import math

import torch
from torch import nn

from ..dynamics._fields import NeuralField
from ..dynamics._history_encoder import HistoryEncoder
from ..dynamics._mlp import MLP
from ..solvers._node_path import between_nodes, count_steps, node_times, solve_nodes

# Solver steps over a window, and units of time in which the field is learned.
_N_STEPS, _TURNS = 24, 6.0
# Noise of the observations before training, in standardised units.
_NOISE = 1.0
# Of the posterior's logarithm of the standard deviation: nothing is known better, or worse.
_LEAST_SPREAD, _MOST_SPREAD = -9.0, 3.0


class LatentODE(nn.Module):
    """q(z0 | history) = N(m, s^2);  dz/dt = f(z, u) / T;  y(t) ~ N(decoder(z(t), u(t)), noise^2).

    z0 is the latent state at the oldest row of the history (Chen et al. 2018, Section 5): the path
    runs through the history, where it fills gaps, and on into the future. The prior of z0 is
    N(0, 1), and stands for an empty history.

    Parameters
    ----------
    n_channels, n_controls : int
    n_latent : int
    span : float
        Length of a window, in median steps: the solver takes 24 steps over it (but none shorter
        than a median step), and time is counted in sixths of it, so that an untrained path turns
        neither too far to be learned nor too little.
    encoder : {"ode-rnn", "gru"}
    n_units : int
        Hidden state of the encoder.
    hidden_layer_sizes, activation
        Perceptron of the field; the last width is that of the decoder, too.
    """

    def __init__(
        self, n_channels, n_controls=0, n_latent=8, *, span=24.0, encoder="ode-rnn", n_units=32,
        hidden_layer_sizes=(64, 64), activation="tanh",
    ):  # fmt: skip
        super().__init__()
        self.n_latent, self.n_channels, self.n_controls = n_latent, n_channels, n_controls
        self.span = float(span)
        self.step, self.pace = max(span / _N_STEPS, 1.0), _TURNS / max(span, 1.0)
        self.encoder = HistoryEncoder(
            encoder, n_channels, n_controls, n_units, 2 * n_latent,
            hidden_layer_sizes=hidden_layer_sizes[-1:], activation=activation,
        )  # fmt: skip
        self.field = NeuralField(n_latent, n_controls, hidden_layer_sizes, activation)
        self.decoder = MLP(n_latent + n_controls, hidden_layer_sizes[-1:], n_channels, activation)
        self.register_buffer(
            "log_noise", torch.full((n_channels,), math.log(_NOISE), dtype=torch.float64)
        )

    @property
    def noise(self):
        """Standard deviation of the observations about the path, per channel."""
        return self.log_noise.exp()

    def forward(
        self, known_times, known_values, leads, known_controls=None, node_controls=None,
        controls=None,
    ):  # fmt: skip
        """Forecasts (batch, time, channel) and the posterior's distance from the prior (batch,).

        In training of one draw of z0, else of its mean.

        Parameters
        ----------
        known_times, known_values, known_controls
            History, newest row first, see ``HistoryEncoder``; times since its oldest row.
        leads : tensor of shape (batch, time)
            Time since the oldest row of the history.
        node_controls : tensor of shape (batch, n_nodes, n_controls), optional
            Covariates at ``node_times`` (or more of them).
        controls : tensor of shape (batch, time, n_controls), optional
            Covariates at ``leads``.
        """
        mean, spread = self.posterior(known_times, known_values, known_controls)
        z0 = mean + spread * torch.randn_like(mean) if self.training else mean
        distance = 0.5 * (mean**2 + spread**2 - 1) - spread.log()
        return self.follow(z0, leads, node_controls, controls), distance.sum(dim=-1)

    def posterior(self, known_times, known_values, known_controls=None):
        """Mean and standard deviation of z0, each (batch, n_latent)."""
        found = self.encoder(known_times, known_values, known_controls)
        mean, spread = found.chunk(2, dim=-1)
        spread = spread.clamp(_LEAST_SPREAD, _MOST_SPREAD).exp()
        # Nothing known: the prior.
        is_known = torch.isfinite(known_values).flatten(1).any(dim=1)[:, None]
        return torch.where(is_known, mean, 0.0), torch.where(is_known, spread, 1.0)

    def follow(self, z0, times, node_controls=None, controls=None):
        """Observed values along the path from z0, (batch, time, channel)."""
        n_steps = count_steps(float(times.max()) if times.numel() else 0.0, self.step)
        if node_controls is not None:
            node_controls = node_controls[:, : len(node_times(n_steps, self.step))]
        field = self.field if torch.is_grad_enabled() else self.field.frozen()

        def slope(t, z, u):
            return self.pace * field(t, z, u)

        nodes = solve_nodes(slope, z0, n_steps, self.step, node_controls)
        states = between_nodes(*nodes, self.step, times)
        if controls is not None:
            states = torch.cat([states, controls], dim=-1)
        return self.decoder(states)
