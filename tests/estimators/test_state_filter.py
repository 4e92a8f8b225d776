"""The state at a cutoff: an extended Kalman filter."""

import numpy as np
import pytest

from tsnode.estimators.paths._state_filter import MAX_ROWS, StateFilter
from tsnode.frames._rows import build_series

NAN = np.nan


def stay(z, series, t0, t1):  # noqa: ARG001 - the signature of a model
    return z.copy()


def decay(z, series, t0, t1):  # noqa: ARG001
    return z * np.exp(-0.3 * (t1 - t0))[:, None]


def one(times, values):
    values = np.asarray(values, dtype=float).reshape(len(times), -1)
    return build_series((None,), np.zeros(len(times), dtype=int), np.asarray(times, float), values)


def textbook_kalman(values, gaps, q, r):
    """Filter a scalar random walk, Kalman 1960: state and variance row by row."""
    state, variance, states = values[0], r, [values[0]]
    for value, gap in zip(values[1:], gaps, strict=True):
        variance = variance + q * gap
        gain = variance / (variance + r)
        state, variance = state + gain * (value - state), (1 - gain) * variance
        states.append(state)
    return np.array(states)


def test_on_a_random_walk_with_irregular_stamps_it_is_the_textbook_filter():
    rng = np.random.default_rng(0)
    gaps = rng.uniform(0.2, 3, 29)
    walk = np.r_[0, np.cumsum(rng.normal(size=29) * np.sqrt(0.2 * gaps))]
    values = walk + rng.normal(size=30)
    series = one(np.r_[0, np.cumsum(gaps)], values)
    kalman = StateFilter(np.array([1.0]), np.array([0.2]), reach=40, longest_gap=10.0)
    found = kalman.estimate(series, np.arange(30), stay)[:, 0]
    assert found == pytest.approx(textbook_kalman(values, gaps, 0.2, 1.0))
    assert np.abs(found - values).max() > 0.5


def turn(z, series, t0, t1):  # noqa: ARG001
    """Rotate two channels, which also grow."""
    angle = 0.7 * (t1 - t0)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return 1.05 * np.einsum("ijn,nj->ni", matrix, z)


def test_of_a_linear_law_with_missing_entries_it_is_the_textbook_filter_with_matrices():
    rng = np.random.default_rng(5)
    times = np.cumsum(rng.uniform(0.3, 2, 25))
    values = rng.normal(size=(25, 2))
    values[3::3, 0] = values[4::3, 1] = NAN
    noise, drift = np.array([0.4, 0.7]), np.array([0.1, 0.02])
    kalman = StateFilter(noise, drift, reach=40, longest_gap=10.0)
    found = kalman.estimate(one(times, values), np.array([24]), turn)[0]
    state, spread = values[0], np.diag(noise**2)
    for k in range(1, 25):
        t0, t1 = times[[k - 1]], times[[k]]
        flow = np.stack([turn(unit[None], None, t0, t1)[0] for unit in np.eye(2)], axis=1)
        state = flow @ state
        spread = flow @ spread @ flow.T + np.diag(drift) * (t1 - t0)
        seen = np.isfinite(values[k])
        pick = np.eye(2)[seen]
        gain = spread @ pick.T @ np.linalg.inv(pick @ spread @ pick.T + np.diag(noise[seen] ** 2))
        state = state + gain @ (values[k, seen] - pick @ state)
        spread = spread - gain @ pick @ spread
    assert found == pytest.approx(state, rel=1e-6)


def test_without_noise_the_estimate_is_the_observation():
    series = one(np.arange(6.0), [[1.0, 2], [3, NAN], [NAN, 5], [2, 2], [4, NAN], [7, 1]])
    exact = StateFilter(np.zeros(2), np.array([0.1, 0.1]), reach=10, longest_gap=10.0)
    found = exact.estimate(series, np.arange(6), stay)
    seen = series.is_observed
    assert found[seen].tolist() == series.values[seen].tolist()


def test_entries_not_observed_are_the_forecast():
    series = one(np.arange(4.0), [[8.0, 1], [NAN, 1], [NAN, 1], [NAN, 1]])
    exact = StateFilter(np.zeros(2), np.ones(2), reach=10, longest_gap=10.0)
    found = exact.estimate(series, np.array([3]), decay)
    assert found[0] == pytest.approx([8 * np.exp(-0.9), 1.0])


def test_on_a_noisy_decay_it_halves_the_error_of_the_raw_observation():
    rng = np.random.default_rng(1)
    times = np.arange(2000.0)
    truth = np.zeros(2000)
    kicks = rng.normal(size=2000) * 0.3
    for k in range(1, 2000):
        truth[k] = truth[k - 1] * np.exp(-0.3) + kicks[k]
    series = one(times, truth + rng.normal(size=2000))
    kalman = StateFilter.fit(series, np.array([1.0]), decay)
    found = kalman.estimate(series, np.arange(2000), decay)[:, 0]
    error = np.sqrt(np.mean((found - truth) ** 2))
    assert error < 0.5 * np.sqrt(np.mean((series.values[:, 0] - truth) ** 2))


def test_the_drift_is_what_forecasts_miss_beyond_the_noise():
    rng = np.random.default_rng(2)
    walk = np.cumsum(rng.normal(size=5000) * 0.7)
    series = one(np.arange(5000) * 2.0, walk + 0.5 * rng.normal(size=5000))
    kalman = StateFilter.fit(series, np.array([0.5]), stay, most=5000)
    assert kalman.drift[0] == pytest.approx(0.7**2 / 2, rel=0.1)


def lorenz(z, series, t0, t1):  # noqa: ARG001
    """Take steps of Runge and Kutta; standardised states, times in parts of 0.05."""
    center, scale = np.array([0.0, 0.0, 23.5]), np.array([8.0, 9.0, 8.5])

    def slope(z):
        x, y, w = (z * scale + center).T
        return 0.05 * np.stack([10 * (y - x), x * (28 - w) - y, x * y - 8 / 3 * w], axis=1) / scale

    h = (t1 - t0)[:, None] / 4
    for _ in range(4):
        k1 = slope(z)
        k2 = slope(z + h / 2 * k1)
        k3 = slope(z + h / 2 * k2)
        z = z + h / 6 * (k1 + 2 * k2 + 2 * k3 + slope(z + h * k3))
    return z


def test_along_a_flow_that_turns_and_stretches_errors_it_halves_those_of_channels_alone(
    monkeypatch,
):
    rng = np.random.default_rng(6)
    times, truth = np.arange(400.0), np.empty((400, 3))
    truth[0] = 0.5, 0.5, 0.2
    for k in range(1, 400):
        truth[[k]] = lorenz(truth[[k - 1]], None, times[[k - 1]], times[[k]])
    series = one(times, truth + 0.1 * rng.normal(size=truth.shape))

    def error():
        kalman = StateFilter.fit(series, np.full(3, 0.1), lorenz)
        found = kalman.estimate(series, np.arange(50, 400), lorenz)
        return np.sqrt(np.mean((found - truth[50:]) ** 2))

    whole = error()
    monkeypatch.setattr("tsnode.estimators.paths._state_filter.MOST_STATES", 0)
    assert whole < 0.4 * 0.1
    assert whole < 0.6 * error()


@pytest.mark.parametrize("reach", [0.0, 7.0, 40.0])
def test_the_cost_does_not_grow_with_the_memory(reach):
    asked = []

    def count(z, series, t0, t1):
        asked.append(len(z))
        return stay(z, series, t0, t1)

    values = np.random.default_rng(8).normal(size=(1000, 2))
    kalman = StateFilter(np.ones(2), np.full(2, 0.3), reach=reach, longest_gap=10.0)
    kalman.estimate(one(np.arange(1000.0), values), np.arange(1000), count)
    # The forecast and two derivatives from every row, at most three times.
    assert sum(asked) <= 3 * 3 * 1000
    assert len(asked) <= 1.5 * reach


def test_who_else_asks_does_not_change_an_estimate():
    values = np.random.default_rng(9).normal(size=(100, 1))
    series = one(np.arange(100.0), values)
    kalman = StateFilter(np.ones(1), np.full(1, 0.3), reach=9, longest_gap=10.0)
    every = kalman.estimate(series, np.arange(100), stay)
    for row in (0, 8, 9, 17, 18, 99):
        found = kalman.estimate(series, np.array([row]), stay)
        np.testing.assert_array_equal(found, every[[row]])
        # Nor do rows that lie further back than one and a half times its reach.
        first = max(row - 14, 0)
        newest = one(np.arange(100.0)[first:], values[first:])
        found = kalman.estimate(newest, np.array([row - first]), stay)
        np.testing.assert_array_equal(found, every[[row]])


@pytest.mark.parametrize("n", [1, 2, 3, 5, 6])
def test_a_few_rows_give_a_finite_filter(n):
    series = one(np.arange(float(n)), np.arange(n) % 2)
    kalman = StateFilter.fit(series, np.array([0.1]), stay)
    assert np.isfinite(kalman.estimate(series, np.arange(n), stay)).all()


def test_a_long_gap_forgets_what_was_before():
    series = one([0.0, 1.0, 50.0, 51.0], [5.0, 5.0, -2.0, -2.0])
    kalman = StateFilter(np.ones(1), np.full(1, 0.01), reach=40, longest_gap=10.0)
    found = kalman.estimate(series, np.array([1, 2, 3]), stay)[:, 0]
    assert found.tolist() == [5.0, -2.0, -2.0]


def test_rows_of_other_series_and_later_rows_change_nothing():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(20, 1))
    number, times = np.repeat([0, 1], 10), np.tile(np.arange(10.0), 2)
    both = build_series(("a", "b"), number, times, values)
    kalman = StateFilter(np.ones(1), np.full(1, 0.3), reach=40, longest_gap=10.0)
    alone = kalman.estimate(one(np.arange(5.0), values[10:15]), np.array([4]), stay)
    found = kalman.estimate(both, np.array([3, 14, 9]), stay)
    assert found[1] == pytest.approx(alone[0], abs=1e-14)


def test_a_start_alone_knows_nothing_of_earlier_rows():
    kalman = StateFilter(np.ones(2), np.full(2, 0.3), reach=40, longest_gap=10.0)
    first = one(np.arange(3.0), [[1.0, 2.0], [4.0, NAN], [5.0, 5.0]])
    other = one(np.arange(3.0), [[-9.0, 7.0], [4.0, NAN], [5.0, 5.0]])
    flags = np.array([True, False])
    found, changed = (kalman.estimate(s, np.array([1, 1]), stay, flags) for s in (first, other))
    assert found[0].tolist() == changed[0].tolist() == [4.0, 0.0]
    assert np.abs(found[1] - changed[1]).min() > 1


def test_a_model_that_diverges_leaves_the_observations():
    def explode(z, series, t0, t1):  # noqa: ARG001
        return np.full_like(z, np.nan)

    series = one(np.arange(4.0), [1.0, 2.0, 3.0, 4.0])
    kalman = StateFilter(np.full(1, 1e-3), np.ones(1), reach=40, longest_gap=10.0)
    assert kalman.estimate(series, np.array([3]), explode)[0, 0] == pytest.approx(4.0, abs=1e-2)


@pytest.mark.parametrize(("noise", "drift", "n_rows"), [(0.0, 1.0, 1), (1.0, 1e-6, MAX_ROWS)])
def test_the_memory_ends_where_observations_stop_to_count(noise, drift, n_rows):
    from tsnode.estimators.paths._state_filter import _memory

    assert _memory(np.array([noise**2]), np.array([drift])) == n_rows


def test_the_memory_keeps_all_but_a_thousandth():
    from tsnode.estimators.paths._state_filter import _memory

    q, r = 0.5, 1.0
    n_rows = _memory(np.array([r]), np.array([q]))
    rng = np.random.default_rng(4)
    values = rng.normal(size=60)
    whole = textbook_kalman(values, np.ones(59), q, r)[-1]
    kalman = StateFilter(np.ones(1), np.array([q]), n_rows, 10.0)
    found = kalman.estimate(one(np.arange(60.0), values), np.array([59]), stay)[0, 0]
    assert n_rows < 40
    assert found == pytest.approx(whole, abs=3e-3)


def test_of_a_noise_that_is_mostly_signal_less_is_believed():
    rng = np.random.default_rng(3)
    # A rough walk all but free of noise, of which a smoother takes the kicks for noise.
    walk = np.cumsum(rng.normal(size=1500)) + 0.05 * rng.normal(size=1500)
    series = one(np.arange(1500.0), walk)
    kalman = StateFilter.fit(series, np.array([2.0]), stay)
    assert kalman.noise[0] <= 0.5
    found = kalman.estimate(series, np.arange(100, 1500), stay)[:, 0]
    assert np.std(found - walk[100:]) < 0.2
