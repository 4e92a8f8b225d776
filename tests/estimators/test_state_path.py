"""A path on observed states: training tools, solver step, starts and free runs."""

from dataclasses import replace

import numpy as np
import pytest

from tsnode.estimators.paths._state_path import STEPS, Solver, StatePath
from tsnode.exceptions import ForecastWarning
from tsnode.frames._controls import KnotControls
from tsnode.frames._rows import build_series
from tsnode.frames._series import Requests

N = 120
PHASE = 0.3 * np.arange(N)
VALUES = np.sqrt(2) * np.column_stack([np.cos(PHASE), np.sin(PHASE)])
SERIES = build_series((None,), np.zeros(N, dtype=int), np.arange(float(N)), VALUES)


def path(kind="ode", **params):
    params = {"hidden_layer_sizes": (16,), "activation": "tanh"} | params
    return StatePath(kind=kind, **params).fit(SERIES)


@pytest.fixture(scope="module", params=["ode", "residual", "plain"])
def fitted(request):
    return path(request.param)


@pytest.fixture(scope="module")
def ode():
    return path("ode")


def ask(times, cutoff):
    times = np.atleast_1d(np.asarray(times, dtype=float))
    cutoff = np.broadcast_to(cutoff, times.shape)
    return Requests(np.zeros(len(times), dtype=int), times, cutoff)


def test_every_kind_forecasts_a_rotation(fitted):
    found = fitted.forecast(SERIES, ask(np.arange(61.0, 81.0), 60))
    assert found == pytest.approx(VALUES[61:81], abs=0.05)
    assert np.abs(found - VALUES[60]).max() > 1


def test_at_the_cutoff_the_forecast_is_the_estimated_state(fitted):
    found = fitted.forecast(SERIES, ask(60.0, 60))
    expected = fitted._filter.estimate(
        SERIES, np.array([60]), fitted._advance(None, fitted.solver())
    )
    assert found == pytest.approx(expected, abs=1e-12)


def test_one_request_alone_equals_the_same_among_many(fitted):
    many = ask(np.r_[np.arange(20.5, 60), np.arange(61.0, 99)], np.r_[np.arange(20, 60), [60] * 38])
    together = fitted.forecast(SERIES, many)
    rows = [0, 17, 45, 77]
    alone = [fitted.forecast(SERIES, ask(many.times[k], many.cutoff[k]))[0] for k in rows]
    assert np.stack(alone) == pytest.approx(together[rows], abs=1e-9)


def test_nothing_to_start_from_gives_the_mean(fitted):
    found = fitted.forecast(SERIES, ask([5.0, 6.0], [-1, 4]))
    assert found[0].tolist() == [0.0, 0.0]
    assert np.abs(found[1]).max() > 0.5
    assert fitted.forecast(SERIES, ask([5.0], -1)).tolist() == [[0.0, 0.0]]


def test_a_row_too_many_steps_away_is_answered_by_the_mean_at_once(fitted):
    asked = ask([61.0, 1e15], 60)
    with pytest.warns(ForecastWarning, match=r"1 row\(s\) lie over 50,000 steps.*nearer stamps"):
        found = fitted.forecast(SERIES, asked)
    assert found[1].tolist() == [0.0, 0.0]
    assert (found[0] == fitted.forecast(SERIES, ask(61.0, 60))[0]).all()


def test_rows_after_the_cutoff_change_nothing(fitted):
    changed = replace(SERIES, values=np.where(np.arange(N)[:, None] > 50, 9.0, SERIES.values))
    asked = ask([51.0, 55.5], 50)
    assert (fitted.forecast(changed, asked) == fitted.forecast(SERIES, asked)).all()


@pytest.mark.parametrize("time", [59.0, 57.5])
def test_a_cutoff_after_the_asked_time_is_solved_backwards(ode, time):
    found = ode.forecast(SERIES, ask(time, 60))
    expected = np.sqrt(2) * np.array([np.cos(0.3 * time), np.sin(0.3 * time)])
    assert found[0] == pytest.approx(expected, abs=0.02)


def test_a_backward_and_a_forward_request_of_one_cutoff_have_starts_of_their_own(ode):
    both = ode.forecast(SERIES, ask([59.0, 61.0, 59.5], 60))
    apart = [ode.forecast(SERIES, ask(time, 60))[0] for time in (59.0, 61.0, 59.5)]
    assert both == pytest.approx(np.stack(apart), abs=1e-12)


def test_a_free_run_is_the_solution_from_the_given_start(ode):
    found = ode.free_run(VALUES[60:61], 2, 1.25)[0]
    lead = 0.3 * (60 + np.array([0.0, 1.25, 2.5]))
    expected = np.sqrt(2) * np.column_stack([np.cos(lead), np.sin(lead)])
    assert found == pytest.approx(expected, abs=0.02)
    assert found[0].tolist() == VALUES[60].tolist()


@pytest.mark.parametrize(("method", "longest"), [("rk4", 1.0), ("midpoint", 0.5), ("euler", 0.05)])
def test_the_solver_step_shrinks_until_halving_it_changes_nothing(method, longest):
    model = path(method=method, training="match", rtol=1e-3)
    assert model.solver().step in STEPS
    assert model.solver().step <= longest
    start, row = VALUES[:1], np.zeros(1, dtype=int)
    ends = [
        model._solve(start, row, np.zeros(1), row, np.array([8.0]), None, Solver(step))
        for step in (model.solver().step, model.solver().step / 2)
    ]
    assert np.abs(ends[0] - ends[1]).max() < {"euler": 0.1}.get(method, 1e-3)


def test_tighter_tolerances_take_shorter_steps():
    steps = [path(training="match", rtol=rtol).solver().step for rtol in (1e-2, 1e-4, 1e-7)]
    assert steps[0] >= steps[1] > steps[2]


def test_adaptive_methods_choose_their_own_steps():
    assert path(method="dopri5", training="match").solver().step == 1.0


@pytest.mark.parametrize(
    ("params", "tool", "shoots"),
    [({"training": "match"}, "match", False), ({"training": "collocation"}, "", False),
     ({"training": "auto"}, "", False), ({"loop": {"max_epochs": 2}}, "shooting", True),
     ({"training_horizon": 4, "loop": {"max_epochs": 2}}, "shooting", True),
     ({"training": "shooting", "loop": {"max_epochs": 2}}, "shooting", True)],
    ids=lambda value: str(value),
)  # fmt: skip
def test_the_report_names_the_tool(params, tool, shoots):
    report = path(**params).report
    assert tool in report["tool"]
    assert ("shooting" in report) == shoots
    assert report["solver_step"] in STEPS


@pytest.mark.parametrize("kind", ["ode", "plain"])
def test_the_same_seed_gives_the_same_weights_and_leaves_the_global_generator(kind):
    import torch

    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    asked = ask([70.0], 60)
    one, two = (path(kind, training="match", seed=3).forecast(SERIES, asked) for _ in range(2))
    assert (one == two).all()
    assert (torch.rand(3) == expected).all()
    assert (path(kind, training="match", seed=4).forecast(SERIES, asked) != one).any()


def test_training_on_keeps_what_was_learned():
    model = path(training="match")
    asked = ask(np.arange(61.0, 81.0), 60)
    before = model.forecast(SERIES, asked)
    after = model.continue_fit(SERIES).forecast(SERIES, asked)
    assert after == pytest.approx(before, abs=0.01)


def test_every_series_is_driven_by_its_own_covariates():
    steps = np.arange(100.0)
    u = np.stack([np.cos(0.9 * steps), np.sin(0.5 * steps)])
    x = np.zeros((2, 100))
    for k in range(99):
        x[:, k + 1] = 0.7 * x[:, k] + 0.5 * u[:, k]
    times, number = np.tile(steps, 2), np.repeat([0, 1], 100)
    series = build_series(("a", "b"), number, times, x.reshape(-1, 1))
    controls = KnotControls(series.starts, times, u.reshape(-1, 1))
    model = StatePath(kind="plain", hidden_layer_sizes=(16,), activation="tanh")
    model.fit(series, controls)
    asked = Requests(np.array([0, 1]), np.array([60.0, 60.0]), np.array([50, 150]))
    found = model.forecast(series, asked, controls)[:, 0]
    assert found == pytest.approx(x[:, 60], abs=0.03)
    assert abs(x[0, 60] - x[1, 60]) > 0.1


def test_a_series_without_rows_is_no_path():
    series = build_series(("a", "b"), np.ones(N, dtype=int), np.arange(float(N)), VALUES)
    model = StatePath(kind="plain", hidden_layer_sizes=(8,), activation="tanh").fit(series)
    asked = Requests(np.array([0, 1]), np.array([3.0, 61.0]), np.array([-1, 60]))
    found = model.forecast(series, asked)
    assert found[0].tolist() == [0.0, 0.0]
    assert found[1] == pytest.approx(VALUES[61], abs=0.1)


def test_from_a_poor_start_shooting_trains_the_epochs_that_the_newest_part_asks_for():
    poor = {"training": "match", "alpha": 30.0}
    asked = ask(np.arange(61.0, 69.0), 60)
    start = path(**poor)
    shot = path(training="shooting", alpha=30.0, loop={"max_epochs": 30}, training_horizon=4)
    report = shot.report["shooting"]
    assert shot.report["tool"].endswith("then shooting")
    assert 0 < report["best_epoch"] <= 30
    error, start_error = (
        np.square(model.forecast(SERIES, asked) - VALUES[61:69]).mean() for model in (shot, start)
    )
    assert error < 0.5 * start_error


def test_parameters_of_the_module_reach_it():
    model = path(training="match", loop={"module__method": "euler"})
    assert model.net.module_.method == "euler"
