"""The way values must be moved equals closed forms and the area between sorted values."""

import numpy as np
import pandas as pd
import pytest

from tsnode.exceptions import ForecastWarning
from tsnode.metrics import wasserstein_distance


def test_distance_of_equally_many_values_is_the_mean_gap_of_the_sorted_ones():
    truth, generated = np.random.default_rng(0).normal(size=(2, 200, 3)) * [1.0, 2.0, 3.0]
    expected = np.abs(np.sort(truth, axis=0) - np.sort(generated, axis=0)).mean(axis=0)
    np.testing.assert_allclose(wasserstein_distance(truth, generated), expected)
    assert expected.min() > 0.05


def test_a_shift_is_its_own_distance_and_has_the_unit_of_the_channel():
    truth = np.random.default_rng(0).normal(size=(50, 2))
    np.testing.assert_allclose(wasserstein_distance(truth, truth + [3.0, -70.0]), [3.0, 70.0])


def test_irregular_stamps_weigh_by_the_time_they_stand_for():
    times = np.concatenate([np.arange(0.0, 1.0, 0.01), np.arange(1.0, 2.0, 0.001)])
    generated = pd.Series((times >= 1.0).astype(float), index=times)
    truth = np.repeat([0.0, 1.0], 100)
    assert wasserstein_distance(truth, generated)[0] < 0.01
    assert wasserstein_distance(truth, generated.to_numpy())[0] > 0.4


def test_entries_not_observed_are_dropped_channel_by_channel():
    truth = np.random.default_rng(0).normal(size=(60, 2))
    gappy, generated = truth.copy(), truth + 1.0
    gappy[:20, 0] = np.nan
    value, counts = wasserstein_distance(gappy, generated, return_counts=True)
    expected = wasserstein_distance(truth[20:, :1], generated[:, :1])
    assert value[0] == pytest.approx(expected[0])
    assert value[1] == pytest.approx(1.0)
    assert counts == (100, 20, 0)


def test_a_diverged_channel_is_infinitely_far_and_said_so():
    truth = np.random.default_rng(0).normal(size=(60, 2))
    generated = truth.copy()
    generated[-1, 1] = np.nan
    with pytest.warns(ForecastWarning, match="1 generated values are not finite"):
        assert wasserstein_distance(truth, generated).tolist() == [0.0, np.inf]


@pytest.mark.parametrize(
    ("truth", "generated", "words"),
    [
        (np.eye(4), np.eye(4)[:, :2], "same channels; got 4 and 2"),
        (np.ones((4, 1)), np.eye(4)[:, :1], "must vary; constant: 0"),
        (np.full((4, 1), np.nan), np.eye(4)[:, :1], "all 4 rows hold NaN"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(truth, generated, words):
    with pytest.raises(ValueError, match=words):
        wasserstein_distance(truth, generated)
