"""Events of a fitted field: a bouncing ball, a stop, their times, and what is refused."""

# ruff: noqa: ARG005 - conditions and resets take a time that few of them read

import copy

import numpy as np
import pandas as pd
import pytest
import torch

from tsnode import Event, NeuralODERegressor
from tsnode.exceptions import ForecastWarning

G, BOUNCE = 9.81, 0.8
FLOOR = Event(lambda t, y: y[0], lambda t, y: [y[0], -BOUNCE * y[1]], direction=-1)
TIMES = np.arange(0.0, 0.6, 0.02)
HEIGHTS = np.column_stack([2 - G * TIMES**2 / 2, -G * TIMES])
FIRST = np.sqrt(4 / G)
# Impacts of a ball dropped from a height of 2.
IMPACTS = FIRST + np.r_[0.0, np.cumsum(2 * FIRST * BOUNCE ** np.arange(1, 5))]


def falling(index=None, **params):
    """Return a model of a falling ball, its linear field set by hand: y' = v, v' = -g."""
    frame = pd.DataFrame(HEIGHTS, TIMES if index is None else index, ["height", "speed"])
    params = {"lookback": None, "training": "match", "random_state": 0} | params
    model = NeuralODERegressor((), **params).fit(frame.index, frame)
    (layer,) = model._path.field.mlp.layers
    center, scale, step = model._center, model._scale, model._step
    weight = np.array([[0.0, scale[1] / scale[0]], [0.0, 0.0]]) * step
    bias = np.array([center[1] / scale[0], -G / scale[1]]) * step
    with torch.no_grad():
        layer.weight.copy_(torch.as_tensor(weight))
        layer.bias.copy_(torch.as_tensor(bias))
    return model


@pytest.fixture(scope="module")
def ball():
    return falling()


def at(times):
    """Height and speed of the ball after the first impact and before the fourth."""
    hit = np.searchsorted(IMPACTS, times) - 1
    lead, speed = times - IMPACTS[hit], G * FIRST * BOUNCE ** (hit + 1)
    return np.column_stack([speed * lead - G * lead**2 / 2, speed - G * lead])


@pytest.mark.parametrize("method", ["rk4", "exponential_euler", "dopri5", "Radau"])
def test_a_simulated_ball_bounces_as_in_closed_form(method, ball):
    model = copy.deepcopy(ball).set_params(method=method, rtol=1e-6)
    path, happened = model.simulate([2.0, 0.0], 30, step=0.1, events=FLOOR, return_events=True)
    times = 0.1 * np.arange(7, 31)
    np.testing.assert_allclose(path[7:], at(times), atol=1e-4)
    np.testing.assert_allclose(happened["time"], IMPACTS[:3], atol=1e-5)
    np.testing.assert_allclose(happened["height"], 0, atol=1e-5)
    np.testing.assert_allclose(happened["speed"], -G * FIRST * BOUNCE ** np.arange(3), atol=1e-4)
    assert happened["event"].tolist() == [0, 0, 0]
    assert path[30, 0] > 0 > model.simulate([2.0, 0.0], 30, step=0.1)[30, 0]


def test_a_predicted_ball_bounces_and_tells_when(ball):
    asked = pd.Index([0.9, 1.5, 3.0])
    found, happened = ball.predict(asked, events=[FLOOR], return_events=True)
    np.testing.assert_allclose(found, at(asked.to_numpy()), atol=1e-5)
    np.testing.assert_allclose(happened["time"], IMPACTS[:3], atol=1e-6)
    np.testing.assert_allclose(happened["start"], TIMES[-1])
    assert list(happened.columns) == ["start", "time", "event", "height", "speed"]
    alone = ball.predict(asked[1:2], events=[FLOOR])
    np.testing.assert_allclose(alone, found.iloc[1:2], rtol=0, atol=1e-9)


def test_stamps_give_times_of_events_as_stamps():
    index = pd.Timestamp("2020-01-01") + pd.to_timedelta(TIMES, unit="s")
    model = falling(index)
    kick = Event(lambda t, y: t - 0.7, lambda t, y: [2.0, 0.0])
    asked = index[:1] + pd.to_timedelta([900, 1000], unit="ms")[0]
    found, happened = model.predict(asked, events=[FLOOR, kick], return_events=True)
    assert happened["event"].tolist() == [0, 1]
    expected = index[0] + pd.to_timedelta([IMPACTS[0], 0.7], unit="s")
    assert np.abs(pd.DatetimeIndex(happened["time"]) - expected).max() < pd.Timedelta("1ms")
    np.testing.assert_allclose(found, [[2 - G * 0.2**2 / 2, -G * 0.2]], atol=1e-4)


def test_a_stop_leaves_later_rows_nan_without_a_warning(ball):
    stop = Event(lambda t, y: y[0])
    asked = pd.Index([0.3, 0.61, 0.65, 9.0])
    found, happened = ball.predict(asked, events=[stop], return_events=True)
    assert np.isnan(found["height"]).tolist() == [False, False, True, True]
    assert happened["time"].iloc[-1] == pytest.approx(FIRST, abs=1e-6)
    path = ball.simulate([2.0, 0.0], 10, step=0.1, events=[stop])
    assert np.isnan(path[:, 0]).tolist() == [False] * 7 + [True] * 4


def test_endless_bounces_are_said_once_with_the_remedy(ball):
    limit = FIRST * (1 + BOUNCE) / (1 - BOUNCE)
    with pytest.warns(ForecastWarning, match=r"without end, the first at t = 5\.7.*reset") as said:
        path = ball.simulate([2.0, 0.0], 8, step=1.0, events=[FLOOR])
    assert limit == pytest.approx(5.747, abs=1e-3)
    assert np.isfinite(path[:6]).all()
    assert np.isnan(path[6:]).all()
    with pytest.warns(ForecastWarning, match="without end, the first at 5.7") as also:
        found = ball.predict(pd.Index([5.0, 9.0]), events=[FLOOR])
    assert np.isfinite(found.to_numpy()).tolist() == [[True, True], [False, False]]
    assert (len(said), len(also)) == (1, 1)


def test_events_of_two_series_are_told_apart():
    one = pd.DataFrame(HEIGHTS, TIMES, ["height", "speed"])
    other = one + [1.0, 0.0]
    panel = pd.concat({"low": one, "high": other}, names=["ball", "time"])
    model = NeuralODERegressor((), lookback=None, training="match", random_state=0)
    model.fit(panel.index, panel)
    asked = pd.MultiIndex.from_product([["low", "high"], [1.0]], names=["ball", "time"])
    _, happened = model.predict(asked, events=[FLOOR], return_events=True)
    assert happened["series"].tolist() == ["low", "high"]
    expected = [FIRST, np.sqrt(6 / G)]
    np.testing.assert_allclose(happened["time"], expected, atol=5e-3)


def test_no_events_give_an_empty_frame_and_the_plain_forecast(ball):
    asked = pd.Index([0.3, 0.9])
    found, happened = ball.predict(asked, return_events=True)
    pd.testing.assert_frame_equal(found, ball.predict(asked))
    assert len(happened) == 0
    _, happened = ball.simulate([2.0, 0.0], 2, return_events=True)
    assert list(happened.columns) == ["time", "event", "height", "speed"]


# ---------------------------------------------------------------- refusals


def test_events_are_refused_where_states_have_no_field_or_units_of_their_own(ball):
    frame = pd.DataFrame(HEIGHTS, TIMES, ["height", "speed"])
    latent = NeuralODERegressor((), lookback=5, latent_dim=0, random_state=0)
    with pytest.raises(ValueError, match="latent state. Refit with lookback=None"):
        latent.fit(frame.index, frame).predict(frame.index, events=[FLOOR])
    with pytest.raises(ValueError, match="series_scaling=False"):
        falling(series_scaling=True).predict(frame.index, events=[FLOOR])
    with pytest.raises(ValueError, match=r"type tsnode.Event; got <function.*Pass events="):
        ball.predict(frame.index, events=[lambda t, y: y[0]])


def test_events_beside_a_target_transformer_are_refused():
    from sklearn.preprocessing import StandardScaler

    frame = pd.DataFrame(HEIGHTS, TIMES, ["height", "speed"])
    model = falling(target_transformer=StandardScaler())
    with pytest.raises(ValueError, match="no target_transformer: .*StandardScaler"):
        model.predict(frame.index, events=[FLOOR])
