"""A match of the flow: where it is for, what it learns of a stiff law, and what it declines."""

import numpy as np
import pytest
import torch

from tsnode import NeuralODERegressor
from tsnode.datasets import make_van_der_pol
from tsnode.dynamics._fields import NeuralField
from tsnode.training import _flow_match
from tsnode.training._field_count import FieldCount
from tsnode.training._flow_match import hides_jumps, match_flow, misses_rows, states_of_rows
from tsnode.training._match import match_field, smooth_paths
from tsnode.training._paths import ObservedPath

STIFF = make_van_der_pol(400, epsilon=10.0, mean_step=0.1, transient=30.0).to_numpy()
STIFF = (STIFF - STIFF.mean(axis=0)) / STIFF.std(axis=0)
SMOOTH = make_van_der_pol(400, mean_step=0.1, transient=20.0).to_numpy()


def path_of(values, times=None):
    times = np.arange(float(len(values))) if times is None else times
    return ObservedPath(times, np.array(values, dtype=float), np.ones(len(values)))


def new_field(n_controls=0):
    torch.manual_seed(0)
    return NeuralField(2, n_controls, (16, 16), "tanh", autonomous=True, time_scale=400.0)


def noisy(values, noise, seed=0):
    return values + noise * np.random.default_rng(seed).normal(size=values.shape)


def test_jumps_are_hidden_where_only_the_smoother_sees_noise():
    def hides(values):
        return hides_jumps([path_of(values)], smooth_paths([path_of(values)]))

    assert hides(STIFF)
    assert not hides(SMOOTH / SMOOTH.std(axis=0))
    # Noise that neighbours show; values that a sensor rounds; one row; nothing at all.
    assert not hides(noisy(STIFF, 0.05))
    assert not hides(STIFF.round(1))
    assert not hides(STIFF[:1])
    assert not hides(np.full((9, 2), np.nan))


def test_a_field_that_matched_the_slopes_of_a_smooth_law_misses_no_row():
    field, paths = new_field(), [path_of(SMOOTH / SMOOTH.std(axis=0))]
    assert misses_rows(field, paths)
    match_field(field, paths)
    assert not misses_rows(field, paths)
    # Noisy rows are not for the tool, however badly a field does.
    assert not misses_rows(new_field(), [path_of(noisy(SMOOTH, 0.1))])


@pytest.fixture(scope="module")
def learned():
    values = STIFF.copy()
    values[50::40, 1] = np.nan
    field, paths = new_field(), [path_of(values[:200]), path_of(values[200:])]
    return field, paths, match_flow(field, paths)


def test_a_stiff_law_is_learned_to_a_thousandth(learned):
    field, paths, report = learned
    assert "declined" not in report
    assert report["miss"] < 1e-3
    assert report["sigma"].tolist() == [0, 0]
    # Rows beside a missing entry are the ends of no gap, nor is there one between two series.
    assert report["n_gaps"] == round(0.8 * (398 - 2 * 9))
    assert not misses_rows(field, paths)
    values = paths[0].values
    states = states_of_rows(paths, smooth_paths(paths))[0]
    seen = np.isfinite(values)
    np.testing.assert_array_equal(states[seen], values[seen])
    assert np.isfinite(states).all()


def test_noisy_rows_are_declined_and_leave_the_field_as_it_was(monkeypatch):
    monkeypatch.setattr(_flow_match, "MAX_ITERATIONS", 5)
    field = new_field()
    before = torch.cat([p.reshape(-1) for p in field.parameters()]).clone()
    report = match_flow(field, [path_of(noisy(STIFF, 0.1))])
    assert "misses rows by" in report["declined"]
    torch.testing.assert_close(torch.cat([p.reshape(-1) for p in field.parameters()]), before)


def test_what_the_tool_is_not_for_is_declined(monkeypatch):
    driven = match_flow(new_field(n_controls=1), [path_of(STIFF)])
    assert "controls" in driven["declined"]
    assert "too few gaps" in match_flow(new_field(), [path_of(STIFF[:2])])["declined"]
    monkeypatch.setattr(_flow_match, "MAX_ENTRIES", 10)
    assert "memory" in match_flow(new_field(), [path_of(STIFF)])["declined"]


def test_the_fastest_gaps_are_all_learned():
    change = np.arange(100.0)[:, None]
    gaps = {"change": change, "inputs": np.ones((100, 3))}
    learned, judges = _flow_match._share_out(gaps, 1000)
    assert learned.sum() == 80
    assert (learned ^ judges).all()
    assert learned[-27:].all()
    few, _ = _flow_match._share_out(gaps, 30)
    assert few.sum() == 30
    assert few[-10:].all()


def test_no_gap_is_a_pause():
    times = np.arange(400.0)
    times[200:] += 1e6
    gaps = _flow_match._gaps([path_of(STIFF, times)])
    assert len(gaps["change"]) == 398
    assert gaps["inputs"][:, -1].max() == 1


def test_a_budget_ends_it():
    count, field = FieldCount(3000), new_field()
    with count.counting("flow", field):
        report = match_flow(field, [path_of(STIFF)], count=count)
    assert report["stopped"] == "budget"


def test_a_fit_that_is_stopped_at_once_leaves_the_better_field():
    field, paths = new_field(), [path_of(SMOOTH / SMOOTH.std(axis=0))]
    match_field(field, paths)
    before = torch.cat([p.reshape(-1) for p in field.parameters()]).clone()
    count = FieldCount(1)
    with count.counting("flow", field):
        report = match_flow(field, paths, count=count)
    assert report["stopped"] == "budget"
    assert report["miss"] < 0.02
    torch.testing.assert_close(torch.cat([p.reshape(-1) for p in field.parameters()]), before)


@pytest.mark.slow
@pytest.mark.parametrize("irregular", [False, True])
def test_a_stiff_oscillator_is_forecast_over_its_jumps(irregular):
    rows = make_van_der_pol(
        1050, epsilon=10.0, mean_step=0.1, transient=30.0, irregular=irregular, random_state=0
    )
    train, rest = rows.iloc[:1000], rows.iloc[1000:]
    model = NeuralODERegressor(lookback=None, random_state=0).fit(train.index, train)
    assert model.fit_report_["tool"] == "match of the flow"
    miss = (model.predict(rest.index) - rest) / train.std()
    # Fifty steps over one jump, which is 9 standard deviations high and two rows wide.
    assert np.mean(np.square(miss.to_numpy())) < 2e-2
