"""The distance of spectra equals closed forms and a naive route, and 1 where a run diverged."""

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter1d

from tsnode.exceptions import ForecastWarning
from tsnode.metrics import power_spectrum_distance


def naive_distance(truth, generated):
    """Go channel by channel, through the overlap of the spectra."""
    distances = []
    for one, other in zip(truth.T, generated.T, strict=True):
        p, q = (
            gaussian_filter1d(np.abs(np.fft.rfft((x - x.mean()) / x.std())) ** 2, 20)
            for x in (one, other)
        )
        distances.append(np.sqrt(1.0 - np.sum(np.sqrt(p / p.sum() * q / q.sum()))))
    return distances


def test_distance_equals_the_missing_overlap_by_channel(orbits):
    truth, generated = (orbit.to_numpy() for orbit in orbits)
    expected = naive_distance(truth, generated)
    apart = power_spectrum_distance(truth, generated, per_channel=True)
    np.testing.assert_allclose(apart, expected, rtol=1e-6)
    assert power_spectrum_distance(truth, generated) == pytest.approx(np.mean(expected))
    assert min(expected) > 0.02


def test_distance_of_two_waves_has_its_closed_form():
    # Shares of 0.8 and 0.2 of the variance at one frequency, 0.2 and 0.8 at the other.
    rows = np.arange(64)
    slow, fast = np.sin(2 * np.pi * 4 * rows / 64), np.sin(2 * np.pi * 9 * rows / 64)
    value = power_spectrum_distance(2 * slow + fast, slow + 2 * fast, smoothing=0)
    assert value == pytest.approx(np.sqrt(1 - 2 * np.sqrt(0.8 * 0.2)))


def test_lomb_scargle_gives_the_distance_of_the_fft_on_even_stamps(orbits):
    fft = power_spectrum_distance(*orbits, method="fft")
    assert power_spectrum_distance(*orbits, method="lomb_scargle") == pytest.approx(fft, abs=1e-8)
    assert fft > 0.02


def test_phase_scale_and_offset_do_not_matter(orbits):
    truth, _ = orbits
    assert power_spectrum_distance(truth, 5.0 - 3.0 * truth[::-1].to_numpy()) < 1e-6
    assert power_spectrum_distance(truth, truth) == 0.0


def test_slower_runs_are_farther_than_other_orbits_on_irregular_stamps(orbits):
    truth, generated = (orbit.to_numpy() for orbit in orbits)
    kept = np.sort(np.random.default_rng(0).choice(16_000, 5000, replace=False))
    other = power_spectrum_distance(truth[kept], generated[kept], times=kept)
    slowed = power_spectrum_distance(truth[kept], truth[(0.7 * kept).astype(int)], times=kept)
    assert slowed > 2 * other


def test_rows_not_observed_are_dropped_on_both_sides_and_counted(orbits):
    truth, generated = (orbit[:2000] for orbit in orbits)
    gappy = truth.copy()
    gappy.iloc[::3, 0] = np.nan
    rest = gappy.notna().all(axis=1)
    value, counts = power_spectrum_distance(gappy, generated, return_counts=True)
    assert value == pytest.approx(power_spectrum_distance(truth[rest], generated[rest]))
    assert counts == (1333, 667, 0)


def test_runs_that_begin_at_other_times_are_compared_by_elapsed_time(orbits):
    truth, generated = orbits
    later = generated.set_axis(generated.index + 300.0)
    assert power_spectrum_distance(truth, later) == pytest.approx(
        power_spectrum_distance(truth, generated)
    )


def test_series_are_matched_by_name_and_averaged(orbits):
    parts = {"a": slice(0, 2000), "b": slice(2000, 4000)}
    truth = pd.concat({name: orbits[0][rows] for name, rows in parts.items()})
    generated = pd.concat({name: orbits[1][rows] for name, rows in reversed(parts.items())})
    apart = [
        power_spectrum_distance(truth.loc[name], generated.loc[name], smoothing=5) for name in "ab"
    ]
    value = power_spectrum_distance(truth, generated, smoothing=5)
    assert value == pytest.approx(np.mean(apart))
    assert abs(apart[0] - apart[1]) > 1e-3


def test_a_backtest_frame_gives_the_number_of_its_arrays():
    truth, forecast = np.random.default_rng(0).normal(size=(2, 3, 60, 1))
    cells = np.indices(truth.shape).reshape(3, -1)
    frame = pd.DataFrame({"origin": cells[0], "lead": 0.5 * (cells[1] + 1), "channel": "x"})
    frame = frame.assign(truth=truth.ravel(), forecast=forecast.ravel())
    expected = power_spectrum_distance(truth, forecast, smoothing=2)
    assert power_spectrum_distance(frame, smoothing=2) == pytest.approx(expected)
    assert expected > 0.05


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_diverged_run_is_as_far_as_can_be_and_said_so(value):
    truth = np.sin(np.arange(100.0))
    generated = np.where(np.arange(100) < 90, truth, value)
    with pytest.warns(ForecastWarning, match="10 of 100 generated rows are not finite"):
        assert power_spectrum_distance(truth, generated, smoothing=2) == 1.0


@pytest.mark.parametrize("smoothing", [0.0, 20.0])
def test_a_run_that_stands_still_has_no_rhythm_in_common(smoothing):
    slow = np.cumsum(np.random.default_rng(0).normal(size=500))
    # 0.1 has no exact mean.
    assert power_spectrum_distance(slow, np.full(500, 0.1), smoothing=smoothing) == 1.0


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_runs_whose_squares_leave_the_floats_are_compared_as_others(scale):
    truth, generated = np.random.default_rng(0).normal(size=(2, 100, 2))
    expected = power_spectrum_distance(truth, generated, smoothing=2)
    value = power_spectrum_distance(truth, generated * scale, smoothing=2)
    assert value == pytest.approx(expected, rel=1e-9)


VARIED = np.random.default_rng(0).normal(size=(100, 2))


@pytest.mark.parametrize(
    ("truth", "generated", "settings", "words"),
    [
        (VARIED, VARIED[:, :1], {}, "same channels; got 2 and 1"),
        (VARIED, VARIED[:90], {}, "equal stamps; got 100 and 90 rows at"),
        (
            VARIED,
            VARIED,
            {"times": np.arange(100), "generated_times": np.arange(100) ** 1.1},
            "equal stamps",
        ),
        (VARIED * [1, 0], VARIED, {}, "must vary; constant: 1"),
        (VARIED * np.nan, VARIED, {}, "all 100 rows hold NaN"),
        (VARIED[:30], VARIED[:30], {}, "Too few points for the smoothing"),
        (VARIED[None], np.stack([VARIED, VARIED]), {}, "as many runs; got 1 and 2"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(truth, generated, settings, words):
    with pytest.raises(ValueError, match=words):
        power_spectrum_distance(truth, generated, **settings)


def test_other_series_are_refused():
    truth = pd.concat({"a": pd.Series(VARIED[:, 0], index=np.arange(100.0))})
    with pytest.raises(ValueError, match="same series"):
        power_spectrum_distance(truth, truth.rename(index={"a": "b"}))
