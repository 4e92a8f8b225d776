"""A state that a history drives to its last row, and that goes on with time from there."""

import torch
from torch import nn

from ..solvers._node_path import between_nodes, count_steps, node_times, solve_nodes
from ._controlled_state import ControlledState

# Solver steps ahead.
_N_STEPS = 12


class ControlledForecaster(nn.Module):
    """dz = F(z, u) dX through the history and dz/dt = F(z, u) e_t behind it; y = C (z, u) + c.

    Time is the first channel of the path X (Kidger et al. 2020), and the only one that goes on
    behind the last known row.

    Parameters
    ----------
    n_controls : int
        Channels of the path, its time among them.
    n_channels : int
        Of the forecast.
    n_drivers : int
        Covariates u, which F reads at every time.
    max_lead : float
        In median steps; the solver takes 12 steps over it, but none shorter than a median step.
    latent_dim, hidden_layer_sizes, activation, method
        See ``ControlledState``.
    """

    def __init__(
        self, n_controls, n_channels, n_drivers=0, *, max_lead, latent_dim, hidden_layer_sizes,
        activation="silu", method="rk4",
    ):  # fmt: skip
        super().__init__()
        self.driven = ControlledState(
            n_controls, n_channels, latent_dim, hidden_layer_sizes, activation, method,
            n_drivers=n_drivers,
        )  # fmt: skip
        self.n_controls, self.n_channels, self.n_drivers = n_controls, n_channels, n_drivers
        self.step = max(max_lead / _N_STEPS, 1.0)

    @property
    def field(self):
        """The matrix F."""
        return self.driven.field

    def forward(self, first, slopes, places, leads, node_drivers=None, drivers=None):
        """Forecasts (batch, n_origins * time, n_channels) from several rows of every history.

        Parameters
        ----------
        first : tensor of shape (batch, n_controls - 1 + n_drivers)
            Values of the path, and drivers, at the oldest row of the history.
        slopes : tensor of shape (batch, n_steps, 3, n_controls + n_drivers)
            See ``control_slopes``; drivers behind them.
        places : tensor of shape (batch, n_origins)
            Knots of the solve that forecasts start from.
        leads : tensor of shape (batch, n_origins * time)
            Since then, in median steps.
        node_drivers : tensor of shape (batch, n_origins * n_nodes, n_drivers), optional
            Drivers at ``node_times`` since then.
        drivers : tensor of shape (batch, n_origins * time, n_drivers), optional
            Drivers at ``leads``.
        """
        n_origins = places.shape[1]
        states = self.driven.states(first, slopes)
        index = places.long()[..., None].expand(-1, -1, states.shape[-1])
        states = states.gather(1, index).flatten(0, 1)
        parts = [
            None if part is None else part.unflatten(1, (n_origins, -1)).flatten(0, 1)
            for part in (leads, node_drivers, drivers)
        ]
        return self.follow(states, *parts).unflatten(0, (-1, n_origins)).flatten(1, 2)

    def follow(self, z, leads, node_drivers=None, drivers=None):
        """Forecasts (batch, time, n_channels) from states (batch, latent_dim) at the last row.

        ``leads``, and drivers at ``node_times`` or more of them and at ``leads``, as in ``forward``
        with one origin.
        """
        n_steps = count_steps(float(leads.max()) if leads.numel() else 0.0, self.step)
        if node_drivers is not None:
            node_drivers = node_drivers[:, : len(node_times(n_steps, self.step))]

        def slope(t, z, u):  # noqa: ARG001
            return self.field.along_time(z, u)

        nodes = solve_nodes(slope, z, n_steps, self.step, node_drivers)
        states = between_nodes(*nodes, self.step, leads)
        return self.driven.head(states if drivers is None else torch.cat([states, drivers], dim=-1))
