"""How likely the next row is, given this one: Gaussian moments carried over the gap."""

import math

import torch
from torch import nn

from ._net import ForecastNet

# Steps over a gap: with two, the stationary spread of an Ornstein-Uhlenbeck process observed at its
# own time constant is within 1 % of the exact one.
N_STEPS = 3
# In standardised units: no row is foretold better.
_LEAST_VARIANCE = 1e-10


def carry_moments(field, z, dt, controls=None, n_steps=N_STEPS):
    """Mean and covariance of the state after a gap, from a state that is known.

        dm/dt = f(m),   dP/dt = J P + P J' + g(m)^2,   P(0) = 0

    (local linearisation, Jimenez and Ozaki 2003), by the midpoint rule; exact up to its steps for a
    linear drift with additive noise.

    Parameters
    ----------
    field : DiffusionField
    z : tensor of shape (batch, n_states)
    dt : tensor of shape (batch, 1)
    controls : tensor of shape (batch, 2, n_controls), optional
        At both ends of the gap; linear between them.
    n_steps : int

    Returns
    -------
    mean : tensor of shape (batch, n_states)
    covariance : tensor of shape (batch, n_states, n_states)
    """
    mean, cov = z, z.new_zeros(*z.shape, z.shape[1])
    step = dt / n_steps
    for k in range(n_steps):
        slope, cov_slope = _slopes(field, mean, cov, _between(controls, k / n_steps))
        half = mean + 0.5 * step * slope, cov + 0.5 * step[..., None] * cov_slope
        slope, cov_slope = _slopes(field, *half, _between(controls, (k + 0.5) / n_steps))
        mean, cov = mean + step * slope, cov + step[..., None] * cov_slope
    return mean, cov


def _between(controls, share):
    return None if controls is None else controls[:, 0] + share * (controls[:, 1] - controls[:, 0])


def _slopes(field, mean, cov, u):
    keeps_graph = torch.is_grad_enabled()
    with torch.enable_grad():
        point = mean if mean.requires_grad else mean.detach().requires_grad_()
        drift = field.drift(point, u)
        rows = [
            torch.autograd.grad(one.sum(), point, create_graph=keeps_graph, retain_graph=True)[0]
            for one in drift.unbind(dim=1)
        ]
    turned = torch.stack(rows, dim=1) @ cov
    return drift, turned + turned.mT + torch.diag_embed(field.noise_at(mean) ** 2)


def log_density(mean, cov, y):
    """Log density of the observed entries of y under a Gaussian, (batch,); NaN is not observed."""
    seen = torch.isfinite(y)
    miss = torch.where(seen, torch.nan_to_num(y) - mean, 0.0)
    both = seen[:, :, None] & seen[:, None, :]
    # An entry that is missing stands by itself, with variance 1 and no error.
    filled = torch.where(both, cov, 0.0) + torch.diag_embed(
        torch.where(seen, _LEAST_VARIANCE, 1.0).to(cov.dtype)
    )
    root, failed = torch.linalg.cholesky_ex(filled)
    solved = torch.linalg.solve_triangular(root, miss[..., None], upper=False)[..., 0]
    spread = root.diagonal(dim1=1, dim2=2).log().sum(dim=1)
    n_seen = seen.sum(dim=1)
    found = -0.5 * (solved**2).sum(dim=1) - spread - 0.5 * n_seen * math.log(2 * math.pi)
    return torch.where(failed == 0, found, torch.nan)


class Transition(nn.Module):
    """Log densities of next rows; the ``module`` of a skorch net."""

    def __init__(self, field):
        super().__init__()
        self.field = field

    def forward(self, z, dt, following, controls=None):
        """Log density of ``following``, shape (batch, 1, 1)."""
        moments = carry_moments(self.field, z, dt, controls)
        return log_density(*moments, following)[:, None, None]


class LikelihoodLoss(nn.Module):
    """Mean negative log density, weighted by rows."""

    def forward(self, log_densities, sample_weight):
        """Loss of (batch, 1, 1) with weights (batch,)."""
        total = (sample_weight * -log_densities[:, 0, 0]).sum()
        return total / sample_weight.sum().clamp_min(1e-300)


class LikelihoodNet(ForecastNet):
    """Skorch net whose forecasts are log densities; its targets are the rows they belong to."""

    loss_entries = (*ForecastNet.loss_entries, "times")

    def __init__(self, module, criterion=LikelihoodLoss, **kwargs):
        super().__init__(module, criterion, **kwargs)

    def get_loss(self, y_pred, y_true, X=None, training=False):  # noqa: ARG002
        """Loss of a batch."""
        return self.criterion_(y_pred, X["sample_weight"])

    def _weight_of(self, batch):
        return batch[0]["sample_weight"].sum().item()
