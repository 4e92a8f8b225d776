"""Events of a run: where they happen, what they change, and that they end."""

# ruff: noqa: ARG005 - conditions and resets take a time that few of them read

import numpy as np
import pytest
import torch

from tsnode.solvers._event_runs import run_with_events
from tsnode.solvers._events import Event, EventLog
from tsnode.solvers._solve import METHODS, solve_asked

G, BOUNCE = 9.81, 0.8
FLOOR = Event(lambda t, y: y[0], lambda t, y: [y[0], -BOUNCE * y[1]], direction=-1)
STOP = Event(lambda t, y: y[0] - 1.0)


def fall(t, z, u=None):  # noqa: ARG001
    return torch.stack([z[:, 1], torch.full_like(z[:, 1], -G)], dim=1)


def swing(t, z, u=None):  # noqa: ARG001
    return torch.stack([z[:, 1], -z[:, 0]], dim=1)


def run(field, starts, row, times, events, *, method="rk4", step=0.1, t0=None):
    """States at the asked times, and the log."""
    starts, log = np.atleast_2d(np.asarray(starts, dtype=float)), EventLog()
    t0 = np.zeros(len(starts)) if t0 is None else np.asarray(t0, dtype=float)

    def solve(rows, z, t, row, times):  # noqa: ARG001
        settings = {"method": method, "step": step, "rtol": 1e-8, "atol": 1e-10}
        return solve_asked(field, torch.as_tensor(z), t, row, times, **settings).numpy()

    row, times = np.asarray(row), np.asarray(times, dtype=float)
    found = run_with_events(solve, starts, t0, row, times, events, look=step, log=log)
    return found, log


def impacts(height, n):
    """Return the times of the first impacts of a ball dropped from the height."""
    first = np.sqrt(2 * height / G)
    flights = 2 * first * BOUNCE ** np.arange(1, n)
    return first + np.r_[0.0, np.cumsum(flights)]


def ball(height, times):
    """Height and velocity of the ball in closed form, before impacts end it."""
    hits = np.r_[-np.inf, impacts(height, 30)]
    last = np.searchsorted(hits, times) - 1
    start = np.where(last > 0, hits[last], 0.0)
    speed = np.where(last > 0, np.sqrt(2 * G * height) * BOUNCE**last, 0.0)
    lead = times - start
    above = np.where(last > 0, 0.0, height)
    return np.column_stack([above + speed * lead - G * lead**2 / 2, speed - G * lead])


ASKED = np.array([0.2, 0.6, 1.0, 1.9, 2.6, 3.0])


# Euler does not fall as a ball does, and between its long steps torchdiffeq interpolates the others
# to first order, by midpoints of Euler or of half a step of its second slope.
ROUGH = {"euler", "bosh3", "fehlberg2", "adaptive_heun"}


@pytest.mark.parametrize("method", [method for method in METHODS if method not in ROUGH])
def test_a_ball_bounces_as_in_closed_form_by_all_methods_that_interpolate(method):
    atol = {"LSODA": 1e-5, "BDF": 1e-5, "Radau": 1e-5}.get(method, 1e-6)
    found, log = run(fall, [2.0, 0.0], np.zeros(6, int), ASKED, [FLOOR], method=method)
    np.testing.assert_allclose(found, ball(2.0, ASKED), atol=atol)
    hits = [time for _, time, _, _ in log.met]
    np.testing.assert_allclose(hits, impacts(2.0, 3), atol=atol)
    assert log.endless == []


def test_times_of_events_are_located_to_the_last_digits():
    _, log = run(fall, [2.0, 0.0], [0], [2.5], [FLOOR])
    hits = np.array([time for _, time, _, _ in log.met])
    np.testing.assert_allclose(hits, impacts(2.0, len(hits)), rtol=1e-13)
    assert len(hits) == 3
    assert max(abs(z[0]) for *_, z in log.met) < 1e-12


def test_an_event_without_reset_stops_the_run():
    asked = np.array([0.1, 0.4, 0.5, 3.0])
    found, log = run(fall, [2.0, 0.0], np.zeros(4, int), asked, [STOP])
    when = np.sqrt(2 / G)
    np.testing.assert_allclose(found[:2], ball(2.0, asked[:2]), atol=1e-12)
    assert np.isnan(found[2:]).all()
    assert log.stopped.tolist() == [False, False, True, True]
    assert log.met[0][1] == pytest.approx(when, rel=1e-14)


@pytest.mark.parametrize(
    ("direction", "expected"),
    [(1, [1.5, 3.5]), (-1, [0.5, 2.5, 4.5]), (0, [0.5, 1.5, 2.5, 3.5, 4.5])],
)
def test_direction_picks_rising_or_falling_changes(direction, expected):
    # cos(t) with a reset that changes nothing: every pass through 0 is an event.
    event = Event(lambda t, y: y[0], lambda t, y: y, direction=direction)
    _, log = run(swing, [1.0, 0.0], [0], [5 * np.pi], [event])
    hits = np.array([time for _, time, _, _ in log.met]) / np.pi
    np.testing.assert_allclose(hits, expected, atol=1e-5)


def test_a_condition_of_time_happens_at_its_time():
    kick = Event(lambda t, y: t - 1.2345, lambda t, y: [0.0, 1.0])
    found, log = run(swing, [1.0, 0.0], [0, 0], [1.0, 2.2345], [kick])
    np.testing.assert_allclose(found[0], [np.cos(1.0), -np.sin(1.0)], atol=1e-6)
    np.testing.assert_allclose(found[1], [np.sin(1.0), np.cos(1.0)], atol=1e-6)
    assert log.met[0][1] == pytest.approx(1.2345, abs=1e-12)


def test_rows_run_apart_and_one_answer_does_not_depend_on_the_others():
    heights, t0 = np.array([2.0, 1.0, 3.0]), np.array([0.0, 5.0, -2.0])
    starts = np.c_[heights, np.zeros(3)]
    row = np.repeat([0, 1, 2], 6)
    times = t0[row] + np.tile(ASKED, 3) * np.sqrt(heights[row] / 2)
    together, log = run(fall, starts, row, times, [FLOOR], t0=t0)
    expected = np.concatenate([ball(h, ASKED * np.sqrt(h / 2)) for h in heights])
    np.testing.assert_allclose(together, expected, atol=1e-9)
    alone = [
        run(fall, starts[[b]], [0], [time], [FLOOR], t0=t0[[b]])[0][0]
        for b, time in zip(row[::5], times[::5], strict=True)
    ]
    np.testing.assert_allclose(alone, together[::5], rtol=0, atol=1e-12)
    assert {b for b, *_ in log.met} == {0, 1, 2}


def test_events_that_never_happen_change_nothing_and_backward_runs_know_none():
    never = Event(lambda t, y: y[0] - 50.0)
    asked = np.array([-0.7, 0.0, 0.33, 20.0])
    found, log = run(swing, [1.0, 0.0], np.zeros(4, int), asked, [never])
    plain = solve_asked(swing, torch.tensor([[1.0, 0.0]]).double(), [0.0], [0] * 4, asked, step=0.1)
    np.testing.assert_allclose(found, plain, atol=1e-12)
    assert log.met == []
    back, log = run(swing, [0.0, 1.0], [0], [-3.0], [Event(lambda t, y: y[0] + 0.1)])
    assert back[0] == pytest.approx([np.sin(-3.0), np.cos(-3.0)], abs=1e-5)
    assert log.met == []


def test_two_events_at_one_instant_both_happen():
    walls = [
        Event(lambda t, y, k=k: y[k] - 1.0, lambda t, y, k=k: np.where(np.arange(2) == k, 0.0, y))
        for k in (0, 1)
    ]
    drift = lambda t, z, u=None: torch.ones_like(z)  # noqa: ARG005, E731
    found, log = run(drift, [0.3, 0.3], [0, 0], [0.5, 0.9], walls)
    assert sorted(number for _, _, number, _ in log.met) == [0, 1]
    np.testing.assert_allclose(found, [[0.8, 0.8], [0.2, 0.2]], atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("bounce", [0.01, 0.3, 0.8, 0.95])
def test_endless_bounces_end_close_to_their_limit(bounce):
    floor = Event(lambda t, y: y[0], lambda t, y: [y[0], -bounce * y[1]], direction=-1)
    found, log = run(fall, [2.0, 0.0], [0, 0], [0.5, 99.0], [floor])
    first = np.sqrt(4 / G)
    limit = first * (1 + bounce) / (1 - bounce)
    ((row, time),) = log.endless
    assert time == pytest.approx(limit, abs=1e-3)
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()
    assert log.stopped.tolist() == [False, True]
    assert row == 0
    assert len(log.met) < 400


def test_a_ball_without_loss_bounces_on_for_as_long_as_asked():
    floor = Event(lambda t, y: y[0], lambda t, y: [y[0], -y[1]], direction=-1)
    period = 2 * np.sqrt(2 / G)
    found, log = run(fall, [1.0, 0.0], [0], [100.25 * period], [floor])
    assert len(log.met) == 100
    assert found[0, 0] == pytest.approx(ball(1.0, np.array([0.25 * period]))[0, 0], abs=1e-8)


def test_a_run_that_diverges_is_nan_but_not_stopped():
    def square(t, z, u=None):  # noqa: ARG001
        return z**2

    found, log = run(square, [[1.0]], [0, 0], [0.5, 3.0], [Event(lambda t, y: y[0] + 1.0)])
    assert found[0, 0] == pytest.approx(2.0, rel=1e-4)
    assert np.isnan(found[1, 0])
    assert not log.stopped.any()


# ---------------------------------------------------------------- refusals


def test_an_event_is_made_of_functions_and_a_direction():
    with pytest.raises(TypeError, match="Expected callables.*got 1.0"):
        Event(1.0)
    with pytest.raises(TypeError, match="Expected callables.*'stop'"):
        Event(lambda t, y: y[0], "stop")
    with pytest.raises(ValueError, match="direction must be -1, 0 or 1; got 2"):
        Event(lambda t, y: y[0], direction=2)


def test_what_an_event_returns_is_checked():
    with pytest.raises(ValueError, match="one finite number from the condition"):
        run(swing, [1.0, 0.0], [0], [1.0], [Event(lambda t, y: y)])
    with pytest.raises(ValueError, match="one finite number from the condition"):
        run(swing, [1.0, 0.0], [0], [1.0], [Event(lambda t, y: np.nan)])
    with pytest.raises(ValueError, match=r"finite state of shape \(2,\) from the reset"):
        run(swing, [1.0, 0.0], [0], [9.0], [Event(lambda t, y: y[0], lambda t, y: 0.0)])
