"""Which windows validate: the newest, behind a gap, in every series."""

import numpy as np
import pytest

from tsnode.training._splits import newest_windows

BEGINS = np.arange(100.0)


def test_no_training_window_reaches_into_the_validation_part():
    split = newest_windows(np.zeros(100), BEGINS, BEGINS + 5, 0.2)
    assert split.valid.tolist() == list(range(80, 100))
    assert split.train.tolist() == list(range(76))


def test_every_series_gives_its_newest_windows():
    series = np.repeat([0, 1], 50)
    split = newest_windows(series, BEGINS, BEGINS + 3, 0.1)
    assert split.valid.tolist() == [*range(45, 50), *range(95, 100)]
    assert not np.isin([43, 44, 93, 94], split.train).any()


def test_series_too_short_to_cut_lend_their_newest_windows():
    series = np.repeat(np.arange(10), 2)
    begins = np.tile([0.0, 1.0], 10)
    split = newest_windows(series, begins, begins + 1, 0.1)
    assert len(split.valid) == 2
    assert set(begins[split.valid]) == {1.0}


def test_order_of_the_windows_does_not_matter():
    order = np.random.default_rng(0).permutation(100)
    split = newest_windows(np.zeros(100), BEGINS[order], BEGINS[order] + 5, 0.2)
    assert sorted(BEGINS[order][split.valid]) == list(range(80, 100))


@pytest.mark.parametrize("n_windows", [0, 1])
def test_too_few_windows_leave_nothing_to_validate(n_windows):
    split = newest_windows(np.zeros(n_windows), BEGINS[:n_windows], BEGINS[:n_windows] + 1)
    assert len(split.valid) == 0
    assert len(split.train) == n_windows
