"""Maximum likelihood of a flow, with penalties on what its field costs."""

import torch
from torch import nn

from ._net import ForecastNet
from ._soap import SOAP

# Weight of the error of the steps: more than what a field could win by leaning on it.
STEP_ERROR_WEIGHT = 2.0


class NegativeLogLikelihood(nn.Module):
    """- sum w log p / normaliser, where log p is the first column of what a flow answers."""

    def forward(self, y_pred, weights, normaliser):
        """Loss of answers (batch, 4) of rows with weights (batch,)."""
        return -(weights @ y_pred[:, 0]) / normaliser


class FlowNet(ForecastNet):
    """ForecastNet on rows ``z`` (and contexts ``u``): y of zeros, (n_rows, 4), for its shape.

    ``X["sample_weight"]`` weighs the rows, in the penalties too; its mean is to be 1.

    Parameters
    ----------
    kinetic_penalty, jacobian_penalty : float, default=0.0
        Weights of mean |f|^2 and |df/dz|_F^2 per state along the paths, in the training loss
        (Finlay, Jacobsen, Nurbekyan and Oberman 2020, equations 9 and 12).
    """

    advice = "Lower lr, or look for outliers in X."

    def __init__(
        self, module, criterion=NegativeLogLikelihood, optimizer=SOAP, kinetic_penalty=0.0,
        jacobian_penalty=0.0, **kwargs,
    ):  # fmt: skip
        super().__init__(module, criterion=criterion, optimizer=optimizer, **kwargs)
        self.kinetic_penalty = kinetic_penalty
        self.jacobian_penalty = jacobian_penalty

    def get_loss(self, y_pred, y_true, X=None, training=False):  # noqa: ARG002
        """Negative log-likelihood; in training with the penalties."""
        weights = X["sample_weight"].to(y_pred.dtype)
        # By rows in training: a batch of light rows must not push like one of heavy rows.
        normaliser = len(weights) if training else weights.sum()
        loss = self.criterion_(y_pred, weights, normaliser)
        if not training:
            return loss
        kinetic, jacobian, miss = weights @ y_pred[:, 1:] / normaliser
        penalties = self.kinetic_penalty * kinetic + self.jacobian_penalty * jacobian
        return loss + penalties + STEP_ERROR_WEIGHT * miss

    def _weight_of(self, batch):
        return batch[0]["sample_weight"].sum().item()


def log_densities(flow, rows, context=None, *, solver, n_rows_at_once=8192):
    """Log-density of every row in float64, without gradient.

    Parameters
    ----------
    flow : Flow in double precision
    rows : float array of shape (n_rows, n_targets)
    context : float array of shape (n_rows, n_context), or None
    solver : FlowSolve
    """
    found = []
    with torch.no_grad():
        for part, u in _parts(rows, context, n_rows_at_once, flow.factors.device):
            found.append(flow.log_density(part, u, solver))
    return torch.cat(found).cpu().numpy()


def pull_back(flow, rows, context=None, *, solver, n_rows_at_once=8192):
    """Rows carried back to the base; parameters as in ``log_densities``."""
    found = []
    with torch.no_grad():
        for part, u in _parts(rows, context, n_rows_at_once, flow.factors.device):
            found.append(solver.states(flow.field.along(u), part, 1.0, 0.0))
    return torch.cat(found).cpu().numpy()


def carry(flow, rows, context=None, *, solver, n_rows_at_once=8192):
    """Rows of the base carried to the data; parameters as in ``log_densities``."""
    found = []
    with torch.no_grad():
        for part, u in _parts(rows, context, n_rows_at_once, flow.factors.device):
            found.append(flow.push(part, u, solver))
    return torch.cat(found).cpu().numpy()


def _parts(rows, context, n_rows_at_once, device):
    for first in range(0, len(rows), n_rows_at_once):
        part = slice(first, first + n_rows_at_once)
        u = None if context is None else torch.tensor(context[part], device=device)
        yield torch.tensor(rows[part], device=device), u
