"""What the Lyapunov spectrum refuses, each with a remedy."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from tsnode import NeuralODERegressor, RidgeLagRegressor
from tsnode.inspection import lyapunov_spectrum

from .laws import Linear


def test_an_estimator_that_is_not_fitted_is_refused():
    with pytest.raises(NotFittedError, match="not fitted yet"):
        lyapunov_spectrum(NeuralODERegressor(), [1.0, 0.0], 10)


def test_an_estimator_without_a_field_is_refused():
    with pytest.raises(TypeError, match="vector_field and jacobian.*got RidgeLagRegressor"):
        lyapunov_spectrum(RidgeLagRegressor(), [1.0, 0.0], 10)


@pytest.mark.parametrize(
    ("start", "settings", "words"),
    [
        ([[1.0, np.nan]], {}, "1 entries that are not finite"),
        ([1.0, 0.0], {"n_steps": 0}, "n_steps must be"),
        ([1.0, 0.0], {"step": -1.0}, "step must be"),
        ([1.0, 0.0], {"step": 100.0}, "shorter step="),
        ([1.0, 0.0], {"step": None}, "Pass step="),
        ([1.0, 0.0], {"n_exponents": 3}, "at most 2"),
    ],
)
def test_wrong_settings_are_refused(start, settings, words):
    settings = {"n_steps": 10, "step": 0.1} | settings
    with pytest.raises(ValueError, match=words):
        lyapunov_spectrum(Linear([[0, 1], [-1, 0]]), start, **settings)


def test_states_of_another_width_are_refused_by_the_field(fitted):
    with pytest.raises(ValueError, match="Pass one column per fitted channel"):
        lyapunov_spectrum(fitted, [1.0, 0.0, 0.0], 10)


class Explosion(Linear):
    def vector_field(self, states):
        return states**3

    def jacobian(self, states):
        return (3 * states**2)[:, :, None]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_field_that_diverges_is_told():
    with pytest.raises(ValueError, match="1 of 2 starts .first: row 1. it diverges"):
        lyapunov_spectrum(Explosion([[1.0]]), [[0.0], [1.0]], 100, step=0.1)
