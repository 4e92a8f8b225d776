"""The loss of classifiers, and the part of the rows that validates."""

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

from tsnode.training._class_net import WeightedCrossEntropy, stratified_split


def test_the_loss_is_the_weighted_log_loss_of_scikit_learn():
    random = np.random.default_rng(0)
    logits, y, weights = random.normal(size=(30, 3)), random.integers(3, size=30), random.random(30)
    odds = np.exp(logits)
    expected = log_loss(y, odds / odds.sum(1, keepdims=True), sample_weight=weights)
    tensors = [torch.as_tensor(entry) for entry in (logits, np.eye(3)[y], weights)]
    found = WeightedCrossEntropy()(*tensors, tensors[2].sum())
    assert float(found) == pytest.approx(expected)
    smoothed = WeightedCrossEntropy(0.3)(*tensors, tensors[2].sum())
    by_torch = torch.nn.functional.cross_entropy(
        tensors[0], torch.as_tensor(y), label_smoothing=0.3, reduction="none"
    )
    assert float(smoothed) == pytest.approx(float((by_torch * tensors[2]).sum() / weights.sum()))


def test_every_class_validates_by_its_share():
    codes = np.repeat([0, 1, 2], [100, 40, 10])
    split = stratified_split(codes, 0.2, seed=0)
    assert np.bincount(codes[split.valid]).tolist() == [20, 8, 2]
    assert np.array_equal(np.sort(np.r_[split.train, split.valid]), np.arange(150))
    assert not np.array_equal(split.valid, stratified_split(codes, 0.2, seed=1).valid)


def test_too_few_rows_do_not_validate():
    assert stratified_split(np.repeat([0, 1], 20), 0.2, seed=0) is None
    assert stratified_split(np.arange(200), 0.5, seed=0) is None
