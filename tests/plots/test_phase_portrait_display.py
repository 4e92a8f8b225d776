"""A phase portrait draws orbits, and the field of a planar forecaster with its resting points."""

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import expm

from tsnode.plots import PhasePortraitDisplay

pytestmark = pytest.mark.usefixtures("pyplot")

SPIRAL = np.array([[-0.1, 1.0], [-1.0, -0.1]])
STATES = pd.DataFrame(
    {"x": [np.nan, 1.0, -2.0, 2.0], "y": [5.0, 4.0, 20.0, -20.0]}, index=[0.0, 0.5, 1.0, 1.5]
)


class Linear:
    """dz/dt = matrix (z - centre), with the methods of a fitted field."""

    def __init__(self, matrix=SPIRAL, centre=(0.5, 3.0)):
        self.matrix, self.centre = np.asarray(matrix), np.asarray(centre)

    def vector_field(self, states):
        return (states - self.centre) @ self.matrix.T

    def simulate(self, start, n_steps, step=None):
        powers = [expm(self.matrix * (step or 0.5) * k) for k in range(n_steps + 1)]
        runs = [(start - self.centre) @ power.T + self.centre for power in powers]
        return np.stack(runs, axis=-2)


def test_arrows_point_along_the_field_in_one_length_of_the_picture():
    display = PhasePortraitDisplay.from_estimator(Linear(), STATES)
    arrows = display.arrows_
    drawn = np.stack([arrows.U, arrows.V], axis=-1).reshape(-1, 2)
    slopes = Linear().vector_field(np.asarray(arrows.XY))
    cross = drawn[:, 0] * slopes[:, 1] - drawn[:, 1] * slopes[:, 0]
    np.testing.assert_allclose(cross, 0.0, atol=1e-9)
    assert ((drawn * slopes).sum(axis=1) > 0).all()
    spans = [np.ptp(display.ax_[0].get_xlim()), np.ptp(display.ax_[0].get_ylim())]
    np.testing.assert_allclose(np.linalg.norm(drawn / spans, axis=1), 0.8 / 20)


@pytest.mark.parametrize("channel", [0, 1])
def test_a_nullcline_is_where_its_channel_stands_still(channel):
    display = PhasePortraitDisplay.from_estimator(Linear(), STATES)
    points = display.nullclines_[channel].get_paths()[0].vertices
    slopes = Linear().vector_field(points)
    assert len(points) > 10
    np.testing.assert_allclose(slopes[:, channel], 0.0, atol=1e-9)
    assert np.abs(slopes[:, 1 - channel]).max() > 1


@pytest.mark.parametrize(
    ("matrix", "label"),
    [
        (SPIRAL, "stable point"),
        (-SPIRAL, "unstable point"),
        (np.diag([1.0, -1.0]), "unstable point"),
    ],
)
def test_the_fixed_point_is_found_and_its_stability_told(matrix, label):
    display = PhasePortraitDisplay.from_estimator(Linear(matrix), STATES)
    (mark,) = display.fixed_points_
    np.testing.assert_allclose(mark.get_xydata(), [[0.5, 3.0]], atol=1e-6)
    assert mark.get_label() == label
    assert (mark.get_markerfacecolor() == "white") == (label == "unstable point")


def test_a_field_without_rest_has_neither_nullclines_nor_fixed_points():
    steady = Linear()
    steady.vector_field = lambda states: np.tile([1.0, 2.0], (len(states), 1))
    display = PhasePortraitDisplay.from_estimator(steady, STATES)
    assert (display.nullclines_, display.fixed_points_) == ([], [])


def test_every_fixed_point_is_found_once():
    wells = Linear()
    wells.vector_field = lambda states: (
        np.stack([states[:, 0] - states[:, 0] ** 3, -states[:, 1]]).T
    )
    field = PhasePortraitDisplay.from_estimator(wells, STATES).field
    order = np.argsort(field.fixed_points[:, 0])
    expected = [[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]]
    np.testing.assert_allclose(field.fixed_points[order], expected, atol=1e-6)
    assert field.is_stable[order].tolist() == [True, False, True]


def test_runs_start_at_the_first_whole_row_and_last_as_long_as_the_data():
    display = PhasePortraitDisplay.from_estimator(Linear(), STATES)
    (line,) = display.lines_["Linear"]
    np.testing.assert_allclose(line.get_xydata(), Linear().simulate([1.0, 4.0], 3))


def test_runs_can_start_elsewhere_and_the_picture_reaches_there():
    display = PhasePortraitDisplay.from_estimator(
        Linear(), STATES, starts=[[0.0, 0.0], [9.0, 1.0]], n_steps=7, step=0.1, name="model"
    )
    lines = display.lines_["model"]
    np.testing.assert_allclose(lines[1].get_xydata(), Linear().simulate([9.0, 1.0], 7, 0.1))
    assert [line.get_label() for line in lines] == ["model", "_model 1"]
    assert display.ax_[0].get_xlim()[1] > 9


def test_each_series_of_a_panel_is_an_orbit():
    panel = pd.concat({"a": STATES, "b": STATES + 1}, names=["series", "time"])
    display = PhasePortraitDisplay.from_estimator(Linear(), panel)
    starts = [line.get_xydata()[0].tolist() for line in display.lines_["Linear"]]
    assert starts == [[1.0, 4.0], [2.0, 5.0]]
    assert len(display.lines_["observed"]) == 2


def test_axes_carry_units():
    display = PhasePortraitDisplay.from_estimator(Linear(), STATES, units={"y": "m/s"})
    assert display.ax_[0].get_xlabel() == "x"
    assert display.ax_[0].get_ylabel() == "y [m/s]"


def test_three_channels_are_drawn_in_pairs():
    cube = np.random.default_rng(0).normal(size=(9, 3))
    display = PhasePortraitDisplay.from_predictions(cube, {"half": cube / 2})
    assert [ax.get_xlabel() + ax.get_ylabel() for ax in display.ax_] == [
        "channel 0channel 1",
        "channel 0channel 2",
        "channel 1channel 2",
    ]
    np.testing.assert_array_equal(display.lines_["half"][1].get_xydata(), cube[:, [0, 2]] / 2)


def test_a_run_that_leaves_does_not_stretch_the_picture():
    display = PhasePortraitDisplay.from_predictions(STATES, STATES * 1000)
    low, high = display.ax_[0].get_xlim()
    assert (low, high) == pytest.approx((-2 - 4 * 0.54, 2 + 4 * 0.54))


def test_an_area_at_rest_is_no_heap_of_fixed_points():
    still = Linear(np.zeros((2, 2)))
    assert PhasePortraitDisplay.from_estimator(still, STATES).fixed_points_ == []
