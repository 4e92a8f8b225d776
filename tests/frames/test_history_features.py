"""History features: block means against a plain loop, causality, weights, empty histories."""

import numpy as np
import pytest

from tsnode.frames._history_features import HistoryFeatures, lag_edges
from tsnode.frames._series import SeriesSet
from tsnode.frames._windows import Origins, row_origins


def irregular(n_rows=200, n_channels=2, seed=0):
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.exponential(1.0, n_rows))
    values = rng.normal(size=(n_rows, n_channels))
    values[rng.random(values.shape) < 0.3] = np.nan
    return SeriesSet((None,), np.array([0, n_rows]), times, values, np.ones(n_rows))


def joined(*parts):
    lengths = [part.n_rows for part in parts]
    return SeriesSet(
        tuple(range(len(parts))), np.cumsum([0, *lengths]),
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.weights for part in parts]),
    )  # fmt: skip


@pytest.mark.parametrize("lookback", [1.0, 5.0, 24.0, 48.0, 100.0])
def test_lag_edges_rise_from_zero_to_the_lookback(lookback):
    edges = lag_edges(lookback)
    assert edges[0] == 0
    assert edges[-1] == lookback
    assert (np.diff(edges) >= 1).all()


def test_on_regular_data_the_newest_block_is_the_last_value_and_older_ones_are_means():
    times, values = np.arange(60.0), np.linspace(-1, 1, 60)[:, None]
    series = SeriesSet((None,), np.array([0, 60]), times, values, np.ones(60))
    last = Origins(np.array([0]), np.array([59.0]), np.array([60]))
    blocks = HistoryFeatures(8.0)(series, last)[0, 1:7]
    # Edges 0 1 2 3 4 6 8: the fifth block holds lags 4 and 5.
    assert blocks[0] == pytest.approx(values[59, 0])
    size = np.sqrt(2) / (1 + 4.5) ** 1.5
    assert blocks[4] == pytest.approx(size * values[[55, 54], 0].mean())


def test_means_are_those_of_a_loop_over_the_rows():
    series = irregular()
    origins = row_origins(series).take(slice(150, 153))
    found = HistoryFeatures(8.0)(series, origins)[1, 1:13].reshape(6, 2)
    bounds = np.r_[-1.0, lag_edges(8.0)[1:] - 0.4871]
    lags = origins.times[1] - series.times[: origins.ends[1]]
    centers = (lag_edges(8.0)[1:] + lag_edges(8.0)[:-1] - 1) / 2
    size = np.sqrt(np.diff(lag_edges(8.0))) / (1 + centers) ** 1.5
    inside = [(lags >= low) & (lags < high) for low, high in zip(bounds, bounds[1:], strict=False)]
    seen = np.array([np.isfinite(series.values[: len(lags)][rows]).any(axis=0) for rows in inside])
    sums = np.array([np.nansum(series.values[: len(lags)][rows], axis=0) for rows in inside])
    counts = [np.isfinite(series.values[: len(lags)][rows]).sum(axis=0) for rows in inside]
    expected = sums / np.maximum(counts, 1) * size[:, None]
    assert seen.sum() >= 6
    np.testing.assert_allclose(found[seen], expected[seen])


def test_an_empty_interval_is_bridged_between_its_neighbours():
    times, values = np.array([0.0, 2.0]), np.array([[1.0], [0.0]])
    series = SeriesSet((None,), np.array([0, 2]), times, values, np.ones(2))
    last = Origins(np.array([0]), np.array([2.0]), np.array([2]))
    blocks = HistoryFeatures(3.0)(series, last)[0, 1:4]
    np.testing.assert_allclose(blocks * (1 + 8 * np.arange(3) / 3) ** 1.5, [0.0, 0.5, 1.0])


def test_rows_after_the_origin_change_nothing():
    series = irregular()
    origins = row_origins(series).take(np.array([20, 90]))
    before = HistoryFeatures(24.0, (24.0,), with_products=True)(series, origins)
    series.values[92:] = 1e3
    after = HistoryFeatures(24.0, (24.0,), with_products=True)(series, origins)
    np.testing.assert_array_equal(before, after)


def test_one_origin_alone_equals_the_same_among_all_and_among_other_series():
    series, features = irregular(), HistoryFeatures(24.0, (24.0,), with_products=True)
    origins = row_origins(series)
    among = features(series, origins)[100]
    alone = features(series, origins.take(np.array([100])))[0]
    panel = joined(irregular(80, seed=1), series)
    shifted = Origins(np.array([1]), origins.times[[100]], origins.ends[[100]] + 80)
    np.testing.assert_array_equal(among, alone)
    np.testing.assert_allclose(among, features(panel, shifted)[0], atol=1e-12)


def test_a_row_of_weight_three_counts_like_three_rows():
    times, values = np.array([0.0, 0.2, 2.0]), np.array([[1.0], [-1.0], [0.5]])
    weighted = SeriesSet((None,), np.array([0, 3]), times, values, np.array([3.0, 1.0, 1.0]))
    last = Origins(np.array([0]), np.array([2.0]), np.array([3]))
    block = HistoryFeatures(3.0)(weighted, last)[0, 3] * (1 + 16 / 3) ** 1.5
    assert block == pytest.approx((3 * 1.0 - 1.0) / 4)


def test_an_empty_history_gives_finite_features_that_know_the_phase():
    series = irregular()
    empty = Origins(np.zeros(2, int), np.array([5.0, 11.0]), np.zeros(2, int))
    found = HistoryFeatures(24.0, (24.0,), with_products=True)(series, empty)
    assert np.isfinite(found).all()
    assert (found[0] != found[1]).any()


def test_emphasis_has_a_factor_for_every_feature_and_favours_the_own_past():
    series, features = irregular(), HistoryFeatures(24.0, (24.0, 12.0), with_products=True)
    emphasis = features.emphasis(2)
    assert emphasis.shape == (2, features(series, row_origins(series)).shape[1])
    lag_zero = 1 + 2 * 2
    assert emphasis[0, lag_zero] > emphasis[0, lag_zero + 1] == 1


def test_the_last_columns_are_the_products_of_phase_and_of_pairs():
    series, features = irregular(n_channels=3), HistoryFeatures(48.0, (24.0,), with_products=True)
    origins = row_origins(series).take(slice(50, 150))
    found = features(series, origins)
    phase, pairs = features.products(3)
    plain = HistoryFeatures(48.0, (24.0,))(series, origins)
    np.testing.assert_array_equal(found[:, : phase.start], plain)
    assert phase.stop - phase.start == 3 * 3 * 2
    assert pairs.stop == found.shape[1]
    # The first product is the newest block of the first channel times the cosine.
    seen = found[:, phase.start] != 0
    expected = plain[seen, 3] * plain[seen, 1] / 2
    assert seen.sum() > 30
    np.testing.assert_allclose(found[seen, phase.start], expected)


def test_pair_products_are_recent_means_of_both_channels_together():
    times = np.arange(20.0)
    values = np.stack([np.full(20, 2.0), np.linspace(-1, 1, 20)], axis=1)
    series = SeriesSet((None,), np.array([0, 20]), times, values, np.ones(20))
    last = Origins(np.array([0]), np.array([19.0]), np.array([20]))
    features = HistoryFeatures(48.0, with_products=True)
    pairs = features(series, last)[0, features.products(2)[1]]
    np.testing.assert_allclose(pairs[0], (2 * values[-3:, 1]).mean() / 2)
    change = values[-3:, 1].mean() - values[2:14, 1].mean()
    np.testing.assert_allclose(pairs[1:], [2 * change / 4, 0], atol=1e-12)


def test_recent_columns_are_phase_blocks_and_faded_last_values():
    series, features = irregular(), HistoryFeatures(24.0, (24.0,))
    origins = row_origins(series).take(slice(50, 150))
    recent = features(series, origins)[:, features.recent(2)]
    whole = features(series, origins)
    np.testing.assert_array_equal(recent[:, :4], whole[:, 1:5])
    np.testing.assert_array_equal(recent[:, -4:], whole[:, -4:])
