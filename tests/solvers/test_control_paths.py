"""Paths through observations: their increments, what they know, and the solve along them."""

import numpy as np
import pytest
import torch

from tsnode.solvers._control_paths import (
    CAUSAL,
    PATHS,
    STRIDES,
    check_causal,
    control_slopes,
    fill_missing,
    path_values,
    solve_controlled,
    stage_times,
)

RANDOM = np.random.default_rng(0)
TIMES = np.cumsum(RANDOM.uniform(0.5, 2, (3, 7)), axis=1)
VALUES = RANDOM.normal(size=(3, 7, 2))


@pytest.mark.parametrize("path", PATHS)
def test_the_path_goes_through_every_observation(path):
    slopes = control_slopes(TIMES, VALUES, path)
    increments = (slopes * np.array([1, 4, 1])[:, None] / 6).sum(axis=2)
    knots = np.concatenate([TIMES[..., None], VALUES], axis=2)
    reached = knots[:, :1] + np.cumsum(increments, axis=1)[:, STRIDES[path] - 1 :: STRIDES[path]]
    assert np.allclose(reached, knots[:, 1:])


def test_cubic_pieces_of_a_line_are_the_line_and_slopes_join_in_time():
    slopes = control_slopes(TIMES, 3 * TIMES[..., None] + 1, "hermite")
    assert np.allclose(slopes[..., 1], 3 * slopes[..., 0])
    ends = control_slopes(TIMES, VALUES, "hermite")
    gaps = np.diff(TIMES)[..., None]
    rate, shrinks = ends[..., 1] / gaps, gaps[:, 1:, 0] < gaps[:, :-1, 0]
    # Backward differences: the slope at a stamp is that of the line up to it, on both sides.
    assert np.allclose(rate[:, 1:, 0][shrinks], rate[:, :-1, 2][shrinks])
    # Behind a shorter gap it is less: no cubic leaves the data by more than that gap's increment.
    assert np.allclose(ends[:, 1:, 0, 1][~shrinks], ends[:, :-1, 2, 1][~shrinks])
    assert shrinks.any()
    assert not shrinks.all()


def test_rectilinear_paths_move_the_time_first():
    slopes = control_slopes(TIMES, VALUES, "rectilinear")[:, :, 0]
    assert np.allclose(slopes[:, ::2, 1:], 0)
    assert np.allclose(slopes[:, 1::2, 0], 0)


def test_missing_values_are_carried_on_or_lie_between():
    values = np.array([np.nan, 2.0, np.nan, np.nan, 5.0, np.nan])[None, :, None]
    assert fill_missing(values, "hermite").ravel().tolist() == [0, 2, 2, 2, 5, 5]
    assert fill_missing(values, "linear").ravel().tolist() == [2, 2, 3, 4, 5, 5]
    assert fill_missing(np.full((1, 3, 1), np.nan), "linear").ravel().tolist() == [0, 0, 0]


@pytest.mark.parametrize("path", PATHS)
def test_a_repeated_last_row_stands_still(path):
    times, values = (np.concatenate([e, e[:, -1:], e[:, -1:]], axis=1) for e in (TIMES, VALUES))
    longer, short = control_slopes(times, values, path), control_slopes(TIMES, VALUES, path)
    assert np.array_equal(longer[:, : short.shape[1]], short)
    n = short.shape[1] + (path == "hermite")
    assert np.abs(longer[:, n:]).max() == 0
    total = (longer * np.array([1, 4, 1])[:, None] / 6).sum(axis=2).sum(axis=1)
    assert np.allclose(total[:, 1:], VALUES[:, -1] - VALUES[:, 0])


@pytest.mark.parametrize("path", CAUSAL)
def test_slopes_up_to_a_stamp_do_not_change_with_what_comes_later(path):
    later, stamp = VALUES.copy(), 4
    later[:, stamp + 1 :] += 7
    later[:, -1] = np.nan
    one, other = (control_slopes(TIMES, fill_missing(v, path), path) for v in (VALUES, later))
    known = STRIDES[path] * stamp
    assert np.array_equal(one[:, :known], other[:, :known])
    assert not np.array_equal(one[:, known + 1], other[:, known + 1])


def test_a_path_that_looks_ahead_is_refused_where_a_causal_one_is_asked():
    check_causal("linear", asked=False)
    with pytest.raises(ValueError, match=r"Expected a causal path, 'hermite' or 'rectilinear'"):
        check_causal("linear", asked=True)


@pytest.mark.parametrize("path", PATHS)
def test_a_linear_equation_is_solved_to_its_exponential(path):
    # dz = z dX has z(T) = z(0) exp(X(T) - X(0)), whatever the path between.
    slopes = torch.as_tensor(control_slopes(TIMES, VALUES / 20, path))
    states = solve_controlled(
        lambda _, z, u: z * u[:, 1:2], torch.ones(3, 1, dtype=torch.float64), slopes
    )
    expected = np.exp((VALUES[:, :, 0] - VALUES[:, :1, 0]) / 20)
    found = states[:, :: STRIDES[path], 0].numpy()
    assert found == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize("path", PATHS)
def test_drivers_stand_at_the_times_of_the_stages(path):
    # dz = u(t) dt; where time goes evenly, Simpson's rule is exact for a quadratic u.
    slopes = torch.as_tensor(control_slopes(TIMES, VALUES, path))
    stages = stage_times(TIMES, path)
    drivers = torch.as_tensor(3 * stages**2)[..., None]
    z0 = torch.zeros(3, 1, dtype=torch.float64)

    def field(t, z, u):  # noqa: ARG001
        return u[:, 3:] * u[:, :1]

    states = solve_controlled(field, z0, torch.cat([slopes, drivers], dim=3))
    found = states[:, :: STRIDES[path], 0].numpy()
    exactness = 1.5e-2 if path == "hermite" else 1e-9
    assert found == pytest.approx(TIMES**3 - TIMES[:, :1] ** 3, rel=exactness)
    assert np.isin(stages[..., [0, 2]], TIMES).all()


def test_counts_go_on_with_every_observation_and_no_further():
    values = np.array([1.0, np.nan, 3.0, np.nan])[None, :, None]
    assert path_values(values, "hermite", 4)[0].T.tolist() == [[1, 1, 3, 3], [0.25, 0.25, 0.5, 0.5]]
