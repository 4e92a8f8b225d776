"""The field of a flow, dz/dt = f(z, u, t), with its divergence in closed form."""

import math

import torch
from torch import nn
from torch.nn.functional import linear

from ._mlp import MLP

# Slope of every smooth activation at the inputs x, from x and the outputs h.
SLOPES = {
    "tanh": lambda x, h: 1 - h * h,  # noqa: ARG005
    "silu": lambda x, h: (s := torch.sigmoid(x)) + h * (1 - s),
    "softplus": lambda x, h: torch.sigmoid(x),  # noqa: ARG005
    "logistic": lambda x, h: h * (1 - h),  # noqa: ARG005
    "elu": lambda x, h: torch.where(x > 0, 1.0, h + 1),
}


class FlowField(nn.Module):
    """A perceptron of state, context and time that begins as the field of no motion.

    Parameters
    ----------
    n_states, n_context : int
        Channels of the state z and of the context u, which stands still along a solve.
    hidden_layer_sizes : sequence of int
    activation : str
        A key of ``SLOPES``: the divergence of a field with kinks would have no gradient.
    spread : float, default=10.0
        Units of the first layer are up to this factor steeper than usual, evenly in the logarithm.
        With all of them as usual, narrow rings take ten times as many steps to learn.
    """

    def __init__(
        self, n_states, n_context=0, hidden_layer_sizes=(64, 64), activation="tanh", spread=10.0
    ):
        super().__init__()
        self.n_states, self.n_context = n_states, n_context
        self.hidden_layer_sizes, self.activation = tuple(hidden_layer_sizes), activation
        n_inputs = n_states + n_context + 1
        self.mlp = MLP(n_inputs, hidden_layer_sizes, n_states, activation).float()
        self._begin(spread)

    @torch.no_grad()
    def _begin(self, spread):
        *hidden, last = self.mlp.layers
        for layer in hidden:
            layer.weight.normal_(std=layer.in_features**-0.5)
            layer.bias.zero_()
        if hidden:
            factors = torch.exp(math.log(spread) * torch.rand(len(hidden[0].weight), 1))
            hidden[0].weight.mul_(factors)
            # Their kinks lie all over the data.
            hidden[0].bias.uniform_(-math.sqrt(3), math.sqrt(3)).mul_(factors[:, 0])
        last.weight.zero_()
        last.bias.zero_()

    def forward(self, t, z, u=None):
        """Slope (batch, n_states) at time t, a number or of shape (batch,), and state z."""
        return self.along(u).slope(t, z)

    def along(self, u=None):
        """Return the field along solves with this context, (batch, n_context) or None."""
        return _Along(self, u)


class _Along:
    """What is the same at all times of a solve, computed once."""

    def __init__(self, field, u):
        first, self.n_states = field.mlp.layers[0], field.n_states
        weight = first.weight
        self.of_state = weight[:, : self.n_states]
        self.of_time = weight[:, -1]
        self.offset = first.bias
        if u is not None:
            self.offset = first.bias + u @ weight[:, self.n_states : -1].T
        self.rest = field.mlp.layers[1:]
        self.activate = field.mlp.activation
        self.slope_of = SLOPES[field.activation]

    def slope(self, t, z):
        return self._pass(t, z)[0]

    def with_trace(self, t, z):
        """Slope and its divergence (batch,), exact.

        With two hidden layers, tr(W3 D2 W2 D1 W1) = d2' (W2 * (W1 W3)') d1: one more product of
        matrices, whatever the number of states. Deeper ones take a tangent for each of them.
        """
        if len(self.rest) > 2:
            slope, rows = self.with_jacobian(t, z)
            return slope, torch.diagonal(rows, dim1=0, dim2=2).sum(1)
        slope, slopes = self._pass(t, z)
        if not self.rest:
            return slope, self.of_state.diagonal().sum().expand(len(z))
        if len(self.rest) == 1:
            return slope, slopes[0] @ (self.of_state * self.rest[0].weight.T).sum(1)
        inner, last = (layer.weight for layer in self.rest)
        mixed = inner * (self.of_state @ last).T
        return slope, (linear(slopes[0], mixed) * slopes[1]).sum(1)

    def with_jacobian(self, t, z, every=1):
        """Slope and its derivatives by every state, (n_states, batch, n_states).

        ``every``: z holds only every so many-th row of the context.
        """
        slope, slopes = self._pass(t, z, every)
        tangents = self.of_state.T[:, None].expand(-1, len(z), -1)
        return slope, self._carry(tangents, slopes)

    def with_product(self, t, z, v, every=1):
        """Slope and J v for v of z's shape."""
        slope, slopes = self._pass(t, z, every)
        return slope, self._carry(v @ self.of_state.T, slopes)

    def _pass(self, t, z, every=1):
        t = 2 * torch.as_tensor(t, dtype=z.dtype, device=z.device) - 1
        shift = t[:, None] * self.of_time if t.ndim else t * self.of_time
        offset = self.offset if self.offset.ndim == 1 else self.offset[::every]
        x, slopes = torch.addmm(offset + shift, z, self.of_state.T), []
        for layer in self.rest:
            h = self.activate(x)
            slopes.append(self.slope_of(x, h))
            x = linear(h, layer.weight, layer.bias)
        return x, slopes

    def _carry(self, tangents, slopes):
        for layer, slope in zip(self.rest, slopes, strict=True):
            tangents = linear(tangents * slope, layer.weight)
        return tangents
