"""A step map on delay coordinates: the newest state is forecast, the others move up."""

import torch
from torch import nn


class DelayField(nn.Module):
    """f of a step map that reads the present state and ``n_delays - 1`` earlier ones.

    Its state is (x_k, x_{k-1}, ..., x_{k-n_delays+1}), the delay coordinates of Takens 1981.

    Parameters
    ----------
    inner : nn.Module, ``forward(t, x, u)``
        Takes the earlier states as its first controls.
    n_delays : int, at least 2
    kind : {"residual", "plain"}
        What the step makes of the output: a change, or the next state.
    """

    def __init__(self, inner, n_delays, kind):
        super().__init__()
        self.inner = inner
        self.kind = kind
        self.n_states = n_delays * inner.n_states
        self.n_controls = inner.n_controls - (n_delays - 1) * inner.n_states

    def forward(self, t, z, u=None):
        """Change, or next value, of all delay coordinates: (batch, n_states)."""
        return self._delayed(self.inner, t, z, u)

    def frozen(self):
        """Return the field as a function (t, z, u) without gradient, for long runs."""
        inner = self.inner.frozen()
        return lambda t, z, u=None: self._delayed(inner, t, z, u)

    def _delayed(self, inner, t, z, u):
        n_present = self.inner.n_states
        earlier, kept = z[..., n_present:], z[..., :-n_present]
        known = earlier if u is None else torch.cat([earlier, u], dim=-1)
        moved = kept - earlier if self.kind == "residual" else kept
        return torch.cat([inner(t, z[..., :n_present], known), moved], dim=-1)
