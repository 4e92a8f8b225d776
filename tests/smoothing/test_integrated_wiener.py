"""The likelihood smoother against a dense Gaussian process and at its limits."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from tsnode.smoothing._integrated_wiener import smooth_channel, smooth_panel_channel


def toy(n=40, seed=0, noise=0.1):
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.exponential(size=n) + 0.05)
    values = np.sin(times / 3) + noise * rng.normal(size=n)
    values[rng.random(n) < 0.2] = np.nan
    return times, values, rng.integers(1, 4, n).astype(float)


def path_covariance(s, t):
    """Covariance of the integrated Wiener process, int_0^min (s - u)(t - u) du."""
    low, high = np.minimum.outer(s, t), np.maximum.outer(s, t)
    return low**2 * (3 * high - low) / 6


def slope_path_covariance(s, t):
    low = np.minimum.outer(s, t)
    return low * t[None, :] - low**2 / 2


def over_gaps(covariance, s, t, knots, pace):
    """Sum the covariances of all gaps: integrals to their ends, less those to their starts."""

    def until(u):
        low = np.minimum(np.minimum.outer(s, t), u)
        if covariance is path_covariance:
            return np.multiply.outer(s, t) * low - np.add.outer(s, t) * low**2 / 2 + low**3 / 3
        return low * t[None, :] - low**2 / 2

    return sum(
        g * (until(b) - until(a)) for g, a, b in zip(pace, knots[:-1], knots[1:], strict=True)
    )


class DenseProcess:
    """Generalised least squares with a flat prior on the start, by dense matrices."""

    def __init__(self, times, values, weights, ratio, pace=None):
        seen = np.isfinite(values)
        self.t = times - times[0]
        self.to, self.y = self.t[seen], values[seen]
        pace = np.ones(len(times) - 1) if pace is None else pace
        self.paths = over_gaps(path_covariance, self.t, self.t, self.t, pace)
        self.slopes = over_gaps(slope_path_covariance, self.t, self.to, self.t, pace)
        self.energy = np.r_[0, np.cumsum(np.diff(self.t) * pace)]
        self.seen = seen
        covariance = ratio * self.paths[np.ix_(seen, seen)]
        self.covariance = covariance + np.diag(1 / weights[seen])
        self.ratio, self.inverse = ratio, np.linalg.inv(self.covariance)
        self.line = np.c_[np.ones(len(self.to)), self.to]
        self.information = self.line.T @ self.inverse @ self.line
        self.start = np.linalg.solve(self.information, self.line.T @ self.inverse @ self.y)
        self.rest = self.y - self.line @ self.start

    def variance(self):
        return self.rest @ self.inverse @ self.rest / (len(self.y) - 2)

    def deviance(self):
        n = len(self.y) - 2
        logs = np.linalg.slogdet(self.covariance)[1] + np.linalg.slogdet(self.information)[1]
        return n * np.log(self.variance()) + logs

    def posterior(self, is_slope):
        basis = np.c_[np.ones(len(self.t)), self.t]
        if is_slope:
            basis = np.c_[np.zeros(len(self.t)), np.ones(len(self.t))]
        cross = self.slopes if is_slope else self.paths[:, self.seen]
        own = self.energy if is_slope else np.diag(self.paths)
        gain = self.ratio * cross @ self.inverse
        left = basis - gain @ self.line
        mean = basis @ self.start + gain @ self.rest
        variance = self.ratio * own - (gain * self.ratio * cross).sum(1)
        variance += (left @ np.linalg.inv(self.information) * left).sum(1)
        return mean, np.sqrt(variance * self.variance())


@pytest.mark.parametrize(
    ("is_slope", "mean", "spread"),
    [(False, "mean", "spread"), (True, "slope", "slope_spread")],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_posterior_equals_the_dense_gaussian_process(seed, is_slope, mean, spread):
    times, values, weights = toy(seed=seed)
    smooth = smooth_channel(times, values, weights)
    dense = DenseProcess(times, values, weights, smooth.ratio).posterior(is_slope)
    np.testing.assert_allclose(getattr(smooth, mean), dense[0], atol=1e-8)
    np.testing.assert_allclose(getattr(smooth, spread), dense[1], rtol=1e-5)


@pytest.mark.parametrize(
    ("is_slope", "mean", "spread"),
    [(False, "mean", "spread"), (True, "slope", "slope_spread")],
)
@pytest.mark.parametrize("missing", [False, True])
def test_an_uneven_pace_equals_the_dense_process_of_that_intensity(missing, is_slope, mean, spread):
    times, values, weights = toy()
    rng = np.random.default_rng(1)
    values, pace = np.nan_to_num(values), np.exp(3 * rng.normal(size=len(times) - 1))
    if missing:
        # The gaps beside a missing value, and beyond all values, share a pace.
        values[[5, 17, 39]] = np.nan
        pace[[5, 17, 39 - 1]] = pace[[4, 16, 38 - 1]]
    smooth = smooth_panel_channel([times], [values], [weights], [pace])[0]
    dense = DenseProcess(times, values, weights, smooth.ratio, pace).posterior(is_slope)
    np.testing.assert_allclose(getattr(smooth, mean), dense[0], atol=1e-7)
    np.testing.assert_allclose(getattr(smooth, spread), dense[1], rtol=1e-5)


def test_deviances_of_two_paces_differ_as_the_dense_likelihoods_do():
    times, values, weights = toy()
    values = np.nan_to_num(values)
    paces = [np.ones(39), np.exp(np.random.default_rng(1).normal(size=39))]
    ours, dense = [], []
    for pace in paces:
        smooth = smooth_panel_channel([times], [values], [weights], [pace])[0]
        ours.append(smooth.deviance)
        dense.append(DenseProcess(times, values, weights, smooth.ratio, pace).deviance())
    assert np.diff(ours) == pytest.approx(np.diff(dense), abs=1e-6)


def test_ratio_and_sigma_maximise_the_dense_restricted_likelihood():
    times, values, weights = toy()
    smooth = smooth_channel(times, values, weights)

    def deviance(log_ratio):
        return DenseProcess(times, values, weights, np.exp(log_ratio)).deviance()

    best = minimize_scalar(deviance, bounds=(-12, 8), method="bounded", options={"xatol": 1e-6})
    assert np.log(smooth.ratio) == pytest.approx(best.x, abs=1e-2)
    dense = DenseProcess(times, values, weights, smooth.ratio)
    assert smooth.sigma == pytest.approx(np.sqrt(dense.variance()), rel=1e-8)


@pytest.mark.parametrize("noise", [0.01, 0.05, 0.3])
def test_sigma_is_found_and_the_path_is_closer_than_the_data(noise):
    rng = np.random.default_rng(3)
    times = np.cumsum(rng.exponential(size=1000))
    truth = np.sin(times / 8)
    smooth = smooth_channel(times, truth + noise * rng.normal(size=1000))
    assert smooth.sigma == pytest.approx(noise, rel=0.1)
    assert np.std(smooth.mean - truth) < 0.7 * noise


def test_units_of_time_and_value_scale_the_result():
    times, values, weights = toy()
    a = smooth_channel(times, values, weights)
    b = smooth_channel(3600 * times, 10 * values, weights)
    np.testing.assert_allclose(b.mean, 10 * a.mean, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(b.slope * 3600, 10 * a.slope, rtol=1e-4, atol=1e-5)
    assert b.sigma == pytest.approx(10 * a.sigma, rel=1e-4)


def uneven(seed, n=60):
    """Make stamps of which a third lie 1e-6 to 1e3 medians apart, and noisy values."""
    rng = np.random.default_rng(seed)
    gaps = np.ones(n)
    gaps[rng.permutation(n)[: n // 3]] = 10 ** rng.uniform(-6, 3, n // 3)
    times = np.cumsum(gaps)
    return times, np.sin(times / 100) + 0.3 * rng.normal(size=n), rng.integers(1, 4, n) * 1.0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("is_slope", "mean", "spread"),
    [(False, "mean", "spread"), (True, "slope", "slope_spread")],
)
def test_gaps_of_a_millionth_beside_thousands_equal_the_dense_process(seed, is_slope, mean, spread):
    times, values, weights = uneven(seed)
    smooth = smooth_channel(times, values, weights)
    dense = DenseProcess(times, values, weights, smooth.ratio).posterior(is_slope)
    assert (np.abs(getattr(smooth, mean) - dense[0]) < 5e-3 * dense[1]).all()
    np.testing.assert_allclose(getattr(smooth, spread), dense[1], rtol=1e-4)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", [np.zeros_like, np.sin, lambda t: np.sin(t / 1e4)])
@pytest.mark.parametrize("noise", [0.0, 1e-3, 1.0])
def test_gaps_over_nine_decades_stay_finite(seed, shape, noise):
    rng = np.random.default_rng(seed)
    gaps = np.where(np.arange(200) % 2, 1.0, 10 ** rng.uniform(-6, 3, 200))
    times = np.cumsum(gaps)
    smooth = smooth_channel(times, shape(times) + noise * rng.normal(size=200))
    for found in (smooth.mean, smooth.slope, smooth.spread, smooth.slope_spread):
        assert np.isfinite(found).all()


def test_weight_zero_equals_a_missing_value():
    times, values, weights = toy()
    without = np.where(np.arange(len(times)) == 7, np.nan, values)
    masked = np.where(np.arange(len(times)) == 7, 0.0, weights)
    a, b = smooth_channel(times, without, weights), smooth_channel(times, values, masked)
    np.testing.assert_allclose(a.mean, b.mean)


def test_series_of_a_panel_share_noise_and_equal_one_series_when_alone():
    times, values, weights = toy()
    alone = smooth_channel(times, values, weights)
    pair = smooth_panel_channel([times, times + 5], [values, values], [weights, weights])
    assert pair[0].ratio == pytest.approx(alone.ratio, rel=1e-2)
    np.testing.assert_allclose(pair[0].mean, pair[1].mean)
    np.testing.assert_allclose(pair[0].mean, alone.mean, atol=1e-3)


@pytest.mark.parametrize("n", [1, 2, 3, 10])
@pytest.mark.parametrize("value", [0.0, 7.3, 1e9])
def test_constant_values_stay_constant(n, value):
    smooth = smooth_channel(np.arange(n) * 0.1, np.full(n, value))
    np.testing.assert_allclose(smooth.mean, value)
    np.testing.assert_allclose(smooth.slope, 0, atol=1e-9 * max(value, 1))
    assert smooth.sigma == 0


def test_a_straight_line_is_returned_as_it_is():
    times = np.sort(np.random.default_rng(0).random(30))
    smooth = smooth_channel(times, 3 - 2 * times)
    np.testing.assert_allclose(smooth.slope, -2, rtol=1e-9)
    assert smooth.sigma == 0


@pytest.mark.parametrize("values", [[], [np.nan, np.nan], [1.0], [np.nan, 2.0, np.nan]])
def test_fewer_than_two_values_leave_the_slope_unknown(values):
    smooth = smooth_channel(np.arange(float(len(values))), np.array(values))
    np.testing.assert_array_equal(smooth.slope, 0)
    np.testing.assert_array_equal(smooth.slope_spread, np.inf)


def test_exact_values_are_passed_through():
    times = np.linspace(0, 10, 60)
    smooth = smooth_channel(times, np.sin(times))
    np.testing.assert_allclose(smooth.mean, np.sin(times), atol=1e-6)
    np.testing.assert_allclose(smooth.slope[8:-8], np.cos(times)[8:-8], atol=1e-3)


def test_the_path_is_straight_beyond_the_observed_values():
    values = np.r_[np.sin(np.arange(20.0)), np.nan, np.nan]
    smooth = smooth_channel(np.arange(22.0), values)
    np.testing.assert_allclose(np.diff(smooth.mean[-3:]), smooth.slope[-1])
    assert smooth.spread[-1] > smooth.spread[-2] > smooth.spread[-3]


def test_many_series_of_different_lengths_are_smoothed_as_each_alone(monkeypatch):
    rng = np.random.default_rng(3)
    lengths = rng.integers(1, 40, 20)
    times = [np.cumsum(rng.exponential(size=n)) for n in lengths]
    values = [np.where(rng.random(len(t)) < 0.2, np.nan, np.sin(t)) for t in times]
    weights = [rng.integers(0, 3, n).astype(float) for n in lengths]
    together = smooth_panel_channel(times, values, weights)
    monkeypatch.setattr("tsnode.smoothing._information.MANY", 1000)
    apart = smooth_panel_channel(times, values, weights)
    for name in ("mean", "spread", "slope_spread"):
        found, wanted = (
            np.concatenate([getattr(one, name) for one in smooth]) for smooth in (together, apart)
        )
        np.testing.assert_allclose(found, wanted, rtol=1e-9)
    assert np.isfinite(together[0].sigma)
