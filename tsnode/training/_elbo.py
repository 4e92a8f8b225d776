"""The evidence lower bound as the loss of a skorch net, its two parts annealed."""

import math

import torch

from ._latent_stage import EntryLoss
from ._net import ForecastNet

# In standardised units: nothing is known better.
LEAST_NOISE = 1e-3
# Part of the path that the first epoch trains.
_SHORTEST = 1 / 8
# Share of the last batch in the noise that is kept.
_NEWEST = 0.05


class ElboLoss(EntryLoss):
    """Negative bound per observed entry: Gaussian misfit plus the posterior's distance.

    -E_q log p(y | z0) + w KL(q(z0 | history) || N(0, 1)), Eq. (12) of Chen et al. 2018 with the
    weight w of the distance; both sums over the batch, divided by the number of observed entries.
    """

    def noise_of(self, y_pred, y_true, sample_weight=None, shared=0.0):
        """Noise per channel under which the targets are likeliest, with its gradient.

        The likelihood at its own best noise (Rybkin et al. 2021, Section 3.2) follows the errors
        at once, where a trained noise lags behind them for hundreds of steps. ``shared`` is the
        share in its variance of one noise for all channels.
        """
        weights = self.entry_weights(y_true, sample_weight)
        error = torch.where(weights > 0, y_pred - torch.nan_to_num(y_true), 0.0)
        total = weights.sum(dim=(0, 1))
        squared = (weights * error**2).sum(dim=(0, 1)) / total.clamp_min(1e-300)
        # A channel of which the batch has seen nothing has no error, and no gradient.
        squared = torch.where(total > 0, squared, 1.0).clamp_min(LEAST_NOISE**2)
        return (squared + shared * (squared.mean() - squared)).sqrt()

    def forward(self, y_pred, y_true, sample_weight=None, *, noise, distance=0.0, kl_weight=1.0):
        """Loss of a batch.

        Parameters
        ----------
        y_pred, y_true : tensors of shape (batch, time, n_channels)
            NaN in the second where nothing was observed.
        sample_weight : tensor of shape (batch, time), optional
        noise : tensor of shape (n_channels,)
        distance : tensor of shape (batch,)
        kl_weight : float
        """
        weights = self.entry_weights(y_true, sample_weight)
        error = torch.where(weights > 0, y_pred - torch.nan_to_num(y_true), 0.0) / noise
        misfit = 0.5 * error**2 + noise.log() + 0.5 * math.log(2 * math.pi)
        total = (weights * misfit).sum()
        if kl_weight:
            seen = weights > 0
            by_window = weights.sum(dim=(1, 2)) / seen.sum(dim=(1, 2)).clamp_min(1)
            total = total + kl_weight * (by_window * distance).sum()
        return total / weights.sum().clamp_min(1e-300)


class ElboNet(ForecastNet):
    """Trains a ``LatentODE``; validates by the likelihood of what follows the history.

    Parameters
    ----------
    kl_weight : float, default=1.0
        Weight of the distance between posterior and prior at the end.
    kl_annealing : float, default=0.3
        Share of the epochs over which that weight grows from 0: the posterior first learns to say
        something, and is held near the prior later. Meanwhile the path grows from an eighth of its
        length to the whole: an untrained one that is held to distant observations at once learns
        their mean, and stays there. And the channels part their noise: one that is learned first
        has little of its own and so nearly all of the gradient, and the others would wait.
    """

    # Of the mean with noise 1.
    loss_of_nothing = 0.5 * math.log(2 * math.pi * math.e)
    loss_entries = (*ForecastNet.loss_entries, "is_ahead", "times")

    def __init__(self, module, criterion=ElboLoss, *, kl_weight=1.0, kl_annealing=0.3, **kwargs):
        super().__init__(module, criterion, **kwargs)
        self.kl_weight, self.kl_annealing = kl_weight, kl_annealing

    def infer(self, x, **fit_params):
        """Forecast of a batch; the posterior's distance is kept for the loss."""
        forecast, self.distance_ = super().infer(x, **fit_params)
        return forecast

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Bound of a batch in training, misfit of what lies ahead in validation."""
        weight = (X or {}).get("sample_weight")
        distance = self.distance_
        # A tensor of a graph has no place in a pickle.
        self.distance_ = None
        if training:
            n_growing = self.kl_annealing * self.n_epochs_
            # Within a single epoch nothing can grow.
            progress = (self.epoch_ - 1) / n_growing if n_growing >= 1 else 1.0
            kl_weight = self.kl_weight * min(progress, 1.0)
            if progress < 1:
                weight = self._near(X["leads"], progress, weight)
            noise = self.criterion_.noise_of(y_pred, y_true, weight, max(1 - progress, 0.0))
            self.module_.log_noise.lerp_(noise.detach().log(), _NEWEST)
            return self.criterion_(
                y_pred, y_true, weight, noise=noise, distance=distance, kl_weight=kl_weight
            )
        ahead = X["is_ahead"]
        weight = ahead if weight is None else weight * ahead
        noise = self.module_.noise
        return self.criterion_(y_pred, y_true, weight, noise=noise, kl_weight=0.0)

    def _near(self, leads, progress, weight):
        """Weights of the entries that the growing path has reached."""
        reach = self.module_.span * (_SHORTEST + (1 - _SHORTEST) * progress)
        near = (leads <= reach).to(leads.dtype)
        return near if weight is None else weight * near

    def is_growing(self, epoch):
        """Whether the path and the weight of the distance still grow."""
        return epoch <= self.kl_annealing * self.n_epochs_
