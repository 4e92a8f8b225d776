"""The choice between models by rolling forecasts of the newest rows."""

import numpy as np
import pytest

from tsnode.estimators.paths._choose_path import LEADS, choose_path, rolling_requests
from tsnode.frames._rows import build_series

N = 200
VALUES = np.sin(np.arange(N) / 9)[:, None]
SERIES = build_series((None,), np.zeros(N, dtype=int), np.arange(float(N)), VALUES)


class Offset:
    """Forecasts the truth plus an offset; keeps the rows of its last fit."""

    def __init__(self, offset, stage):
        self.offset, self.stage, self.fitted = offset, stage, []

    def fit(self, series, controls):  # noqa: ARG002
        self.fitted.append(series)
        self.report = {"tool": f"offset {self.offset}"}
        return self

    def forecast(self, series, requests, controls):  # noqa: ARG002
        return np.sin(requests.times / 9)[:, None] + self.offset


def choose(offsets, **params):
    made = []

    def maker(offset):
        return lambda stage: made.append(Offset(offset, stage)) or made[-1]

    candidates = {name: maker(offset) for name, offset in offsets.items()}
    params = {"lookback": 10, "fraction": 0.2} | params
    return choose_path(candidates, SERIES, None, **params), made


@pytest.mark.parametrize(("offsets", "best"), [({"a": 0.5, "b": 0.1}, "b"),
                                               ({"a": 0.1, "b": 0.5}, "a"),
                                               ({"a": 0.3, "b": 0.3}, "a")])  # fmt: skip
def test_the_smaller_rolling_error_wins_and_both_are_reported(offsets, best):
    path, _ = choose(offsets)
    assert path.report["chosen"] == best
    assert path.report["errors"] == pytest.approx({k: v**2 for k, v in offsets.items()})
    assert path.report["tool"] == f"offset {offsets[best]}"


def test_candidates_are_judged_on_rows_that_they_have_not_seen():
    path, made = choose({"a": 0.2, "b": 0.1})
    trials, final = made[:3], made[3]
    cut = 0.8 * (N - 1)
    assert [trial.fitted[0].times.max() <= cut for trial in trials] == [True] * 3
    assert [path.stage for path in made] == ["cheap", "cheap", "trial", "final"]
    assert final is path
    assert final.fitted[0].n_rows == N
    requests, _ = rolling_requests(SERIES, cut)
    assert SERIES.times[requests.cutoff].min() > cut


def test_the_first_candidate_gets_no_second_trial_if_its_cheap_form_wins():
    _, made = choose({"a": 0.1, "b": 0.2})
    assert [path.stage for path in made] == ["cheap", "cheap", "final"]


def test_the_first_candidate_may_win_by_what_its_cheap_form_leaves_out():
    offsets = {"cheap": 0.5, "trial": 0.05, "final": 0.05}
    candidates = {
        "a": lambda stage: Offset(offsets[stage], stage),
        "b": lambda stage: Offset(0.1, stage),
    }
    path = choose_path(candidates, SERIES, None, lookback=10, fraction=0.2)
    assert path.report["chosen"] == "a"
    assert path.report["errors"] == pytest.approx({"a": 0.05**2, "b": 0.1**2})


def test_a_candidate_that_diverges_loses():
    path, _ = choose({"a": np.nan, "b": 9.0})
    assert path.report["chosen"] == "b"
    assert path.report["errors"]["a"] == np.inf


@pytest.mark.parametrize("params", [{"lookback": 70}, {"fraction": 0.0}])
def test_with_too_few_rows_to_judge_the_first_is_taken(params):
    path, made = choose({"a": 0.5, "b": 0.1}, **params)
    assert (path.report["chosen"], path.report["errors"]) == ("a", {})
    assert len(made) == 1


def test_requests_ask_for_rows_of_the_same_series_a_few_rows_ahead():
    both = build_series(
        ("a", "b"), np.repeat([0, 1], N), np.tile(np.arange(float(N)), 2), np.r_[VALUES, -VALUES]
    )
    requests, truth = rolling_requests(both, 150.0)
    lead = requests.times - both.times[requests.cutoff]
    assert set(lead) == set(LEADS)
    assert (both.series_of_row[requests.cutoff] == requests.series).all()
    sign = np.where(requests.series == 0, 1, -1)
    assert truth[:, 0] == pytest.approx(sign * np.sin(requests.times / 9))


def test_no_row_behind_a_gap_of_over_a_thousand_steps_judges():
    times = np.arange(float(N)) + 5_000.0 * (np.arange(N) > 180)
    requests, truth = rolling_requests(
        build_series((None,), np.zeros(N, dtype=int), times, VALUES), cut=160.0
    )
    assert (requests.times - times[requests.cutoff]).max() == 16
    assert len(truth) == len(requests) > 100
