"""CRPS, pinball loss and coverage equal integrals, closed forms and sklearn's numbers."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import mean_pinball_loss

from tsnode.metrics import crps, interval_coverage, pinball_loss

RNG = np.random.default_rng(0)
TRUTH = RNG.normal(size=(6, 4, 2))
MEMBERS = RNG.normal(size=(6, 4, 2, 9))


def integral(cdf, truth):
    """Integrate the squared distance to the step at the truth, on a fine grid."""
    grid = np.linspace(-15.0, 15.0, 300_001)
    return np.trapezoid((cdf(grid) - (grid >= truth)) ** 2, grid)


def test_ensemble_score_equals_the_integral_of_its_step_function():
    truth, members = TRUTH[0, 0, 0], np.sort(MEMBERS[0, 0, 0])
    expected = integral(lambda x: np.searchsorted(members, x, side="right") / 9, truth)
    assert crps([[truth]], [[members]]) == pytest.approx(expected, abs=1e-4)
    assert expected > 0.05


@pytest.mark.parametrize(("fair", "n_pairs"), [(False, 81), (True, 72)])
def test_ensemble_score_equals_the_sum_over_pairs(fair, n_pairs):
    error = np.abs(MEMBERS - TRUTH[..., None]).mean(axis=-1)
    inner = np.abs(MEMBERS[..., None] - MEMBERS[..., None, :]).sum(axis=(-1, -2)) / n_pairs
    expected = (error - inner / 2).mean()
    assert crps(TRUTH, MEMBERS, fair=fair) == pytest.approx(expected)


def test_gaussian_score_equals_the_integral_of_its_distribution():
    expected = integral(stats.norm(0.3, 1.7).cdf, -1.0)
    assert crps([[-1.0]], [[0.3]], spread=[[1.7]]) == pytest.approx(expected, abs=1e-4)


def test_a_gaussian_at_the_truth_has_its_closed_form():
    # sigma (sqrt 2 - 1) / sqrt pi
    expected = 3.0 * (np.sqrt(2) - 1) / np.sqrt(np.pi)
    assert crps([[5.0]], [[5.0]], spread=[[3.0]]) == pytest.approx(expected)


def test_many_quantiles_and_a_fair_ensemble_score_as_the_gaussian_they_come_of():
    levels = (np.arange(400) + 0.5) / 400
    shape = TRUTH.shape
    expected = crps(TRUTH, np.zeros(shape), spread=np.ones(shape))
    quantiles = np.broadcast_to(stats.norm.ppf(levels), (*shape, 400))
    assert crps(TRUTH, quantiles, levels=levels) == pytest.approx(expected, abs=2e-3)
    members = np.random.default_rng(1).normal(size=(*shape, 4000))
    assert crps(TRUTH, members, fair=True) == pytest.approx(expected, abs=0.01)


def test_the_median_alone_scores_its_absolute_error():
    expected = np.abs(TRUTH - 0.5).mean()
    assert crps(TRUTH, np.full((6, 4, 2, 1), 0.5), levels=[0.5]) == pytest.approx(expected)
    assert crps(TRUTH, np.full((6, 4, 2, 3), 0.5)) == pytest.approx(expected)
    still = np.zeros(TRUTH.shape)
    assert crps(TRUTH, still + 0.5, spread=still) == pytest.approx(expected)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.95])
def test_pinball_loss_equals_sklearns(level):
    forecast = MEMBERS[..., 0]
    expected = mean_pinball_loss(TRUTH.ravel(), forecast.ravel(), alpha=level)
    assert pinball_loss(TRUTH, forecast, level=level) == pytest.approx(expected)


def test_the_true_quantile_has_the_least_pinball_loss():
    draws = np.random.default_rng(0).normal(size=20_000)
    guesses = np.linspace(-2.0, 3.0, 51)
    losses = [pinball_loss(draws, np.full(20_000, guess), level=0.8) for guess in guesses]
    assert guesses[np.argmin(losses)] == pytest.approx(stats.norm.ppf(0.8), abs=0.06)


def test_coverage_is_the_share_inside_counted_one_by_one():
    lower, upper = TRUTH * 0 - 0.7, TRUTH * 0 + 0.4
    inside = [[[-0.7 <= y <= 0.4 for y in row] for row in block] for block in TRUTH]
    assert interval_coverage(TRUTH, lower, upper) == pytest.approx(np.mean(inside))
    curve = interval_coverage(TRUTH, lower, upper, by_lead=True)
    np.testing.assert_allclose(curve, np.mean(inside, axis=(0, 2)))
    assert 0.1 < np.mean(inside) < 0.9


def test_gaussian_intervals_cover_their_nominal_share():
    draws = np.random.default_rng(0).normal(size=(20_000, 1))
    half = np.full_like(draws, stats.norm.ppf(0.95))
    assert interval_coverage(draws, -half, half) == pytest.approx(0.9, abs=0.01)


def test_bounds_count_as_inside_and_may_be_endless():
    assert interval_coverage([1.0, 2.0], [1.0, -np.inf], [1.0, np.inf]) == 1.0


def test_axes_are_kept_if_asked():
    assert pinball_loss(TRUTH, MEMBERS[..., 0], by_lead=True).shape == (4,)
    assert crps(TRUTH, MEMBERS, per_channel=True).shape == (2,)
    both = interval_coverage(TRUTH, TRUTH - 1, TRUTH + 1, by_lead=True, per_channel=True)
    assert both.shape == (4, 2)


CALLS = {
    "crps": lambda truth, forecast, **settings: crps(
        truth, forecast, spread=np.ones(np.shape(truth)), **settings
    ),
    "pinball": pinball_loss,
    "coverage": lambda truth, forecast, **settings: interval_coverage(
        truth, np.asarray(forecast) - 0.5, np.asarray(forecast) + 0.5, **settings
    ),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_entries_not_observed_are_left_out_and_counted(call):
    truth = TRUTH.copy()
    truth[:2] = np.nan
    value, counts = call(truth, np.zeros(TRUTH.shape), return_counts=True)
    assert value == pytest.approx(call(TRUTH[2:], np.zeros((4, 4, 2))))
    assert counts == (32, 16, 0)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_forecast_that_is_nan_where_truth_was_seen_is_never_skipped(call):
    forecast = np.zeros(TRUTH.shape)
    forecast[0, 1, 0] = np.nan
    curve = call(TRUTH, forecast, by_lead=True)
    assert np.isnan(curve).tolist() == [False, True, False, False]


ONE = np.ones((3, 1))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: crps(ONE, ONE), r"one more of members"),
        (lambda: crps(ONE, ONE[..., None], levels=[0.5, 0.6]), "levels must be 1 increasing"),
        (lambda: crps(ONE, np.ones((3, 1, 2)), levels=[0.6, 0.5]), "levels must be 2 increasing"),
        (lambda: crps(ONE, np.ones((3, 1, 1)), levels=[1.0]), "levels must be 1 increasing"),
        (lambda: crps(ONE, ONE, spread=-ONE), "spread must be at least 0; got -1"),
        (lambda: crps(ONE, ONE[..., None], fair=True), "at least 2 members; got 1"),
        (lambda: crps(ONE, ONE, coverage=0.9), "columns lower and upper of a backtest frame"),
        (lambda: crps(ONE, ONE, spread=ONE, coverage=0.9), "got spread, coverage"),
        (lambda: crps(ONE, ONE[:2], spread=ONE), "one shape"),
        (lambda: crps(ONE * np.nan, ONE, spread=ONE), "all entries are NaN"),
        (lambda: pinball_loss(ONE, ONE, level=0.0), "level must lie between 0 and 1"),
        (lambda: pinball_loss(ONE, ONE[:2]), "one shape"),
        (lambda: interval_coverage(ONE, ONE, ONE - 1), "it does in 3 of 3 entries"),
        (lambda: interval_coverage(ONE, ONE, ONE[:2]), "truth and upper must have one shape"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
