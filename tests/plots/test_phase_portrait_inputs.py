"""A phase portrait takes the fitted channels, freezes driven fields, refuses what is no plane."""

import numpy as np
import pandas as pd
import pytest

from tsnode import NeuralODERegressor, RidgeLagRegressor
from tsnode.datasets import make_van_der_pol
from tsnode.frames._answers import Container
from tsnode.plots import PhasePortraitDisplay

pytestmark = pytest.mark.usefixtures("pyplot")

STATES = pd.DataFrame({"x": [1.0, 2.0, -1.0], "y": [3.0, -4.0, 5.0]}, index=[0.0, 1.0, 2.0])


class Driven:
    """dx/dt = t x, dy/dt = -y: needs the stamp of every state."""

    container_ = Container("frame", ("x", "y"), is_flat=False)

    def vector_field(self, states, X):
        assert len(X) == len(states)
        return np.stack([np.asarray(X, dtype=float) * states[:, 0], -states[:, 1]], axis=1)

    def simulate(self, start, n_steps, step=None):
        return np.repeat(start[:, None], n_steps + 1, axis=1) * (step or 1.0)


def test_a_driven_field_is_frozen_at_the_given_row_without_runs():
    display = PhasePortraitDisplay.from_estimator(Driven(), STATES, X=pd.Index([3.0]))
    field = display.field
    np.testing.assert_allclose(field.slopes[..., 0], np.tile(3.0 * field.x, (len(field.y), 1)))
    assert list(display.lines_) == ["observed"]


def test_channels_are_taken_in_the_order_of_fit():
    swapped = STATES[["y", "x"]].assign(other=0.0)
    display = PhasePortraitDisplay.from_estimator(Driven(), swapped, X=pd.Index([3.0]))
    assert display.channels == ["x", "y"]
    np.testing.assert_allclose(display.field.slopes[0, :, 0], 3.0 * display.field.x)


def test_channels_the_other_way_round_turn_the_field():
    options = {"X": pd.Index([3.0]), "channels": ["y", "x"]}
    field = PhasePortraitDisplay.from_estimator(Driven(), STATES, **options).field
    np.testing.assert_allclose(field.slopes[0, :, 0], -field.x)
    np.testing.assert_allclose(field.slopes[:, 0, 1], 3.0 * field.y)


def test_several_rows_to_freeze_at_are_refused():
    with pytest.raises(ValueError, match="one row at which the field is drawn; got 2 rows"):
        PhasePortraitDisplay.from_estimator(Driven(), STATES, X=pd.Index([3.0, 4.0]))


def test_a_fitted_network_shows_its_field_and_runs():
    orbit = make_van_der_pol(60, mean_step=0.2)
    model = NeuralODERegressor(training="match", hidden_layer_sizes=(8,), random_state=0)
    model.fit(orbit.index, orbit)
    display = PhasePortraitDisplay.from_estimator(model, orbit)
    (run,) = display.lines_["NeuralODERegressor"]
    np.testing.assert_allclose(run.get_xydata(), model.simulate(orbit.iloc[0], 59))
    corner = np.array([[display.field.x[0], display.field.y[0]]])
    np.testing.assert_allclose(display.field.slopes[0, 0], model.vector_field(corner)[0])


def test_chosen_channels_of_a_fitted_system_are_drawn_without_its_field():
    model = Driven()
    model.container_ = Container("frame", ("x", "y", "z"), is_flat=False)
    cube = STATES.assign(z=[7.0, 8.0, 9.0])
    display = PhasePortraitDisplay.from_estimator(model, cube, channels=["z", "x"])
    assert display.field is None
    assert display.lines_["Driven"][0].get_xydata()[0].tolist() == [7.0, 1.0]


def test_a_forecaster_without_a_field_is_refused():
    ridge = RidgeLagRegressor(lookback=2, max_lead=2).fit(np.arange(9.0)[:, None], np.arange(9.0))
    with pytest.raises(TypeError, match=r"with a field.*got a RidgeLagRegressor.*from_predictions"):
        PhasePortraitDisplay.from_estimator(ridge, np.arange(9.0))


WIDE = pd.DataFrame(np.random.default_rng(0).normal(size=(4, 6)), columns=list("abcdef"))
REFUSALS = {
    "one channel": (STATES[["x"]], {}, "2 to 4 channels to draw in pairs; got 1 of x"),
    "six channels": (WIDE, {}, "got 6 of a, b, c, d, e, f. Choose them by channels="),
    "an unknown channel": (STATES, {"channels": ["x", "w"]}, "some of x, y in truth; got w"),
    "a constant channel": (STATES.assign(y=1.0), {}, "must vary; constant: y"),
    "no whole row": (STATES * np.nan, {}, "all 3 rows hold NaN"),
    "other channels": (STATES, {"generated": STATES[["x"]]}, "same channels; got x, y and x"),
    "a run of the truth's label": (STATES, {"generated": {"observed": STATES}}, "Rename that run"),
    "a run of NaN": (STATES, {"generated": STATES * np.nan}, "diverged: leave it out"),
}


@pytest.mark.parametrize(("truth", "options", "words"), REFUSALS.values(), ids=REFUSALS)
def test_states_that_make_no_plane_are_refused(truth, options, words):
    with pytest.raises(ValueError, match=words):
        PhasePortraitDisplay.from_predictions(truth, **options)
