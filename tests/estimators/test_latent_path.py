"""The latent path end to end: causality, single requests, odd data, skill, covariates, updates."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from tsnode.estimators.paths._latent_path import LatentPath
from tsnode.exceptions import FitWarning
from tsnode.frames._controls import FunctionControls, KnotControls
from tsnode.frames._series import Requests, SeriesSet


def single(times, values, weights=None):
    weights = np.ones(len(times)) if weights is None else weights
    return SeriesSet((None,), np.array([0, len(times)]), times, values, weights)


def daily(n_rows=700, seed=0, share_kept=0.8):
    """Return a hidden slow state behind two daily channels, irregular and with gaps."""
    rng = np.random.default_rng(seed)
    slow = np.zeros(n_rows)
    for k in range(1, n_rows):
        slow[k] = 0.97 * slow[k - 1] + 0.25 * rng.normal()
    times = np.arange(float(n_rows))
    cycle = np.sin(2 * np.pi * times / 24)
    values = np.stack([slow + cycle, 0.5 * np.roll(slow, 3) - cycle], axis=1)
    values += 0.1 * rng.normal(size=values.shape)
    values[rng.random(values.shape) < 0.1] = np.nan
    kept = (rng.random(n_rows) < share_kept) & np.isfinite(values).any(axis=1)
    return single(times[kept] + 0.2 * rng.random(kept.sum()), values[kept])


def ask(cutoffs, times):
    times = np.asarray(times, dtype=float)
    return Requests(np.zeros(len(times), int), times, np.asarray(cutoffs))


@pytest.fixture(scope="module")
def series():
    return daily()


@pytest.fixture(scope="module")
def model(series):
    return LatentPath(
        lookback=24, max_lead=12, periods=(24.0,), hidden_layer_sizes=(16,), max_epochs=2
    ).fit(series)


def test_it_beats_persistence_and_the_mean_on_unseen_data(model):
    unseen = daily(seed=1)
    cutoffs = np.arange(60, 400)
    requests = ask(cutoffs, unseen.times[cutoffs + 6])
    truth = unseen.values[cutoffs + 6]
    error = np.nanmean((model.forecast(unseen, requests) - truth) ** 2)
    persistence = np.nanmean((unseen.values[cutoffs] - truth) ** 2)
    assert error < 0.6 * persistence
    assert error < 0.6 * np.nanvar(truth)


def test_rows_after_the_cutoff_have_no_influence(model, series):
    requests = ask([200, 200], series.times[200] + np.array([3.0, 50.0]))
    changed = series.values.copy()
    changed[201:] = 99.0
    np.testing.assert_array_equal(
        model.forecast(series, requests),
        model.forecast(replace(series, values=changed), requests),
    )


def test_one_request_alone_equals_the_same_among_many(model, series):
    rng = np.random.default_rng(0)
    cutoffs = rng.integers(-1, series.n_rows, 3000)
    times = np.where(cutoffs < 0, 5.0, series.times[cutoffs]) + rng.exponential(10, 3000)
    among = model.forecast(series, ask(cutoffs, times))
    picked = [0, 17, 1234, 2999]
    alone = [model.forecast(series, ask(cutoffs[[k]], times[[k]]))[0] for k in picked]
    np.testing.assert_allclose(alone, among[picked], rtol=0, atol=1e-9)


def test_forecasts_move_continuously_with_the_asked_time(model, series):
    times = series.times[300] + np.linspace(0, 30, 3001)
    path = model.forecast(series, ask(np.full(3001, 300), times))
    assert np.abs(np.diff(path, axis=0)).max() < 0.02
    assert np.ptp(path) > 0.3


def test_far_leads_stay_within_a_few_spreads(model, series):
    times = series.times[300] + np.array([1e2, 1e3, 1e5])
    assert np.abs(model.forecast(series, ask([300] * 3, times))).max() < 10


def test_an_empty_history_is_forecast_near_the_usual_cycle(model):
    nothing = SeriesSet((None,), np.array([0, 0]), np.zeros(0), np.zeros((0, 2)), np.zeros(0))
    times = np.arange(240.0, 264.0)
    found = model.forecast(nothing, ask(np.full(24, -1), times))
    assert np.isfinite(found).all()
    assert np.corrcoef(found[:, 0], np.sin(2 * np.pi * times / 24))[0, 1] > 0.5


def test_the_same_seed_gives_the_same_forecasts_and_a_pickle_too(model, series):
    requests = ask([100, 200], series.times[[103, 210]])
    again = LatentPath(
        lookback=24, max_lead=12, periods=(24.0,), hidden_layer_sizes=(16,), max_epochs=2
    ).fit(series)
    found = model.forecast(series, requests)
    np.testing.assert_array_equal(again.forecast(series, requests), found)
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(model)).forecast(series, requests), found
    )


def test_a_shifted_clock_changes_nothing_without_periods():
    series = daily(300)
    later = replace(series, times=series.times + 1e4)
    first = LatentPath(lookback=24, max_lead=12, max_epochs=0).fit(series)
    second = LatentPath(lookback=24, max_lead=12, max_epochs=0).fit(later)
    np.testing.assert_allclose(
        first.forecast(series, ask([200], series.times[[205]])),
        second.forecast(later, ask([200], later.times[[205]])), atol=1e-6,
    )  # fmt: skip


def test_the_order_of_series_does_not_matter():
    one, two = daily(250), daily(300, seed=3)
    both, turned = panel(one, two), panel(two, one)
    first = LatentPath(lookback=24, max_lead=12, max_epochs=0).fit(both)
    second = LatentPath(lookback=24, max_lead=12, max_epochs=0).fit(turned)
    request = ask([100], [one.times[106]])
    np.testing.assert_allclose(
        first.forecast(one, request), second.forecast(one, request), atol=1e-4
    )


def panel(*parts):
    return SeriesSet(
        tuple(range(len(parts))), np.cumsum([0, *(part.n_rows for part in parts)]),
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.weights for part in parts]),
    )  # fmt: skip


@pytest.mark.parametrize("n_rows", [1, 2, 3, 20, 90])
@pytest.mark.parametrize("kind", ["normal", "constant", "gaps", "outlier"])
def test_odd_data_give_finite_bounded_forecasts(n_rows, kind):
    rng = np.random.default_rng(n_rows)
    times = np.cumsum(10 ** rng.uniform(-3, 3, n_rows) if kind == "gaps" else np.ones(n_rows))
    values = rng.normal(size=(n_rows, 2)) * (kind != "constant")
    values[::3, 1] = np.nan
    values[0, 0] += 1e3 * (kind == "outlier")
    series = single(times, values)
    model = LatentPath(lookback=48, max_lead=24).fit(series)
    cutoffs = np.r_[-1, np.arange(n_rows), n_rows - 1]
    asked = np.r_[times[0], times + 0.5, times[-1] + 1e6]
    found = model.forecast(series, ask(cutoffs, asked))
    assert np.isfinite(found).all()
    assert np.abs(found).max() < 10 * max(np.nanmax(np.abs(values)), 1)
    assert np.isfinite(model.continue_fit(series).forecast(series, ask(cutoffs, asked))).all()


def test_covariates_that_drive_the_series_are_used():
    rng = np.random.default_rng(0)
    times = np.arange(400.0)
    u = np.repeat(rng.normal(size=(80, 1)), 5, axis=0)
    controls = KnotControls(np.array([0, 400]), times, u)
    series = single(times, u + 0.1 * rng.normal(size=u.shape))
    cutoffs = np.arange(300, 390)
    requests = ask(cutoffs, times[cutoffs + 8])
    truth = series.values[cutoffs + 8]
    knowing = LatentPath(lookback=12, max_lead=10, max_epochs=0).fit(series, controls)
    blind = LatentPath(lookback=12, max_lead=10, max_epochs=0).fit(series)
    error = ((knowing.forecast(series, requests, controls) - truth) ** 2).mean()
    assert error < 0.1 * ((blind.forecast(series, requests) - truth) ** 2).mean()


def test_covariates_computed_from_time_enter_the_neural_field():
    series = daily(300)
    controls = FunctionControls(lambda _, times: np.sin(2 * np.pi * times / 24)[:, None], 1)
    model = LatentPath(lookback=24, max_lead=12, max_epochs=1).fit(series, controls)
    request = ask([200], [series.times[206]])
    assert np.isfinite(model.forecast(series, request, controls)).all()
    assert model.net.module_.field.target.layers[0].weight.shape[1] == 16 + 2 + 1


def test_going_on_with_new_rows_improves_on_them(series):
    law = daily(600, seed=4)
    flipped = replace(law, values=-2 * law.values[:, ::-1])
    model = LatentPath(lookback=24, max_lead=12, periods=(24.0,), max_epochs=0).fit(daily(150))
    cutoffs = np.arange(60, 300)
    requests = ask(cutoffs, flipped.times[cutoffs + 4])
    truth = flipped.values[cutoffs + 4]
    before = np.nanmean((model.forecast(flipped, requests) - truth) ** 2)
    after = np.nanmean((model.continue_fit(flipped).forecast(flipped, requests) - truth) ** 2)
    assert after < 0.9 * before
    assert series.n_rows > 0


def test_the_report_holds_plain_numbers(model):
    assert {"alpha", "valid_error_linear", "neural", "seconds"} <= model.report.keys()
    assert all(np.isfinite(model.report["valid_error_linear"]))
    assert type(model.report["alpha"][0]) is float
    assert set(model.report["neural"]) >= {"best_epoch", "valid_loss_start", "valid_loss_best"}


def test_a_loop_that_was_asked_for_runs_on_few_rows_too():
    few = daily(200)
    settings = {"lookback": 12, "max_lead": 6, "hidden_layer_sizes": (8,)}
    asked = LatentPath(**settings, lr=1e-3, insists=True).fit(few).report
    assert asked["neural"]["epochs_tried"] > 0
    unasked = LatentPath(**settings).fit(few).report
    assert unasked["neural"]["refused"] == "too few windows"
    assert unasked["tool"] == "linear latent ODE"


def test_a_loop_that_cannot_be_judged_is_left_out_with_a_warning():
    path = LatentPath(lookback=4, max_lead=6, max_epochs=3, insists=True)
    with pytest.warns(FitWarning, match="enough rows to choose the epochs"):
        path.fit(daily(8, share_kept=1.1))


def test_parameters_of_the_module_reach_it():
    params = {"module__n_latent": 5, "module__node_gap": 3.0}
    settings = {"lookback": 12, "max_lead": 6, "net_params": params, "max_epochs": 1}
    few = daily(300)
    module = LatentPath(**settings).fit(few).net.module_
    assert (module.n_latent, module.node_gap) == (5, 3.0)
