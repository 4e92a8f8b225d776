"""Rows that stand for origin + lead, and origins thinned by count or by time."""

import numpy as np
import pytest

from tsnode.frames._lead_rows import rows_at_leads, thin_rows
from tsnode.frames._rows import build_series, row_positions


def ragged(seed=0, n_series=3, n_rows=40):
    rng = np.random.default_rng(seed)
    series = np.repeat(np.arange(n_series), n_rows)
    times = rng.uniform(0, 30, size=len(series))
    return build_series(tuple(range(n_series)), series, times, rng.normal(size=(len(series), 2)))


def nearest_by_search(known, origin, lead, tolerance):
    """Second route: look at every row."""
    away = np.abs(known.times - known.times[origin] - lead)
    away[known.series_of_row != known.series_of_row[origin]] = np.inf
    best = int(np.argmin(away))
    return best if away[best] <= tolerance and best > origin else -1


@pytest.mark.parametrize("seed", range(3))
def test_the_nearest_row_of_the_series_stands_for_each_lead(seed):
    known = ragged(seed)
    origins, leads = np.arange(known.n_rows), np.array([0.3, 1.0, 2.5])
    found = rows_at_leads(known, origins, leads, tolerance=0.2)
    expected = [[nearest_by_search(known, k, lead, 0.2) for lead in leads] for k in origins]
    np.testing.assert_array_equal(found, expected)
    assert 0.05 < np.mean(found < 0) < 0.95


def test_on_a_tie_the_later_row_stands_and_far_from_zero_too():
    zero = 1.7e9  # seconds since 1970: their rounding must not decide
    times = zero + np.array([0.0, 1.0, 2.0, 4.0])
    known = build_series((None,), np.zeros(4, int), times, np.ones((4, 1)))
    assert rows_at_leads(known, np.array([0]), [1.5, 3.0], tolerance=1.0).tolist() == [[2, 3]]
    assert rows_at_leads(known, np.array([0]), [1.5, 3.0], tolerance=0.4).tolist() == [[-1, -1]]


def test_candidates_are_counted_within_their_series():
    known = ragged(n_series=2, n_rows=5)
    candidates = np.array([1, 2, 3, 4, 5, 6, 7])
    assert thin_rows(known, candidates, 3, is_count=True).tolist() == [1, 4, 5]


def test_stretches_of_time_begin_with_the_first_candidate_of_a_series():
    known = ragged()
    found = thin_rows(known, np.arange(known.n_rows), 4.0, is_count=False)
    first = known.times[known.starts[:-1]][known.series_of_row]
    stretch = known.series_of_row * 1000 + np.floor((known.times - first) / 4.0)
    assert found.tolist() == np.unique(stretch, return_index=True)[1].tolist()


def test_no_candidates_are_no_origins():
    assert len(thin_rows(ragged(), np.arange(0), 2, is_count=True)) == 0


def test_positions_lead_back_to_the_rows_that_were_given():
    rng = np.random.default_rng(0)
    series, times = rng.integers(0, 3, size=50), rng.permutation(50) / 7
    values = rng.normal(size=(50, 2))
    values[::5] = np.nan
    known = build_series((0, 1, 2), series, times, values)
    positions = row_positions(series, times, values)
    np.testing.assert_array_equal(known.values, values[positions])
    np.testing.assert_array_equal(known.times, times[positions])
