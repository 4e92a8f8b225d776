"""Drift and noise of a stochastic differential equation, each a network."""

import torch
from torch import nn

from ._fields import NeuralField
from ._member_mlp import MemberMLP

NOISES = ("diagonal", "additive")
CALCULI = ("ito", "stratonovich")
# The noise stays within exp(+-_MOST_CHANGE) of its first size, wherever a path strays.
_MOST_CHANGE = 4.0


class DiffusionField(nn.Module):
    """dz = f(z, u) dt + g(z) dW, the noise of every state its own.

    "diagonal": g_k depends on z_k alone, g_k = s_k exp(net_k(z_k)), so that the noise commutes and
    the Milstein method needs no Levy areas; "additive": g_k = s_k exp(c_k) is a number. The drift
    is that of the ``calculus``; the other one follows from it:

        f_ito = f_stratonovich + g g' / 2      (Kloeden and Platen 1992, Eq. 4.9.11).

    Parameters
    ----------
    n_states, n_controls : int
    scale : float array of shape (n_states,)
        Size of the noise s at the start of the training.
    noise : {"diagonal", "additive"}
    calculus : {"ito", "stratonovich"}
    hidden_layer_sizes, activation
        Of the drift, see ``MLP``; the noise has the last width.
    """

    def __init__(
        self, n_states, n_controls, scale, *, noise="diagonal", calculus="ito",
        hidden_layer_sizes=(64, 64), activation="tanh",
    ):  # fmt: skip
        super().__init__()
        self.n_states, self.n_controls = n_states, n_controls
        self.noise, self.calculus = noise, calculus
        self.field = NeuralField(n_states, n_controls, hidden_layer_sizes, activation)
        self.register_buffer("scale", torch.as_tensor(scale, dtype=torch.float64))
        if noise == "additive":
            self.log_factor = nn.Parameter(torch.zeros(n_states, dtype=torch.float64))
            return
        widths = hidden_layer_sizes[-1:]
        self.factors = MemberMLP(n_states, 1, widths, 1, activation)
        # Begins at the same noise everywhere.
        nn.init.zeros_(self.factors.layers[-1].weight)
        nn.init.zeros_(self.factors.layers[-1].bias)

    def noise_at(self, z):
        """Noise g of every state, of the shape of z, (batch, n_states)."""
        if self.noise == "additive":
            found = self.log_factor.expand_as(z)
        else:
            found = self.factors(z.T[..., None])[..., 0].T
        return self.scale * torch.exp(_MOST_CHANGE * torch.tanh(found / _MOST_CHANGE))

    def noise_slope(self, z):
        """Slope of every g_k along its own z_k, (batch, n_states)."""
        if self.noise == "additive":
            return torch.zeros_like(z)
        keeps_graph = torch.is_grad_enabled()
        with torch.enable_grad():
            point = z if z.requires_grad else z.detach().requires_grad_()
            # g_k reads z_k alone: the gradient of the sum holds each one's own derivative.
            total = self.noise_at(point).sum()
            return torch.autograd.grad(total, point, create_graph=keeps_graph)[0]

    def drift(self, z, u=None, calculus="ito"):
        """Drift of the equation as read in a calculus, (batch, n_states)."""
        found = self.field(0.0, z, u)
        if calculus == self.calculus:
            return found
        half = 0.5 * self.noise_at(z) * self.noise_slope(z)
        return found + half if calculus == "ito" else found - half
