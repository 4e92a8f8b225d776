"""Training tools read a control that jumps from the side on which it acts."""

import numpy as np

from tsnode.dynamics._fields import NeuralField
from tsnode.training._collocation import collocate_field
from tsnode.training._layout import MOST_JUMPS, lay_jumps
from tsnode.training._match import match_field
from tsnode.training._paths import BESIDE, ObservedPath
from tsnode.training._shooting import _controls

JUMPS = np.array([-3.0, 0.0, 2.0, 2.5, 7.3, 9.0, 11.0])
LEVELS = np.array([9.0, 0.5, 1.0, -1.0, 2.0, -2.0, 0.3, 9.0])
TIMES = np.arange(10.0)


def level(times):
    return LEVELS[np.searchsorted(JUMPS, times, side="right")][:, None]


def relaxing(jumps=JUMPS):
    """Rows of dy/dt = u - y, exact from jump to jump, four of them a unit of time."""
    times = np.arange(0.0, 9.01, 0.25)
    edges = np.unique(np.r_[times, JUMPS[(JUMPS > 0) & (JUMPS < 9)]])
    y = [0.0]
    for a, b in zip(edges[:-1], edges[1:], strict=True):
        u = level(np.array([a]))[0, 0]
        y.append(u + (y[-1] - u) * np.exp(a - b))
    values = np.array(y)[np.isin(edges, times)][:, None]
    return ObservedPath(times, values, np.ones(len(times)), level, jumps)


def test_no_gap_of_the_mesh_holds_a_jump():
    points = lay_jumps(JUMPS, TIMES)
    wide = np.flatnonzero(np.diff(points) > 1e-3)
    for jump in (2.0, 2.5, 7.3):
        assert ((points[wide] > jump) | (points[wide + 1] < jump)).all()
        assert np.isclose(points, jump, atol=1e-4).sum() == 2
    # The stamp at 2 has given way to the points beside it; the ends stay where they were.
    assert len(points) == 10 + 2 * 3 - 1
    assert points[[0, -1]].tolist() == [0.0, 9.0]
    np.testing.assert_array_equal(np.isin(np.delete(TIMES, 2), points), True)


def test_jumps_that_are_many_times_as_many_as_the_points_are_left_alone():
    many = np.linspace(0.1, 8.9, MOST_JUMPS * 10 + 1)
    assert lay_jumps(many, TIMES) is TIMES
    assert lay_jumps(None, TIMES) is TIMES


def test_a_slope_at_a_jump_is_matched_to_the_mean_of_both_sides():
    path = relaxing()
    found = path.mean_controls(np.array([1.0, 2.0, 2.5 + 2 * BESIDE]))
    assert found[:, 0].tolist() == [1.0, 0.0, 2.0]


def test_the_end_of_a_gap_reads_the_control_that_acted_in_it():
    times = np.array([[[1.0, 1.5, 2.0], [2.0, 2.25, 2.5]]])
    found = _controls(times, np.array([0]), [(None, None, None, None, level)])
    assert found[0, :, :, 0].tolist() == [[1.0, 1.0, 1.0], [-1.0, -1.0, -1.0]]


def law_error(jumps):
    """Largest error of the field of a collocation on the rows, over the levels that acted."""
    path, field = relaxing(jumps), NeuralField(1, 1, (6,))
    report = match_field(field, [path])
    collocate_field(field, [path], report, q=1e-3)
    y, u = (part.ravel() for part in np.meshgrid([-0.5, 0.0, 0.5], LEVELS[2:6]))
    tensor = next(field.parameters()).new_tensor
    slope = field(tensor(0.0), tensor(y[:, None].tolist()), tensor(u[:, None].tolist()))
    return np.abs(slope.detach().numpy()[:, 0] - (u - y)).mean()


def test_the_law_is_found_twice_as_well_where_jumps_are_known():
    assert law_error(JUMPS) < 0.6 * law_error(None)
