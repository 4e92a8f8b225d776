"""What the read-outs of fitted fields refuse, each with a remedy."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from tsnode import NeuralODERegressor, NNStepRegressor, RidgeLagRegressor
from tsnode.inspection import (
    fixed_points,
    local_lyapunov_rates,
    lyapunov_spectrum,
    time_constants,
)

from .fitted_laws import Driven
from .laws import Linear

STATE = [1.0, 0.0]
READINGS = {
    "fixed points": lambda model, state: fixed_points(model, state),
    "time constants": lambda model, state: time_constants(model, state),
    "local rates": lambda model, state: local_lyapunov_rates(model, state, 1.0),
    "spectrum": lambda model, state: lyapunov_spectrum(model, state, 10, step=0.1),
}
each_reading = pytest.mark.parametrize("read", READINGS.values(), ids=READINGS)


@pytest.fixture(scope="module")
def driven():
    """Return a focus around (force, 0) as a fitted module, and its X."""
    times = np.arange(30.0) / 10
    X = pd.DataFrame({"force": np.sin(times)}, index=times)
    y = np.stack([np.cos(times), np.sin(times)], axis=1)
    model = NeuralODERegressor(
        module=Driven(), module_units="physical", lookback=None, training="match",
        n_field_evaluations_max=1,
    )  # fmt: skip
    return model.fit(X, pd.DataFrame(y, times, columns=["a", "b"])), X


@pytest.fixture(scope="module")
def hidden():
    times = np.arange(30.0)
    model = NeuralODERegressor(lookback=2, training="linear")
    return model.fit(times[:, None], np.stack([np.cos(times), np.sin(times)], axis=1))


@each_reading
def test_a_class_is_no_estimator(read):
    with pytest.raises(TypeError, match="got the class NeuralODERegressor. Pass an instance"):
        read(NeuralODERegressor, STATE)


@each_reading
def test_what_is_not_fitted_is_refused(read):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        read(NeuralODERegressor(), STATE)


@each_reading
def test_a_forecaster_without_a_field_is_refused(read):
    with pytest.raises(TypeError, match="vector_field and jacobian.*got RidgeLagRegressor"):
        read(RidgeLagRegressor(), STATE)


@each_reading
def test_a_model_of_the_history_has_no_law_of_the_states(read, hidden):
    with pytest.raises(ValueError, match="fitted with a latent state. Refit with lookback=None"):
        read(hidden, STATE)


@each_reading
def test_states_that_are_not_finite_are_refused(read, pendulum):
    with pytest.raises(ValueError, match="1 entries that are not finite"):
        read(pendulum, [1.0, np.nan])


@each_reading
def test_states_of_another_width_are_refused(read, pendulum):
    with pytest.raises(ValueError, match="Pass one column per fitted channel"):
        read(pendulum, [1.0, 0.0, 0.0])


@each_reading
def test_a_field_with_covariates_asks_for_them(read, driven):
    with pytest.raises(ValueError, match="Expected X with the stamps"):
        read(driven[0], STATE)


def test_covariates_are_frozen_at_the_row_given(driven):
    model, X = driven
    found = fixed_points(model, X=X.iloc[[7]])
    assert found.points == pytest.approx(np.array([[np.sin(0.7), 0.0]]), abs=1e-9)
    assert found.eigenvalues[0] == pytest.approx([-0.3 + 2j, -0.3 - 2j])
    frame = time_constants(model, [STATE, STATE], X.iloc[[7]])
    assert frame["rate"].tolist() == pytest.approx([-0.3] * 4)
    rates = local_lyapunov_rates(model, [STATE, STATE], 1.0, X.iloc[[3, 7]], scale=[1, 1])
    assert rates.to_numpy() == pytest.approx(np.full((2, 2), -0.3), abs=1e-4)


def test_one_row_of_covariates_freezes_fixed_points(driven):
    with pytest.raises(ValueError, match="the one row at which the field is frozen; got 30 rows"):
        fixed_points(driven[0], X=driven[1])


def test_fixed_points_of_a_map_take_no_x():
    model = NNStepRegressor((2,)).fit(np.arange(20.0)[:, None], np.sin(np.arange(20.0)))
    with pytest.raises(ValueError, match="Leave X out"):
        fixed_points(model, X=[[1.0]])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "Pass starts="),
        ({"starts": [STATE], "n_starts": 0}, "n_starts must be"),
        ({"starts": [STATE], "anywhere": "yes"}, "anywhere must be True or False"),
    ],
)
def test_wrong_settings_of_fixed_points_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        fixed_points(Linear([[0, 1], [-1, 0]]), **settings)


def test_a_field_at_rest_along_a_line_is_told():
    starts = np.random.default_rng(0).normal(size=(300, 2))
    with pytest.raises(ValueError, match="rests on a line or an area"):
        fixed_points(Linear([[-1.0, 0.0], [0.0, 0.0]]), starts)


@pytest.mark.parametrize(
    ("duration", "settings", "words"),
    [
        (0.0, {}, "duration must be"),
        (np.inf, {}, "duration must be"),
        ("soon", {}, "duration must be a duration"),
        (True, {}, "duration must be"),
        (1.0, {"scale": [1.0]}, "scale must hold"),
        (1.0, {"scale": [1.0, 0.0]}, "scale must hold"),
    ],
)
def test_wrong_settings_of_local_rates_are_refused(pendulum, duration, settings, words):
    with pytest.raises(ValueError, match=words):
        local_lyapunov_rates(pendulum, STATE, duration, **settings)


def test_the_number_of_rows_of_x_is_that_of_the_states(driven):
    with pytest.raises(ValueError, match="one row of X per state"):
        time_constants(driven[0], [STATE, STATE, STATE], driven[1].iloc[:2])
