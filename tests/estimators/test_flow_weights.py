"""ContinuousNormalizingFlow: weights of rows count as repetitions, in every step of a fit."""

import numpy as np
import pytest
from sklearn.base import clone

from tsnode import ContinuousNormalizingFlow

CHEAP = {"hidden_layer_sizes": (8,), "n_steps": 4, "max_epochs": 3, "batch_size": 40,
         "random_state": 0}  # fmt: skip
RANDOM = np.random.default_rng(0)
# Two clusters, and rows of no weight far from both.
ROWS = RANDOM.normal(size=(60, 2)) * [1, 0.2] + 5.0 * RANDOM.integers(2, size=60)[:, None]
WEIGHTS = RANDOM.integers(0, 4, size=60)
ROWS[WEIGHTS == 0] += 30


def test_whole_weights_act_as_repeated_rows_and_zero_as_an_absent_one():
    weighed = ContinuousNormalizingFlow(**CHEAP).fit(ROWS, sample_weight=WEIGHTS)
    order = np.random.default_rng(1).permutation(WEIGHTS.sum())
    repeated = clone(weighed).fit(np.repeat(ROWS, WEIGHTS, axis=0)[order])
    assert weighed.members_ == ["normal", "mixture"]
    assert weighed.fit_report_["n_rows"] == (WEIGHTS > 0).sum()
    # Both routes meet in the same merged rows, so nothing but sums of whole numbers differs.
    found, expected = (model.score_samples(ROWS[:50]) for model in (weighed, repeated))
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert (weighed.weights_ == repeated.weights_).all()


def test_only_the_ratios_of_weights_matter():
    normal = ContinuousNormalizingFlow(base="normal", **CHEAP)
    once = clone(normal).fit(ROWS, sample_weight=WEIGHTS)
    eighth = clone(normal).fit(ROWS, sample_weight=WEIGHTS / 8)
    assert (once.score_samples(ROWS) == eighth.score_samples(ROWS)).all()


def test_a_density_leans_to_the_heavy_rows_by_their_share():
    rows = np.random.default_rng(0).normal(size=(160, 1)) + 8.0 * (np.arange(160) % 2)[:, None]
    weights = np.where(rows[:, 0] > 4, 3.0, 1.0)
    model = ContinuousNormalizingFlow(**CHEAP).fit(rows, sample_weight=weights)
    grid = np.linspace(-6, 4, 400)[:, None]
    mass = np.exp(model.score_samples(grid)).sum() * (grid[1, 0] - grid[0, 0])
    # A quarter, but for the split into held-out rows: its standard error is 0.04.
    assert mass == pytest.approx(0.25, abs=0.08)
    assert (model.sample(4000, random_state=0) < 4).mean() == pytest.approx(mass, abs=0.03)


def test_a_conditional_density_weighs_pairs():
    x = np.random.default_rng(0).uniform(-1, 1, size=(200, 1))
    # Two lines; one of them is hardly there.
    y = np.where(np.arange(200) % 2, 2.0, -2.0) * x[:, 0] + 0.1 * RANDOM.normal(size=200)
    weights = np.where(np.arange(200) % 2, 1.0, 1e-6)
    model = ContinuousNormalizingFlow(conditional=True, **CHEAP).fit(x, y, sample_weight=weights)
    draws = model.sample(500, random_state=0, X=[[0.9], [-0.9]]).reshape(2, -1)
    assert draws.mean(1) == pytest.approx([1.8, -1.8], abs=0.1)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (np.r_[np.ones(59), -1], "at least 0 for every row; got -1 in row 59. Give rows"),
        (np.zeros(60), "above zero for some row; got 60 weights of zero. Leave"),
        (np.ones(30), r"shape \(60,\), a number for every row; got \(30,\). Pass"),
        (np.r_[np.ones(59), np.nan], "sample_weight contains NaN"),
        (np.r_[np.zeros(59), 1], "two different rows with a weight above zero; got one"),
    ],
)
def test_bad_weights_are_refused_in_one_sentence_and_change_nothing(weights, words):
    model = ContinuousNormalizingFlow(**CHEAP)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=words):
        model.fit(ROWS, sample_weight=weights)
    assert vars(model) == before
