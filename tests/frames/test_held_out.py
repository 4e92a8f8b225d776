"""Rows held out of a fit."""

import numpy as np
import pytest

from tsnode.frames._controls import KnotControls
from tsnode.frames._held_out import (
    held_out_forecasts,
    held_out_time,
    is_in_newest_part,
    leave_out,
    time_blocks,
)
from tsnode.frames._rows import build_series


@pytest.fixture
def two():
    """Series "a" of 10 hours and series "b" of 6, from hour 4 on."""
    number = np.repeat([0, 1], [10, 6])
    times = np.r_[np.arange(10.0), 4 + np.arange(6.0)]
    return build_series(("a", "b"), number, times, times[:, None] + 100 * number[:, None])


def test_the_newest_rows_are_counted_in_every_series(two):
    assert np.flatnonzero(is_in_newest_part(two, 0.2)).tolist() == [8, 9, 14, 15]


def test_blocks_are_stretches_of_time_common_to_all_series(two):
    block = time_blocks(two, 2)
    assert block[two.times <= 5].tolist() == [0] * int((two.times <= 5).sum())
    assert set(block[two.times >= 7]) == {1}
    assert 6 <= (block == 0).sum() <= 10


def test_what_is_left_on_both_sides_of_a_block_is_two_series(two):
    is_out = (two.times >= 4) & (two.times < 6)
    pieces, numbers = leave_out(two, is_out)
    assert numbers.tolist() == [0, 1, 0]
    assert [pieces.times[pieces.rows(k)].tolist() for k in range(3)] == [
        [0, 1, 2, 3], [6, 7, 8, 9], [6, 7, 8, 9],
    ]  # fmt: skip
    assert pieces.values[pieces.rows(1)].ravel().tolist() == [106, 107, 108, 109]
    assert len(set(pieces.keys)) == 3


def test_a_series_that_is_left_out_whole_keeps_its_number(two):
    pieces, numbers = leave_out(two, two.series_of_row == 0)
    assert numbers.tolist() == [0, 1]
    assert np.diff(pieces.starts).tolist() == [0, 6]


def test_pieces_have_the_covariates_of_their_series(two):
    knots = KnotControls(two.starts, two.times, two.values)
    pieces, numbers = leave_out(two, (two.times >= 4) & (two.times < 6))
    found = knots.of_pieces(numbers).at(pieces.series_of_row, pieces.times)
    assert np.array_equal(found, pieces.values)


def test_forecasts_stay_in_their_block_and_series(two):
    block = np.where(two.times < 7, 0, 1)
    held = held_out_forecasts(two, block)
    cutoff, asked = held.requests.cutoff, held.requests.times
    assert np.all(two.times[cutoff] < asked)
    assert np.all((two.times[cutoff] < 7) == (asked < 7))
    assert np.all(two.series_of_row[cutoff] == held.requests.series)
    assert np.array_equal(held.truth[:, 0], asked + 100 * held.requests.series)
    assert np.array_equal(held.leads, asked - two.times[cutoff])
    assert {1.0, 2.0, 3.0} <= set(held.leads)


def test_nothing_is_asked_of_rows_that_are_not_held_out(two):
    held = held_out_forecasts(two, np.full(two.n_rows, -1))
    assert len(held.requests) == len(held.truth) == 0


def test_many_origins_keep_time_with_no_cycle():
    times = np.arange(9600.0)
    series = build_series((None,), np.zeros(9600, int), times, times[:, None])
    held = held_out_forecasts(series, np.zeros(9600, int), n_origins=400)
    hours = np.bincount(np.unique(held.origin) % 24, minlength=24)
    assert 380 <= hours.sum() <= 400
    assert hours.min() >= 10


def test_held_out_time_leaves_out_the_gaps_between_blocks(two):
    block = np.where(two.times < 7, 0, -1)
    assert held_out_time(two, block) == 6 + 2
