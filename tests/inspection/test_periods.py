"""Periods: none in noise of any colour, the planted ones in their place."""

import numpy as np
import pandas as pd
import pytest

from tsnode.datasets import make_van_der_pol
from tsnode.inspection import data_report
from tsnode.inspection._periods import find_lines
from tsnode.inspection._red_noise import log_tail, red_background

from .conftest import monthly, noise

N_SEEDS = 60


def wave(times, period, share):
    """Sine with a given share of the variance beside noise of variance 1."""
    return np.sqrt(2 * share / (1 - share)) * np.sin(2 * np.pi * times / period + 1)


def draw(n, correlation, seed, irregular):
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.exponential(size=n)) if irregular else np.arange(float(n))
    return times, noise(n, correlation, rng, times if irregular else None)


@pytest.mark.parametrize("irregular", [False, True])
@pytest.mark.parametrize(("n", "correlation"), [(150, 0.0), (150, 0.9), (600, 0.5), (150, 0.99)])
def test_noise_of_any_colour_has_no_period(n, correlation, irregular):
    found = [find_lines(*draw(n, correlation, seed, irregular)) for seed in range(N_SEEDS)]
    assert np.mean([bool(lines) for lines in found]) <= 0.05  # 0 to 3 of 60


@pytest.mark.parametrize("irregular", [False, True])
@pytest.mark.parametrize(
    ("n", "correlation", "period", "share"),
    [(150, 0.0, 12.0, 0.3), (150, 0.9, 12.0, 0.5), (1000, 0.0, 24.3, 0.1), (1000, 0.9, 6.0, 0.1)],
)
def test_a_planted_period_is_found_in_noise(n, correlation, period, share, irregular):
    hits = []
    for seed in range(20):
        times, values = draw(n, correlation, seed, irregular)
        lines = find_lines(times, values + wave(times, period, share))
        hits.append(any(abs(1 / f / period - 1) < 0.02 for f, _ in lines))
    assert np.mean(hits) >= 0.85


def test_the_share_of_a_period_is_the_planted_one():
    shares = []
    for seed in range(20):
        times, values = draw(500, 0.0, seed, irregular=True)
        shares += [share for _, share in find_lines(times, values + wave(times, 20.0, 0.4))[:1]]
    assert np.mean(shares) == pytest.approx(0.4, abs=0.03)


@pytest.mark.parametrize("irregular", [False, True])
def test_slow_and_fast_periods_of_a_long_series_are_found(irregular):
    times, values = draw(200_000, 0.0, 0, irregular)
    values += wave(times, 7.0, 0.2) + wave(times, 20_000.0, 0.2)
    found = sorted(1 / f for f, _ in find_lines(times, values))
    assert found == pytest.approx([7.0, 20_000.0], rel=0.003)


def test_a_fast_period_of_a_long_series_is_not_folded_back():
    times = np.arange(200_000.0)
    rng = np.random.default_rng(0)
    found = find_lines(times, rng.normal(size=len(times)) + 5 * np.sin(2 * np.pi * times / 12.2))
    assert [1 / f for f, _ in found] == pytest.approx([12.2], rel=1e-3)


def test_harmonics_are_named_as_such():
    periods = data_report(make_van_der_pol(1000, random_state=0)).periods
    main = periods[periods.harmonic_of.isna()]
    # The period of mu = 1, Strogatz (2015), Nonlinear Dynamics and Chaos, section 7.5 by number.
    assert main.period.to_numpy() == pytest.approx([6.663, 6.663], rel=1e-3)
    others = periods[periods.harmonic_of.notna()]
    ratios = (others.harmonic_of / others.period).to_numpy()
    assert len(ratios) >= 2
    assert ratios == pytest.approx(np.round(ratios), rel=0.01)


def test_a_trend_and_a_single_wave_are_no_period():
    times = np.arange(300.0)
    slow = 0.1 * times + 10 * np.sin(2 * np.pi * times / 300)
    found = [
        find_lines(times, slow + draw(300, 0.0, seed, irregular=False)[1]) for seed in range(20)
    ]
    assert sum(map(bool, found)) <= 1


def test_weather_has_a_day_and_sales_a_year(made):
    day = made("weather").periods.query("channel == 'temp'").period.iloc[0]
    assert day == pytest.approx(24, abs=0.02)
    year = data_report(monthly()).periods.period.iloc[0]
    assert year == pytest.approx(365.2425, rel=0.005)


WEEKDAYS = pd.bdate_range("2022", periods=500)
HOURS = pd.date_range("2024", periods=24 * 60, freq="h")
DAYTIME = HOURS[(HOURS.hour >= 8) & (HOURS.hour < 18)]


@pytest.mark.parametrize(("index", "pattern"), [(WEEKDAYS, 7), (DAYTIME, 24)])
def test_the_pattern_of_the_stamps_is_no_period_of_a_walk(index, pattern):
    found = []
    for seed in range(15):
        days = pd.date_range(index[0], index[-1], freq="D" if pattern == 7 else "h")
        walk = pd.Series(np.random.default_rng(seed).normal(size=len(days)).cumsum(), days)
        found += [*data_report(walk[index]).periods.period[:1]]
    assert len(found) <= 1


def test_a_daily_wave_is_found_in_rows_of_the_daytime():
    wave = np.sin(2 * np.pi * np.arange(len(HOURS)) / 24)
    noisy = pd.Series(3 * wave + np.random.default_rng(0).normal(size=len(HOURS)), HOURS)
    assert data_report(noisy[DAYTIME]).periods.period.iloc[0] == pytest.approx(24, rel=0.01)


def test_many_channels_of_noise_have_no_period_either():
    frame = pd.DataFrame(
        np.random.default_rng(0).normal(size=(300, 60)).cumsum(axis=0), np.arange(300.0)
    )
    assert len(data_report(frame).periods) <= 1


def test_periods_are_those_of_the_side_without_the_giant_gap():
    times = np.arange(300.0)
    values = wave(times, 12.0, 0.9) + np.random.default_rng(0).normal(size=300)
    series = pd.Series([*values, *values[:50]], [*times, *(times[:50] + 1e5)])
    assert data_report(series).periods.period.iloc[0] == pytest.approx(12.0, rel=0.01)


def test_the_background_of_red_noise_is_its_spectrum():
    rng = np.random.default_rng(0)
    angle = np.pi * np.arange(1, 2001) / 2000
    true = 1 / (1 + 0.9**2 - 2 * 0.9 * np.cos(angle))
    found = red_background(true * rng.exponential(size=2000), 1, 2001)
    assert found == pytest.approx(true, rel=0.35)


def test_the_chance_of_a_power_is_the_tail_of_an_f_distribution():
    from scipy.stats import f

    assert log_tail(5.0, 12) == pytest.approx(f.logsf(5.0, 2, 24))
