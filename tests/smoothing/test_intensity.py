"""The smoother on paths whose motion lies in a few bursts."""

import numpy as np
import pytest

from tsnode.datasets import make_lorenz63, make_van_der_pol
from tsnode.smoothing._integrated_wiener import smooth_channel, smooth_panel_channel
from tsnode.smoothing._intensity import shares_of_curvature


def spikes(noise=0.0, n=800, missing=0.0, seed=0):
    """Make narrow jumps up and back on a slow wave; stamps, observed and true values."""
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(0.5, 1.5, n))
    truth = 0.3 * np.sin(times / 60)
    truth += sum(6 * np.exp(-(((times - at) / 1.5) ** 2)) for at in np.arange(50, n, 95))
    values = truth + noise * rng.normal(size=n)
    values[rng.random(n) < missing] = np.nan
    return times, values, truth


def path_covariance(t, knots, intensities):
    """Covariance of x with dx = v dt, dv = dW of the given intensity per gap, x = v = 0 at first.

    The integral over u of (s - u) (t - u) up to the earlier one of s and t, gap by gap.
    """
    low, total = np.minimum.outer(t, t), np.add.outer(t, t)
    product = np.multiply.outer(t, t)

    def integral(u):
        u = np.minimum(u, low)
        return product * u - total * u**2 / 2 + u**3 / 3

    parts = zip(knots[:-1], knots[1:], intensities, strict=True)
    return sum(g * (integral(b) - integral(a)) for a, b, g in parts)


def test_the_path_equals_that_of_the_dense_gaussian_process():
    times, values, _ = spikes(noise=0.05, n=200, missing=0.1)
    smooth = smooth_channel(times, values)
    assert np.ptp(np.log(smooth.shares)) > np.log(30)
    seen = np.isfinite(values)
    prior = path_covariance(times, times, smooth.ratio * smooth.shares)
    line = np.c_[np.ones(len(times)), times - times[0]]
    inverse = np.linalg.inv(prior[np.ix_(seen, seen)] + np.eye(seen.sum()))
    information = line[seen].T @ inverse @ line[seen]
    start = np.linalg.solve(information, line[seen].T @ inverse @ values[seen])
    gain = prior[:, seen] @ inverse
    mean = line @ start + gain @ (values[seen] - line[seen] @ start)
    np.testing.assert_allclose(smooth.mean, mean, atol=1e-6)


@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_noise_is_found_beside_jumps_and_the_quiet_part_is_smoothed(noise):
    times, values, truth = spikes(noise=noise)
    smooth = smooth_channel(times, values)
    assert smooth.sigma == pytest.approx(noise, rel=0.15)
    quiet = np.abs(truth) < 0.4
    assert np.std((smooth.mean - truth)[quiet]) < 0.4 * noise


def test_exact_values_with_jumps_are_not_taken_for_noise():
    # Of one even intensity the most likely account of these velocities is noise alone.
    path = make_van_der_pol(1000, epsilon=10.0, transient=30.0).to_numpy()[:, 1]
    smooth = smooth_channel(np.arange(1000.0), path)
    assert smooth.sigma < 1e-6 * path.std()
    np.testing.assert_allclose(smooth.mean, path, atol=1e-5)


@pytest.mark.parametrize("make", [make_van_der_pol, make_lorenz63])
@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_a_path_without_bursts_keeps_one_intensity(make, noise):
    frame = make(500, noise=noise, irregular=noise > 0, random_state=0)
    smooth = smooth_channel(frame.index.to_numpy(), frame.to_numpy()[:, 1])
    np.testing.assert_array_equal(smooth.shares, 1.0)


def test_series_share_the_level_of_their_intensities():
    times, values, _ = spikes(noise=0.05)
    alone = smooth_channel(times, values)
    pair = smooth_panel_channel([times, times + 5], [values, values])
    np.testing.assert_allclose(pair[0].mean, alone.mean, atol=1e-4)
    np.testing.assert_allclose(pair[1].shares, pair[0].shares, rtol=1e-6)


def test_shares_have_geometric_mean_one_and_a_floor():
    shares = shares_of_curvature([np.zeros((2, 30)), np.eye(2, 40, 20) * 1e6])
    joined = np.concatenate(shares)
    assert np.log(joined).mean() == pytest.approx(0.0, abs=1e-9)
    assert joined.min() / joined.max() == pytest.approx(1e-6)
