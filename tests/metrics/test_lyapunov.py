"""The exponent from data is that of maps and flows whose exponent is known, per unit of time."""

import numpy as np
import pandas as pd
import pytest

from tsnode.metrics import lyapunov_exponent


def logistic(n_rows, start=0.3):
    rows = [start]
    for _ in range(n_rows - 1):
        rows.append(4.0 * rows[-1] * (1.0 - rows[-1]))
    return np.array(rows)


def henon(n_rows):
    rows = [(0.1, 0.1)]
    for _ in range(n_rows + 99):
        x, y = rows[-1]
        rows.append((1.0 - 1.4 * x**2 + y, 0.3 * x))
    return np.array(rows[100:])


def by_tangents(orbit, slope_of):
    """Average the log growth of a tangent vector along an orbit: the second route."""
    vector, growth = np.ones(orbit.shape[1]), 0.0
    for state in orbit:
        vector = slope_of(state) @ vector
        growth += np.log(np.linalg.norm(vector))
        vector /= np.linalg.norm(vector)
    return growth / len(orbit)


def naive_slope(values, *, window, n_steps):
    """Follow the nearest neighbour of every row, one by one, and fit the whole curve."""
    logs = [[] for _ in range(n_steps)]
    for i in range(len(values) - n_steps):
        distance = np.abs(values[: len(values) - n_steps] - values[i])
        distance[max(0, i - window) : i + window + 1] = np.inf
        j = int(distance.argmin())
        for k in range(n_steps):
            logs[k].append(np.log(max(abs(values[i + k] - values[j + k]), 1e-9)))
    return np.polyfit(np.arange(n_steps), np.mean(logs, axis=1), 1)[0]


def test_logistic_map_grows_by_ln_2_a_step():
    assert lyapunov_exponent(logistic(5000)) == pytest.approx(np.log(2), abs=0.02)


def test_one_delay_equals_the_loop_over_nearest_neighbours():
    values = logistic(1500)
    naive = naive_slope(values, window=4, n_steps=5)
    assert naive == pytest.approx(np.log(2), abs=0.05)
    assert lyapunov_exponent(values, n_delays=1) == pytest.approx(naive, abs=0.05)


def test_henon_map_grows_as_its_tangents():
    orbit = henon(5000)
    expected = by_tangents(orbit, lambda state: np.array([[-2.8 * state[0], 1.0], [0.3, 0.0]]))
    assert expected == pytest.approx(0.419, abs=0.01)
    assert lyapunov_exponent(orbit) == pytest.approx(expected, abs=0.02)
    assert lyapunov_exponent(orbit[:, 0]) == pytest.approx(expected, abs=0.03)


def test_lorenz_system_grows_by_0_906_per_unit_of_time(orbits):
    thinned = orbits[0][::2]
    assert lyapunov_exponent(thinned) == pytest.approx(0.906, rel=0.12)
    assert lyapunov_exponent(thinned["x"]) == pytest.approx(0.906, rel=0.15)


def test_two_runs_of_one_system_are_read_together(orbits):
    panel = pd.concat({"a": orbits[0][:8000:2], "b": orbits[1][:8000:2]})
    assert lyapunov_exponent(panel) == pytest.approx(0.906, rel=0.15)


@pytest.mark.parametrize("n_rows_per_cycle", [50, 2 * np.pi / 0.1])
def test_a_cycle_keeps_its_neighbours(n_rows_per_cycle):
    phase = 2 * np.pi * np.arange(2000) / n_rows_per_cycle
    assert lyapunov_exponent(np.sin(phase)) == pytest.approx(0.0, abs=1e-3)
    circle = np.stack([np.sin(phase), np.cos(phase)], axis=1)
    assert lyapunov_exponent(circle) == pytest.approx(0.0, abs=1e-3)


def test_a_dying_wave_pulls_its_neighbours_together():
    times = 0.05 * np.arange(5000)
    wave = np.exp(-0.02 * times) * np.sin(times)
    assert lyapunov_exponent(wave, times=times) == pytest.approx(-0.02, abs=0.005)


def test_the_exponent_is_per_unit_of_the_clock():
    values = logistic(3000)
    per_step = lyapunov_exponent(values)
    assert lyapunov_exponent(values, times=0.5 * np.arange(3000)) == pytest.approx(2 * per_step)
    half_hours = pd.date_range("2024-01-01", periods=3000, freq="30min")
    per_minute = lyapunov_exponent(pd.Series(values, index=half_hours))
    assert per_minute == pytest.approx(per_step / 30)


def test_scale_and_offset_of_the_channels_do_not_matter():
    orbit = henon(2000)
    value = lyapunov_exponent(orbit)
    assert lyapunov_exponent(orbit * [1e4, 1e-4] + 7.0) == pytest.approx(value, rel=1e-6)


def test_missing_rows_keep_their_place():
    values = logistic(6000)
    values[::40] = np.nan
    assert lyapunov_exponent(values) == pytest.approx(np.log(2), abs=0.04)


def test_missing_rows_of_a_flow_keep_their_place(orbits):
    gappy = orbits[0][::2].copy()
    gappy.iloc[::15, 1] = np.nan
    assert lyapunov_exponent(gappy) == pytest.approx(0.906, rel=0.15)


def test_the_curve_shows_where_its_slope_was_read():
    value, curve = lyapunov_exponent(logistic(3000), return_curve=True)
    slope = np.polyfit(curve.times[curve.fitted], curve.log_distance[curve.fitted], 1)[0]
    assert value == pytest.approx(slope)
    assert len(curve.times) == len(curve.log_distance) >= curve.fitted.stop


@pytest.mark.parametrize(
    ("data", "settings", "words"),
    [
        (np.ones(500), {}, "must vary; constant: 0"),
        (np.full(500, np.nan), {}, "all 500 rows hold NaN"),
        (logistic(500), {"times": np.arange(500) ** 1.01}, "Expected even stamps"),
        (logistic(8), {}, "Too few points|near enough"),
        (logistic(100), {"horizon": 200}, "followed by 200 more"),
        (np.random.default_rng(0).normal(size=500), {}, "does not come near enough to itself"),
        (logistic(500), {"n_delays": 0}, "n_delays must be"),
        (logistic(500), {"lag": 0}, "lag must be"),
        (logistic(500), {"horizon": 3}, "horizon must be"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(data, settings, words):
    with pytest.raises(ValueError, match=words):
        lyapunov_exponent(data, **settings)
