"""Divergence of states equals closed forms and naive counts, weighs time, and hides no escape."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

from tsnode.exceptions import ForecastWarning
from tsnode.metrics import kl_divergence


def naive_histogram(truth, generated, k=30, a=1e-5):
    """Count all cells by numpy's own histogram: the second route."""
    low, high = (
        truth.min(axis=0) - 0.1 * truth.std(axis=0),
        truth.max(axis=0) + 0.1 * truth.std(axis=0),
    )
    box = list(zip(low, high, strict=True))
    p, q = (np.histogramdd(points, bins=k, range=box)[0] for points in (truth, generated))
    p, q = ((count + a) / (count.sum() + a * count.size) for count in (p, q))
    return np.sum(p * np.log(p / q))


def naive_log_density(points, centres):
    bells = [multivariate_normal(centre).pdf(points) for centre in centres]
    return np.log(np.mean(bells, axis=0))


@pytest.mark.parametrize("n_channels", [1, 2, 3])
def test_histogram_equals_the_dense_count_of_all_cells(orbits, n_channels):
    truth, generated = (orbit.to_numpy()[:, :n_channels] for orbit in orbits)
    expected = naive_histogram(truth, generated)
    assert kl_divergence(truth, generated) == pytest.approx(expected, rel=1e-9)
    assert expected > 1e-3


def test_histogram_of_two_cells_has_its_closed_form():
    # Shares 3/4 and 1/4 against 1/4 and 3/4.
    truth, generated = np.array([0.0, 0.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0, 1.0])
    value = kl_divergence(truth, generated, n_bins=2, smoothing=1e-12)
    assert value == pytest.approx(0.5 * np.log(3), abs=1e-9)


def test_five_channels_are_counted_without_making_their_cells():
    rng = np.random.default_rng(0)
    truth, generated = rng.normal(size=(2, 3000, 5))
    value = kl_divergence(truth, generated, smoothing=1e-6)
    # Hardly any cell holds two points: p = 1/3000 against the smoothing, with few exceptions.
    total = 3000 + 1e-6 * 30**5
    assert value == pytest.approx(3000 / total * np.log(1e6), rel=0.03)


def test_cells_beyond_the_integers_of_64_bits_are_still_told_apart():
    truth = np.tile([[0.0], [1.0], [2.0], [3.0]], (1, 70))
    shifted = truth[[0, 0, 1, 2]]
    value = kl_divergence(truth, shifted, method="histogram", n_bins=4, smoothing=1e-50)
    # Quarter by quarter: ln(1/2), 0, 0 and one cell that only the smoothing visits.
    expected = 0.25 * (np.log(0.5) + np.log(1 / 1e-50))
    assert value == pytest.approx(expected, rel=1e-7)


def test_mixture_equals_the_mean_of_its_densities_bell_by_bell():
    rng = np.random.default_rng(0)
    truth, generated = rng.normal(size=(2, 80, 6)) * [[[1.0]], [[1.7]]]
    truth -= truth.mean(axis=0)
    truth /= truth.std(axis=0)
    value = kl_divergence(truth, generated, n_draws=4000)
    draws = truth[rng.integers(80, size=20_000)] + rng.normal(size=(20_000, 6))
    ratio = naive_log_density(draws, truth) - naive_log_density(draws, generated)
    scatter = ratio.std() * np.sqrt(1 / 4000 + 1 / 20_000)
    assert value == pytest.approx(ratio.mean(), abs=4 * scatter)
    assert value > 10 * scatter


def test_mixture_of_one_shifted_cloud_has_its_closed_form():
    # A standardised Gaussian cloud blurred by a unit Gaussian has variance 2 a channel.
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(2000, 2))
    truth = (truth - truth.mean(axis=0)) / truth.std(axis=0)
    value = kl_divergence(truth, truth + [0.8, 0.0], method="mixture", n_draws=5000)
    assert value == pytest.approx(0.8**2 / (2 * 2), abs=0.03)


def test_six_channels_take_the_mixture_and_its_score_repeats():
    truth, generated = np.random.default_rng(0).normal(size=(2, 300, 6))
    first, second = kl_divergence(truth, generated), kl_divergence(truth, generated)
    assert first == second == kl_divergence(truth, generated, method="mixture")


def test_units_of_the_channels_do_not_matter(orbits):
    truth, generated = orbits
    scaled = kl_divergence(truth * [1e3, 1e-3, 1] + 5, generated * [1e3, 1e-3, 1] + 5)
    assert scaled == pytest.approx(kl_divergence(truth, generated), rel=1e-2)


def test_a_long_orbit_differs_less_from_another_than_a_short_one(orbits):
    truth, generated = orbits
    assert kl_divergence(truth, generated) < 0.5 * kl_divergence(truth[:2000], generated[:2000])


def test_irregular_stamps_weigh_by_the_time_they_stand_for():
    # Half of the time in each of two cells, but nine rows in ten are stamped in the second half.
    slow, fast = np.arange(0.0, 1.0, 0.01), np.arange(1.0, 2.0, 0.01 / 9)
    times = np.concatenate([slow, fast])
    truth = pd.Series((np.arange(200) >= 100).astype(float), index=np.arange(200) * 0.01)
    generated = pd.Series((times >= 1.0).astype(float), index=times)
    weighed = kl_divergence(truth, generated, n_bins=2)
    unweighed = kl_divergence(truth.to_numpy(), generated.to_numpy(), n_bins=2)
    assert weighed == pytest.approx(0.0, abs=1e-4)
    assert unweighed == pytest.approx(0.5 * np.log(0.25 / 0.09), rel=1e-3)
    by_times = kl_divergence(
        truth.to_numpy(), generated.to_numpy(), n_bins=2, generated_times=generated.index
    )
    assert by_times == pytest.approx(weighed, abs=1e-9)


def test_even_stamps_give_the_number_of_the_bare_array(orbits):
    truth, generated = orbits
    bare = kl_divergence(truth.to_numpy(), generated.to_numpy())
    assert kl_divergence(truth, generated) == pytest.approx(bare, rel=1e-9)


def test_order_of_rows_columns_and_series_does_not_matter(orbits):
    truth, generated = (orbit[:3000] for orbit in orbits)
    panel = pd.concat({"a": truth[:1000], "b": truth[1000:]})
    shuffled = panel.sample(frac=1.0, random_state=0)
    value = kl_divergence(panel, generated)
    assert kl_divergence(shuffled, generated[["z", "x", "y"]]) == pytest.approx(value, rel=1e-9)


def test_rows_with_nan_are_dropped_and_counted(orbits):
    truth, generated = (orbit.to_numpy()[:4000].copy() for orbit in orbits)
    truth[::4, 1] = np.nan
    value, counts = kl_divergence(truth, generated, return_counts=True)
    kept = np.delete(truth, np.s_[::4], axis=0)
    assert (counts.used, counts.dropped) == (3000, 1000)
    assert value == pytest.approx(kl_divergence(kept, generated), rel=1e-12)


def test_stamped_rows_take_over_the_time_of_dropped_neighbours(orbits):
    truth, generated = (orbit[:4000].copy() for orbit in orbits)
    rest = np.delete(truth.to_numpy(), np.s_[::4], axis=0)
    times = np.delete(truth.index.to_numpy(), np.s_[::4])
    expected = kl_divergence(rest, generated.to_numpy(), times=times)
    truth.iloc[::4, 1] = np.nan
    assert kl_divergence(truth, generated) == pytest.approx(expected, rel=1e-9)
    assert expected != pytest.approx(kl_divergence(rest, generated), rel=1e-6)


def test_no_point_in_the_true_range_is_infinitely_far_and_said_so():
    truth = np.linspace(0.0, 1.0, 100)
    with pytest.warns(ForecastWarning, match="100 of 100 .* divergence is inf"):
        assert kl_divergence(truth, truth + 5.0) == np.inf


def test_more_than_half_outside_is_said_and_half_is_not():
    truth = np.linspace(0.0, 1.0, 100)
    generated = truth.copy()
    generated[:51] = [*[np.nan] * 25, *[7.0] * 26]
    with pytest.warns(ForecastWarning, match="51 of 100 generated rows are outside"):
        _, counts = kl_divergence(truth, generated, return_counts=True)
    assert counts.outside == 51
    generated[50] = 0.5
    assert np.isfinite(kl_divergence(truth, generated))


def test_a_diverged_mixture_is_infinitely_far():
    truth = np.random.default_rng(0).normal(size=(100, 6))
    with pytest.warns(ForecastWarning, match="not finite"):
        assert kl_divergence(truth, np.full_like(truth, np.inf)) == np.inf


def test_a_backtest_frame_gives_the_number_of_its_arrays():
    rng = np.random.default_rng(0)
    truth, forecast = rng.normal(size=(2, 4, 50, 1))
    cells = np.indices(truth.shape).reshape(3, -1)
    frame = pd.DataFrame(
        {
            "series": "a",
            "origin": cells[0],
            "lead": pd.to_timedelta(cells[1] + 1, unit="h"),
            "channel": "x",
            "truth": truth.ravel(),
            "forecast": forecast.ravel(),
        }
    )
    expected = kl_divergence(truth, forecast)
    assert kl_divergence(frame.sample(frac=1.0, random_state=0)) == pytest.approx(expected)
    assert kl_divergence(frame.rename(columns={"forecast": "net"}), "net") > 0.1


VARIED = np.random.default_rng(0).normal(size=(100, 2))


@pytest.mark.parametrize(
    ("truth", "generated", "settings", "words"),
    [
        (VARIED, VARIED[:, :1], {}, "same channels; got 2 and 1"),
        (VARIED * [1, 0], VARIED, {}, "must vary; constant: 1"),
        (VARIED * np.nan, VARIED, {}, "all 100 rows hold NaN"),
        (VARIED[:20], VARIED, {}, r"Too few points for the bins: 20 points for 30\*\*2"),
        (VARIED, VARIED[:20], {}, "Too few points for the bins"),
        (VARIED, VARIED, {"smoothing": 1.0}, "Too few points for the bins"),
        (VARIED * np.inf, VARIED, {}, "got inf"),
        (VARIED, VARIED, {"method": "kernel"}, "method must be one of"),
        (VARIED, VARIED, {"n_bins": 1}, "n_bins must be"),
        (VARIED, VARIED, {"n_draws": 0}, "n_draws must be"),
        (VARIED, VARIED, {"n_components": 0}, "n_components must be"),
        (VARIED, VARIED, {"margin": -0.1}, "margin must be"),
        (VARIED, VARIED, {"times": np.arange(99)}, "times of truth must be 100 finite numbers"),
        (VARIED, VARIED, {"times": np.zeros(100)}, "each time once"),
        (VARIED[None, None], VARIED, {}, r"shape \(stamp, channel\)"),
        (pd.DataFrame(VARIED, columns=["a", "b"]), pd.DataFrame(VARIED), {}, "a, b and 0, 1"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_bad_input_is_refused_in_one_sentence(truth, generated, settings, words):
    with pytest.raises(ValueError, match=words):
        kl_divergence(truth, generated, **settings)


def test_a_missing_second_side_is_refused():
    with pytest.raises(TypeError, match="Pass both, or a backtest frame"):
        kl_divergence(VARIED)


@pytest.mark.parametrize("method", ["histogram", "mixture"])
def test_values_whose_squares_overflow_give_the_same_number(orbits, method):
    truth, generated = (orbit[["x", "z"]] for orbit in orbits)
    options = {"method": method, "n_components": 300}
    huge = kl_divergence(2.0**1000 * truth, 2.0**1000 * generated, **options)
    assert huge == pytest.approx(kl_divergence(truth, generated, **options), rel=1e-12)
