"""The linear latent ODE dz/dt = Lambda z with a fixed spectrum, solved exactly."""

import numpy as np
import torch
from torch import nn

# Per median step: 2, 6, 18, 54 hours for hourly weather span passing showers to weather systems.
DECAY_RATES = (1 / 2, 1 / 6, 1 / 18, 1 / 54)
# Slower decays than this many longest leads look alike within the leads, and part beyond them.
_SLOWEST = 2.0
# "Stays", in longest leads: a forecast far beyond them returns to the mean and the cycles.
_STAYS = 10.0
_DAMPING_PERIODS = 1.5


def latent_modes(periods=(), max_lead=72.0):
    """Decay rates and angular frequencies of the modes, per median step.

    Plain decays, one undamped rotation a period, and a damped one for the first period (a cycle
    whose present strength fades).

    Returns
    -------
    rates, frequencies : float arrays of shape (n_modes,)
        Frequency 0 = plain decay.
    """
    decays = [rate for rate in DECAY_RATES if rate * _SLOWEST * max_lead >= 1]
    turns = [2 * np.pi / period for period in periods]
    damped = [(1 / (_DAMPING_PERIODS * periods[0]), turns[0])] if turns else []
    modes = [(rate, 0.0) for rate in (*decays, 1 / (_STAYS * max(max_lead, 1.0)))]
    rates, frequencies = np.array(modes + [(0.0, turn) for turn in turns] + damped).T
    return rates, frequencies


class LinearLatent(nn.Module):
    """Output paths y(t0 + lead) = C exp(Lambda lead) z(t0) of one channel's states.

    A decay has one state, a rotation two; Lambda is block diagonal and C adds up the first state
    of every block, so that C exp(Lambda lead) is a row of elementary functions.

    Parameters
    ----------
    rates, frequencies : float arrays of shape (n_modes,)
        See ``latent_modes``.
    """

    def __init__(self, rates, frequencies):
        super().__init__()
        self.register_buffer("rates", torch.as_tensor(rates, dtype=torch.float64))
        self.register_buffer("frequencies", torch.as_tensor(frequencies, dtype=torch.float64))

    @property
    def n_states(self):
        """States a channel."""
        return len(self.rates) + int((self.frequencies > 0).sum())

    def basis(self, leads):
        """C exp(Lambda lead): tensor of shape (..., n_states) for leads of shape (...)."""
        leads = leads[..., None]
        fade = torch.exp(-self.rates * leads)
        turning = self.frequencies > 0
        angle = self.frequencies[turning] * leads
        return torch.cat(
            [fade * torch.cos(self.frequencies * leads), fade[..., turning] * torch.sin(angle)],
            dim=-1,
        )

    def matrices(self):
        """Lambda of shape (n_states, n_states) and C of shape (n_states,)."""
        n_modes, n_states = len(self.rates), self.n_states
        turning = torch.nonzero(self.frequencies > 0).flatten()
        second = torch.arange(n_modes, n_states, device=self.rates.device)
        matrix = torch.diag(torch.cat([-self.rates, -self.rates[turning]]))
        matrix[turning, second] = self.frequencies[turning]
        matrix[second, turning] = -self.frequencies[turning]
        readout = torch.zeros_like(matrix[0])
        readout[:n_modes] = 1.0
        return matrix, readout

    def forward(self, leads, z0):
        """Paths (batch, time, channel) from states (batch, channel, n_states)."""
        return torch.einsum("bts,bcs->btc", self.basis(leads), z0)
