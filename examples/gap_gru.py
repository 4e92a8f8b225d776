"""A recurrent baseline for irregular, partly missing series (Rubanova et al. 2019, GRU-delta-t)."""

import numpy as np
import torch
from torch import nn


class GapGRU(nn.Module):
    """Forecasts every row from the rows before it; what is not observed it feeds itself."""

    def __init__(self, n_units=64, n_channels=2):
        super().__init__()
        self.cell = nn.GRUCell(2 * n_channels + 1, n_units)
        self.head = nn.Linear(n_units, n_channels)

    def forward(self, gaps, values):
        """Forecasts (series, row, channel) of every row."""
        hidden = gaps.new_zeros(len(gaps), self.cell.hidden_size)
        row = gaps.new_zeros(len(gaps), 2 * values.shape[2])
        found = []
        for k in range(gaps.shape[1]):
            hidden = self.cell(torch.cat([row, gaps[:, k, None]], dim=1), hidden)
            ahead = self.head(hidden)
            found.append(ahead)
            seen = torch.isfinite(values[:, k])
            row = torch.cat([torch.where(seen, values[:, k], ahead), seen.to(ahead.dtype)], dim=1)
        return torch.stack(found, dim=1)


def masked_error(found, targets):
    """Mean squared error of the observed entries."""
    known = torch.isfinite(targets)
    return (found[known] - targets[known]).square().mean()


def as_tensors(seen, n_stamps):
    """Gaps and observed values of whole series of as many stamps each, in float32."""
    times = seen.index.get_level_values("time").to_numpy().reshape(-1, n_stamps)
    gaps = np.diff(times, axis=1, prepend=times[:, :1])
    values = seen.to_numpy().reshape(len(gaps), n_stamps, -1)
    return [torch.tensor(part, dtype=torch.float32) for part in (gaps, values)]
