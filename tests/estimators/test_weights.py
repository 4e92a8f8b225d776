"""Weights of rows: what estimators of every kind take and refuse."""

import numpy as np
import pandas as pd
import pytest

from tsnode import NeuralODEClassifier, PersistenceRegressor
from tsnode.estimators._weights import read_weights

TIMES, LABELS = np.arange(30.0)[:, None], np.arange(30) % 2


def test_weights_come_from_numbers_lists_and_columns():
    assert read_weights(None, 3).tolist() == [1, 1, 1]
    assert read_weights(2, 3).tolist() == [2, 2, 2]
    assert read_weights([True, False, True], 3).tolist() == [1, 0, 1]
    assert read_weights(pd.Series([3, 1, 0], index=[5, 6, 7]), 3).tolist() == [3, 1, 0]


@pytest.mark.parametrize("make", [NeuralODEClassifier, PersistenceRegressor])
@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (np.r_[-2, np.ones(29)], "at least 0 for every row; got -2 in row 0. Give rows"),
        (np.zeros(30), "above zero for some row; got 30 weights of zero. Leave"),
        (np.ones((30, 2)), r"shape \(30,\), a number for every row; got \(30, 2\). Pass"),
        (np.full(30, np.inf), "sample_weight contains infinity"),
    ],
)
def test_bad_weights_are_refused_in_one_sentence(make, weights, words):
    with pytest.raises(ValueError, match=words):
        make().fit(TIMES, LABELS, sample_weight=weights)
