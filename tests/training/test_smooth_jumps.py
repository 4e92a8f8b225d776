"""Uneven smoothing: where it is used, and how much closer to the truth it comes."""

import numpy as np

from tsnode.datasets import make_lorenz63, make_van_der_pol
from tsnode.training import _smooth_jumps
from tsnode.training._match import smooth_paths
from tsnode.training._paths import ObservedPath
from tsnode.training._smooth_jumps import smooth_jumps

N_ROWS = 400


def standardised(frame):
    return ((frame - frame.mean()) / frame.std()).to_numpy()


STIFF = standardised(make_van_der_pol(N_ROWS, epsilon=10.0, mean_step=0.1, transient=30.0))


def noisy(values, noise=0.05, seed=0):
    return values + noise * np.random.default_rng(seed).normal(size=values.shape)


def path_of(values):
    return ObservedPath(np.arange(float(len(values))), values, np.ones(len(values)))


def smooth_both(paths):
    smooth = smooth_paths(paths)
    return smooth, smooth_jumps(paths, smooth)


def test_a_law_that_jumps_is_known_several_times_better_where_it_rests():
    even, uneven = smooth_both([path_of(noisy(STIFF))])
    slopes = np.gradient(STIFF, axis=0)
    rests = np.abs(slopes).max(axis=1) < np.quantile(np.abs(slopes).max(axis=1), 0.7)

    def error(found, name, truth):
        return np.sqrt(np.mean(np.square((found[name][0] - truth)[rests]), axis=0))

    assert (error(uneven, "states", STIFF) < 0.6 * error(even, "states", STIFF)).all()
    assert error(uneven, "slopes", slopes)[0] < 0.3 * error(even, "slopes", slopes)[0]
    np.testing.assert_allclose(uneven["sigma"], 0.05, rtol=0.15)
    assert uneven["deviance"].sum() < even["deviance"].sum()


def test_laws_that_do_not_jump_are_left_as_they_are():
    samples = [
        make_van_der_pol(N_ROWS, mean_step=0.1, transient=20.0),
        make_lorenz63(N_ROWS, mean_step=0.02, transient=20.0),
    ]
    for sample in samples:
        for noise in (0.01, 0.1):
            assert smooth_both([path_of(noisy(standardised(sample), noise))])[1] is None


def test_series_of_a_panel_share_their_unit_and_may_be_short():
    values = noisy(STIFF)
    values[30:40, 1] = np.nan
    parts = [path_of(part) for part in (values[:200], values[200:398], values[398:399])]
    _, uneven = smooth_both(parts)
    assert [len(states) for states in uneven["states"]] == [200, 198, 1]
    assert all(np.isfinite(states).all() for states in uneven["states"])


def test_nothing_to_smooth_and_too_much_of_it_are_left_alone(monkeypatch):
    assert smooth_both([path_of(np.ones((50, 2)))])[1] is None
    assert smooth_both([path_of(np.full((9, 2), np.nan))])[1] is None
    assert smooth_both([path_of(np.zeros((1, 2)))])[1] is None
    monkeypatch.setattr(_smooth_jumps, "MAX_ROWS", N_ROWS - 1)
    assert smooth_both([path_of(noisy(STIFF))])[1] is None
