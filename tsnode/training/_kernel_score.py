"""Sample paths scored against what was observed: the energy score over windows."""

import torch
from torch import nn

from ..solvers._stochastic_steps import milstein
from ._net import ForecastNet

# Paths a window: an unbiased score needs two.
N_PATHS = 8
N_SUBSTEPS = 2
# Below it the slope of a distance is smoothed, in standardised units.
_NEAR = 1e-6


class SamplePaths(nn.Module):
    """Draws of the states at the stamps of windows; the ``module`` of a skorch net.

    Parameters
    ----------
    field : DiffusionField
    n_paths : int
    """

    def __init__(self, field, n_paths=N_PATHS):
        super().__init__()
        self.field, self.n_paths = field, n_paths

    def forward(self, z0, leads, controls=None):
        """States (n_paths, batch, lead, n_states).

        Parameters
        ----------
        z0 : tensor of shape (batch, n_states)
        leads : tensor of shape (batch, n_leads)
            Increasing; a padded tail repeats the last and stands still.
        controls : tensor of shape (batch, n_leads + 1, n_controls), optional
            At the start and at the leads.
        """
        gaps = torch.diff(leads, dim=1, prepend=torch.zeros_like(leads[:, :1])).clamp_min(0.0)
        z = z0.expand(self.n_paths, -1, -1).flatten(0, 1)
        states = []
        for lead in range(leads.shape[1]):
            dt = (gaps[:, lead] / N_SUBSTEPS).repeat(self.n_paths)[:, None]
            u = None if controls is None else controls[:, lead].repeat(self.n_paths, 1)
            for _ in range(N_SUBSTEPS):
                z = milstein(self.field, z, u, dt, dt.sqrt() * torch.randn_like(z))
            states.append(z.unflatten(0, (self.n_paths, -1)))
        return torch.stack(states, dim=2)


class EnergyScore(nn.Module):
    """E |X - y| - E |X - X'| / 2 over the observed entries of every stamp.

    Strictly proper: least for the distribution the data come from (Gneiting and Raftery 2007,
    Eq. 21), the kernel score of the distance. Without bias for any number of paths.
    """

    def forward(self, y_pred, y_true, sample_weight):
        """Weighted mean over windows and stamps.

        Parameters
        ----------
        y_pred : tensor of shape (n_paths, batch, lead, n_states)
        y_true : tensor of shape (batch, lead, n_states)
            NaN = not observed.
        sample_weight : tensor of shape (batch, lead)
        """
        seen = torch.isfinite(y_true)
        draws = torch.where(seen, y_pred, 0.0)
        miss = _distance(draws - torch.where(seen, torch.nan_to_num(y_true), 0.0)).mean(dim=0)
        n_paths = len(draws)
        pairs = torch.triu_indices(n_paths, n_paths, offset=1)
        spread = _distance(draws[pairs[0]] - draws[pairs[1]]).mean(dim=0)
        weight = sample_weight * seen.any(dim=2)
        return (weight * (miss - 0.5 * spread)).sum() / weight.sum().clamp_min(1e-300)


def _distance(difference):
    return (difference.square().sum(dim=-1) + _NEAR**2).sqrt()


class ScoreNet(ForecastNet):
    """Skorch net whose forecasts are sample paths."""

    loss_entries = (*ForecastNet.loss_entries, "times")

    def __init__(self, module, criterion=EnergyScore, **kwargs):
        super().__init__(module, criterion, **kwargs)

    def get_loss(self, y_pred, y_true, X=None, training=False):  # noqa: ARG002
        """Loss of a batch."""
        return self.criterion_(y_pred, y_true, X["sample_weight"])

    def _weight_of(self, batch):
        inputs, targets = batch
        return (inputs["sample_weight"] * torch.isfinite(targets).any(dim=2)).sum().item()
