"""History features to forecasts: a linear latent ODE, and a neural one on top of it."""

import copy

import numpy as np
import torch
from torch import nn

from ..dynamics._damped_field import DampedField
from ..dynamics._linear_latent import LinearLatent, latent_modes
from ..dynamics._member_mlp import MemberLinear, MemberMLP

# Beyond so many solver nodes (years of hourly leads) the correction is held.
_MOST_NODES = 4096


class LatentForecaster(nn.Module):
    """Sum of the linear latent ODE's path and the read-out of a damped neural ODE.

    y(t0 + lead) = C exp(Lambda lead) W f + R l(lead),   l(0) = MLP(f),
    dl/dt = exp(d) (MLP(l, y_linear(t), u(t)) - l).

    Of several members each has a neural ODE of its own, and in training its own forecast and error;
    afterwards the forecast is their mean.

    W (``encoder``) and R start at zero; the closed form sets W for good, so that training of the
    rest begins at its forecast. The hidden states are solved on a grid anchored at
    the cutoff and are linear between its nodes: a lead's forecast does not depend on which other
    leads are asked.

    Parameters
    ----------
    n_features, n_channels, n_controls : int
    periods, max_lead
        See ``latent_modes``.
    n_drivers : int
        Covariates of the direct read-out; its weights are kept here, whoever forecasts adds it.
    n_latent : int
        Hidden states of the neural ODE; 0 leaves it out.
    n_members : int
        Neural ODEs of the ensemble.
    node_gap : float
        Distance of its solver nodes, in median steps.
    hidden_layer_sizes, activation
        Perceptrons of the neural encoder and field.
    recent : int array, default=None
        Features that the neural encoder reads, None = all. It learns from them what a linear map
        cannot; with all of them it learned the training data by heart.
    dropout, dropout_inputs : float
        Share of the features hidden from the neural encoder, and of the linear forecast hidden
        from the field, in training.
    """

    def __init__(
        self, n_features, n_channels, periods=(), max_lead=72.0, *, n_controls=0, n_drivers=0,
        n_latent=16, n_members=1, node_gap=4.0, hidden_layer_sizes=(64, 64), activation="tanh",
        recent=None, dropout=0.3, dropout_inputs=0.1,
    ):  # fmt: skip
        super().__init__()
        self.n_channels, self.n_latent, self.node_gap = n_channels, n_latent, node_gap
        self.linear = LinearLatent(*latent_modes(periods, max_lead))
        n_states = n_channels * self.linear.n_states
        self.encoder = _zero_linear(n_features, n_states).requires_grad_(False)
        self.drivers = _zero_linear(max(n_drivers, 1), n_channels).requires_grad_(False)
        self.n_drivers = n_drivers
        if not n_latent:
            return
        recent = torch.arange(n_features) if recent is None else torch.as_tensor(recent)
        self.register_buffer("recent", recent)
        self.register_buffer("center", torch.zeros(len(recent), dtype=torch.float64))
        self.register_buffer("scale", torch.ones(len(recent), dtype=torch.float64))
        self.n_members = n_members
        self.start = MemberMLP(n_members, len(recent), hidden_layer_sizes[:1], n_latent, activation)
        self.field = DampedField(
            n_latent, n_channels + n_controls, n_members=n_members, fastest=node_gap,
            slowest=24 * node_gap, hidden_layer_sizes=hidden_layer_sizes, activation=activation,
        )  # fmt: skip
        self.readout = MemberLinear(n_members, n_latent, n_channels, is_zero=True)
        self.hide, self.hide_inputs = nn.Dropout(dropout), nn.Dropout(dropout_inputs)

    @staticmethod
    def count_nodes(longest, node_gap):
        """Solver nodes needed to reach the longest lead."""
        return min(int(longest // node_gap) + 2, _MOST_NODES)

    @property
    def has_correction(self):
        """Whether the neural ODE can change the forecast: it trains, or has been trained."""
        return self.n_latent > 0 and (self.training or bool(self.readout.weight.any()))

    def forward(self, features, leads, controls=None):
        """Forecast (batch, time, channel), without the direct read-out of the drivers.

        Of several members (n_members, batch, time, channel) in training.

        Parameters
        ----------
        features : tensor of shape (batch, n_features)
        leads : tensor of shape (batch, time)
            Time since the cutoff, at least 0.
        controls : tensor of shape (batch, n_nodes, n_controls), optional
            Covariates at the solver's nodes 0, node_gap, 2 node_gap, ...
        """
        return self.follow(*self.encode(features), leads, controls)

    def encode(self, features):
        """States at the origin: (batch, channel, state), and (n_members, batch, n_latent)."""
        states = self.encoder(features).reshape(len(features), self.n_channels, -1)
        if not self.has_correction:
            return states, None
        recent = ((features[:, self.recent] - self.center) / self.scale)[None]
        recent = self.hide(recent.expand(self.n_members, -1, -1))
        return states, torch.tanh(self.start(recent))

    def follow(self, z0, hidden, leads, controls=None):
        """Forecast at the leads from the states at the origin."""
        paths = self.linear(leads, z0)
        if hidden is None:
            return paths
        hidden = self.hidden_path(z0, hidden, leads, controls)
        nodes = self.readout(hidden.flatten(1, 2)).unflatten(1, hidden.shape[1:3])
        if not self.training or self.n_members == 1:
            return paths + self._between(nodes.mean(dim=0), leads)
        return paths + torch.stack([self._between(one, leads) for one in nodes])

    def hidden_path(self, z0, state, leads, controls=None):
        """Hidden states at the solver's nodes, (n_members, batch, n_nodes, n_latent)."""
        n_nodes = self.count_nodes(float(leads.max()), self.node_gap)
        nodes = self.node_gap * torch.arange(n_nodes, dtype=z0.dtype, device=z0.device)
        paths = self.linear(nodes.expand(len(z0), -1), z0)
        inputs = self.hide_inputs(paths.expand(self.n_members, -1, -1, -1))
        if controls is not None:
            known = controls[None, :, :n_nodes].expand(self.n_members, -1, -1, -1)
            inputs = torch.cat([inputs, known], dim=-1)
        path = [state]
        for k in range(n_nodes - 1):
            path.append(self.field.step(path[-1], inputs[:, :, k], self.node_gap))
        return torch.stack(path, dim=2)

    def _between(self, nodes, leads):
        place = torch.clamp(leads / self.node_gap, max=nodes.shape[1] - 1)
        left = torch.clamp(torch.floor(place), max=nodes.shape[1] - 2).long()
        share = (place - left)[..., None]
        index = left[..., None].expand(-1, -1, nodes.shape[-1])
        low, high = nodes.gather(1, index), nodes.gather(1, index + 1)
        return low + share * (high - low)

    # What follows takes and gives numpy arrays: the closed form is fitted there.

    @property
    def closed_form(self):
        """Present encoder of the linear ODE, array of shape (n_channels, n_features, n_states)."""
        weight = self.encoder.weight.detach().cpu().numpy()
        return weight.reshape(self.n_channels, -1, weight.shape[1]).transpose(0, 2, 1)

    @torch.no_grad()
    def set_closed_form(self, weights):
        """Write an encoder of shape (n_channels, n_features, n_states)."""
        flat = weights.transpose(0, 2, 1).reshape(-1, weights.shape[1])
        self.encoder.weight.copy_(torch.as_tensor(flat))

    @torch.no_grad()
    def with_closed_form(self, weights, drivers=None):
        """Copy with this encoder and, if given, this read-out (n_channels, n_drivers)."""
        module = copy.deepcopy(self)
        module.set_closed_form(weights)
        if drivers is not None:
            module.drivers.weight.copy_(torch.as_tensor(drivers))
        return module

    @property
    def driver_weights(self):
        """Direct read-out of the drivers (n_channels, n_drivers), None without any."""
        return self.drivers.weight.detach().cpu().numpy() if self.n_drivers else None

    def standardise(self, features):
        """Set centre and scale of the features for the neural encoder."""
        if not self.n_latent or not len(features):
            return
        features = features[:, self.recent.numpy()]
        spread = features.std(axis=0)
        # A feature that never changed in training carries nothing, and must not explode later.
        spread = np.where(spread > 1e-3, spread, np.inf)
        self.center.copy_(torch.as_tensor(features.mean(axis=0)))
        self.scale.copy_(torch.as_tensor(spread))

    def functions(self, leads):
        """Elementary functions of the linear ODE at the leads, as arrays."""
        device = self.encoder.weight.device
        leads = torch.as_tensor(np.ascontiguousarray(leads), device=device)
        return self.linear.basis(leads).cpu().numpy()

    @torch.no_grad()
    def read(self, features, row, leads, controls=None):
        """Forecasts of rows of leads from distinct origins, as arrays.

        Parameters
        ----------
        features : float array of shape (n_origins, n_features)
        row : int array of shape (n_rows,)
            Origin of every row.
        leads : float array of shape (n_rows, time)
        controls : float array of shape (n_origins, n_nodes, n_controls), optional

        Returns
        -------
        float array of shape (n_rows, time, n_channels)
        """
        self.eval()
        device = self.encoder.weight.device
        features, leads = (torch.as_tensor(part, device=device) for part in (features, leads))
        row = torch.as_tensor(row, device=device)
        z0, hidden = self.encode(features)
        if controls is not None:
            controls = torch.as_tensor(controls, device=device)[row]
        hidden = None if hidden is None else hidden[:, row]
        return self.follow(z0[row], hidden, leads, controls).cpu().numpy()


def _zero_linear(n_inputs, n_outputs):
    layer = nn.Linear(n_inputs, n_outputs, bias=False, dtype=torch.float64)
    nn.init.zeros_(layer.weight)
    return layer
