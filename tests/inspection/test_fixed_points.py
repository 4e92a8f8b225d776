"""Fixed points of laws that are known, with their eigenvalues and kinds."""

import numpy as np
import pandas as pd
import pytest

from tsnode import NNStepRegressor
from tsnode.datasets import make_lorenz63
from tsnode.inspection import fixed_points

from .fitted_laws import fit_van_der_pol
from .laws import Linear, Lorenz


@pytest.fixture(scope="module")
def logistic():
    """Return the fitted logistic map x' = 3.7 x (1 - x)."""
    x = [0.3]
    for _ in range(200):
        x.append(3.7 * x[-1] * (1 - x[-1]))
    return NNStepRegressor(random_state=0).fit(np.arange(201.0)[:, None], x)


def test_a_linear_focus_has_one_point_with_its_eigenvalues(focus):
    found = fixed_points(focus)
    assert found.points == pytest.approx(np.array([[1.0, -2.0]]), abs=1e-12)
    assert found.eigenvalues[0] == pytest.approx([-0.3 + 2j, -0.3 - 2j], abs=1e-12)
    assert (found.kinds, found.is_stable.tolist()) == (["stable focus"], [True])


def test_a_pendulum_rests_hanging_and_upright(pendulum):
    found = fixed_points(pendulum)
    names = dict(zip((found.points[:, 0] / np.pi).round(9), found.kinds, strict=True))
    assert names == {0: "stable focus", 1: "saddle", 2: "stable focus", 3: "saddle"}
    hanging, upright = found.is_stable, ~found.is_stable
    turn = np.sqrt(9.81 - 0.25**2) * 1j
    assert np.allclose(found.eigenvalues[hanging], [-0.25 + turn, -0.25 - turn])
    root = np.sqrt(9.81 + 0.25**2)
    assert np.allclose(found.eigenvalues[upright], [-0.25 + root, -0.25 - root])
    assert np.abs(found.points[:, 1]).max() < 1e-9
    assert found.residuals.max() < 1e-9


@pytest.mark.parametrize(
    ("epsilon", "kind"), [(1.0, "unstable focus"), (3.0, "unstable node"), (-1.0, "stable focus")]
)
def test_van_der_pol_rests_at_the_origin(epsilon, kind):
    found = fixed_points(fit_van_der_pol(epsilon))
    assert found.points == pytest.approx(np.zeros((1, 2)), abs=1e-12)
    root = np.emath.sqrt(epsilon**2 - 4)
    assert found.eigenvalues[0] == pytest.approx([(epsilon + root) / 2, (epsilon - root) / 2])
    assert found.kinds == [kind]


def test_lorenz_has_a_saddle_and_two_foci_that_repel():
    found = fixed_points(Lorenz(), make_lorenz63(200, mean_step=0.1))
    r = np.sqrt(8 / 3 * 27)
    assert found.points == pytest.approx(np.array([[-r, -r, 27], [0, 0, 0], [r, r, 27]]), abs=1e-9)
    assert found.kinds == ["saddle focus", "saddle", "saddle focus"]
    # At the foci by the characteristic polynomial, at the origin in closed form.
    b = 8 / 3
    roots = np.roots([1, 10 + b + 1, b * (10 + 28), 2 * 10 * b * 27])
    assert np.sort_complex(found.eigenvalues[0]) == pytest.approx(np.sort_complex(roots))
    root = np.sqrt(11**2 + 4 * 10 * 27)
    assert found.eigenvalues[1].real == pytest.approx([(root - 11) / 2, -b, -(root + 11) / 2])


def test_points_outside_of_the_data_are_counted_and_kept_if_asked(pendulum):
    near, all_found = fixed_points(pendulum), fixed_points(pendulum, anywhere=True)
    assert near.is_inside.all()
    assert len(all_found) == len(near) + near.n_outside
    assert near.n_outside == all_found.n_outside == (~all_found.is_inside).sum() > 0
    assert f"({near.n_outside} more outside of the box" in str(near)


def test_the_distance_is_to_the_nearest_row_in_standard_deviations(pendulum):
    found = fixed_points(pendulum)
    gaps = (pendulum.observed_states_ - found.points[0]) / pendulum.channel_scale_
    assert found.distances[0] == pytest.approx(np.linalg.norm(gaps, axis=1).min())
    assert found.distances.max() > 1


def test_every_point_is_found_once_however_many_starts_reach_it(pendulum):
    many = np.tile([[0.1, 0.0], [3.0, 0.1]], (50, 1))
    assert fixed_points(pendulum, many).points[:, 0] == pytest.approx([0, np.pi], abs=1e-9)


def test_the_logistic_map_rests_where_it_maps_to_itself(logistic):
    found = fixed_points(logistic)
    assert found.points[:, 0] == pytest.approx([1 - 1 / 3.7], abs=1e-3)
    assert found.eigenvalues[0].real == pytest.approx([2 - 3.7], abs=0.02)
    assert found.kinds == ["unstable node"]
    (point,) = found.points
    assert logistic.simulate(point, 1)[1] == pytest.approx(point, abs=1e-9)
    # The multiplier by a step that starts beside it.
    moved = logistic.simulate(point + 1e-4, 1)[1] - logistic.simulate(point - 1e-4, 1)[1]
    assert moved / 2e-4 == pytest.approx(found.eigenvalues[0].real, rel=1e-5)


def test_the_frame_holds_a_row_a_point(pendulum):
    frame = fixed_points(pendulum).to_frame()
    assert frame.columns[:4].tolist() == ["angle", "angular_velocity", "kind", "is_stable"]
    assert frame["eigenvalue_1"].dtype == complex
    assert (len(frame), frame.attrs["time_unit"]) == (4, "h")


def test_the_text_names_points_kinds_and_units(focus):
    text = str(fixed_points(focus))
    assert "1 fixed point in the box of the data, from 200 starts" in text
    assert "x = 1, y = -2: stable focus, -0.3 ± 2i" in text


def test_the_text_of_many_channels_stays_short():
    text = str(fixed_points(Linear(-np.eye(30)), np.eye(30)))
    assert "x5 = 0, ...: stable node, -1, -1, -1, -1, -1, -1, ..." in text


def test_channels_that_are_never_seen_together_have_a_box_all_the_same():
    class Apart(Linear):
        observed_states_ = np.array([[-1.0, np.nan], [np.nan, -2.0], [1.0, np.nan], [np.nan, 2.0]])

    found = fixed_points(Apart([[-1.0, 0.5], [0.0, -2.0]]))
    assert found.points == pytest.approx(np.zeros((1, 2)), abs=1e-12)
    assert np.isnan(found.distances).all()
    assert found.n_starts == 200


def test_a_field_without_rest_has_no_points():
    steady = Linear(np.zeros((2, 2)))
    steady.vector_field = lambda states: np.tile([1.0, 2.0], (len(states), 1))
    found = fixed_points(steady, [[0.0, 0.0], [1.0, 1.0]])
    assert len(found) == 0
    assert str(found).startswith("No fixed points in the box")
    assert found.to_frame().shape == (0, 9)


def test_a_double_root_is_found():
    touching = Linear([[0.0]])
    touching.vector_field = lambda states: states**2
    touching.jacobian = lambda states: 2 * states[:, :, None]
    found = fixed_points(touching, [[-1.0], [0.8], [2.0]])
    assert found.points == pytest.approx(np.zeros((1, 1)), abs=1e-6)
    assert found.kinds == ["marginal"] or abs(found.eigenvalues[0, 0]) < 1e-6


def test_columns_of_starts_are_found_by_name(pendulum):
    swapped = pd.DataFrame({"angular_velocity": [0.0], "angle": [6.0]})
    assert fixed_points(pendulum, swapped).points[0] == pytest.approx([2 * np.pi, 0], abs=1e-9)
