"""Recurrent encoders of an irregular, partly missing history, read backwards in time."""

import torch
from torch import nn

from ._damped_field import DampedField
from ._mlp import MLP

ENCODERS = ("ode-rnn", "gru")


class HistoryEncoder(nn.Module):
    """Reads the newest row first and ends at the oldest, where the latent path begins.

    A row enters as its values (0 where missing), which of them were observed, its covariates and
    the logarithm of the gap to the row before it. "gru" (Chen et al. 2018) leaves gaps to the
    network; "ode-rnn" (Rubanova et al. 2019, Algorithm 1) lets the hidden state follow an ODE of
    its own between rows: here one that relaxes towards a bounded target, solved exactly for a
    target frozen over the gap, so that no gap, however long, can blow it up.

    Parameters
    ----------
    kind : {"ode-rnn", "gru"}
    n_channels, n_controls : int
    n_units : int
        Size of the hidden state.
    n_outputs : int
    hidden_layer_sizes, activation
        Of the ODE's perceptron; see ``MLP``.
    """

    def __init__(
        self, kind, n_channels, n_controls, n_units, n_outputs, *, hidden_layer_sizes=(64,),
        activation="tanh",
    ):  # fmt: skip
        super().__init__()
        self.kind, self.n_units = kind, n_units
        n_inputs = 2 * n_channels + n_controls + 1
        self.cell = nn.GRU(n_inputs, n_units, batch_first=True, dtype=torch.float64)
        self.between = None
        if kind == "ode-rnn":
            self.between = DampedField(
                n_units, 0, fastest=1.0, slowest=24.0, hidden_layer_sizes=hidden_layer_sizes,
                activation=activation,
            )  # fmt: skip
        self.head = MLP(n_units, (n_units,), n_outputs, activation)

    def forward(self, times, values, controls=None):
        """Read the histories; outputs (batch, n_outputs).

        Parameters
        ----------
        times : tensor of shape (batch, n_known)
            Newest first, in median steps; the padding at the end repeats the last.
        values : tensor of shape (batch, n_known, n_channels)
            NaN where nothing was observed; a row without any is padding.
        controls : tensor of shape (batch, n_known, n_controls), optional
        """
        seen = torch.isfinite(values)
        is_row = seen.any(dim=-1)
        gaps = torch.zeros_like(times)
        gaps[:, 1:] = (times[:, :-1] - times[:, 1:]).clamp_min(0.0)
        parts = [
            torch.where(seen, values, 0.0),
            seen.to(values.dtype),
            torch.log1p(gaps)[..., None],
        ]
        inputs = torch.cat(parts if controls is None else [*parts, controls], dim=-1)
        hidden = self._whole(inputs, is_row) if self.between is None else self._by_gaps(
            inputs, gaps, is_row
        )  # fmt: skip
        return self.head(hidden)

    def _whole(self, inputs, is_row):
        states, _ = self.cell(inputs)
        last = is_row.sum(dim=1).sub(1).clamp_min(0)
        state = states[torch.arange(len(states), device=states.device), last]
        return torch.where(is_row.any(dim=1)[:, None], state, 0.0)

    def _by_gaps(self, inputs, gaps, is_row):
        weight = self.cell.weight_ih_l0, self.cell.weight_hh_l0
        bias = self.cell.bias_ih_l0, self.cell.bias_hh_l0
        # All products of the inputs at once: those of the state need one row after the other.
        read = nn.functional.linear(inputs, weight[0], bias[0])
        hidden = inputs.new_zeros(len(inputs), self.n_units)
        nothing = inputs.new_zeros(1, len(inputs), 0)
        for k in range(inputs.shape[1]):
            moved = self.between.step(hidden[None], nothing, gaps[:, k, None])[0]
            kept = nn.functional.linear(moved, weight[1], bias[1])
            new = _gated(read[:, k], kept, moved)
            hidden = torch.where(is_row[:, k, None], new, hidden)
        return hidden


def _gated(read, kept, hidden):
    """One step of the gated recurrent unit, as torch's GRUCell has it."""
    read_r, read_z, read_n = read.chunk(3, dim=-1)
    kept_r, kept_z, kept_n = kept.chunk(3, dim=-1)
    reset = torch.sigmoid(read_r + kept_r)
    update = torch.sigmoid(read_z + kept_z)
    new = torch.tanh(read_n + reset * kept_n)
    return new + update * (hidden - new)
