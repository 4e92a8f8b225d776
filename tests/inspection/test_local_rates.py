"""Local Lyapunov rates: closed forms, and trajectories that start side by side."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from tsnode.datasets import make_lorenz63
from tsnode.exceptions import ForecastWarning
from tsnode.inspection import local_lyapunov_rates, lyapunov_spectrum

from .laws import Linear, Lorenz

SHEAR = np.array([[-1.0, 4.0], [0.5, -2.0]])


@pytest.mark.parametrize("scale", [[1.0, 1.0], [0.5, 3.0]])
def test_rates_of_a_linear_law_in_closed_form(scale):
    found = local_lyapunov_rates(Linear(SHEAR), [[1.0, 0.0], [0.0, 2.0]], 1.7, scale=scale)
    parts = SHEAR * np.array(scale) / np.array(scale)[:, None]
    at_once = np.linalg.eigvalsh((parts + parts.T) / 2)[-1]
    later = np.log(np.linalg.norm(expm(1.7 * parts), ord=2)) / 1.7
    assert abs(at_once - later) > 0.3
    assert found["instantaneous"].tolist() == pytest.approx([at_once] * 2)
    assert found["finite_time"].tolist() == pytest.approx([later] * 2, abs=1e-5)


def test_over_a_short_while_both_rates_are_one():
    found = local_lyapunov_rates(Linear(SHEAR), [1.0, 0.0], 1e-4).iloc[0]
    assert found["finite_time"] == pytest.approx(found["instantaneous"], abs=1e-3)


def test_rates_of_lorenz_are_those_of_orbits_that_start_side_by_side():
    states, duration, apart = make_lorenz63(4, mean_step=0.7).to_numpy(), 0.5, 1e-6
    sides = apart * np.concatenate([np.eye(3), -np.eye(3)])
    starts = (states[:, None] + sides).reshape(-1, 3)

    def slope(_, z):
        return Lorenz().vector_field(z.reshape(-1, 3)).ravel()

    ends = solve_ivp(slope, (0, duration), starts.ravel(), rtol=1e-10, atol=1e-11).y[:, -1]
    ends = ends.reshape(-1, 6, 3)
    tangents = (ends[:, :3] - ends[:, 3:]) / (2 * apart)
    expected = np.log(np.linalg.norm(tangents, ord=2, axis=(1, 2))) / duration
    found = local_lyapunov_rates(Lorenz(), states, duration)["finite_time"]
    assert found.tolist() == pytest.approx(expected.tolist(), abs=1e-4)
    assert np.ptp(expected) > 1


def test_long_rates_tend_to_the_largest_exponent_from_above():
    states = make_lorenz63(20, mean_step=1.0, random_state=0)
    rate = local_lyapunov_rates(Lorenz(), states, 8.0)["finite_time"]
    spectrum = lyapunov_spectrum(Lorenz(), states, 80, n_exponents=1, transient=0)
    assert spectrum.exponents[0] < rate.mean() < spectrum.exponents[0] + 0.4


def test_every_state_has_the_rate_it_has_alone():
    states = make_lorenz63(5, mean_step=0.7).to_numpy()
    together = local_lyapunov_rates(Lorenz(), states, 0.5)
    alone = local_lyapunov_rates(Lorenz(), states[3], 0.5)
    np.testing.assert_allclose(together.loc[3], alone.loc[0], rtol=1e-10)


def test_errors_count_in_standard_deviations_of_fit(pendulum):
    by_default = local_lyapunov_rates(pendulum, [[1.0, 0.0]], 0.5)
    named = local_lyapunov_rates(pendulum, [[1.0, 0.0]], 0.5, scale=pendulum.channel_scale_)
    plain = local_lyapunov_rates(pendulum, [[1.0, 0.0]], 0.5, scale=[1.0, 1.0])
    pd.testing.assert_frame_equal(by_default, named)
    assert np.abs(by_default - plain).to_numpy().max() > 0.1


def test_a_duration_of_stamps_is_one_in_the_unit_of_time(pendulum):
    words = local_lyapunov_rates(pendulum, [1.0, 0.0], "30min")
    pd.testing.assert_frame_equal(words, local_lyapunov_rates(pendulum, [1.0, 0.0], 0.5))
    assert words.attrs["time_unit"] == "h"


class Explosion(Linear):
    def vector_field(self, states):
        return states**3

    def jacobian(self, states):
        return (3 * states**2)[:, :, None]


def test_orbits_that_diverge_have_no_rate_and_are_counted():
    with pytest.warns(ForecastWarning, match="1 of 2 states .first: row 1. diverge"):
        found = local_lyapunov_rates(Explosion([[1.0]]), [[0.1], [1.0]], 1.0)
    # z = z0 / sqrt(1 - 2 z0^2 t), so dz/dz0 = (1 - 2 z0^2 t)^(-3/2).
    assert found["finite_time"].tolist() == pytest.approx(
        [-1.5 * np.log(1 - 0.02), np.nan], nan_ok=True, abs=1e-6
    )
    assert found["instantaneous"].tolist() == pytest.approx([0.03, 3.0])
