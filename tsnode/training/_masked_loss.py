"""Mean squared error over observed targets, weighted by window and by lead."""

import torch
from torch import nn


class MaskedMSELoss(nn.Module):
    """sum(w e^2) / sum(w) over the targets that are not NaN; 0 if there is none.

    Parameters
    ----------
    lead_weights : array-like of shape (n_leads,), default=None
        Weight of every lead, None = all equal. Shorter forecasts use the first ones.
    """

    def __init__(self, lead_weights=None):
        super().__init__()
        weights = None
        if lead_weights is not None:
            weights = torch.as_tensor(lead_weights, dtype=torch.float64)
        self.register_buffer("lead_weights", weights)

    def entry_weights(self, y_true, sample_weight=None):
        """Weigh every entry, 0 where the target is unknown.

        Parameters
        ----------
        y_true : tensor of shape (batch, n_leads, n_channels)
        sample_weight : tensor of shape (batch,) or (batch, n_leads), optional
        """
        weights = torch.isfinite(y_true).to(y_true.dtype)
        if self.lead_weights is not None:
            weights = weights * self.lead_weights[: y_true.shape[1], None]
        if sample_weight is not None:
            missing_axes = [1] * (y_true.ndim - sample_weight.ndim)
            weights = weights * sample_weight.reshape(*sample_weight.shape, *missing_axes)
        return weights

    def forward(self, y_pred, y_true, sample_weight=None):
        """Loss of forecasts (batch, lead, channel) against targets of the same shape.

        Forecasts of ensemble members, one axis more at the front, have the mean of their losses.
        """
        weights = self.entry_weights(y_true, sample_weight)
        # nan_to_num before the product: 0 * nan is nan, also in the gradient.
        error = torch.where(weights > 0, y_pred - torch.nan_to_num(y_true), 0.0)
        n_members = error.numel() // max(y_true.numel(), 1)
        return (weights * error**2).sum() / (n_members * weights.sum().clamp_min(1e-300))
