"""The training loop of classifiers: weighted cross-entropy, validated on a part of every class."""

import numpy as np
import torch
from torch import nn

from ._net import ForecastNet
from ._splits import GivenSplit

# Fewer rows than this judge by luck.
FEWEST_VALID = 10


class WeightedCrossEntropy(nn.Module):
    """- sum w sum_c p_c log q_c / normaliser.

    Parameters
    ----------
    label_smoothing : float in [0, 1[, default=0.0
        Share of the target that is spread over all classes (Szegedy et al. 2016).
    """

    def __init__(self, label_smoothing=0.0):
        super().__init__()
        self.label_smoothing = label_smoothing

    def forward(self, logits, targets, weights, normaliser):
        """Loss of logits (batch, n_classes) for probabilities of the same shape."""
        share = self.label_smoothing
        targets = (1 - share) * targets + share / targets.shape[1]
        losses = -(targets * torch.log_softmax(logits, dim=1)).sum(1)
        return (weights * losses).sum() / normaliser


class ClassNet(ForecastNet):
    """``ForecastNet`` on rows: targets (n_rows, n_classes) are probabilities of the classes.

    ``X["sample_weight"]`` weighs the rows; its mean is to be 1.

    Parameters
    ----------
    alpha : float, default=0.0
        Adds alpha / (2 n_rows) times the squares of all weights to the loss of training batches,
        as scikit-learn's perceptrons do.
    """

    advice = "Lower lr, raise alpha, or look for outliers in X."

    def __init__(self, module, *args, criterion=WeightedCrossEntropy, alpha=0.0, **kwargs):
        super().__init__(module, *args, criterion=criterion, **kwargs)
        self.alpha = alpha

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Weighted cross-entropy; in training, with the penalty."""
        if not isinstance(self.criterion_, WeightedCrossEntropy):
            loss = self.criterion_(y_pred, y_true)
        else:
            weights = X["sample_weight"]
            # By rows in training: a batch of light rows must not push like one of heavy rows.
            normaliser = len(weights) if training else weights.sum()
            loss = self.criterion_(y_pred, y_true, weights, normaliser)
        if training and self.alpha:
            squares = sum(p.double().square().sum() for p in self.module_.parameters())
            loss = loss + 0.5 * self.alpha / self.n_rows_ * squares
        return loss

    def _weight_of(self, batch):
        return batch[0]["sample_weight"].sum().item()

    def _run_epochs(self, train, valid, fit_params):
        self.n_rows_ = len(train)
        return super()._run_epochs(train, valid, fit_params)


def stratified_split(codes, fraction, seed):
    """Draw validation rows from every class.

    Parameters
    ----------
    codes : int array of shape (n_rows,)
        Number of every row's class.
    fraction : float in [0, 1[
    seed : int

    Returns
    -------
    GivenSplit or None
        None where the part would hold too few rows to judge by.
    """
    random, is_valid = np.random.RandomState(seed), np.zeros(len(codes), dtype=bool)
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        n_valid = min(round(fraction * len(rows)), len(rows) - 1)
        is_valid[random.permutation(rows)[:n_valid]] = True
    if is_valid.sum() < FEWEST_VALID:
        return None
    return GivenSplit(np.flatnonzero(~is_valid), np.flatnonzero(is_valid))
